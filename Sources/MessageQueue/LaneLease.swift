/// One lane: a hash bucket of ordering keys within a channel.
package struct LaneID: Sendable, Hashable {
    package let tenantID: Int32
    package let destinationID: Int16
    package let lane: Int16

    package init(tenantID: Int32, destinationID: Int16, lane: Int16) {
        self.tenantID = tenantID
        self.destinationID = destinationID
        self.lane = lane
    }
}

/// A worker's time-limited right to one lane. This file owns the protocol of leases.
///
/// Why lanes: a message is never updated. Taking work costs no write per message, order per key
/// comes for free, and the one row that changes stands for thousands of messages.
///
/// 1. A lane has at most one holder whose lease has not expired. `claim_lanes` takes only lanes
///    without a holder or with an expired lease, locks them with SKIP LOCKED, and gives each a new
///    epoch from a sequence, so that no epoch ever returns.
/// 2. Every write by a worker names the epoch. The statement locks the lane's row FOR SHARE and
///    touches messages only where the epoch still is the one named; a claim needs that row for
///    update, so it waits for the write or the write finds a new epoch. A worker that lost its
///    lease changes nothing (guarantee 5).
/// 3. Only the database's clock decides when a lease ends. A holder counts from the moment it sent
///    the renewal, which is never later than what the database counts from.
/// 4. The holder delivers different keys side by side and one key in sequence, in order of
///    position (guarantee 4). A message that must wait leaves the lane for a waiting room and
///    blocks its key; later ones of that key are moved behind it as the reader meets them, once
///    each, so a claim's cost does not depend on how many there are.
/// 5. A lane with messages has a signal, or its holder will signal it before it lets go: the holder
///    takes the signals back, waits until every transaction that was running then has ended, looks
///    once more, and only then releases. Who enqueues in between finds no signal and makes one.
/// 6. A lane lost by a crash keeps its signal or its expired lease; either leads the next claim to
///    it. Crashes are counted on the lane. After two in a row its messages are delivered alone,
///    each marked before; the one that was marked at three further crashes becomes a dead letter.
package struct LaneLease: Sendable {
    package let id: LaneID
    package let epoch: Int64
    /// Nothing is left, and nothing can appear any more, at or below this position.
    package let floorPosition: Int64
    package let crashCount: Int
    package let suspectID: Int64?
    package var hasBlockedKeys = false
}
