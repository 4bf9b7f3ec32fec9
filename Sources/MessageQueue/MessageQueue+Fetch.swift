package import Postgres
import QueueSQL

extension MessageQueue {
    private static let fetchMessagesStatement = Statement(
        name: "fetch_messages", sql: QueueSQL.fetchMessages)
    private static let fetchBlockedMessagesStatement = Statement(
        name: "fetch_blocked_messages", sql: QueueSQL.fetchBlockedMessages)

    /// A stretch of a lane to be read, in order.
    package struct Stretch: Sendable {
        package var lane: LaneID
        package var after: Int64
        package var through: Int64
        package var quota: Int

        package init(lane: LaneID, after: Int64, through: Int64 = .max, quota: Int) {
            self.lane = lane
            self.after = after
            self.through = through
            self.quota = quota
        }
    }

    /// What one reading of several stretches saw, all in one snapshot.
    package struct Reading: Sendable {
        package let snapshot: Snapshot
        /// One list per stretch, in its order, by position.
        package let messages: [[Message]]
    }

    /// Reads stretches of lanes. Takes no lock and writes nothing.
    ///
    /// - Parameter checksKeys: whether to ask for each message up to where its key may go; needed
    ///   only for lanes that have blocked keys.
    package func fetchMessages(
        _ stretches: [Stretch], checksKeys: Bool
    ) async throws(PostgresError) -> Reading {
        let rows = try await pool.query(
            checksKeys ? Self.fetchBlockedMessagesStatement : Self.fetchMessagesStatement,
            [
                stretches.map(\.lane.tenantID), stretches.map(\.lane.destinationID),
                stretches.map(\.lane.lane), stretches.map(\.after), stretches.map(\.through),
                stretches.map { Int32(clamping: $0.quota) },
            ])
        guard let first = rows.first else {
            throw PostgresError(.decodingFailed, "fetch_messages returned no row")
        }
        let snapshot = try Snapshot(first.decode("snapshot", as: String.self))
        var messages = [[Message]](repeating: [], count: stretches.count)
        for row in rows {
            let ordinal = try row.decode(column: 0, as: Int64.self)
            guard try row.decode(column: 2, as: Int64?.self) != nil else { continue }
            messages[Int(ordinal) - 1].append(try Message(row))
        }
        for index in messages.indices {
            messages[index].sort { $0.position < $1.position }
        }
        return Reading(snapshot: snapshot, messages: messages)
    }
}

/// Which transactions were running when a statement looked: `pg_current_snapshot()`.
package struct Snapshot: Sendable, Equatable {
    /// Every transaction below this one had ended.
    package let oldestRunning: UInt64
    /// No transaction at or above this one had begun.
    package let nextToBegin: UInt64
    /// Those in between that were running, ascending.
    package let running: [UInt64]

    package init(oldestRunning: UInt64, nextToBegin: UInt64, running: [UInt64]) {
        self.oldestRunning = oldestRunning
        self.nextToBegin = nextToBegin
        self.running = running
    }

    /// Parses PostgreSQL's text form `xmin:xmax:xip,xip`.
    package init(_ text: String) throws(PostgresError) {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 3, let low = UInt64(parts[0]), let high = UInt64(parts[1]) else {
            throw PostgresError(.decodingFailed, "not a snapshot: \(text)")
        }
        oldestRunning = low
        nextToBegin = high
        running = parts[2].split(separator: ",").compactMap { UInt64($0) }
    }

    /// Whether a transaction had not ended when the snapshot was taken.
    package func isRunning(_ transaction: UInt64) -> Bool {
        transaction >= nextToBegin
            || (transaction >= oldestRunning && running.contains(transaction))
    }
}
