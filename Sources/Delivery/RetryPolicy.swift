/// When a failed message is tried again: exponential backoff with full jitter, capped.
package struct RetryPolicy: Sendable {
    package var base: Duration
    package var cap: Duration

    package init(base: Duration = .seconds(1), cap: Duration = .seconds(300)) {
        self.base = base
        self.cap = cap
    }

    /// A delay drawn evenly from zero to the bound for this attempt.
    ///
    /// Full jitter spreads messages that failed together; the bound doubles with each attempt.
    ///
    /// - Parameter attempt: the attempt that failed, the first being 1.
    package func delay(
        afterAttempt attempt: Int, using generator: inout some RandomNumberGenerator
    ) -> Duration {
        let doublings = min(max(attempt - 1, 0), 30)
        let bound = min(cap, base * (1 << doublings))
        let milliseconds = max(1, bound.milliseconds)
        return .milliseconds(Int64.random(in: 1...milliseconds, using: &generator))
    }
}

extension Duration {
    /// Whole milliseconds, rounded down.
    package var milliseconds: Int64 {
        let (seconds, attoseconds) = components
        return seconds * 1000 + attoseconds / 1_000_000_000_000_000
    }

    /// Whole microseconds, rounded down.
    package var microseconds: Int64 {
        let (seconds, attoseconds) = components
        return seconds * 1_000_000 + attoseconds / 1_000_000_000_000
    }
}
