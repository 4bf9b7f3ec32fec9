import Testing

@testable import Postgres

struct PoolStateTests {
    private typealias State = PoolState<Int, String, String>
    private let start = ContinuousClock.now

    private func state(maximum: Int) -> State {
        State(maximum: maximum, patience: .seconds(5))
    }

    private func borrow(_ state: inout State, _ name: String) -> [String] {
        let ticket = state.takeTicket()
        return text(state.borrow(ticket, name, now: start))
    }

    private func text(_ actions: [State.Action]) -> [String] {
        actions.compactMap { action in
            switch action {
            case .hand(let link, let waiter): "\(waiter) gets \(link)"
            case .fail(let waiters, let error):
                waiters.isEmpty ? nil : "\(waiters.joined(separator: ",")) \(error.code.rawValue)"
            case .open: "open"
            case .close(let links): links.isEmpty ? nil : "close \(links)"
            case .finish(let closers): "finish \(closers.joined(separator: ","))"
            }
        }
    }

    @Test func `who waited longest is served first`() {
        var state = state(maximum: 1)
        #expect(borrow(&state, "a") == ["open"])
        #expect(borrow(&state, "b") == [])
        #expect(borrow(&state, "c") == [])
        #expect(text(state.opened(1)) == ["a gets 1"])
        #expect(text(state.returned(1)) == ["b gets 1"])
        #expect(text(state.returned(1)) == ["c gets 1"])
        #expect(text(state.returned(1)) == [])
        #expect(borrow(&state, "d") == ["d gets 1"])
    }

    @Test func `a ticket taken early but used late is still served`() {
        var state = state(maximum: 1)
        let early = state.takeTicket()
        #expect(borrow(&state, "b") == ["open"])
        #expect(text(state.opened(1)) == ["b gets 1"])
        #expect(text(state.borrow(early, "a", now: start)) == [])
        #expect(text(state.returned(1)) == ["a gets 1"])
    }

    @Test func `a cancelled waiter is told once and passed over`() {
        var state = state(maximum: 1)
        _ = borrow(&state, "a")
        let ticket = state.takeTicket()
        _ = state.borrow(ticket, "b", now: start)
        _ = borrow(&state, "c")
        #expect(text(state.cancel(ticket)) == ["b cancelled"])
        #expect(text(state.cancel(ticket)) == [])
        #expect(text(state.opened(1)) == ["a gets 1"])
        #expect(text(state.returned(1)) == ["c gets 1"])
    }

    @Test func `a broken connection is replaced only for those who wait`() {
        var state = state(maximum: 1)
        _ = borrow(&state, "a")
        _ = state.opened(1)
        #expect(text(state.discarded()) == [])
        #expect(borrow(&state, "b") == ["open"])
        _ = state.opened(2)
        #expect(borrow(&state, "c") == [])
        #expect(text(state.discarded()) == ["open"])
    }

    @Test func `backoff doubles up to its cap and never outlasts the oldest waiter`() {
        var state = state(maximum: 1)
        _ = borrow(&state, "a")
        let refused = PostgresError(.connectionFailed, "refused")
        var seen: [Duration] = []
        for _ in 0..<9 {
            let (actions, retry) = state.openFailed(refused, now: start)
            #expect(actions.isEmpty)
            guard case .again(let backoff, let latest) = retry else {
                Issue.record("gave up")
                return
            }
            #expect(latest == start + .seconds(5))
            seen.append(backoff)
        }
        #expect(
            seen.prefix(4) == [
                .milliseconds(50), .milliseconds(100), .milliseconds(200), .milliseconds(400),
            ])
        #expect(seen.last == .seconds(5))
        let (actions, retry) = state.openFailed(refused, now: start + .seconds(5))
        #expect(text(actions) == ["a connectionFailed"])
        #expect(retry == .giveUp)
        #expect(state.openingCount == 0)
    }

    @Test func `what waiting cannot cure fails every waiter at once`() {
        var state = state(maximum: 2)
        _ = borrow(&state, "a")
        _ = borrow(&state, "b")
        let rejected = PostgresError(.connectionFailed, "no", sqlState: "28P01")
        let (actions, retry) = state.openFailed(rejected, now: start)
        #expect(text(actions) == ["a,b connectionFailed"])
        #expect(retry == .giveUp)
    }

    @Test func `closing waits for borrowed and opening connections`() {
        var state = state(maximum: 3)
        _ = borrow(&state, "a")
        _ = state.opened(1)
        _ = borrow(&state, "b")
        #expect(text(state.close("x")) == ["b poolClosed"])
        #expect(borrow(&state, "c") == ["c poolClosed"])
        #expect(text(state.returned(1)) == ["close [1]"])
        let (actions, retry) = state.openFailed(PostgresError(.cancelled, ""), now: start)
        #expect(text(actions) == ["finish x"])
        #expect(retry == .giveUp)
        #expect(text(state.close("y")) == ["finish y"])
    }

    @Test func `idle connections are closed at once`() {
        var state = state(maximum: 2)
        _ = borrow(&state, "a")
        _ = state.opened(1)
        _ = state.returned(1)
        #expect(text(state.close("x")) == ["close [1]", "finish x"])
    }

    @Test(arguments: 0..<20)
    func `the invariants hold through any course of events`(_ seed: UInt64) {
        var random = SplitMix(state: seed)
        var state = state(maximum: 3)
        var lent: Set<Int> = []
        var nextLink = 0
        var waiting: [Int] = []
        func note(_ actions: [PoolState<Int, String, String>.Action]) {
            for case .hand(let link, let waiter) in actions {
                #expect(lent.insert(link).inserted, "link \(link) lent twice")
                waiting.removeAll { "\($0)" == waiter }
            }
            for case .fail(let losers, _) in actions {
                waiting.removeAll { losers.contains("\($0)") }
            }
        }
        for _ in 0..<500 {
            switch Int.random(in: 0..<6, using: &random) {
            case 0, 1:
                let ticket = state.takeTicket()
                waiting.append(ticket)
                note(state.borrow(ticket, "\(ticket)", now: start))
            case 2:
                if let ticket = waiting.randomElement(using: &random) { note(state.cancel(ticket)) }
            case 3 where state.openingCount > 0:
                nextLink += 1
                note(state.opened(nextLink))
            case 4:
                if let link = lent.popFirst() { note(state.returned(link)) }
            case 5:
                if lent.popFirst() != nil { note(state.discarded()) }
            default:
                if state.openingCount > 0 {
                    note(state.openFailed(PostgresError(.connectionFailed, ""), now: start).actions)
                }
            }
            #expect(state.idle.count + state.borrowedCount + state.openingCount <= 3)
            #expect(state.borrowedCount == lent.count)
            #expect(waiting.isEmpty || state.idle.isEmpty)
            #expect(state.waiterCount == waiting.count)
        }
    }
}

private struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
