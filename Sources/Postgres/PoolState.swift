/// What a pool decides, without clock, threads or sockets: events in, actions out.
///
/// Invariants:
/// 1. idle + borrowed + opening ≤ maximum.
/// 2. While someone waits, no connection is idle.
/// 3. Who waited longest is served first.
/// 4. After `close` nothing is handed out, and the closers resume when nothing is borrowed or
///    being opened any more.
struct PoolState<Link: Sendable, Waiter: Sendable, Closer: Sendable>: Sendable {
    enum Action: Sendable {
        case hand(Link, to: Waiter)
        case fail([Waiter], PostgresError)
        /// Start making one connection.
        case open
        case close([Link])
        case finish([Closer])
    }

    /// What to do after an attempt to connect has failed.
    enum Retry: Sendable, Equatable {
        case giveUp
        /// Try again after a random part of `backoff`, but no later than `latest`.
        case again(backoff: Duration, latest: ContinuousClock.Instant)
    }

    private struct Entry: Sendable {
        let waiter: Waiter
        let since: ContinuousClock.Instant
    }

    static var backoffMin: Duration { .milliseconds(50) }
    static var backoffMax: Duration { .seconds(5) }

    let maximum: Int
    /// How long a waiter bears with a database that cannot be reached.
    let patience: Duration
    private(set) var idle: [Link] = []
    private(set) var borrowedCount = 0
    private(set) var openingCount = 0
    private(set) var isClosed = false
    private var waiters: [Int: Entry] = [:]
    /// Tickets in the order of arrival, from `queueStart`; those of waiters who left are skipped.
    private var queue: [Int] = []
    private var queueStart = 0
    private var nextTicket = 0
    private var closers: [Closer] = []
    private var failureCount = 0

    init(maximum: Int, patience: Duration) {
        self.maximum = maximum
        self.patience = patience
    }

    var waiterCount: Int { waiters.count }

    /// A ticket for `borrow`, which a cancellation names too.
    mutating func takeTicket() -> Int {
        defer { nextTicket += 1 }
        return nextTicket
    }

    mutating func borrow(
        _ ticket: Int, _ waiter: Waiter, now: ContinuousClock.Instant
    ) -> [Action] {
        if isClosed { return [.fail([waiter], Self.closedError)] }
        if let link = idle.popLast() {
            borrowedCount += 1
            return [.hand(link, to: waiter)]
        }
        waiters[ticket] = Entry(waiter: waiter, since: now)
        queue.append(ticket)
        return openIfNeeded()
    }

    mutating func cancel(_ ticket: Int) -> [Action] {
        guard let entry = waiters.removeValue(forKey: ticket) else { return [] }
        let error = PostgresError(
            .cancelled, "the task was cancelled while it waited for a connection")
        return [.fail([entry.waiter], error)]
    }

    mutating func opened(_ link: Link) -> [Action] {
        openingCount -= 1
        failureCount = 0
        borrowedCount += 1
        return returned(link)
    }

    /// A borrowed connection came back fit for use.
    mutating func returned(_ link: Link) -> [Action] {
        if isClosed {
            borrowedCount -= 1
            return [.close([link])] + finishIfDone()
        }
        if let waiter = popWaiter() { return [.hand(link, to: waiter)] }
        borrowedCount -= 1
        idle.append(link)
        return []
    }

    /// A borrowed connection is broken and gone.
    mutating func discarded() -> [Action] {
        borrowedCount -= 1
        return openIfNeeded() + finishIfDone()
    }

    mutating func openFailed(
        _ error: PostgresError, now: ContinuousClock.Instant
    ) -> (actions: [Action], retry: Retry) {
        failureCount += 1
        let hopeless = isClosed || !error.isRetryable
        let losers = waiters.filter { hopeless || $0.value.since + patience <= now }
        for ticket in losers.keys { waiters[ticket] = nil }
        var actions: [Action] = []
        if !losers.isEmpty {
            let order = losers.sorted { $0.key < $1.key }.map(\.value.waiter)
            actions.append(.fail(order, error))
        }
        guard !isClosed, let oldest = waiters.values.map(\.since).min() else {
            openingCount -= 1
            return (actions + finishIfDone(), .giveUp)
        }
        let growth = 1 << min(failureCount - 1, 10)
        let backoff = min(Self.backoffMax, Self.backoffMin * growth)
        return (actions, .again(backoff: backoff, latest: oldest + patience))
    }

    mutating func close(_ closer: Closer) -> [Action] {
        isClosed = true
        closers.append(closer)
        let losers = waiters.sorted { $0.key < $1.key }.map(\.value.waiter)
        waiters.removeAll()
        defer { idle.removeAll() }
        return [.fail(losers, Self.closedError), .close(idle)] + finishIfDone()
    }

    private mutating func popWaiter() -> Waiter? {
        while queueStart < queue.count {
            let ticket = queue[queueStart]
            queueStart += 1
            if queueStart > 64, queueStart * 2 > queue.count {
                queue.removeFirst(queueStart)
                queueStart = 0
            }
            if let entry = waiters.removeValue(forKey: ticket) { return entry.waiter }
        }
        return nil
    }

    private mutating func openIfNeeded() -> [Action] {
        let used = idle.count + borrowedCount + openingCount
        guard !isClosed, openingCount < waiters.count, used < maximum else { return [] }
        openingCount += 1
        return [.open]
    }

    private mutating func finishIfDone() -> [Action] {
        guard isClosed, borrowedCount == 0, openingCount == 0 else { return [] }
        defer { closers.removeAll() }
        return [.finish(closers)]
    }

    private static var closedError: PostgresError {
        PostgresError(.poolClosed, "the connection pool is closed")
    }
}
