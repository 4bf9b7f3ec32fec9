import NIOConcurrencyHelpers

/// Counts what arrived at one double: by operation, by outcome, per second, at once per object.
///
/// `overlaps` counts mutations that arrived while another mutation of the same object was still
/// running: the proof, or the breach, of "one at a time per ordering key".
final class Traffic: Sendable {
    private struct State {
        var total = 0
        var byOperation: [String: Int] = [:]
        var byOutcome: [String: Int] = [:]
        var windows: [String: RateWindow]
        var limits: [String: Int]
        var running: [String: Int] = [:]
        var overlaps = 0
    }

    private let state: NIOLockedValueBox<State>

    /// `limits` are accepted calls per second by caller (account, client).
    init(limits: [String: Int] = [:]) {
        state = NIOLockedValueBox(State(windows: [:], limits: limits))
    }

    /// Records a call and says whether its caller is within the limit.
    func admit(caller: String, operation: String, at instant: Int64) -> Bool {
        state.withLockedValue { state in
            state.total += 1
            state.byOperation[operation, default: 0] += 1
            let limit = state.limits[caller]
            return state.windows[caller, default: RateWindow(limit: limit)].admit(at: instant)
        }
    }

    /// Records how a call ended: its HTTP status, or a word for a dropped connection.
    func finish(_ outcome: String) {
        state.withLockedValue { $0.byOutcome[outcome, default: 0] += 1 }
    }

    /// Marks an object as being changed; false when another change of it is still running.
    func enter(_ object: String) -> Bool {
        state.withLockedValue { state in
            state.running[object, default: 0] += 1
            guard state.running[object] == 1 else {
                state.overlaps += 1
                return false
            }
            return true
        }
    }

    /// Ends what `enter` began, whatever `enter` said.
    func leave(_ object: String) {
        state.withLockedValue { state in
            let count = (state.running[object] ?? 1) - 1
            state.running[object] = count == 0 ? nil : count
        }
    }

    /// Changes a caller's limit; nil takes it away. The peak is kept.
    func setLimit(_ limit: Int?, for caller: String) {
        state.withLockedValue { state in
            state.limits[caller] = limit
            state.windows[caller]?.limit = limit
        }
    }

    /// The counts so far, with the tally of effects that belongs to them.
    func summary(effects: EffectCounts.Tally) -> APISummary {
        state.withLockedValue { state in
            APISummary(
                requests: state.total, requestsByOperation: state.byOperation,
                requestsByOutcome: state.byOutcome, effectsByKind: effects.byKind,
                effectsPerIntentionMax: effects.maximum,
                repeatedIntentions: effects.repeated.sorted(),
                peakPerSecond: state.windows.mapValues(\.peak), overlaps: state.overlaps,
                running: state.running.values.reduce(0, +))
        }
    }
}
