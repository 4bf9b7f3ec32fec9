import Postgres
import TestSupport
import Testing

struct PreparedStatementTests {
    private let count = "SELECT count(*) FROM pg_prepared_statements WHERE name = 'probe'"

    @Test func `a named statement is prepared once and lazily`() async throws {
        try await withConnection { connection in
            let probe = Statement(name: "probe", sql: "SELECT $1::int8")
            #expect(try await connection.value(count, as: Int.self) == 0)
            for number in 0..<3 {
                let rows = try await connection.query(probe, [number])
                #expect(try rows[0].decode(Int.self) == number)
            }
            #expect(try await connection.value(count, as: Int.self) == 1)
        }
    }

    @Test func `one name for two texts or two signatures is refused`() async throws {
        try await withConnection { connection in
            _ = try await connection.query(Statement(name: "probe", sql: "SELECT $1"), [1])
            let text = try await failure {
                try await connection.query(Statement(name: "probe", sql: "SELECT $1, 2"), [1])
            }
            #expect(text.code == .invalidUsage)
            let types = try await failure {
                try await connection.query(Statement(name: "probe", sql: "SELECT $1"), ["1"])
            }
            #expect(
                types.message == "statement probe was prepared for (int8) and called with (text)")
        }
    }

    @Test func `a plan that the schema outgrew is prepared again`() async throws {
        try await withConnection { connection in
            try await connection.run(
                script: "CREATE TABLE item (id int8); INSERT INTO item VALUES (1)")
            let probe = Statement(name: "probe", sql: "SELECT * FROM item")
            #expect(try await connection.query(probe)[0].decode(Int.self) == 1)
            try await connection.run(script: "ALTER TABLE item ADD COLUMN note text DEFAULT 'x'")
            let row = try await connection.query(probe)[0].decode((Int, String).self)
            #expect(row == (1, "x"))
        }
    }

    @Test func `a statement that the server lost is prepared again`() async throws {
        try await withConnection { connection in
            let probe = Statement(name: "probe", sql: "SELECT 1::int8")
            _ = try await connection.query(probe)
            try await connection.run(script: "DEALLOCATE ALL")
            #expect(try await connection.query(probe)[0].decode(Int.self) == 1)
        }
    }

    @Test func `in a transaction a stale plan is a retryable error and heals afterwards`()
        async throws
    {
        try await withConnection { connection in
            try await connection.run(
                script: "CREATE TABLE item (id int8); INSERT INTO item VALUES (1)")
            let probe = Statement(name: "probe", sql: "SELECT * FROM item")
            _ = try await connection.query(probe)
            try await connection.run(script: "ALTER TABLE item ADD COLUMN note text")
            let error = try await failure {
                try await connection.withTransaction { try await $0.query(probe).count }
            }
            #expect(error.sqlState == "0A000")
            #expect(error.isRetryable)
            let found = try await connection.withTransaction { try await $0.query(probe).count }
            #expect(found == 1)
        }
    }

    @Test func `without named statements nothing is prepared`() async throws {
        try await withConnection({ $0.usesNamedStatements = false }) { connection in
            let probe = Statement(name: "probe", sql: "SELECT $1::int8")
            let rows = try await connection.query(probe, [5])
            #expect(try rows[0].decode(Int.self) == 5)
            let prepared: Int = try await connection.value(count)
            #expect(prepared == 0)
        }
    }

    @Test func `statements report how many rows they touched`() async throws {
        try await withConnection { connection in
            try await connection.run(script: "CREATE TABLE item (id int8)")
            let insert = Statement(
                name: "insert", sql: "INSERT INTO item SELECT unnest($1::int8[])")
            let ids = (1...1000).map { Int64($0) }
            #expect(try await connection.query(insert, [ids]).affectedRowCount == 1000)
            let rows = try await connection.rows("SELECT id FROM item ORDER BY id")
            #expect(try rows.map { try $0.decode(Int64.self) } == ids)
        }
    }
}
