package import Foundation
package import MessageQueue
import PaymentEvents
package import Postgres

/// Re-delivers dead letters in two steps: a plan that says exactly what, then its application.
///
/// 1. A plan freezes a set of rows, not a predicate: what dies later is not in it.
/// 2. A plan is applied once, within 15 minutes, and only while its rows are as they were.
/// 3. Applying and auditing are one transaction; the actor is the database's session user.
/// 4. What was sent before is looked for at the destination before it is sent again.
package struct Replayer: Sendable {
    /// The most dead letters that one plan may name.
    package static let limitMax = 100_000

    private let queue: MessageQueue

    package init(queue: MessageQueue) {
        self.queue = queue
    }

    /// Plans the replay of what matches; `nil` when nothing does.
    ///
    /// `filter.tenant` must be set: a plan belongs to one tenant.
    package func plan(
        _ filter: DeadLetterFilter, messageIDs: [Int64]? = nil, limit: Int, reason: String,
        planID: UUID = UUID()
    ) async throws(PostgresError) -> ReplayPlan? {
        precondition(filter.tenant != nil, "a plan belongs to one tenant")
        return try await queue.planReplay(
            filter, messageIDs: messageIDs, limit: min(max(limit, 1), Self.limitMax),
            planID: planID, reason: reason,
            filterJSON: filter.json(messageIDs: messageIDs).canonicalText)
    }

    /// What an applied plan did.
    package struct Applied: Sendable {
        package let tenant: String
        package let replayedCount: Int
        package let money: String
    }

    /// Applies a plan, or throws a `ReplayRefusal` and changes nothing.
    package func apply(_ planID: UUID) async throws -> Applied {
        try await queue.pool.withTransaction { connection in
            guard let plan = try await queue.lockReplayPlan(planID, in: connection) else {
                throw ReplayRefusal.unknownPlan(planID)
            }
            if let appliedAt = plan.appliedAt { throw ReplayRefusal.alreadyApplied(at: appliedAt) }
            if plan.isExpired { throw ReplayRefusal.expired(at: plan.expiresAt) }
            let found = try await queue.inspectReplayPlan(
                planID, tenantID: plan.tenantID, in: connection)
            guard found.rowHash == plan.rowHash else {
                throw ReplayRefusal.drifted(
                    planned: plan.messageCount, goneIDs: found.goneIDs,
                    changedIDs: found.changedIDs)
            }
            let count = try await queue.applyReplayPlan(
                planID, tenantID: plan.tenantID, messageIDs: found.presentIDs, in: connection)
            return Applied(tenant: plan.tenant, replayedCount: count, money: plan.money)
        }
    }
}

/// Why a plan was not applied. Nothing was changed.
package enum ReplayRefusal: Error, Equatable, CustomStringConvertible {
    case unknownPlan(UUID)
    case alreadyApplied(at: Date)
    case expired(at: Date)
    case drifted(planned: Int, goneIDs: [Int64], changedIDs: [Int64])

    package var description: String {
        switch self {
        case .unknownPlan(let id):
            return "there is no replay plan \(id.text); make one with: clearway replay plan"
        case .alreadyApplied(let date):
            return "this plan was applied already, at \(Timestamp.text(date)); nothing was changed"
        case .expired(let date):
            return "this plan expired at \(Timestamp.text(date)); make a new one with: "
                + "clearway replay plan"
        case .drifted(let planned, let gone, let changed):
            var parts: [String] = []
            if !gone.isEmpty { parts.append("no longer dead: \(Self.list(gone))") }
            if !changed.isEmpty { parts.append("died again since: \(Self.list(changed))") }
            if parts.isEmpty { parts.append("a row was changed") }
            return "the dead letters are not as they were planned (\(planned) planned; "
                + parts.joined(separator: "; ")
                + "); nothing was changed, make a new plan with: clearway replay plan"
        }
    }

    private static func list(_ ids: [Int64]) -> String {
        let shown = ids.prefix(10).map(String.init).joined(separator: ", ")
        return ids.count > 10 ? "\(shown) and \(ids.count - 10) more" : shown
    }
}

extension DeadLetterFilter {
    /// What is stored with a plan.
    func json(messageIDs: [Int64]?) -> JSONValue {
        var members: [String: JSONValue] = [:]
        members["tenant"] = tenant.map { .string($0) }
        members["destination"] = destination.map { .string($0) }
        members["owner"] = owner.map { .string($0) }
        members["cause"] = cause.map { .string($0) }
        members["code"] = code.map { .string($0) }
        members["signature"] = signature.map { .string($0) }
        members["type"] = type.map { .string($0) }
        members["since_seconds"] = since.map { .int($0.components.seconds) }
        members["message_ids"] = messageIDs.map { .array($0.map { .int($0) }) }
        return .object(members)
    }
}
