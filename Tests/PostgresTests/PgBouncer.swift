import Foundation
import Postgres
import TestSupport
import Testing

/// PgBouncer in transaction mode in front of a server, gone when the test or the process ends.
struct PgBouncer {
    static let program = "/usr/sbin/pgbouncer"

    private let directory: String
    private let shell = Process()
    private let control = Pipe()

    struct Unavailable: Error, CustomStringConvertible {
        let description: String
    }

    /// One server connection for all clients, so that they must share it.
    init(inFrontOf server: LocalServer) throws {
        guard FileManager.default.isExecutableFile(atPath: Self.program) else {
            throw Unavailable(
                description:
                    "PgBouncer is not installed; install it with: apt-get install pgbouncer")
        }
        var template = Array("/tmp/clearway-pb-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw Unavailable(description: "no directory") }
        directory = String(
            decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        let settings = """
            [databases]
            * = host=\(server.directory) port=5432 user=postgres
            [pgbouncer]
            listen_addr =
            listen_port = 6432
            unix_socket_dir = \(directory)
            auth_type = any
            pool_mode = transaction
            default_pool_size = 1
            """
        try settings.write(toFile: "\(directory)/ini", atomically: false, encoding: .utf8)
        // It refuses to run as root, and then needs the directory for itself.
        let script = """
            cd "$1"; user=
            if [ "$(id -u)" = 0 ]; then chown -R postgres "$1"; user="-u postgres"; fi
            \(Self.program) -q $user ini </dev/null >log 2>&1 & pid=$!
            read -r _
            kill $pid; wait $pid; rm -rf "$1"
            """
        shell.executableURL = URL(fileURLWithPath: "/bin/sh")
        shell.arguments = ["-c", script, "pgbouncer", directory]
        shell.standardInput = control
        _ = fcntl(control.fileHandleForWriting.fileDescriptor, F_SETFD, FD_CLOEXEC)
        try shell.run()
    }

    func configuration(database: String) -> PostgresConfiguration {
        PostgresConfiguration(
            url: "postgresql://postgres@/\(database)?host=\(directory)&port=6432",
            usesNamedStatements: false)
    }

    func stop() throws {
        try control.fileHandleForWriting.close()
        shell.waitUntilExit()
    }
}

/// Runs a test with a database behind PgBouncer.
func withPgBouncer<R>(_ body: (PostgresConfiguration) async throws -> R) async throws -> R {
    let server = try await TestServer.shared()
    let (name, _) = try await server.createDatabase()
    let pooler = try PgBouncer(inFrontOf: server.server)
    let configuration = pooler.configuration(database: name)
    // It listens a moment after it has started; a pool waits for that.
    let pool = ConnectionPool(configuration, maximumConnections: 1, logger: quiet)
    let result: Result<R, any Error>
    do {
        _ = try await pool.query(Statement(name: "", sql: "SELECT 1"))
        result = .success(try await body(configuration))
    } catch {
        result = .failure(error)
    }
    await pool.close()
    try pooler.stop()
    try await server.dropDatabase(name)
    return try result.get()
}
