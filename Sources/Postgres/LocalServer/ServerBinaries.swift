import Foundation

/// Where PostgreSQL's server programs are.
struct ServerBinaries {
    let directory: String

    /// Looks at `CLEARWAY_PG_BIN`, then `pg_config --bindir`, then where Debian and Homebrew put
    /// them, the newest version first.
    static func find(
        environment: [String: String] = ProcessInfo.processInfo.environment
    ) throws(LocalServerError) -> ServerBinaries {
        if let chosen = environment["CLEARWAY_PG_BIN"] {
            guard isComplete(chosen) else {
                throw LocalServerError(
                    .binariesMissing,
                    "CLEARWAY_PG_BIN is \(chosen), but initdb, postgres and pg_ctl are not there")
            }
            return ServerBinaries(directory: chosen)
        }
        let candidates =
            [output(of: "pg_config", ["--bindir"], environment)].compactMap { $0 }
            + versions(in: "/usr/lib/postgresql", suffix: "bin")
            + versions(in: "/opt/homebrew/opt", prefix: "postgresql@", suffix: "bin")
            + versions(in: "/usr/local/opt", prefix: "postgresql@", suffix: "bin")
            + ["/usr/local/pgsql/bin"]
        guard let directory = candidates.first(where: isComplete) else {
            throw LocalServerError(
                .binariesMissing,
                "PostgreSQL binaries not found; install them with: apt-get install postgresql "
                    + "(or name their directory in CLEARWAY_PG_BIN)")
        }
        return ServerBinaries(directory: directory)
    }

    private static func isComplete(_ directory: String) -> Bool {
        ["initdb", "postgres", "pg_ctl"].allSatisfy {
            FileManager.default.isExecutableFile(atPath: "\(directory)/\($0)")
        }
    }

    private static func versions(in parent: String, prefix: String = "", suffix: String) -> [String]
    {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: parent)) ?? []
        return names.filter { $0.hasPrefix(prefix) }
            .compactMap { name in Int(name.dropFirst(prefix.count)).map { (name, $0) } }
            .sorted { $0.1 > $1.1 }
            .map { "\(parent)/\($0.0)/\(suffix)" }
    }

    /// The one line that a program prints; nil when it is not there or fails.
    private static func output(
        of program: String, _ arguments: [String], _ environment: [String: String]
    ) -> String? {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [program] + arguments
        process.environment = environment
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = FileHandle.nullDevice
        guard (try? process.run()) != nil else { return nil }
        let data = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { return nil }
        return String(decoding: data, as: UTF8.self).split(separator: "\n").first.map(String.init)
    }
}
