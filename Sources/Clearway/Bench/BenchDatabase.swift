import Foundation
import Logging
import MessageQueue
import PaymentEvents
import Postgres

/// The database a benchmark runs on: one that was given, or a private one started for the run.
struct BenchDatabase {
    let url: String
    let pool: ConnectionPool
    let queue: MessageQueue
    private let admin: ConnectionPool
    private let name: String

    /// Settings of the private server. Durability is on: numbers without it mean nothing here.
    static let settings = [
        "shared_buffers": "1GB", "max_wal_size": "8GB", "checkpoint_timeout": "30min",
        "synchronous_commit": "on", "fsync": "on", "max_connections": "60",
        "autovacuum_naptime": "5s",
    ]

    /// Makes a fresh, migrated database for one measurement.
    static func make(on server: LocalServer, logger: Logger) async throws -> BenchDatabase {
        let name = "bench_\(UInt32.random(in: 0 ... .max))"
        let admin = ConnectionPool(
            PostgresConfiguration(url: server.url), maximumConnections: 1, logger: logger)
        try await admin.withConnection { try await $0.run(script: "CREATE DATABASE \(name)") }
        let url = server.url(database: name)
        let pool = ConnectionPool(
            PostgresConfiguration(url: url, statementTimeout: .seconds(600)),
            maximumConnections: 8, logger: logger)
        _ = try await Migrator(pool: pool, logger: logger).migrate(
            catalogue: Catalogue.standard.definitions)
        return BenchDatabase(
            url: url, pool: pool, queue: MessageQueue(pool: pool), admin: admin,
            name: name)
    }

    /// Runs SQL and returns the first column of the first row as text.
    func scalar(_ sql: String) async throws -> Int64 {
        let rows = try await pool.query(Statement(name: "", sql: sql))
        return try rows[0].decode(column: 0, as: Int64.self)
    }

    func run(_ sql: String) async throws {
        try await pool.withConnection { try await $0.run(script: sql, deadline: .seconds(1200)) }
    }

    func drop() async throws {
        await pool.close()
        try await admin.withConnection {
            try await $0.run(script: "DROP DATABASE \(name) WITH (FORCE)")
        }
        await admin.close()
    }
}
