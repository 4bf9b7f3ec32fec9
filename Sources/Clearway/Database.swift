import Foundation
import Logging
import MessageQueue
import Postgres

/// Runs a command with a pool to the database of the settings, which is closed afterwards.
func withDatabase<R: Sendable>(
    _ settings: Settings, maximumConnections: Int = 2, logger: Logger? = nil,
    _ body: @Sendable (ConnectionPool) async throws -> R
) async throws -> R {
    let configuration = try postgresConfiguration(settings)
    var quiet = Logger(label: "clearway")
    quiet.logLevel = .critical
    let pool = ConnectionPool(
        configuration, maximumConnections: maximumConnections, logger: logger ?? quiet)
    do {
        let result = try await body(pool)
        await pool.close()
        return result
    } catch {
        await pool.close()
        throw error
    }
}

/// How the settings say the database is reached; fails when the URL cannot be understood.
func postgresConfiguration(_ settings: Settings) throws -> PostgresConfiguration {
    let configuration = PostgresConfiguration(
        url: try settings.required(.databaseURL),
        usesNamedStatements: try settings.boolean(.namedStatements))
    try configuration.validate()
    return configuration
}
