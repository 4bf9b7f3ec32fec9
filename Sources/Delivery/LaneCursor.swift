package import MessageQueue

/// How far a lane has been read, and what may still appear behind that.
///
/// Positions are handed out before their transactions commit, so a row can become visible behind a
/// reader that has passed it. The cursor finds each such row without looking at every row twice:
///
/// 1. A producer's transaction has its xid before it takes a position (see `V002_enqueue.sql`). A
///    transaction that is not running in a snapshot, and whose xid that snapshot could know, will
///    therefore never add a position below what was visible in it.
/// 2. A transaction that runs in this snapshot but was unknown to the one before took its positions
///    after that earlier snapshot, so above the position read up to then: its floor.
/// 3. When such a transaction has ended, everything from its floor up to where the cursor was is
///    read once more. While it runs, nothing is.
/// 4. The lane's floor is the lowest floor of a running transaction, or the cursor itself.
///
/// Pure: snapshots in, stretches out; no clock and no I/O.
package struct LaneCursor: Sendable, Equatable {
    /// Everything visible up to here has been read.
    package private(set) var position: Int64
    /// Transactions that may still commit positions behind the cursor, each with its floor.
    package private(set) var floors: [UInt64: Int64] = [:]

    package init(position: Int64) {
        self.position = position
    }

    /// Below or at this position nothing can appear any more.
    package var floor: Int64 {
        floors.values.min() ?? position
    }

    /// Whether a transaction is running that may still commit behind the cursor.
    package var isWaiting: Bool { !floors.isEmpty }

    /// A part of the lane to be read once more, both ends included in what `Stretch` means by them.
    package struct Gap: Sendable, Equatable {
        package let after: Int64
        package let through: Int64
    }

    /// Notes one reading from `position` on.
    ///
    /// - Parameters:
    ///   - lastPosition: the highest position that was read; `nil` when nothing new was there.
    /// - Returns: a gap to be read again, when a transaction ended that may have filled it.
    package mutating func didRead(through lastPosition: Int64?, in snapshot: Snapshot) -> Gap? {
        let before = position
        var gapStart: Int64?
        for (transaction, floor) in floors where !snapshot.isRunning(transaction) {
            floors[transaction] = nil
            gapStart = min(gapStart ?? floor, floor)
        }
        for transaction in snapshot.running where floors[transaction] == nil {
            floors[transaction] = before
        }
        if let lastPosition { position = max(position, lastPosition) }
        guard let gapStart, gapStart < before else { return nil }
        return Gap(after: gapStart, through: before)
    }
}
