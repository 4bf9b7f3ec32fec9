import Foundation
import Logging
import Postgres
import TestSupport
import Testing

/// A logger that says nothing: the tests provoke the warnings they would print.
let quiet = Logger(label: "quiet", factory: { _ in SwiftLogNoOpLogHandler() })

/// Runs a test with one connection to a database of its own.
func withConnection<R>(
    _ change: (inout PostgresConfiguration) -> Void = { _ in },
    _ body: (Connection) async throws -> R
) async throws -> R {
    try await withDatabase { url in
        var configuration = PostgresConfiguration(url: url)
        change(&configuration)
        let connection = try await Connection.connect(configuration)
        do {
            let result = try await body(connection)
            await connection.close()
            return result
        } catch {
            await connection.close()
            throw error
        }
    }
}

/// Runs a test with a pool on a database of its own.
func withPool<R>(
    maximum: Int = 4, _ body: (ConnectionPool) async throws -> R
) async throws -> R {
    try await withDatabase { url in
        let pool = ConnectionPool(
            PostgresConfiguration(url: url), maximumConnections: maximum, logger: quiet)
        do {
            let result = try await body(pool)
            await pool.close()
            return result
        } catch {
            await pool.close()
            throw error
        }
    }
}

extension Connection {
    /// The rows of an unnamed statement.
    func rows(
        _ sql: String, _ parameters: [any PostgresEncodable] = [], deadline: Duration? = nil
    ) async throws(PostgresError) -> Rows {
        try await query(Statement(name: "", sql: sql), parameters, deadline: deadline)
    }

    /// The one value of an unnamed statement that returns one row with one column.
    func value<T: PostgresDecodable>(
        _ sql: String, _ parameters: [any PostgresEncodable] = [], as type: T.Type = T.self
    ) async throws -> T {
        let rows = try await rows(sql, parameters)
        return try #require(rows.first).decode(T.self)
    }
}

/// The error of an operation that must fail.
func failure<R>(
    sourceLocation: SourceLocation = #_sourceLocation,
    _ body: () async throws -> R
) async throws -> PostgresError {
    try #require(
        await #expect(throws: PostgresError.self, sourceLocation: sourceLocation) {
            _ = try await body()
        }, sourceLocation: sourceLocation)
}

/// Whether the backend with this process id runs a statement that contains `text`.
func isRunning(_ text: String, _ processID: Int32, seenBy observer: Connection) async throws -> Bool
{
    try await observer.value(
        """
        SELECT count(*) > 0 FROM pg_stat_activity
        WHERE pid = $1 AND state = 'active' AND query LIKE '%' || $2 || '%'
        """, [processID, text])
}

/// What a caller does whose operation may happen twice.
func retried<R>(_ body: () async throws -> R) async throws -> R {
    while true {
        do {
            return try await body()
        } catch let error as PostgresError where error.isRetryable {
            continue
        }
    }
}
