package import Postgres
import QueueSQL

/// How many messages of one channel lie in each state.
package struct ChannelDepth: Sendable, Equatable {
    package let tenant: String
    package let destination: String
    package let accepted: Int64
    package let ready: Int64
    package let leased: Int64
    package let scheduled: Int64
    package let held: Int64
    package let unknown: Int64
    package let dead: Int64
    package let delivered: Int64
    package let discarded: Int64
    package let isPaused: Bool
}

/// Accepted minus the sum of all states in one channel and currency; anything but 0 is a page.
package struct Conservation: Sendable, Equatable {
    package let tenant: String
    package let destination: String
    /// Empty for messages without money.
    package let currency: String
    package let acceptedCount: Int64
    package let residualCount: Int64
    /// Exact, in minor units.
    package let acceptedMinor: String
    package let residualMinor: String
}

extension MessageQueue {
    private static let readDepthStatement = Statement(name: "read_depth", sql: QueueSQL.readDepth)
    private static let readConservationStatement = Statement(
        name: "read_conservation", sql: QueueSQL.readConservation)
    private static let tenantNamesStatement = Statement(
        name: "tenant_names", sql: "SELECT name FROM clearway.tenant ORDER BY name")

    /// Depth by channel, from kept counts: cheap at any depth.
    package func readDepth() async throws(PostgresError) -> [ChannelDepth] {
        try await pool.query(Self.readDepthStatement).map { row throws(PostgresError) in
            let c = try row.decode(
                (
                    String, String, Int64, Int64, Int64, Int64, Int64, Int64, Int64, Int64, Int64,
                    Bool
                ).self)
            return ChannelDepth(
                tenant: c.0, destination: c.1, accepted: c.2, ready: c.3, leased: c.4,
                scheduled: c.5, held: c.6, unknown: c.7, dead: c.8, delivered: c.9,
                discarded: c.10, isPaused: c.11)
        }
    }

    /// Guarantee 2, by channel and currency.
    package func readConservation() async throws(PostgresError) -> [Conservation] {
        try await pool.query(Self.readConservationStatement).map { row throws(PostgresError) in
            let c = try row.decode(
                (String, String, String, Int64, Int64, String, String).self)
            return Conservation(
                tenant: c.0, destination: c.1, currency: c.2, acceptedCount: c.3,
                residualCount: c.4, acceptedMinor: c.5, residualMinor: c.6)
        }
    }

    package func tenantNames() async throws(PostgresError) -> [String] {
        try await pool.query(Self.tenantNamesStatement).map { row throws(PostgresError) in
            try row.decode(column: 0, as: String.self)
        }
    }
}
