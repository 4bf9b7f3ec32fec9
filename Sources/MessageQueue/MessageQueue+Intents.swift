package import Foundation
package import Postgres
import QueueSQL

extension MessageQueue {
    private static let storeIntentsStatement = Statement(
        name: "store_intents", sql: QueueSQL.storeIntents)
    private static let reserveBudgetStatement = Statement(
        name: "reserve_budget", sql: QueueSQL.reserveBudget)

    /// A request about to be sent.
    package struct NewIntent: Sendable {
        package var lane: LaneID
        package var epoch: Int64
        package var messageID: Int64
        package var idempotencyKey: String?
        package var request: [UInt8]

        package init(
            lane: LaneID, epoch: Int64, messageID: Int64, idempotencyKey: String?,
            request: [UInt8]
        ) {
            self.lane = lane
            self.epoch = epoch
            self.messageID = messageID
            self.idempotencyKey = idempotencyKey
            self.request = request
        }
    }

    /// A request as it is stored, and how long ago it was first sent by the database's clock.
    package struct StoredIntent: Sendable {
        package let messageID: Int64
        package let request: [UInt8]
        package let firstSentAt: Date
        package let age: Duration
        /// Stored just now: nothing has been sent before.
        package let isNew: Bool
    }

    /// Makes requests durable before they are sent. One that was stored before stays as it was and
    /// is returned in place of the new one. A message missing from the answer is not ours any more.
    package func storeIntents(
        _ intents: [NewIntent]
    ) async throws(PostgresError) -> [Int64: StoredIntent] {
        let rows = try await pool.query(
            Self.storeIntentsStatement,
            [
                intents.map(\.lane.tenantID), intents.map(\.lane.destinationID),
                intents.map(\.lane.lane), intents.map(\.epoch), intents.map(\.messageID),
                intents.map(\.idempotencyKey), intents.map(\.request),
            ])
        var stored: [Int64: StoredIntent] = [:]
        for row in rows {
            let (_, message, age, request, firstSentAt, isNew) = try row.decode(
                (Int32, Int64, Int64, [UInt8], Date, Bool).self)
            stored[message] = StoredIntent(
                messageID: message, request: request, firstSentAt: firstSentAt,
                age: .milliseconds(age), isNew: isNew)
        }
        return stored
    }

    /// Moments at which calls may leave, counted from when the answer arrives.
    package struct Reservation: Sendable {
        package let firstIn: Duration
        package let spacing: Duration
    }

    /// Reserves `count` calls, or none when the budget is reserved further ahead than `horizon`.
    package func reserveBudget(
        tenantID: Int32, destinationID: Int16, count: Int, horizon: Duration
    ) async throws(PostgresError) -> Reservation? {
        let rows = try await pool.query(
            Self.reserveBudgetStatement, [tenantID, destinationID, Int32(count), horizon])
        guard let row = rows.first else { return nil }
        let (first, spacing) = try row.decode((Int64, Int32).self)
        return Reservation(
            firstIn: .microseconds(max(0, first)), spacing: .microseconds(Int64(spacing)))
    }
}
