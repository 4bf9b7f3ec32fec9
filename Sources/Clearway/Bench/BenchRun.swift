import Foundation
import Logging
import MessageQueue
import Postgres

/// The machinery that the scenarios share: databases, worker processes, the bare queue.
struct BenchRun: Sendable {
    let server: LocalServer
    let messageCount: Int
    let workerCount: Int
    let roundCount: Int
    let logger: Logger

    func measure(_ scenario: BenchScenario) async throws -> [BenchResult] {
        switch scenario {
        case .drain: try await measureDrain()
        }
    }

    func describeDatabase() async throws -> String {
        let database = try await BenchDatabase.make(on: server, logger: logger)
        let rows = try await database.pool.query(
            Statement(
                name: "",
                sql: """
                    SELECT current_setting('server_version'), current_setting('fsync'),
                        current_setting('synchronous_commit'), current_setting('shared_buffers'),
                        current_setting('max_wal_size')
                    """))
        let (version, fsync, commit, buffers, wal) = try rows[0].decode(
            (String, String, String, String, String).self)
        try await database.drop()
        return """
            PostgreSQL \(version), fsync=\(fsync), synchronous_commit=\(commit), \
            shared_buffers=\(buffers), max_wal_size=\(wal); \
            \(ProcessInfo.processInfo.activeProcessorCount) cores, \(workerCount) workers
            """
    }

    /// Puts `count` ready messages of 500 bytes into a fresh database, each key with `perKey`.
    func fill(
        _ database: BenchDatabase, count: Int, perKey: Int = 1, tag: String = "b"
    ) async throws {
        if try await database.scalar("SELECT count(*) FROM clearway.tenant") == 0 {
            _ = try await database.queue.addTenant("bench")
            try await database.run(BenchSQL.fillFunction)
        }
        var done = 0
        while done < count {
            let batch = min(20_000, count - done)
            _ = try await database.scalar(
                "SELECT bench_fill(\(batch), '\(tag)\(done)-', \(perKey))")
            done += batch
        }
        try await database.run("VACUUM ANALYZE")
        try await database.run("CHECKPOINT")
    }

    /// Starts worker processes of this binary.
    func startWorkers(
        _ database: BenchDatabase
    ) throws -> [Process] {
        try (0..<workerCount).map { index in
            let process = Process()
            process.executableURL = Bundle.main.executableURL
            process.arguments = [
                "bench-worker", "--database", database.url, "--name", "bench-\(index)",
            ]
            try process.run()
            return process
        }
    }

    func stop(_ processes: [Process]) {
        for process in processes { process.terminate() }
        for process in processes { process.waitUntilExit() }
    }

    /// Waits until the queue is empty and returns the messages per second from the first to the
    /// last acknowledgement, by the database's clock.
    func drainRate(_ database: BenchDatabase, count: Int) async throws -> Double {
        while try await database.scalar(
            "SELECT CASE WHEN EXISTS (SELECT FROM clearway.message) THEN 1 ELSE 0 END") == 1
        {
            try await Task.sleep(for: .milliseconds(50))
        }
        let microseconds = try await database.scalar(
            """
            SELECT (extract(epoch FROM max(finished_at) - min(finished_at)) * 1000000)::bigint
            FROM clearway.attempt
            """)
        return Double(count) / (Double(max(1, microseconds)) / 1_000_000)
    }

    /// One table with one partial index, claimed by update and acknowledged by delete, driven by
    /// pgbench with four clients: the least a queue on PostgreSQL can do.
    func bareQueueRate(count: Int) async throws -> Double {
        let database = try await BenchDatabase.make(on: server, logger: logger)
        for statement in BenchSQL.bareQueue(count: count) { try await database.run(statement) }
        let script = NSTemporaryDirectory() + "clearway-bare-\(UUID().uuidString).sql"
        try BenchSQL.bareClaim.write(toFile: script, atomically: true, encoding: .utf8)
        let started = ContinuousClock.now
        let claims = (count + 99) / 100
        try runTool(
            "pgbench",
            [
                "-n", "-c", "4", "-j", "2", "-M", "prepared", "-t", "\((claims + 3) / 4)", "-f",
                script,
                "-d", database.url,
            ])
        let seconds = seconds(.now - started)
        let left = try await database.scalar("SELECT count(*) FROM bare_queue")
        try FileManager.default.removeItem(atPath: script)
        try await database.drop()
        return Double(count - Int(left)) / seconds
    }

    func seconds(_ duration: Duration) -> Double {
        Double(duration.components.seconds) + Double(duration.components.attoseconds) / 1e18
    }

    /// Runs a PostgreSQL tool and fails with what it said.
    func runTool(_ name: String, _ arguments: [String]) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [name] + arguments
        let output = Pipe()
        process.standardOutput = output
        process.standardError = output
        try process.run()
        let text = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            let said = String(decoding: text.suffix(500), as: UTF8.self)
            throw BenchFailure("\(name) failed: \(said)")
        }
    }
}

struct BenchFailure: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        self.description = description
    }
}
