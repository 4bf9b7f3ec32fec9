package import Logging
package import PaymentEvents
package import Postgres
import QueueSQL

/// Brings a database to the schema this binary was built with.
///
/// Each migration runs once, in its own transaction, under an advisory lock of that transaction, so
/// that two migrators at once do the work once. A schema newer than this binary is refused.
package struct Migrator: Sendable {
    /// The newest schema this binary knows.
    package static var newestVersion: Int { QueueSQL.migrations.last?.version ?? 0 }

    package struct Step: Sendable {
        package let version: Int
        package let name: String
        package let isApplied: Bool
    }

    private let pool: ConnectionPool
    private let logger: Logger

    package init(pool: ConnectionPool, logger: Logger) {
        self.pool = pool
        self.logger = logger
    }

    /// Every migration this binary knows and whether it has been applied.
    package func status() async throws -> [Step] {
        let applied = try await pool.withConnection { try await Self.appliedVersions($0) }
        try Self.refuseNewer(applied)
        return QueueSQL.migrations.map {
            Step(version: $0.version, name: $0.name, isApplied: applied.contains($0.version))
        }
    }

    /// Applies what is missing and publishes the catalogue. Returns the versions it applied.
    package func migrate(catalogue: [EventDefinition]) async throws -> [Int] {
        var done: [Int] = []
        for migration in QueueSQL.migrations where try await apply(migration) {
            logger.info(
                "migration applied",
                metadata: ["version": "\(migration.version)", "name": "\(migration.name)"])
            done.append(migration.version)
        }
        try await MessageQueue(pool: pool).publishCatalogue(catalogue)
        return done
    }

    private func apply(_ migration: QueueSQL.Migration) async throws -> Bool {
        try await pool.withTransaction { connection in
            try await connection.run(
                script: """
                    SET LOCAL lock_timeout = '3s';
                    SELECT pg_advisory_xact_lock(8310477001);
                    CREATE SCHEMA IF NOT EXISTS clearway;
                    CREATE TABLE IF NOT EXISTS clearway.schema_migration (
                        version integer PRIMARY KEY,
                        name text NOT NULL,
                        applied_at timestamptz NOT NULL DEFAULT now());
                    """)
            let applied = try await Self.appliedVersions(connection)
            try Self.refuseNewer(applied)
            guard !applied.contains(migration.version) else { return false }
            try await connection.run(script: migration.sql)
            _ = try await connection.query(
                Statement(
                    name: "",
                    sql: "INSERT INTO clearway.schema_migration (version, name) VALUES ($1, $2)"),
                [Int32(migration.version), migration.name])
            return true
        }
    }

    private static func appliedVersions(_ connection: Connection) async throws -> Set<Int> {
        let exists = try await connection.query(
            Statement(name: "", sql: "SELECT to_regclass('clearway.schema_migration') IS NOT NULL"))
        guard try exists[0].decode(column: 0, as: Bool.self) else { return [] }
        let rows = try await connection.query(
            Statement(name: "", sql: "SELECT version FROM clearway.schema_migration"))
        return Set(try rows.map { Int(try $0.decode(column: 0, as: Int32.self)) })
    }

    private static func refuseNewer(_ applied: Set<Int>) throws(SchemaError) {
        if let newest = applied.max(), newest > newestVersion {
            throw SchemaError.newer(found: newest, known: newestVersion)
        }
    }

    /// Fails unless the database has exactly the schema this binary needs, or a newer compatible one.
    package func requireCurrent() async throws {
        let missing = try await status().filter { !$0.isApplied }
        if let first = missing.first { throw SchemaError.older(missing: first.version) }
    }
}

/// The database's schema does not fit this binary.
package enum SchemaError: Error, CustomStringConvertible, Equatable {
    case newer(found: Int, known: Int)
    case older(missing: Int)

    package var description: String {
        switch self {
        case .newer(let found, let known):
            "the database has schema version \(found), this binary knows only up to \(known); "
                + "use a newer clearway"
        case .older(let missing):
            "the database lacks schema version \(missing); run: clearway migrate"
        }
    }
}
