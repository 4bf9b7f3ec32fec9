package import Foundation
import NIOConcurrencyHelpers

/// The time of the doubles: the machine's, until somebody moves or freezes it.
///
/// `now` ages idempotency keys, tokens and authorizations and stamps objects. `instant` measures
/// rates: it follows the monotonic clock and does not jump when `now` is moved, so that a peak rate
/// stays true. A frozen clock stops both; then only `advance` moves them, which makes windows and
/// lifetimes exact in a test.
package final class SandboxClock: Sendable {
    private struct State {
        var offset: TimeInterval = 0
        var frozen: (now: Date, instant: Int64)?
    }

    private let origin = ContinuousClock.now
    private let state = NIOLockedValueBox(State())

    package init() {}

    /// The doubles' time of day.
    package var now: Date {
        state.withLockedValue { $0.frozen?.now ?? Date().addingTimeInterval($0.offset) }
    }

    /// Nanoseconds on a clock that never goes back.
    var instant: Int64 {
        state.withLockedValue { $0.frozen?.instant ?? elapsed }
    }

    /// Moves `now` by a number of seconds, and `instant` too while frozen.
    package func advance(bySeconds seconds: Double) {
        state.withLockedValue { state in
            state.offset += seconds
            if let frozen = state.frozen {
                state.frozen = (
                    frozen.now.addingTimeInterval(seconds),
                    frozen.instant + Int64(max(0, seconds) * 1e9)
                )
            }
        }
    }

    /// Sets `now`.
    package func set(_ date: Date) {
        state.withLockedValue { state in
            state.offset = date.timeIntervalSince(Date())
            if let frozen = state.frozen { state.frozen = (date, frozen.instant) }
        }
    }

    /// Stops or restarts the clock. It restarts from where it stands.
    package func setFrozen(_ isFrozen: Bool) {
        state.withLockedValue { state in
            if isFrozen, state.frozen == nil {
                state.frozen = (Date().addingTimeInterval(state.offset), elapsed)
            } else if !isFrozen, let frozen = state.frozen {
                state.offset = frozen.now.timeIntervalSince(Date())
                state.frozen = nil
            }
        }
    }

    private var elapsed: Int64 {
        let (seconds, attoseconds) = (ContinuousClock.now - origin).components
        return seconds * 1_000_000_000 + attoseconds / 1_000_000_000
    }
}
