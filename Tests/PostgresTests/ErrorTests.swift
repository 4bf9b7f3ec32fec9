import Postgres
import TestSupport
import Testing

struct ErrorTests {
    @Test func `an error of the server keeps all its fields`() async throws {
        try await withConnection { connection in
            try await connection.run(
                script:
                    "CREATE TABLE account (id int8 CONSTRAINT account_key PRIMARY KEY, n int4 NOT NULL)"
            )
            try await connection.run(script: "INSERT INTO account VALUES (1, 1)")
            let duplicate = try await failure {
                try await connection.rows("INSERT INTO account VALUES ($1, 2)", [Int64(1)])
            }
            #expect(duplicate.code == .server)
            #expect(duplicate.sqlState == "23505")
            #expect(duplicate.constraint == "account_key")
            #expect(duplicate.table == "account")
            #expect(duplicate.detail == "Key (id)=(1) already exists.")
            #expect(!duplicate.isRetryable)
            let null = try await failure {
                try await connection.rows("INSERT INTO account VALUES (2, NULL)")
            }
            #expect(null.column == "n")
            let syntax = try await failure { try await connection.rows("SELEC 1") }
            #expect(syntax.sqlState == "42601")
            #expect(syntax.position == 1)
            let hinted = try await failure {
                try await connection.rows("DO $$BEGIN RAISE 'no' USING HINT = 'ask'; END$$")
            }
            #expect(hinted.hint == "ask")
        }
    }

    @Test(arguments: [
        ("40001", true), ("40P01", true), ("55P03", true), ("23505", false), ("42601", false),
    ])
    func `transient states of the server can be retried`(
        _ sqlState: String, _ isRetryable: Bool
    ) async throws {
        try await withConnection { connection in
            let error = try await failure {
                try await connection.run(
                    script: "DO $$BEGIN RAISE 'x' USING ERRCODE = '\(sqlState)'; END$$")
            }
            #expect(error.sqlState == sqlState)
            #expect(error.isRetryable == isRetryable)
        }
    }

    @Test func `a script fails as a whole and says where`() async throws {
        try await withConnection { connection in
            let error = try await failure {
                try await connection.run(
                    script: "CREATE TABLE a (); SELECT nope; CREATE TABLE b ()")
            }
            #expect(error.sqlState == "42703")
            let count: Int = try await connection.value(
                "SELECT count(*) FROM pg_class WHERE relname IN ('a', 'b')")
            #expect(count == 0)
        }
    }

    @Test func `a COPY outside of copyIn is refused and closes the connection`() async throws {
        try await withConnection { connection in
            let error = try await failure {
                try await connection.run(script: "COPY (SELECT 1) TO STDOUT")
            }
            #expect(error.code == .invalidUsage)
            let closed = try await failure { try await connection.rows("SELECT 1") }
            #expect(closed.code == .connectionLost)
        }
    }

    @Test func `half a script never runs`() async throws {
        try await withConnection { connection in
            let error = try await failure {
                try await connection.run(script: "CREATE TABLE half ();\0 CREATE TABLE other ()")
            }
            #expect(error.code == .invalidUsage)
            let isAbsent: Bool = try await connection.value("SELECT to_regclass('half') IS NULL")
            #expect(isAbsent)
        }
    }
}
