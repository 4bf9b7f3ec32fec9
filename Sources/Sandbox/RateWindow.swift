import DequeModule

/// Counts calls in any one-second window: the limiter of a double, and the highest rate it saw.
///
/// `peak` counts every call, also a refused one, because it is the proof that a caller kept to its
/// budget. The limit counts accepted calls only, so that a caller that is over it still gets its
/// share through, as with a bucket of tokens.
struct RateWindow {
    /// Accepted calls per second; `nil` is without limit.
    var limit: Int?
    /// The most calls that arrived within one second.
    private(set) var peak = 0

    private var arrived: Deque<Int64> = []
    private var accepted: Deque<Int64> = []
    private static let width: Int64 = 1_000_000_000

    init(limit: Int?) {
        self.limit = limit
    }

    /// Records a call at an instant in nanoseconds and says whether it is within the limit.
    mutating func admit(at instant: Int64) -> Bool {
        Self.drop(before: instant - Self.width, from: &arrived)
        arrived.append(instant)
        peak = max(peak, arrived.count)

        Self.drop(before: instant - Self.width, from: &accepted)
        if let limit, accepted.count >= limit { return false }
        accepted.append(instant)
        return true
    }

    /// Forgets what it saw, not the limit.
    mutating func reset() {
        self = RateWindow(limit: limit)
    }

    private static func drop(before oldest: Int64, from instants: inout Deque<Int64>) {
        while let first = instants.first, first <= oldest { instants.removeFirst() }
    }
}
