import Foundation
import Logging
package import Postgres

/// The private PostgreSQL of one test process, and fresh databases on it.
///
/// It is started by the first test that asks and ends with the process. Each test takes a database
/// of its own, so that all run in parallel.
package actor TestServer {
    package nonisolated let server: LocalServer
    private let pool: ConnectionPool
    private var templates: [String: Task<String, any Error>] = [:]

    private static let start = Task {
        // Room for the pools of many tests at once.
        let server = try await LocalServer.start(settings: ["max_connections": "400"])
        return TestServer(server)
    }

    package static func shared() async throws -> TestServer {
        try await start.value
    }

    private init(_ server: LocalServer) {
        self.server = server
        pool = ConnectionPool(
            PostgresConfiguration(url: server.url, applicationName: "tests"),
            maximumConnections: 4, logger: Logger(label: "tests"))
    }

    /// Makes a database, empty or as a copy of a template, and returns its name and URL.
    package nonisolated func createDatabase(
        template: String? = nil
    ) async throws -> (name: String, url: String) {
        let name = "test_" + UUID().uuidString.lowercased().replacing("-", with: "")
        try await create(name, template: template)
        return (name, server.url(database: name))
    }

    package nonisolated func dropDatabase(_ name: String) async throws {
        try await execute("DROP DATABASE IF EXISTS \(name) WITH (FORCE)")
    }

    /// Prepares a template once per process and returns its name for `createDatabase`.
    ///
    /// `prepare` gets the URL of an empty database and must close its connections: PostgreSQL
    /// copies only a database that nobody uses.
    package func template(
        named name: String, prepare: @escaping @Sendable (_ url: String) async throws -> Void
    ) async throws -> String {
        if let known = templates[name] { return try await known.value }
        // Awaited here by every caller that wants this template.
        let task = Task {
            let database = "template_\(name)"
            try await create(database, template: nil)
            try await prepare(server.url(database: database))
            return database
        }
        templates[name] = task
        return try await task.value
    }

    private nonisolated func create(_ name: String, template: String?) async throws {
        // template0 is never connected to, so that copies do not wait for each other.
        try await execute("CREATE DATABASE \(name) TEMPLATE \(template ?? "template0")")
    }

    private nonisolated func execute(_ sql: String) async throws {
        _ = try await pool.query(Statement(name: "", sql: sql), deadline: .seconds(60))
    }
}

/// Runs a test with a database of its own on the shared server.
package func withDatabase<R>(
    template: String? = nil, _ body: (_ url: String) async throws -> R
) async throws -> R {
    let server = try await TestServer.shared()
    let (name, url) = try await server.createDatabase(template: template)
    do {
        let result = try await body(url)
        try await server.dropDatabase(name)
        return result
    } catch {
        try await server.dropDatabase(name)
        throw error
    }
}
