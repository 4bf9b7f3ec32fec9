import Logging
import NIOConcurrencyHelpers
import Postgres
import TestSupport
import Testing

struct PoolTests {
    private func backends(_ pool: ConnectionPool) async throws -> Int {
        try await pool.query(
            Statement(
                name: "",
                sql: "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()")
        )[0].decode(Int.self)
    }

    @Test func `connections are opened when needed and used again`() async throws {
        try await withPool(maximum: 4) { pool in
            for _ in 0..<10 {
                let open = try await backends(pool)
                #expect(open == 1)
            }
        }
    }

    @Test func `many borrowers share no more than the maximum`() async throws {
        try await withPool(maximum: 3) { pool in
            let counts = try await withThrowingTaskGroup { group in
                for _ in 0..<60 {
                    group.addTask { try await backends(pool) }
                }
                return try await group.reduce(into: [Int]()) { $0.append($1) }
            }
            #expect(counts.count == 60)
            #expect(try #require(counts.max()) <= 3)
        }
    }

    @Test func `a borrower that is cancelled while it waits frees its place`() async throws {
        try await withPool(maximum: 1) { pool in
            let inside = Gate()
            let leave = Gate()
            let holder = Task {
                try await pool.withConnection { _ in
                    inside.open()
                    await leave.wait()
                }
            }
            await inside.wait()
            let waiter = Task { try await pool.query(Statement(name: "", sql: "SELECT 1")) }
            waiter.cancel()
            #expect(try await failure { try await waiter.value }.code == .cancelled)
            leave.open()
            try await holder.value
            #expect(try await backends(pool) == 1)
        }
    }

    @Test func `a transaction left open does not reach the next borrower`() async throws {
        try await withPool(maximum: 1) { pool in
            try await pool.withConnection { connection in
                try await connection.run(script: "BEGIN; CREATE TABLE leak ()")
            }
            let found = try await pool.query(
                Statement(name: "", sql: "SELECT to_regclass('leak') IS NULL"))
            #expect(try found[0].decode(Bool.self))
        }
    }

    @Test func `a statement that was cut short does not reach the next borrower`() async throws {
        try await withPool(maximum: 1) { pool in
            let sleep = Statement(name: "sleep", sql: "SELECT pg_sleep(60)")
            let error = try await failure {
                try await pool.query(sleep, deadline: .milliseconds(20))
            }
            #expect(error.code == .deadlineExceeded)
            #expect(try await backends(pool) == 1)
        }
    }

    @Test func `a connection that the server ended is replaced before it is lent`() async throws {
        try await withConnection { observer in
            try await withPool(maximum: 1) { pool in
                let processID = try await pool.withConnection { await $0.processID }
                _ = try await observer.rows("SELECT pg_terminate_backend($1, 10000)", [processID])
                let next = try await pool.withConnection { await $0.processID }
                #expect(next != processID)
            }
        }
    }

    @Test func `a connection that ends under a statement is an error that can be retried`()
        async throws
    {
        try await withConnection { observer in
            try await withPool(maximum: 1) { pool in
                let processID = try await pool.withConnection { await $0.processID }
                let task = Task {
                    try await pool.query(Statement(name: "", sql: "SELECT pg_sleep(60)"))
                }
                try await eventually("the statement runs") {
                    try await isRunning("pg_sleep", processID, seenBy: observer)
                }
                _ = try await observer.rows("SELECT pg_terminate_backend($1)", [processID])
                let error = try await failure { try await task.value }
                #expect(error.code == .connectionLost)
                #expect(error.sqlState == "57P01")
                #expect(error.isRetryable)
                #expect(try await backends(pool) == 1)
            }
        }
    }

    @Test func `closing waits for what is lent and refuses what comes later`() async throws {
        try await withDatabase { url in
            let pool = ConnectionPool(
                PostgresConfiguration(url: url), maximumConnections: 1, logger: quiet)
            let inside = Gate()
            let leave = Gate()
            let holder = Task {
                try await pool.withConnection { connection in
                    inside.open()
                    await leave.wait()
                    return try await connection.value("SELECT 7::int8", as: Int.self)
                }
            }
            await inside.wait()
            let waiter = Task { try await pool.query(Statement(name: "", sql: "SELECT 1")) }
            let isClosed = NIOLockedValueBox(false)
            let closing = Task {
                await pool.close()
                isClosed.withLockedValue { $0 = true }
            }
            // The waiter's refusal shows that closing has begun.
            #expect(try await failure { try await waiter.value }.code == .poolClosed)
            #expect(!isClosed.withLockedValue { $0 })
            leave.open()
            #expect(try await holder.value == 7)
            await closing.value
            let late = try await failure {
                try await pool.query(Statement(name: "", sql: "SELECT 1"))
            }
            #expect(late.code == .poolClosed)
        }
    }

    @Test func `a pool survives the restart of its server`() async throws {
        let server = try await LocalServer.start()
        let pool = ConnectionPool(
            PostgresConfiguration(url: server.url), maximumConnections: 3, logger: quiet)
        let probe = Statement(name: "probe", sql: "SELECT $1::int8")
        #expect(try await pool.query(probe, [1])[0].decode(Int.self) == 1)
        try await server.restart()
        #expect(try await pool.query(probe, [2])[0].decode(Int.self) == 2)
        try await server.kill9()
        // Asked while the server is down, answered once it is back. A killed backend may outlive
        // its server for a moment: that is an error which says to try again.
        async let answer = retried { try await pool.query(probe, [3])[0].decode(Int.self) }
        try await server.start()
        #expect(try await answer == 3)
        await pool.close()
        await server.stop()
    }

    @Test func `while the server is down a borrower fails after the connect timeout`() async throws
    {
        let server = try await LocalServer.start()
        try await server.stopFast()
        let configuration = PostgresConfiguration(
            url: server.url, connectTimeout: .milliseconds(300))
        let pool = ConnectionPool(configuration, maximumConnections: 2, logger: quiet)
        let start = ContinuousClock.now
        let error = try await failure { try await pool.query(Statement(name: "", sql: "SELECT 1")) }
        let waited = ContinuousClock.now - start
        #expect(error.code == .connectionFailed)
        #expect(error.isRetryable)
        #expect(waited >= .milliseconds(300))
        await pool.close()
        await server.stop()
    }

    @Test func `a login that is refused fails at once`() async throws {
        let server = try await TestServer.shared()
        let pool = ConnectionPool(
            PostgresConfiguration(
                url: server.server.url(database: "no_such_database"), connectTimeout: .seconds(60)),
            maximumConnections: 2, logger: quiet)
        let error = try await failure { try await pool.query(Statement(name: "", sql: "SELECT 1")) }
        #expect(error.code == .connectionFailed)
        #expect(error.sqlState == "3D000")
        #expect(!error.isRetryable)
        await pool.close()
    }

    @Test func `cancellations and deadlines among transactions mix up no answers`() async throws {
        let sleep = Statement(name: "sleep", sql: "SELECT pg_sleep(60)")
        let series = Statement(
            name: "series", sql: "SELECT i FROM generate_series($1::int8, $1 + 50) AS g(i)")
        try await withPool(maximum: 4) { pool in
            try await withThrowingTaskGroup { group in
                for number in 0..<200 {
                    group.addTask {
                        switch number % 5 {
                        case 0:
                            let task = Task { try await pool.query(sleep) }
                            await Task.yield()
                            task.cancel()
                            if case .failure(let error as PostgresError) = await task.result {
                                #expect(error.code == .cancelled)
                            }
                        case 1:
                            let error = try await failure {
                                try await pool.query(sleep, deadline: .milliseconds(3))
                            }
                            #expect(error.code == .deadlineExceeded)
                        default:
                            let rows = try await pool.withTransaction {
                                try await $0.query(series, [number])
                            }
                            let last = try #require(rows.last).decode(Int.self)
                            #expect(rows.count == 51 && last == number + 50)
                        }
                    }
                }
                try await group.waitForAll()
            }
        }
    }
}
