package import Logging
package import MessageQueue
import PaymentEvents
package import Postgres

/// A database of one test with the queue's schema and the standard catalogue.
///
/// The template is migrated once per process, by the code that migrates production; each test gets
/// a copy.
package struct MigratedDatabase: Sendable {
    package let url: String
    package let pool: ConnectionPool
    package let queue: MessageQueue

    package static var logger: Logger {
        var logger = Logger(label: "tests")
        logger.logLevel = .error
        return logger
    }

    /// How connections of this test are made; for a pool or listener of its own.
    package var configuration: PostgresConfiguration {
        PostgresConfiguration(url: url, applicationName: "tests")
    }

    fileprivate static func template() async throws -> String {
        try await TestServer.shared().template(named: "migrated") { url in
            let pool = ConnectionPool(
                PostgresConfiguration(url: url, applicationName: "tests"), maximumConnections: 1,
                logger: logger)
            do {
                _ = try await Migrator(pool: pool, logger: logger).migrate(
                    catalogue: Catalogue.standard.definitions)
            } catch {
                await pool.close()
                throw error
            }
            await pool.close()
        }
    }

    fileprivate init(url: String, maximumConnections: Int) {
        self.url = url
        pool = ConnectionPool(
            PostgresConfiguration(url: url, applicationName: "tests"),
            maximumConnections: maximumConnections, logger: Self.logger)
        queue = MessageQueue(pool: pool)
    }
}

/// Runs a test with a migrated database of its own, which is dropped afterwards.
package func withMigratedDatabase<R>(
    maximumConnections: Int = 8, _ body: (MigratedDatabase) async throws -> R
) async throws -> R {
    try await withDatabase(template: MigratedDatabase.template()) { url in
        let database = MigratedDatabase(url: url, maximumConnections: maximumConnections)
        do {
            let result = try await body(database)
            await database.pool.close()
            return result
        } catch {
            await database.pool.close()
            throw error
        }
    }
}
