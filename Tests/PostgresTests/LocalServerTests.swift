import Foundation
import TestSupport
import Testing

@testable import Postgres

struct LocalServerTests {
    @Test func `a server is gone with its directory when it is stopped`() async throws {
        let server = try await LocalServer.start(settings: ["work_mem": "5MB"])
        let connection = try await Connection.connect(PostgresConfiguration(url: server.url))
        #expect(
            try await connection.value("SELECT current_setting('work_mem')", as: String.self)
                == "5MB")
        #expect("\(server.directory)/.s.PGSQL.5432".utf8.count <= 103)
        let attributes = try FileManager.default.attributesOfItem(atPath: server.directory)
        #expect(attributes[.posixPermissions] as? Int == 0o700)
        await server.stop()
        await server.stop()
        #expect(!FileManager.default.fileExists(atPath: server.directory))
        #expect(try await failure { try await connection.rows("SELECT 1") }.code == .connectionLost)
        await #expect(throws: LocalServerError.self) { try await server.start() }
    }

    @Test func `a server that is killed comes back with what was committed`() async throws {
        let server = try await LocalServer.start()
        let first = try await Connection.connect(PostgresConfiguration(url: server.url))
        try await first.run(script: "CREATE TABLE item (id int8); INSERT INTO item VALUES (1)")
        try await server.kill9()
        #expect(try await failure { try await first.rows("SELECT 1") }.code == .connectionLost)
        try await server.start()
        let second = try await Connection.connect(PostgresConfiguration(url: server.url))
        #expect(try await second.value("SELECT count(*) FROM item", as: Int.self) == 1)
        await second.close()
        await server.stop()
    }

    @Test func `a directory of one's own keeps its data`() async throws {
        let directory = "/tmp/clearway-kept-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: directory) }
        for round in 0..<2 {
            let server = try await LocalServer.start(directory: directory)
            let connection = try await Connection.connect(PostgresConfiguration(url: server.url))
            try await connection.run(
                script: "CREATE TABLE IF NOT EXISTS item (id int8); INSERT INTO item VALUES (1)")
            #expect(
                try await connection.value("SELECT count(*) FROM item", as: Int.self) == round + 1)
            await connection.close()
            await server.stop()
        }
    }

    @Test func `a setting that PostgreSQL refuses is told with its log`() async throws {
        let error = await #expect(throws: LocalServerError.self) {
            _ = try await LocalServer.start(settings: ["work_mem": "plenty"])
        }
        #expect(error?.code == .commandFailed)
        #expect(error?.message.contains("work_mem") == true)
    }

    @Test func `missing binaries are one sentence with the next step`() throws {
        let error = #expect(throws: LocalServerError.self) {
            _ = try ServerBinaries.find(environment: ["CLEARWAY_PG_BIN": "/nonexistent"])
        }
        #expect(error?.code == .binariesMissing)
        #expect(error?.message.contains("/nonexistent") == true)
    }

    @Test func `a server dies with the process that started it, killed or not`() async throws {
        let result = await #expect(
            processExitsWith: .signal(SIGKILL), observing: [\.standardOutputContent]
        ) {
            let server = try await LocalServer.start()
            let pid = try String(
                contentsOfFile: "\(server.directory)/data/postmaster.pid", encoding: .utf8)
            print("server \(server.directory) \(pid.split(separator: "\n")[0])")
            fflush(nil)
            kill(getpid(), SIGKILL)
        }
        let output = String(decoding: result?.standardOutputContent ?? [], as: UTF8.self)
        let line = try #require(output.split(separator: "\n").first { $0.hasPrefix("server ") })
        let words = line.split(separator: " ").map(String.init)
        let processID = try #require(Int32(words[2]))
        try await eventually("the server and its directory go") {
            kill(processID, 0) != 0 && !FileManager.default.fileExists(atPath: words[1])
        }
    }
}
