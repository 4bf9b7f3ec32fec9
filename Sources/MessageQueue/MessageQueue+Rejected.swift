package import Foundation
package import Postgres
import QueueSQL

/// Input that was refused at the door and waits for its owner.
package struct RejectedEvent: Sendable {
    package let rejectedID: Int64
    package let rejectedAt: Date
    package let tenant: String?
    package let source: String
    package let owner: String
    package let acknowledgeBy: Date
    /// The first violation; there may be more.
    package let rule: String
    package let pointer: String
    package let reason: String
    package let violationCount: Int
    package let contentType: String?
    package let bodyByteCount: Int
    /// The input; read for one event, not for lists. Redact it before a person sees it.
    package let body: [UInt8]?

    init(_ row: Row, withBody: Bool) throws(PostgresError) {
        rejectedID = try row.decode("rejected_id")
        rejectedAt = try row.decode("rejected_at")
        tenant = try row.decode("tenant")
        source = try row.decode("source")
        owner = try row.decode("owner_team")
        acknowledgeBy = try row.decode("acknowledge_by")
        rule = try row.decode("rule")
        pointer = try row.decode("pointer")
        reason = try row.decode("reason")
        violationCount = Int(try row.decode("violation_count", as: Int32.self))
        contentType = try row.decode("content_type")
        bodyByteCount = Int(try row.decode("body_bytes", as: Int32.self))
        body = withBody ? try row.decode("body") : nil
    }
}

extension MessageQueue {
    private static let listRejectedEventsStatement = Statement(
        name: "list_rejected_events", sql: QueueSQL.listRejectedEvents)
    private static let showRejectedEventStatement = Statement(
        name: "show_rejected_event", sql: QueueSQL.showRejectedEvent)

    /// A page of refused input, newest first, below a number.
    package func listRejectedEvents(
        tenant: String? = nil, owner: String? = nil, since: Duration? = nil,
        below cursor: Int64 = .max, limit: Int
    ) async throws(PostgresError) -> [RejectedEvent] {
        let rows = try await pool.query(
            Self.listRejectedEventsStatement,
            [cursor, tenant, owner, since, Int32(clamping: limit)])
        return try rows.map { row throws(PostgresError) in try RejectedEvent(row, withBody: false) }
    }

    package func showRejectedEvent(_ id: Int64) async throws(PostgresError) -> RejectedEvent? {
        guard let row = try await pool.query(Self.showRejectedEventStatement, [id]).first else {
            return nil
        }
        return try RejectedEvent(row, withBody: true)
    }
}
