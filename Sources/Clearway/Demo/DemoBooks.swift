import MessageQueue
import Postgres

/// The queue's own books at the end: what must add up beside the doubles' ledgers.
struct DemoBooks: Sendable {
    /// Accepted messages, commands and facts, over all destinations.
    var accepted: Int64
    var dead: Int64
    /// Accepted minus the sum of all states, in count; must be 0 in every channel and currency.
    var residualCount: Int64
    /// In minor units, of the channel and currency with the largest one.
    var residualMinor: String
    /// Kept counts and counted rows agree in every state, in count and in money.
    var isAuditEqual: Bool
    /// Refused at the door and stored for an owner.
    var rejected: Int64
    var retries: Int
    var unknowns: Int

    static func read(_ stack: DemoStack) async throws -> DemoBooks {
        let depth = try await stack.queue.readDepth()
        let conservation = try await stack.queue.readConservation()
        let audit = try await stack.pool.query(auditStatement)
        let rejected = try await stack.pool.query(rejectedStatement)
        let outcomes = try await stack.countOutcomes()
        return DemoBooks(
            accepted: depth.reduce(0) { $0 + $1.accepted },
            dead: depth.reduce(0) { $0 + $1.dead },
            residualCount: conservation.reduce(0) { $0 + abs($1.residualCount) },
            residualMinor: conservation.map(\.residualMinor).first { $0 != "0" } ?? "0",
            isAuditEqual: try audit[0].decode(column: 0, as: Bool.self),
            rejected: try rejected[0].decode(column: 0, as: Int64.self),
            retries: outcomes.retries, unknowns: outcomes.unknowns)
    }

    private static let auditStatement = Statement(
        name: "demo_audit",
        sql: """
            SELECT coalesce(bool_and(kept_count = counted_count AND kept_minor = counted_minor), true)
            FROM clearway.audit_conservation()
            """)
    private static let rejectedStatement = Statement(
        name: "demo_rejected", sql: "SELECT count(*) FROM clearway.rejected_event")
}

extension DemoStack {
    private static let outcomesStatement = Statement(
        name: "demo_outcomes",
        sql: """
            SELECT count(*) FILTER (WHERE outcome = 2), count(*) FILTER (WHERE outcome = 3)
            FROM clearway.attempt
            """)

    /// Attempts so far that ended in a retry or in doubt.
    func countOutcomes() async throws -> (retries: Int, unknowns: Int) {
        let row = try await pool.query(Self.outcomesStatement)[0]
        let (retries, unknowns) = try row.decode((Int64, Int64).self)
        return (Int(retries), Int(unknowns))
    }
}
