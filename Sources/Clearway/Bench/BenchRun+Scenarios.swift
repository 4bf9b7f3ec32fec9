import Foundation
import Postgres

extension BenchRun {
    /// Ready messages and a handler that does nothing, against the bare queue, in turn.
    func measureDrain() async throws -> [BenchResult] {
        var ours: [Double] = []
        var bare: [Double] = []
        var wal: [Double] = []
        var memory: [Double] = []
        for _ in 0..<roundCount {
            bare.append(try await bareQueueRate(count: messageCount))
            let database = try await BenchDatabase.make(on: server, logger: logger)
            let before = try await walPosition(database)
            try await fill(database, count: messageCount)
            let workers = try startWorkers(database)
            ours.append(try await drainRate(database, count: messageCount))
            memory.append(workers.map(residentMegabytes).max() ?? 0)
            stop(workers)
            wal.append(
                Double(try await walPosition(database) - before) / Double(messageCount) - 500)
            try await database.drop()
        }
        return [
            BenchResult(name: "drain: bare queue, pgbench 4 clients", unit: "msg/s", samples: bare),
            BenchResult(
                name: "drain: clearway, \(workerCount) workers", unit: "msg/s", samples: ours),
            BenchResult(
                name: "drain: ratio", unit: "×", samples: zip(ours, bare).map { $0 / $1 },
                note: "reach 1.3"),
            BenchResult(
                name: "drain: WAL of a message's life beyond its payload", unit: "bytes",
                samples: wal, note: "reach 1024"),
            BenchResult(
                name: "drain: worker memory", unit: "MB", samples: memory, note: "reach 80"),
        ]
    }

    func walPosition(_ database: BenchDatabase) async throws -> Int64 {
        try await database.scalar("SELECT (pg_current_wal_lsn() - '0/0')::bigint")
    }

    /// The resident set of a process, from /proc.
    func residentMegabytes(_ process: Process) -> Double {
        let path = "/proc/\(process.processIdentifier)/status"
        guard let text = try? String(contentsOfFile: path, encoding: .utf8),
            let line = text.split(separator: "\n").first(where: { $0.hasPrefix("VmRSS:") }),
            let kilobytes = line.split(separator: " ").dropFirst().compactMap({ Double($0) }).first
        else { return 0 }
        return kilobytes / 1024
    }
}
