import Postgres
import TestSupport
import Testing

struct ConfigurationTests {
    @Test(arguments: [
        "postgresql://user:hunter2@host:port/shop", "postgresql://user:hunter2%zz@host/shop",
        "postgresql://user:hunter2@host/shop?nope=1", "user=x password=hunter2 host",
        "postgresql://user@host/shop?password=hunter2&x", "hunter2",
    ])
    func `a URL that cannot be read is an error without the password`(_ url: String) async throws {
        let configuration = PostgresConfiguration(url: url)
        let error = try await failure { try await Connection.connect(configuration) }
        #expect(error.code == .invalidUsage || error.code == .connectionFailed)
        #expect(!error.isRetryable || error.code == .connectionFailed)
        for text in ["\(error)", "\(configuration)", String(reflecting: configuration)] {
            #expect(!text.contains("hunter2"))
        }
    }

    @Test func `a bad URL is told with the form of a good one`() throws {
        let error = #expect(throws: PostgresError.self) {
            try PostgresConfiguration(url: "postgresql://user@host/shop?sslmod=off").validate()
        }
        #expect(error?.code == .invalidUsage)
        #expect(
            error?.message.hasSuffix("write it as postgresql://user@host:5432/database") == true)
    }

    @Test func `neither errors nor descriptions show the password`() async throws {
        let configuration = PostgresConfiguration(
            url: "postgresql://user:hunter2@127.0.0.1:1/shop")
        let error = try await failure { try await Connection.connect(configuration) }
        #expect(error.code == .connectionFailed)
        var dumped = ""
        dump(configuration, to: &dumped)
        dump(error, to: &dumped)
        for text in ["\(error)", "\(configuration)", String(reflecting: configuration), dumped] {
            #expect(!text.contains("hunter2"))
        }
        #expect("\(configuration)" == "PostgresConfiguration(shop at 127.0.0.1:1)")
    }

    @Test func `a refused connection is one sentence with the next step`() async throws {
        let error = try await failure {
            try await Connection.connect(
                PostgresConfiguration(url: "postgresql://user@127.0.0.1:1/shop"))
        }
        let text = "\(error)"
        #expect(text.hasPrefix("cannot connect to PostgreSQL (shop at 127.0.0.1:1): "))
        #expect(text.contains("Connection refused"))
        #expect(text.hasSuffix("is the server running, and is the database URL right?"))
        #expect(!text.contains("\n"))
        #expect(error.isRetryable)
    }

    @Test func `session settings travel with the login`() async throws {
        try await withDatabase { url in
            let configuration = PostgresConfiguration(
                url: url + "&options=-c%20work_mem%3D7MB", applicationName: "probe",
                statementTimeout: .seconds(7), searchPath: "clearway, \"odd name\"")
            let connection = try await Connection.connect(configuration)
            let row = try await connection.rows(
                """
                SELECT current_setting('application_name'), current_setting('statement_timeout'),
                       current_setting('search_path'), current_setting('client_encoding'),
                       current_setting('work_mem')
                """)[0].decode((String, String, String, String, String).self)
            #expect(row == ("probe", "12s", "clearway, \"odd name\"", "UTF8", "7MB"))
            await connection.close()
        }
    }

    @Test func `a search path behind a pooler is refused`() throws {
        #expect(throws: PostgresError.self) {
            try PostgresConfiguration(
                url: "postgresql://h/d", usesNamedStatements: false, searchPath: "x"
            ).validate()
        }
    }

    @Test func `of several hosts the one that answers is used`() async throws {
        let silent = try SilentListener()
        let server = try await TestServer.shared().server
        // The first host never answers; the second is the test server's socket.
        let url =
            "postgresql://postgres@/postgres?host=127.0.0.1,\(server.directory)"
            + "&port=\(silent.port),5432"
        let connection = try await Connection.connect(
            PostgresConfiguration(url: url, connectTimeout: .seconds(2)))
        #expect(await connection.serverVersion >= 140_000)
        await connection.close()
    }
}
