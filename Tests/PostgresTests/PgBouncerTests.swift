import Postgres
import TestSupport
import Testing

struct PgBouncerTests {
    @Test func `statements and transactions run through a pooler in transaction mode`()
        async throws
    {
        try await withPgBouncer { configuration in
            let pool = ConnectionPool(configuration, maximumConnections: 4, logger: quiet)
            try await pool.withConnection {
                try await $0.run(script: "CREATE TABLE item (id int8)")
            }
            let insert = Statement(
                name: "insert", sql: "INSERT INTO item SELECT unnest($1::int8[])")
            try await withThrowingTaskGroup { group in
                for task in 0..<40 {
                    group.addTask {
                        try await pool.withTransaction { connection in
                            let ids = (0..<10).map { Int64(task * 10 + $0) }
                            let rows = try await connection.query(insert, [ids])
                            #expect(rows.affectedRowCount == 10)
                            _ = try await connection.query(insert, [[Int64]()])
                        }
                    }
                }
                try await group.waitForAll()
            }
            let count = try await pool.query(
                Statement(name: "count", sql: "SELECT count(DISTINCT id) FROM item"))
            #expect(try count[0].decode(Int.self) == 400)
            await pool.close()
        }
    }

    @Test func `a deadline behind a pooler leaves the shared session usable`() async throws {
        try await withPgBouncer { configuration in
            let connection = try await Connection.connect(configuration)
            let error = try await failure {
                try await connection.rows("SELECT pg_sleep(60)", deadline: .milliseconds(50))
            }
            #expect(error.code == .deadlineExceeded)
            let other = try await Connection.connect(configuration)
            let one: Int = try await other.value("SELECT 1::int8")
            #expect(one == 1)
            await connection.close()
            await other.close()
        }
    }

    @Test func `named statements through a pooler fail with the way out`() async throws {
        try await withPgBouncer { configuration in
            var named = configuration
            named.usesNamedStatements = true
            let error = try await failure { try await Connection.connect(named) }
            #expect(error.code == .connectionFailed)
            #expect(error.hint == "behind PgBouncer, switch named statements off")
            #expect(!error.isRetryable)
        }
    }
}
