import Postgres
import TestSupport
import Testing

struct NotificationTests {
    @Test func `a listener gets what another session sends`() async throws {
        try await withDatabase { url in
            let listener = try await Connection.connect(PostgresConfiguration(url: url))
            let sender = try await Connection.connect(PostgresConfiguration(url: url))
            try await listener.listen("odd \"name\"")
            let waiting = Task { try await listener.nextNotification(within: .seconds(30)) }
            _ = try await sender.rows("SELECT pg_notify('odd \"name\"', 'hello')")
            let notification = try #require(try await waiting.value)
            #expect(notification.channel == "odd \"name\"")
            #expect(notification.payload == "hello")
            #expect(notification.processID == (await sender.processID))
            #expect(try await listener.nextNotification(within: .milliseconds(1)) == nil)
            #expect(try await listener.value("SELECT 1::int8", as: Int.self) == 1)
            await listener.close()
            await sender.close()
        }
    }

    @Test func `notifications that came during a statement are kept in order`() async throws {
        try await withConnection { connection in
            try await connection.listen("news")
            try await connection.run(script: "NOTIFY news, 'a'; NOTIFY news, 'b'")
            let first = try await connection.nextNotification(within: .seconds(5))
            let second = try await connection.nextNotification(within: .seconds(5))
            #expect([first?.payload, second?.payload] == ["a", "b"])
        }
    }

    @Test func `waiting ends with its task and leaves the connection usable`() async throws {
        try await withConnection { connection in
            try await connection.listen("news")
            let task = Task { try await connection.nextNotification(within: .seconds(600)) }
            task.cancel()
            #expect(try await failure { try await task.value }.code == .cancelled)
            #expect(try await connection.value("SELECT 1::int8", as: Int.self) == 1)
        }
    }

    @Test func `a listener notices that its server is gone`() async throws {
        try await withConnection { observer in
            try await withConnection { listener in
                try await listener.listen("news")
                let processID = await listener.processID
                let task = Task { try await listener.nextNotification(within: .seconds(600)) }
                _ = try await observer.rows("SELECT pg_terminate_backend($1)", [processID])
                #expect(try await failure { try await task.value }.code == .connectionLost)
            }
        }
    }

    @Test func `a pool takes a listening connection back without its subscription`() async throws {
        try await withPool(maximum: 1) { pool in
            try await pool.withConnection { try await $0.listen("news") }
            let channels = try await pool.query(
                Statement(name: "", sql: "SELECT pg_listening_channels()"))
            #expect(channels.isEmpty)
        }
    }

    @Test func `listening behind a pooler is refused`() async throws {
        try await withConnection({ $0.usesNamedStatements = false }) { connection in
            let error = try await failure { try await connection.listen("x") }
            #expect(error.code == .invalidUsage)
        }
    }
}
