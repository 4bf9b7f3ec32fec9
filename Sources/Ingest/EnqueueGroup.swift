package import MessageQueue
import NIOConcurrencyHelpers
package import Postgres

/// Puts the events of concurrent requests into common transactions.
///
/// 1. An event that arrives while fewer than `transactionsMax` transactions are under way starts
///    one at once, so that a lone request never waits for company. Otherwise it goes with the next
///    one, together with all that arrived meanwhile. There is no timer.
/// 2. Each caller gets the result of its own events, after the commit, never before.
/// 3. An event that the database refuses does not take its neighbours with it: the group is halved
///    until the refused one stands alone.
/// 4. More than `waitingMax` waiting events are refused: memory is bounded.
package final class EnqueueGroup: Sendable {
    package typealias Outcome = Result<EnqueueResult, PostgresError>

    private struct Request {
        let events: [NewEvent]
        let answer: CheckedContinuation<[Outcome]?, Never>
    }

    private struct State {
        var waiting: [Request] = []
        var waitingCount = 0
        var transactionCount = 0
    }

    private let queue: MessageQueue
    private let eventsMax: Int
    private let transactionsMax: Int
    private let waitingMax: Int
    private let state = NIOLockedValueBox(State())

    package init(
        queue: MessageQueue, eventsMax: Int = 1000, transactionsMax: Int = 2,
        waitingMax: Int = 20_000
    ) {
        self.queue = queue
        self.eventsMax = eventsMax
        self.transactionsMax = transactionsMax
        self.waitingMax = waitingMax
    }

    /// Stores events; one outcome for each, in order. `nil` when too many wait already.
    package func enqueue(_ events: [NewEvent]) async -> [Outcome]? {
        guard !events.isEmpty else { return [] }
        return await withCheckedContinuation { continuation in
            let request = Request(events: events, answer: continuation)
            let (isTaken, starts) = state.withLockedValue { state in
                guard state.waitingCount + events.count <= waitingMax else { return (false, false) }
                state.waiting.append(request)
                state.waitingCount += events.count
                guard state.transactionCount < transactionsMax else { return (true, false) }
                state.transactionCount += 1
                return (true, true)
            }
            if !isTaken { continuation.resume(returning: nil) }
            // Its callers wait for it through their continuations; it ends when nobody waits.
            if starts { Task { await self.work() } }
        }
    }

    private func work() async {
        while let requests = next() {
            var outcomes = await commit(requests.flatMap(\.events))[...]
            for request in requests {
                request.answer.resume(returning: Array(outcomes.prefix(request.events.count)))
                outcomes = outcomes.dropFirst(request.events.count)
            }
        }
    }

    private func next() -> [Request]? {
        state.withLockedValue { state in
            var count = 0
            let taken = state.waiting.prefix { request in
                // The first one goes whatever its size.
                guard count == 0 || count + request.events.count <= eventsMax else { return false }
                count += request.events.count
                return true
            }
            guard !taken.isEmpty else {
                state.transactionCount -= 1
                return nil
            }
            state.waiting.removeFirst(taken.count)
            state.waitingCount -= count
            return Array(taken)
        }
    }

    private func commit(_ events: [NewEvent]) async -> [Outcome] {
        var triesLeft = 3
        while true {
            do throws(PostgresError) {
                return try await queue.enqueue(events).map { .success($0) }
            } catch {
                triesLeft -= 1
                // A lost connection says nothing about the commit, but the same events again are
                // duplicates then, so trying again is safe either way.
                if error.isRetryable, error.code != .connectionFailed, triesLeft > 0 { continue }
                guard error.code == .server, !error.isRetryable, events.count > 1 else {
                    return events.map { _ in .failure(error) }
                }
                let half = events.count / 2
                return await commit(Array(events.prefix(half)))
                    + commit(Array(events.dropFirst(half)))
            }
        }
    }
}
