package import Foundation
package import Postgres
import QueueSQL

extension MessageQueue {
    private static let listDeadLettersStatement = Statement(
        name: "list_dead_letters", sql: QueueSQL.listDeadLetters)
    private static let showDeadLetterStatement = Statement(
        name: "show_dead_letter", sql: QueueSQL.showDeadLetter)
    private static let listAttemptsStatement = Statement(
        name: "list_attempts", sql: QueueSQL.listAttempts)

    /// Where a page of dead letters ended; the next one begins after it.
    package struct DeadLetterCursor: Sendable, Hashable {
        package let tenantID: Int32
        package let messageID: Int64

        package init(tenantID: Int32, messageID: Int64) {
            self.tenantID = tenantID
            self.messageID = messageID
        }

        package static let start = DeadLetterCursor(tenantID: 0, messageID: 0)
    }

    /// A page of dead letters in order of tenant and message.
    package func listDeadLetters(
        _ filter: DeadLetterFilter, after cursor: DeadLetterCursor = .start, limit: Int
    ) async throws(PostgresError) -> [DeadLetter] {
        let rows = try await pool.query(
            Self.listDeadLettersStatement,
            [
                cursor.tenantID, cursor.messageID, filter.tenant, filter.destination, filter.owner,
                filter.cause, filter.code, filter.signature, filter.type, filter.since,
                Int32(clamping: limit),
            ])
        return try rows.map { row throws(PostgresError) in try DeadLetter(row) }
    }

    /// A dead letter with all that is known about it.
    package struct DeadLetterDetail: Sendable {
        package let letter: DeadLetter
        package let acceptedAt: Date
        /// The key it was sent under; `nil` when it has none or was never sent.
        package let idempotencyKey: String?
        package let firstSentAt: Date?
        /// How old the key is by the database's clock. Stripe forgets keys after 24 hours.
        package let keyAge: Duration?
        /// Messages that wait behind it.
        package let heldCount: Int
        /// The event, word for word; redact it before a person sees it.
        package let body: String
        package let attempts: [Attempt]
    }

    /// What is known about a dead letter. More than one when several tenants have that number.
    package func showDeadLetters(
        messageID: Int64, tenant: String? = nil
    ) async throws(PostgresError) -> [DeadLetterDetail] {
        var details: [DeadLetterDetail] = []
        for row in try await pool.query(Self.showDeadLetterStatement, [messageID, tenant]) {
            let letter = try DeadLetter(row)
            let attempts = try await pool.query(
                Self.listAttemptsStatement, [letter.tenantID, letter.messageID]
            ).map { row throws(PostgresError) in try Attempt(row) }
            details.append(
                DeadLetterDetail(
                    letter: letter, acceptedAt: try row.decode("accepted_at"),
                    idempotencyKey: try row.decode("idempotency_key"),
                    firstSentAt: try row.decode("first_sent_at"), keyAge: try row.decode("age"),
                    heldCount: Int(try row.decode("held_count", as: Int64.self)),
                    body: try row.decode("body"), attempts: attempts))
        }
        return details
    }
}
