import NIOConcurrencyHelpers

/// The faults that are switched on, and the dice that decide which call they hit.
final class FaultRules: Sendable {
    /// What goes wrong with one call.
    struct Plan: Sendable, Equatable {
        var fault: FaultRule.Fault?
        var reason: String?
        var latencyBefore: Duration = .zero
        var latencyAfter: Duration = .zero
    }

    fileprivate struct State {
        var rules: [FaultRule] = []
        var generator: SeededGenerator
        var added = 0
    }

    private let state: NIOLockedValueBox<State>

    init(seed: UInt64) {
        state = NIOLockedValueBox(State(generator: SeededGenerator(seed: seed)))
    }

    /// Switches a fault on and returns it with its id.
    func add(_ rule: FaultRule) -> FaultRule {
        state.withLockedValue { state in
            state.added += 1
            var rule = rule
            rule.id = rule.id ?? "fault-\(state.added)"
            rule.fired = 0
            state.rules.append(rule)
            return rule
        }
    }

    /// Switches one fault off, or all of them when `id` is nil. Returns how many.
    @discardableResult
    func remove(id: String? = nil) -> Int {
        state.withLockedValue { state in
            let before = state.rules.count
            state.rules.removeAll { id == nil || $0.id == id }
            return before - state.rules.count
        }
    }

    /// The faults that are switched on, with how often each fired.
    var rules: [FaultRule] {
        state.withLockedValue { $0.rules }
    }

    /// Decides what goes wrong with one call. `objects` are all names the call goes by.
    func plan(
        api: FaultRule.API, operation: String, objects: @autoclosure () -> Set<String>
    ) -> Plan {
        state.withLockedValue { state in
            var plan = Plan()
            guard !state.rules.isEmpty else { return plan }
            let names = objects()
            for index in state.rules.indices {
                let rule = state.rules[index]
                guard
                    rule.api == api,
                    rule.operation == nil || rule.operation == operation,
                    rule.object.map(names.contains) ?? true,
                    rule.count.map({ (rule.fired ?? 0) < $0 }) ?? true
                else { continue }
                let isLatency = rule.fault == .latency || rule.fault == .latencyAfterEffect
                guard isLatency || plan.fault == nil, state.generator.chance(rule.rate) else {
                    continue
                }
                state.rules[index].fired = (rule.fired ?? 0) + 1
                switch rule.fault {
                case .latency: plan.latencyBefore += state.latency(of: rule)
                case .latencyAfterEffect: plan.latencyAfter += state.latency(of: rule)
                default:
                    plan.fault = rule.fault
                    plan.reason = rule.reason
                }
            }
            return plan
        }
    }
}

extension FaultRules.State {
    fileprivate mutating func latency(of rule: FaultRule) -> Duration {
        let shortest = max(0, rule.latencyMs ?? 0)
        let longest = max(shortest, rule.latencyMaxMs ?? shortest)
        return .milliseconds(Int.random(in: shortest...longest, using: &generator))
    }
}
