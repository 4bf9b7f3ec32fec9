import DequeModule
import MessageQueue

/// The messages of one channel that may be delivered now, by priority, with the permits to send.
/// Guarded by the lock of the board that owns it. A class, so that no copy of its queues is ever made.
final class ChannelQueue {
    let tenantID: Int32
    let destinationID: Int16
    /// Calls per second; `nil` is no limit.
    var callsPerSecond: Int?
    private var levels: [Deque<Ticket>] = Array(repeating: [], count: 10)
    private(set) var count = 0
    private var popCount = 0
    /// Moments at which a call may leave, ascending. Used once each, and lost when not used in time.
    var permits: Deque<ContinuousClock.Instant> = []
    /// Until when nothing is sent, after the destination asked for quiet.
    var quietUntil: ContinuousClock.Instant?

    init(tenantID: Int32, destinationID: Int16, callsPerSecond: Int?) {
        self.tenantID = tenantID
        self.destinationID = destinationID
        self.callsPerSecond = callsPerSecond
    }

    func push(_ ticket: Ticket) {
        levels[min(max(Int(ticket.message.priority), 0), 9)].append(ticket)
        count += 1
    }

    /// Takes the most urgent message; every eighth time the least urgent, so that none starves.
    func pop() -> Ticket? {
        guard count > 0 else { return nil }
        popCount &+= 1
        count -= 1
        if popCount % 8 == 0 {
            for level in levels.indices.reversed() {
                if let ticket = levels[level].popFirst() { return ticket }
            }
        }
        for level in levels.indices {
            if let ticket = levels[level].popFirst() { return ticket }
        }
        preconditionFailure("the count says a message waits, but no level has one")
    }

    /// Removes the messages of a lane, which has been lost.
    func removeAll(of lane: HeldLane) {
        for level in levels.indices {
            levels[level].removeAll { $0.lane === lane }
        }
        count = levels.reduce(0) { $0 + $1.count }
    }

    /// A permit that is due or nearly so; late ones are dropped, because sending late would bunch
    /// calls closer together than the budget allows.
    func takePermit(
        now: ContinuousClock.Instant, within horizon: Duration, grace: Duration
    ) -> ContinuousClock.Instant? {
        while let first = permits.first, first + grace < now { permits.removeFirst() }
        guard let first = permits.first, first <= now + horizon else { return nil }
        permits.removeFirst()
        return max(first, now)
    }
}
