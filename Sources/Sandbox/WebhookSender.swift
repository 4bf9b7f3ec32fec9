import AsyncHTTPClient
import Foundation
import HeapModule
import Logging
import NIOConcurrencyHelpers
import NIOCore
import NIOHTTP1
import ServiceLifecycle

/// Sends the Stripe double's events to the accounts' endpoints, as unreliably as it is told to.
///
/// 1. A delivery is tried until it gets a 2xx, with doubling waits; each try is signed afresh.
/// 2. Duplicates are sent after the first 2xx. Twins are other Event objects with the same content.
/// 3. A lost event is never sent; it stays listed with `delivery_success=false`.
/// 4. Waiting is real time: the doubles' clock moves signatures, not retries.
final class WebhookSender: Service {
    fileprivate struct Delivery: Comparable {
        var due: ContinuousClock.Instant
        var number: Int
        var position: Int
        var attempt = 0
        var isDuplicate = false

        static func < (one: Self, other: Self) -> Bool {
            (one.due, one.number) < (other.due, other.number)
        }
    }

    fileprivate struct State {
        var endpoints: [String: WebhookEndpoint] = [:]
        var queue: Heap<Delivery> = []
        var running = 0
        var numbered = 0
        var generator: SeededGenerator
        var summary = WebhookSummary()
        var waiters: [Int: CheckedContinuation<Void, Never>] = [:]
        var isStopped = false
    }

    let log = StripeEventLog()
    private let clock: SandboxClock
    private let logger: Logger
    private let state: NIOLockedValueBox<State>
    private let wakeups: AsyncStream<Void>
    private let wake: AsyncStream<Void>.Continuation

    init(clock: SandboxClock, seed: UInt64, logger: Logger) {
        self.clock = clock
        self.logger = logger
        state = NIOLockedValueBox(State(generator: SeededGenerator(seed: seed)))
        (wakeups, wake) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// Sets where an account's events go. Events of the past are not sent.
    func setEndpoint(_ endpoint: WebhookEndpoint) {
        state.withLockedValue { $0.endpoints[endpoint.account] = endpoint }
    }

    /// The endpoints in use.
    var endpoints: [WebhookEndpoint] {
        state.withLockedValue { $0.endpoints.values.sorted { $0.account < $1.account } }
    }

    var summary: WebhookSummary {
        state.withLockedValue { state in
            var summary = state.summary
            summary.pending = state.queue.count + state.running
            return summary
        }
    }

    /// Records an event, and a twin when the dice say so, and schedules what is to be sent.
    func publish(_ event: StripeEvent, newID: () -> String) {
        state.withLockedValue { state in
            state.record(event, log: log)
            guard let endpoint = state.endpoints[event.account] else { return }
            if state.generator.chance(endpoint.twinRate) {
                var twin = event
                twin.id = newID()
                state.summary.twins += 1
                state.record(twin, log: log)
            }
        }
        wake.yield()
    }

    /// Returns when nothing waits and nothing is in flight, or when it is cancelled or all stops.
    func settled() async {
        let number = state.withLockedValue { state in
            state.numbered += 1
            return state.numbered
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                state.withLockedValue { $0.waiters[number] = continuation }
                if Task.isCancelled { resume(number) }
                resumeWaitersIfSettled()
            }
        } onCancel: {
            resume(number)
        }
    }

    func run() async {
        await cancelWhenGracefulShutdown {
            var configuration = HTTPClient.Configuration()
            configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = 64
            let client = HTTPClient(
                eventLoopGroupProvider: .singleton, configuration: configuration)
            await self.deliver(with: client)
            do {
                try await client.shutdown()
            } catch {
                self.logger.warning("webhook client", metadata: ["error": "\(error)"])
            }
        }
        state.withLockedValue { $0.isStopped = true }
        resumeWaitersIfSettled()
    }

    private func deliver(with client: HTTPClient) async {
        await withDiscardingTaskGroup { group in
            var alarm: ContinuousClock.Instant?
            for await _ in wakeups {
                let (due, next) = takeDue()
                for (delivery, endpoint) in due {
                    group.addTask {
                        await self.attempt(delivery, at: endpoint, with: client)
                        self.wake.yield()
                    }
                }
                let isRinging = alarm.map { $0 <= ContinuousClock.now } ?? true
                if let next, isRinging || next < alarm ?? next {
                    alarm = next
                    group.addTask {
                        try? await Task.sleep(until: next, clock: .continuous)
                        self.wake.yield()
                    }
                }
            }
            group.cancelAll()
        }
    }

    /// The deliveries that may start now, and when the next one is due.
    private func takeDue() -> ([(Delivery, WebhookEndpoint)], ContinuousClock.Instant?) {
        state.withLockedValue { state in
            let now = ContinuousClock.now
            var due: [(Delivery, WebhookEndpoint)] = []
            while let first = state.queue.min {
                guard first.due <= now else { return (due, first.due) }
                let account = log.event(at: first.position).account
                guard let endpoint = state.endpoints[account] else {
                    _ = state.queue.popMin()
                    continue
                }
                // A finished attempt wakes the loop again.
                guard state.running < max(1, endpoint.concurrency) else { return (due, nil) }
                state.running += 1
                due.append((state.queue.removeMin(), endpoint))
            }
            return (due, nil)
        }
    }

    private func attempt(
        _ delivery: Delivery, at endpoint: WebhookEndpoint, with client: HTTPClient
    ) async {
        let event = log.event(at: delivery.position)
        let body = event.json.bytes
        var request = HTTPClientRequest(url: endpoint.url)
        request.method = .POST
        request.headers.add(name: "Content-Type", value: "application/json; charset=utf-8")
        request.headers.add(name: "User-Agent", value: "Stripe/1.0 (clearway-sandbox)")
        request.headers.add(
            name: "Stripe-Signature",
            value: WebhookSignature.header(body: body, secrets: endpoint.secrets, at: clock.now))
        request.body = .bytes(ByteBuffer(bytes: body))
        do {
            let response = try await client.execute(request, timeout: .seconds(20))
            _ = try await response.body.collect(upTo: 1 << 20)
            finish(delivery, endpoint: endpoint, isAccepted: (200..<300) ~= response.status.code)
        } catch {
            logger.debug(
                "webhook attempt failed",
                metadata: ["event": "\(event.id)", "error": "\(error)"])
            finish(delivery, endpoint: endpoint, isAccepted: false)
        }
        resumeWaitersIfSettled()
    }

    private func finish(_ delivery: Delivery, endpoint: WebhookEndpoint, isAccepted: Bool) {
        let isFirst = isAccepted && log.markDelivered(at: delivery.position)
        state.withLockedValue { state in
            state.running -= 1
            state.summary.attempts += 1
            if isAccepted {
                if isFirst { state.summary.delivered += 1 }
                if !delivery.isDuplicate, state.generator.chance(endpoint.duplicateRate) {
                    state.summary.duplicates += 1
                    state.schedule(delivery.position, endpoint: endpoint, isDuplicate: true)
                }
            } else {
                state.summary.failures += 1
                state.retry(delivery, endpoint: endpoint)
            }
        }
    }

    private func resumeWaitersIfSettled() {
        let waiters = state.withLockedValue { state in
            guard state.isStopped || (state.queue.isEmpty && state.running == 0) else {
                return [Int: CheckedContinuation<Void, Never>]()
            }
            defer { state.waiters = [:] }
            return state.waiters
        }
        for waiter in waiters.values { waiter.resume() }
    }

    private func resume(_ number: Int) {
        state.withLockedValue { $0.waiters.removeValue(forKey: number) }?.resume()
    }
}

extension WebhookSender.State {
    /// Puts an event into the log and, unless nobody listens or it is lost, into the queue.
    fileprivate mutating func record(_ event: StripeEvent, log: StripeEventLog) {
        var event = event
        let endpoint = endpoints[event.account]
        let isLost = endpoint.map { generator.chance($0.lossRate) } ?? false
        event.progress = endpoint == nil ? .unwatched : isLost ? .lost : .pending
        summary.events += 1
        if isLost { summary.lost += 1 }
        let position = log.append(event)
        if let endpoint, !isLost { schedule(position, endpoint: endpoint, isDuplicate: false) }
    }

    fileprivate mutating func schedule(
        _ position: Int, endpoint: WebhookEndpoint, isDuplicate: Bool
    ) {
        var due = ContinuousClock.now
        if generator.chance(endpoint.disorderRate) {
            let window = max(0, endpoint.disorderWindowMs) * 1_000
            due += .microseconds(Int.random(in: 0...window, using: &generator))
        }
        numbered += 1
        queue.insert(
            WebhookSender.Delivery(
                due: due, number: numbered, position: position, isDuplicate: isDuplicate))
    }

    fileprivate mutating func retry(
        _ delivery: WebhookSender.Delivery, endpoint: WebhookEndpoint
    ) {
        var delivery = delivery
        let doublings = min(delivery.attempt, 20)
        let wait = min(endpoint.retryMaxMs, max(1, endpoint.retryInitialMs) << doublings)
        delivery.attempt += 1
        delivery.due =
            ContinuousClock.now
            + .microseconds(Int.random(in: wait * 500...wait * 1_000, using: &generator))
        queue.insert(delivery)
    }
}
