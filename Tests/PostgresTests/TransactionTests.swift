import Postgres
import TestSupport
import Testing

struct TransactionTests {
    private struct Refusal: Error {}

    private func withTable<R>(
        _ body: (ConnectionPool) async throws -> R
    ) async throws -> R {
        try await withPool { pool in
            try await pool.withConnection {
                try await $0.run(
                    script: "CREATE TABLE item (id int8 PRIMARY KEY DEFERRABLE INITIALLY DEFERRED)")
            }
            return try await body(pool)
        }
    }

    private func count(_ pool: ConnectionPool) async throws -> Int {
        try await pool.query(Statement(name: "", sql: "SELECT count(*) FROM item"))[0].decode(
            Int.self)
    }

    @Test func `a body that returns commits and one that throws rolls back`() async throws {
        try await withTable { pool in
            try await pool.withTransaction { _ = try await $0.rows("INSERT INTO item VALUES (1)") }
            await #expect(throws: Refusal.self) {
                try await pool.withTransaction { connection in
                    _ = try await connection.rows("INSERT INTO item VALUES (2)")
                    throw Refusal()
                }
            }
            #expect(try await count(pool) == 1)
        }
    }

    @Test func `a cancelled body is rolled back and leaves a clean connection`() async throws {
        try await withTable { pool in
            let inside = Gate()
            let task = Task {
                try await pool.withTransaction { connection in
                    _ = try await connection.rows("INSERT INTO item VALUES (1)")
                    inside.open()
                    _ = try await connection.rows("SELECT pg_sleep(60)")
                }
            }
            await inside.wait()
            task.cancel()
            let error = try await failure { try await task.value }
            #expect(error.code == .cancelled)
            let stored = try await count(pool)
            #expect(stored == 0)
        }
    }

    @Test func `a constraint checked at COMMIT fails the transaction, known for sure`() async throws
    {
        try await withTable { pool in
            let error = try await failure {
                try await pool.withTransaction {
                    _ = try await $0.rows("INSERT INTO item VALUES (1), (1)")
                }
            }
            #expect(error.code == .server)
            #expect(error.sqlState == "23505")
        }
    }

    @Test func `an error that the body ignored does not look like a commit`() async throws {
        try await withTable { pool in
            let error = try await failure {
                try await pool.withTransaction { connection in
                    _ = try await connection.rows("INSERT INTO item VALUES (1)")
                    _ = try? await connection.rows("SELECT 1 / 0")
                }
            }
            #expect(error.code == .invalidUsage)
            #expect(try await count(pool) == 0)
        }
    }

    @Test func `the isolation level is what was asked for`() async throws {
        try await withPool { pool in
            let level = try await pool.withTransaction(isolation: .serializable) {
                try await $0.value(
                    "SELECT current_setting('transaction_isolation')", as: String.self)
            }
            #expect(level == "serializable")
        }
    }

    @Test func `transactions do not nest`() async throws {
        try await withPool { pool in
            let error = try await failure {
                try await pool.withTransaction { try await $0.begin() }
            }
            #expect(error.code == .invalidUsage)
        }
    }

    @Test func `a COMMIT whose answer is lost is neither success nor failure`() async throws {
        // A deferred trigger ends its own backend in the middle of COMMIT.
        try await withPool { pool in
            try await pool.withConnection {
                try await $0.run(
                    script: """
                        CREATE TABLE item (id int8);
                        CREATE FUNCTION vanish() RETURNS trigger LANGUAGE plpgsql AS $$
                        BEGIN
                            PERFORM pg_terminate_backend(pg_backend_pid());
                            PERFORM pg_sleep(60);
                            RETURN NULL;
                        END $$;
                        CREATE CONSTRAINT TRIGGER vanish AFTER INSERT ON item
                            DEFERRABLE INITIALLY DEFERRED
                            FOR EACH ROW EXECUTE FUNCTION vanish();
                        """)
            }
            let error = try await failure {
                try await pool.withTransaction {
                    _ = try await $0.rows("INSERT INTO item VALUES (1)")
                }
            }
            #expect(error.code == .commitUnknown)
            #expect(!error.isRetryable)
        }
    }

    @Test func `a COMMIT that waits for its standby is not cancelled, and unknown at its deadline`()
        async throws
    {
        let server = try await LocalServer.start(settings: ["synchronous_standby_names": "nobody"])
        let connection = try await Connection.connect(PostgresConfiguration(url: server.url))
        let observer = try await Connection.connect(PostgresConfiguration(url: server.url))
        try await connection.run(
            script: "SET synchronous_commit = local; CREATE TABLE item (id int8)")
        try await connection.run(script: "SET synchronous_commit = on")
        try await connection.begin()
        _ = try await connection.rows("INSERT INTO item VALUES (1)")
        let processID = await connection.processID
        let task = Task { try await connection.commit(deadline: .seconds(2)) }
        try await eventually("COMMIT waits for the standby") {
            try await observer.value(
                "SELECT count(*) > 0 FROM pg_stat_activity WHERE pid = $1 AND wait_event = 'SyncRep'",
                [processID])
        }
        task.cancel()
        let error = try await failure { try await task.value }
        #expect(error.code == .commitUnknown)
        await observer.close()
        await server.stop()
    }

    @Test func `a cancelled statement that committed without its standby does not look durable`()
        async throws
    {
        let server = try await LocalServer.start(settings: ["synchronous_standby_names": "nobody"])
        let connection = try await Connection.connect(PostgresConfiguration(url: server.url))
        try await connection.run(
            script: "SET synchronous_commit = local; CREATE TABLE item (id int8)")
        try await connection.run(script: "SET synchronous_commit = on")
        let error = try await failure {
            try await connection.rows("INSERT INTO item VALUES (1)", deadline: .milliseconds(300))
        }
        #expect(error.code == .commitUnknown)
        #expect(try await connection.value("SELECT count(*) FROM item", as: Int.self) == 1)
        await connection.close()
        await server.stop()
    }
}
