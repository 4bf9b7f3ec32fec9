import Foundation
import Postgres
import TestSupport
import Testing

struct DeadlineTests {
    @Test func `a statement past its deadline is cancelled and the connection stays usable`()
        async throws
    {
        try await withConnection { connection in
            let processID = await connection.processID
            let error = try await failure {
                try await connection.rows("SELECT pg_sleep(60)", deadline: .milliseconds(50))
            }
            #expect(error.code == .deadlineExceeded)
            #expect(error.sqlState == "57014")
            #expect(error.message.contains("its deadline of 0.05 seconds passed"))
            #expect(!error.isRetryable)
            #expect(
                try await connection.value("SELECT pg_backend_pid()", as: Int32.self) == processID)
        }
    }

    @Test func `a cancelled task cancels its statement and the connection stays usable`()
        async throws
    {
        try await withConnection { connection in
            try await withConnection { observer in
                let processID = await connection.processID
                let task = Task { try await connection.rows("SELECT pg_sleep(60)") }
                try await eventually("the statement runs") {
                    try await isRunning("pg_sleep", processID, seenBy: observer)
                }
                task.cancel()
                let error = try await failure { try await task.value }
                #expect(error.code == .cancelled)
                #expect(error.message.contains("its task was cancelled"))
                #expect(
                    try await connection.value("SELECT pg_backend_pid()", as: Int32.self)
                        == processID)
            }
        }
    }

    @Test func `many cancellations never hit the statement that follows`() async throws {
        try await withConnection { connection in
            for round in 0..<100 {
                let task = Task {
                    try await connection.rows("SELECT count(*) FROM generate_series(1, 20000)")
                }
                task.cancel()
                _ = await task.result
                let echo: Int = try await connection.value("SELECT $1", [round])
                #expect(echo == round)
            }
            for round in 0..<30 {
                _ = try? await connection.rows(
                    "SELECT count(*) FROM generate_series(1, 3000)", deadline: .microseconds(300))
                let echo: Int = try await connection.value("SELECT $1", [round])
                #expect(echo == round)
            }
        }
    }

    @Test func `a task that is cancelled already sends nothing`() async throws {
        try await withConnection { connection in
            let gate = Gate()
            let task = Task {
                await gate.wait()
                return try await connection.rows("CREATE TABLE never ()")
            }
            task.cancel()
            gate.open()
            #expect(try await failure { try await task.value }.code == .cancelled)
            let count: Int = try await connection.value(
                "SELECT count(*) FROM pg_class WHERE relname = 'never'")
            #expect(count == 0)
        }
    }

    @Test func `a statement that does not react to cancel costs the connection`() async throws {
        // A backend stopped by a signal answers nothing; its server goes with the test.
        let server = try await LocalServer.start()
        let connection = try await Connection.connect(PostgresConfiguration(url: server.url))
        let processID = await connection.processID
        #expect(kill(processID, SIGSTOP) == 0)
        let error = try await failure {
            try await connection.rows("SELECT 1", deadline: .milliseconds(50))
        }
        #expect(error.code == .deadlineExceeded)
        #expect(error.message.contains("the connection was closed"))
        #expect(try await failure { try await connection.rows("SELECT 1") }.code == .connectionLost)
        #expect(kill(processID, SIGCONT) == 0)
        await server.stop()
    }

    @Test func `the server itself ends what a vanished client asked for`() async throws {
        try await withConnection { connection in
            let setting: String = try await connection.value(
                "SELECT current_setting('statement_timeout')")
            #expect(setting == "35s")
            try await connection.run(script: "SET statement_timeout = 20")
            let error = try await failure { try await connection.rows("SELECT pg_sleep(60)") }
            #expect(error.code == .deadlineExceeded)
        }
    }

    @Test func `a statement that an administrator cancels says so`() async throws {
        try await withConnection { connection in
            try await withConnection { observer in
                let processID = await connection.processID
                let task = Task { try await connection.rows("SELECT pg_sleep(60)") }
                try await eventually("the statement runs") {
                    try await isRunning("pg_sleep", processID, seenBy: observer)
                }
                _ = try await observer.rows("SELECT pg_cancel_backend($1)", [processID])
                #expect(try await failure { try await task.value }.code == .cancelled)
            }
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func `a host that never answers costs the connect timeout`() async throws {
        // A listening socket that nobody accepts from: the handshake never comes.
        let listener = try SilentListener()
        let error = try await failure {
            try await Connection.connect(
                PostgresConfiguration(
                    url:
                        "postgresql://user:hunter2@127.0.0.1:\(listener.port)/shop?sslmode=disable",
                    connectTimeout: .milliseconds(100)))
        }
        #expect(error.code == .connectionFailed)
        #expect(error.isRetryable)
        #expect(error.message.contains("shop at 127.0.0.1:\(listener.port)) within 0.1 seconds"))
    }
}
