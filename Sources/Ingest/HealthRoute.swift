import HTTPTypes
import Hummingbird
import Logging
import MessageQueue
import NIOConcurrencyHelpers
import PaymentEvents
import Postgres

/// `GET /healthz/…`: live asks only this process, ready also the database, startup also its schema.
struct HealthRoute: Sendable {
    let pool: ConnectionPool
    let logger: Logger
    /// Set when shutdown begins, so that no new requests are sent here.
    let isDraining: NIOLockedValueBox<Bool>

    private static let probe = Statement(name: "probe", sql: "SELECT 1")

    func live() -> Response { Self.answer(.ok, ["status": "live"]) }

    func ready() async -> Response {
        if isDraining.withLockedValue({ $0 }) {
            return Self.answer(.serviceUnavailable, ["status": "draining"])
        }
        let isReached = await within(.seconds(2)) {
            _ = try await pool.query(Self.probe, deadline: .seconds(1))
        }
        return isReached
            ? Self.answer(.ok, ["status": "ready"])
            : Self.answer(
                .serviceUnavailable,
                ["status": "not-ready", "reason": "the database does not answer"])
    }

    func startup() async -> Response {
        let isCurrent = await within(.seconds(5)) {
            try await Migrator(pool: pool, logger: logger).requireCurrent()
        }
        return isCurrent
            ? Self.answer(.ok, ["status": "started"])
            : Self.answer(
                .serviceUnavailable,
                [
                    "status": "not-started",
                    "reason": "the database does not answer or lacks a migration; clearway migrate",
                ])
    }

    private func within(
        _ limit: Duration, _ body: @escaping @Sendable () async throws -> Void
    ) async -> Bool {
        await withTaskGroup(of: Bool.self) { group in
            group.addTask { (try? await body()) != nil }
            group.addTask {
                try? await Task.sleep(for: limit)
                return false
            }
            let isDone = await group.next() ?? false
            group.cancelAll()
            return isDone
        }
    }

    private static func answer(_ status: HTTPResponse.Status, _ body: JSONValue) -> Response {
        Response(
            status: status, headers: [.contentType: "application/json"], body: .init(json: body))
    }
}
