import Glibc
import Foundation
import TestSupport
import Testing

@Suite struct CLIErrorTests {
    @Test func `a missing setting is named with what to do`() async throws {
        let result = try await CLIProcess().run("depth")
        #expect(result.status == 1)
        #expect(result.error.hasPrefix("clearway: DATABASE_URL is not set in the environment; "))
        #expect(result.error.split(separator: "\n").count == 1)
    }

    @Test func `a database that refuses is one sentence without the password`() async throws {
        let clearway = CLIProcess(databaseURL: "postgresql://me:hidden@127.0.0.1:1/none")
        let result = try await clearway.run("depth")
        #expect(result.status == 1)
        #expect(result.error.contains("check DATABASE_URL and that PostgreSQL is running"))
        #expect(!result.error.contains("hidden"))
        #expect(result.error.split(separator: "\n").count == 1)
    }

    @Test func `an unknown flag is named`() async throws {
        let result = try await CLIProcess().run("depth", "--jason")
        #expect(result.status == 64)
        #expect(result.error.contains("Unknown option '--jason'"))
    }

    @Test func `a setting out of range is named with its range`() async throws {
        var clearway = CLIProcess(databaseURL: "postgresql://x@127.0.0.1:1/none")
        clearway.environment["CLEARWAY_INGEST_SECRETS"] = "s"
        clearway.environment["CLEARWAY_INGEST_PORT"] = "70000"
        let result = try await clearway.run("serve")
        #expect(result.status == 1)
        #expect(result.error == "clearway: CLEARWAY_INGEST_PORT must be 0 to 65535; correct it\n")
    }

    @Test func `a port in use is named with the next step`() async throws {
        let listener = try Listener()
        try await withMigratedDatabase { database in
            var clearway = CLIProcess(databaseURL: database.url)
            clearway.environment["CLEARWAY_INGEST_SECRETS"] = "s"
            clearway.environment["CLEARWAY_INGEST_PORT"] = "\(listener.port)"
            let result = try await clearway.run("serve")
            #expect(result.status == 1)
            #expect(result.error.contains("127.0.0.1:\(listener.port) is in use"))
        }
        listener.close()
    }

    @Test func `config shows every setting and no secret`() async throws {
        var clearway = CLIProcess(databaseURL: "postgresql://me:hidden@h/db")
        clearway.environment["CLEARWAY_STRIPE_SECRET_KEY"] = "sk_test_hidden"
        let result = try await clearway.run("config")
        #expect(result.status == 0)
        #expect(!result.output.contains("hidden"))
        #expect(result.output.contains("CLEARWAY_WORKER_LEASE"))
    }

    @Test func `a secret is read from the file that its setting names`() async throws {
        let file = FileManager.default.temporaryDirectory
            .appendingPathComponent("url-\(UUID().uuidString)")
        try await withMigratedDatabase { database in
            try "\(database.url)\n".write(to: file, atomically: true, encoding: .utf8)
            var clearway = CLIProcess()
            clearway.environment["DATABASE_URL_FILE"] = file.path
            #expect(try await clearway.run("depth").status == 0)
        }
        try FileManager.default.removeItem(at: file)
    }

    @Test func `settings come from a file, the environment wins`() async throws {
        let file = FileManager.default.temporaryDirectory
            .appendingPathComponent("settings-\(UUID().uuidString)")
        try "CLEARWAY_TENANT=from-file\nCLEARWAY_INGEST_PORT=9999\n"
            .write(to: file, atomically: true, encoding: .utf8)
        var clearway = CLIProcess()
        clearway.environment["CLEARWAY_TENANT"] = "from-environment"
        let result = try await clearway.run("config", "--config", file.path)
        #expect(result.output.contains("from-environment"))
        #expect(result.output.contains("9999"))
        try FileManager.default.removeItem(at: file)
    }
}

/// A port of the loopback address that is taken.
private struct Listener {
    let port: UInt16
    private let descriptor: Int32

    init() throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let descriptor = descriptor
        let result = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                let isBound = bind(descriptor, address, length) == 0 && listen(descriptor, 1) == 0
                return isBound ? getsockname(descriptor, address, &length) : -1
            }
        }
        try #require(result == 0)
        port = UInt16(bigEndian: address.sin_port)
    }

    func close() { _ = Glibc.close(descriptor) }
}
