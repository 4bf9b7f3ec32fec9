package import Foundation
package import Postgres
import QueueSQL

/// The queue on PostgreSQL: everything that reads or changes messages goes through here.
///
/// A value without state of its own; copies share the pool.
package struct MessageQueue: Sendable {
    package let pool: ConnectionPool

    package init(pool: ConnectionPool) {
        self.pool = pool
    }

    // A statement's name is the name of its file.
    static let claimLanesStatement = Statement(name: "claim_lanes", sql: QueueSQL.claimLanes)
    static let blockedLanesStatement = Statement(name: "blocked_lanes", sql: QueueSQL.blockedLanes)
    static let signalLostLanesStatement = Statement(
        name: "signal_lost_lanes", sql: QueueSQL.signalLostLanes)
    static let signalForgottenLanesStatement = Statement(
        name: "signal_forgotten_lanes", sql: QueueSQL.signalForgottenLanes)
    static let renewLanesStatement = Statement(name: "renew_lanes", sql: QueueSQL.renewLanes)
    static let releaseLanesStatement = Statement(name: "release_lanes", sql: QueueSQL.releaseLanes)
    static let markSuspectStatement = Statement(name: "mark_suspect", sql: QueueSQL.markSuspect)
    static let clearSignalsStatement = Statement(name: "clear_signals", sql: QueueSQL.clearSignals)
    static let signalLanesStatement = Statement(name: "signal_lanes", sql: QueueSQL.signalLanes)
}

extension MessageQueue {
    /// Leases up to `limit` lanes that were signalled after `afterSignal`.
    package func claimLanes(
        worker: UUID, lease: Duration, limit: Int, afterSignal: Int64, destinations: [Int16]
    ) async throws(PostgresError) -> [LaneLease] {
        let rows = try await pool.query(
            Self.claimLanesStatement,
            [worker, lease, Int32(limit), afterSignal, destinations])
        guard !rows.isEmpty else { return [] }
        let leases = try rows.map { row throws(PostgresError) in
            let (tenant, destination, lane, epoch, floor, crashes, suspect) =
                try row.decode((Int32, Int16, Int16, Int64, Int64, Int16, Int64?).self)
            return LaneLease(
                id: LaneID(tenantID: tenant, destinationID: destination, lane: lane),
                epoch: epoch, floorPosition: floor, crashCount: Int(crashes), suspectID: suspect)
        }
        return try await noteBlockedKeys(in: leases)
    }

    private func noteBlockedKeys(
        in leases: [LaneLease]
    ) async throws(PostgresError) -> [LaneLease] {
        var leases = leases
        let rows: Rows
        do {
            rows = try await pool.query(
                Self.blockedLanesStatement,
                [
                    leases.map(\.id.tenantID), leases.map(\.id.destinationID),
                    leases.map(\.id.lane),
                ])
        } catch {
            // The lanes are claimed all the same; assuming blocked keys costs a look a message.
            for index in leases.indices { leases[index].hasBlockedKeys = true }
            return leases
        }
        for row in rows {
            leases[Int(try row.decode(column: 0, as: Int64.self)) - 1].hasBlockedKeys = true
        }
        return leases
    }

    /// Makes lanes claimable whose holder died after it took their signals back.
    package func signalLostLanes() async throws(PostgresError) -> Int {
        try await pool.query(Self.signalLostLanesStatement).affectedRowCount
    }

    /// Signals lanes with messages that nobody holds and nobody signalled; returns how many. Such a
    /// lane is a defect; this is the net under the protocol, cast now and then.
    package func signalForgottenLanes() async throws(PostgresError) -> Int {
        try await pool.query(Self.signalForgottenLanesStatement).affectedRowCount
    }

    /// What a holder reports about a lane when it renews.
    package struct LaneReport: Sendable {
        package var id: LaneID
        package var epoch: Int64
        package var floorPosition: Int64
        package var inFlightCount: Int
        package var isHealthy: Bool

        package init(
            id: LaneID, epoch: Int64, floorPosition: Int64, inFlightCount: Int, isHealthy: Bool
        ) {
            self.id = id
            self.epoch = epoch
            self.floorPosition = floorPosition
            self.inFlightCount = inFlightCount
            self.isHealthy = isHealthy
        }
    }

    /// Extends leases and returns the lanes that are still held; the others are lost.
    package func renewLanes(
        _ reports: [LaneReport], worker: UUID, lease: Duration
    ) async throws(PostgresError) -> Set<LaneID> {
        let rows = try await pool.query(
            Self.renewLanesStatement,
            [
                reports.map(\.id.tenantID), reports.map(\.id.destinationID),
                reports.map(\.id.lane), reports.map(\.epoch), reports.map(\.floorPosition),
                reports.map { Int32(clamping: $0.inFlightCount) }, reports.map(\.isHealthy),
                worker, lease,
            ])
        return try Self.laneIDs(rows)
    }

    /// Gives lanes back; returns those that were still held.
    package func releaseLanes(
        _ reports: [LaneReport], worker: UUID
    ) async throws(PostgresError) -> Set<LaneID> {
        let rows = try await pool.query(
            Self.releaseLanesStatement,
            [
                reports.map(\.id.tenantID), reports.map(\.id.destinationID),
                reports.map(\.id.lane), reports.map(\.epoch), reports.map(\.floorPosition), worker,
            ])
        return try Self.laneIDs(rows)
    }

    private static func laneIDs(_ rows: Rows) throws(PostgresError) -> Set<LaneID> {
        var lanes = Set<LaneID>()
        for row in rows {
            let (tenant, destination, lane, _) = try row.decode((Int32, Int16, Int16, Int64).self)
            lanes.insert(LaneID(tenantID: tenant, destinationID: destination, lane: lane))
        }
        return lanes
    }

    /// Marks the message a lane on probation is about to deliver. Returns the crashes laid to it,
    /// or `nil` when the lane is no longer held.
    package func markSuspect(
        _ messageID: Int64, lane: LaneID, epoch: Int64, worker: UUID
    ) async throws(PostgresError) -> Int? {
        let rows = try await pool.query(
            Self.markSuspectStatement,
            [lane.tenantID, lane.destinationID, lane.lane, epoch, worker, messageID])
        guard let row = rows.first else { return nil }
        return Int(try row.decode(column: 0, as: Int16.self))
    }

    /// Takes back the signals of lanes found empty.
    package func clearSignals(_ lanes: [LaneID]) async throws(PostgresError) {
        _ = try await pool.query(
            Self.clearSignalsStatement,
            [lanes.map(\.tenantID), lanes.map(\.destinationID), lanes.map(\.lane)])
    }

    /// Signals lanes that turned out to have work after all.
    package func signalLanes(_ lanes: [LaneID]) async throws(PostgresError) {
        _ = try await pool.query(
            Self.signalLanesStatement,
            [lanes.map(\.tenantID), lanes.map(\.destinationID), lanes.map(\.lane)])
    }
}
