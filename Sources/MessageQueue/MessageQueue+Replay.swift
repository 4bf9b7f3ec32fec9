package import Foundation
package import Postgres
import QueueSQL

/// What exactly a replay would do.
package struct ReplayPlan: Sendable {
    package let planID: UUID
    package let expiresAt: Date
    package let plannedBy: String
    package let messageCount: Int
    package let rowHash: String
    /// Sums in minor units by currency, as a JSON object with exact numbers.
    package let money: String
    /// How many were sent before: the destination is asked about them before anything is sent.
    package let sentCount: Int
    /// More dead letters match than the plan's limit let in.
    package let hasMore: Bool
    package let examples: [Int64]
}

/// What a plan says when it is about to be applied.
package struct LockedReplayPlan: Sendable {
    package let tenantID: Int32
    package let tenant: String
    package let reason: String
    package let messageCount: Int
    package let rowHash: String
    package let money: String
    package let appliedAt: Date?
    package let expiresAt: Date
    package let isExpired: Bool
}

/// What became of a plan's dead letters since it was made.
package struct ReplayInspection: Sendable {
    package let presentIDs: [Int64]
    /// Replayed, discarded or otherwise no longer dead.
    package let goneIDs: [Int64]
    /// Died again.
    package let changedIDs: [Int64]
    package let rowHash: String
}

extension MessageQueue {
    private static let planReplayStatement = Statement(
        name: "plan_replay", sql: QueueSQL.planReplay)
    private static let lockReplayPlanStatement = Statement(
        name: "lock_replay_plan", sql: QueueSQL.lockReplayPlan)
    private static let inspectReplayPlanStatement = Statement(
        name: "inspect_replay_plan", sql: QueueSQL.inspectReplayPlan)
    private static let applyReplayPlanStatement = Statement(
        name: "apply_replay_plan", sql: QueueSQL.applyReplayPlan)

    /// Writes a plan over the dead letters of `filter.tenant`, or returns `nil` when none match.
    package func planReplay(
        _ filter: DeadLetterFilter, messageIDs: [Int64]?, limit: Int, planID: UUID, reason: String,
        filterJSON: String
    ) async throws(PostgresError) -> ReplayPlan? {
        let rows = try await pool.query(
            Self.planReplayStatement,
            [
                filter.tenant, filter.destination, filter.owner, filter.cause, filter.code,
                filter.signature, filter.type, filter.since, messageIDs, Int32(clamping: limit),
                planID, reason, JSON(filterJSON),
            ])
        guard let row = rows.first else { return nil }
        return ReplayPlan(
            planID: try row.decode("plan_id"), expiresAt: try row.decode("expires_at"),
            plannedBy: try row.decode("planned_by"),
            messageCount: Int(try row.decode("message_count", as: Int32.self)),
            rowHash: try row.decode("row_hash"), money: try row.decode("money"),
            sentCount: Int(try row.decode("sent_count", as: Int64.self)),
            hasMore: try row.decode("has_more"), examples: try row.decode("examples"))
    }

    /// Takes a plan in the caller's transaction; `nil` when there is none with that number.
    package func lockReplayPlan(
        _ planID: UUID, in connection: Connection
    ) async throws(PostgresError) -> LockedReplayPlan? {
        let rows = try await connection.query(Self.lockReplayPlanStatement, [planID])
        guard let row = rows.first else { return nil }
        return LockedReplayPlan(
            tenantID: try row.decode("tenant_id"), tenant: try row.decode("tenant"),
            reason: try row.decode("reason"),
            messageCount: Int(try row.decode("message_count", as: Int32.self)),
            rowHash: try row.decode("row_hash"), money: try row.decode("money"),
            appliedAt: try row.decode("applied_at"), expiresAt: try row.decode("expires_at"),
            isExpired: try row.decode("is_expired"))
    }

    /// Locks the plan's dead letters in the caller's transaction and says what became of them.
    package func inspectReplayPlan(
        _ planID: UUID, tenantID: Int32, in connection: Connection
    ) async throws(PostgresError) -> ReplayInspection {
        let rows = try await connection.query(
            Self.inspectReplayPlanStatement, [tenantID, planID])
        let (present, gone, changed, hash) = try rows[0].decode(
            ([Int64], [Int64], [Int64], String).self)
        return ReplayInspection(
            presentIDs: present, goneIDs: gone, changedIDs: changed, rowHash: hash)
    }

    /// Replays in the caller's transaction; returns how many became ready.
    package func applyReplayPlan(
        _ planID: UUID, tenantID: Int32, messageIDs: [Int64], in connection: Connection
    ) async throws(PostgresError) -> Int {
        let rows = try await connection.query(
            Self.applyReplayPlanStatement, [tenantID, planID, messageIDs])
        guard let row = rows.first else { return 0 }
        return Int(try row.decode(column: 0, as: Int32.self))
    }
}
