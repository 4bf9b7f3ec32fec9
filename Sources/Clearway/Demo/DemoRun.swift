import Foundation
import Logging
import MessageQueue
import NIOConcurrencyHelpers
import Operations
import PaymentEvents
import Postgres
import Sandbox

/// One demo from the first order to the verdict.
struct DemoRun: Sendable {
    /// How it ended.
    struct Report: Sendable {
        let verdict: DemoVerdict
        let lines: [String]
        let holds: Bool
    }

    let plan: DemoPlan
    let stack: DemoStack
    let display: DemoDisplay
    let started: ContinuousClock.Instant
    private let tally = NIOLockedValueBox(DemoTally())
    private let stage = NIOLockedValueBox((phase: "starting", note: ""))

    init(
        plan: DemoPlan, stack: DemoStack, display: DemoDisplay, started: ContinuousClock.Instant
    ) {
        self.plan = plan
        self.stack = stack
        self.display = display
        self.started = started
    }

    /// The longest a phase of waiting may take before the demo fails.
    private var patience: Duration { .seconds(90 + plan.orders.count / 8) }

    func run() async throws -> Report {
        try await withThrowingTaskGroup(of: Report?.self) { group in
            // Ends by cancellation, when the story below has.
            group.addTask {
                try await watch()
                return nil
            }
            group.addTask { try await play() }
            defer { group.cancelAll() }
            while let report = try await group.next() {
                if let report { return report }
            }
            throw CancellationError()
        }
    }

    private func play() async throws -> Report {
        enter("orders come in")
        try await stack.storefront.createOrders(plan)
        try await sell()
        enter("delivering the rest")
        try await settle()
        let dead = try await deadCount()
        let replayed = try await repair()
        enter("delivering what was replayed")
        try await settle()
        enter("reading the ledgers")
        return try await judge(dead: dead, replayed: replayed)
    }

    // Selling

    /// Authorizes and produces in waves, with bursts of faults and the death of a worker on the way.
    private func sell() async throws {
        let producers = DemoProducers(
            stack: stack, commands: DemoCommands(occurredAt: Date()), tally: tally)
        var bursts = DemoFaults.bursts[...]
        var isWorkerAlive = true
        var poisonCount = 0
        let waveSize = max(12, min(60, plan.orders.count / 12))
        for start in stride(from: 0, to: plan.orders.count, by: waveSize) {
            let wave = plan.orders[start..<min(start + waveSize, plan.orders.count)]
            let authorized = NIOLockedValueBox<[String: String]>([:])
            try await forEach(wave, width: 6) { order in
                let intent = try await stack.storefront.authorize(order)
                authorized.withLockedValue { $0[order.orderNo] = intent }
                tally.withLockedValue { $0.authorized += 1 }
            }
            let intents = authorized.withLockedValue { $0 }
            let ready = wave.compactMap { order in
                intents[order.orderNo].map { (order: order, paymentIntent: $0) }
            }
            try await producers.produce(ready)
            if let victim = ready.first(where: { $0.order.producer == .http }) {
                try await producers.poison(victim, variant: poisonCount)
                poisonCount += 1
            }
            let share = Double(start + wave.count) / Double(plan.orders.count)
            while let burst = bursts.first, share >= burst.share {
                bursts.removeFirst()
                try await stack.sandbox.addFault(burst.rule)
                note(burst.name)
            }
            if isWorkerAlive, share >= 0.45 {
                isWorkerAlive = false
                try stack.killWorker("worker-1", replacement: "worker-3")
                note("worker-1 killed with -9, worker-3 started")
            }
        }
    }

    // Settling

    /// Waits until nothing is open: no webhook on its way, no message that a worker may still move.
    private func settle() async throws {
        let end = ContinuousClock.now + patience
        while true {
            try stack.requireRunning()
            let before = try await stack.queue.readDepth()
            if before.allSatisfy({ $0.openCount == 0 }) {
                let summary = try await stack.sandbox.summary()
                let after = try await stack.queue.readDepth()
                if summary.webhooks.pending == 0,
                    after.map(\.accepted) == before.map(\.accepted),
                    after.allSatisfy({ $0.openCount == 0 })
                {
                    return
                }
            }
            guard ContinuousClock.now < end else {
                let open = before.filter { $0.openCount > 0 }
                    .map { "\($0.destination) \($0.openCount)" }.joined(separator: ", ")
                throw DemoError(
                    "not settled after \(DemoScreen.seconds(patience)) s; open: "
                        + (open.isEmpty ? "webhooks" : open))
            }
            try await Task.sleep(for: .milliseconds(100))
        }
    }

    private func deadCount() async throws -> Int64 {
        try await stack.queue.readDepth().reduce(0) { $0 + $1.dead }
    }

    /// Does what the owner would: installs the attributes, plans the replay, applies it.
    private func repair() async throws -> Int {
        enter("repairing the cause")
        try await stack.sandbox.removeFaults()
        try await stack.sandbox.changeAttributes(
            site: DemoPlan.brokenSite, install: DemoStack.attributes)
        note("attribute definitions installed at \(DemoPlan.brokenSite)")
        let replayer = Replayer(queue: stack.queue)
        guard
            let replay = try await replayer.plan(
                DeadLetterFilter(tenant: DemoPlan.tenant, destination: "commerce_cloud"),
                limit: Replayer.limitMax,
                reason: "demo: attribute definitions installed at \(DemoPlan.brokenSite)")
        else { return 0 }
        let applied = try await replayer.apply(replay.planID)
        note("replayed \(applied.replayedCount) dead letters")
        return applied.replayedCount
    }

    // Watching

    private func watch() async throws {
        var last = (at: ContinuousClock.now, delivered: Int64(0))
        var snapshot = DemoSnapshot(plan: plan)
        let interval: Duration = display.isTerminal ? .milliseconds(250) : .seconds(2)
        while true {
            let depth = try await stack.queue.readDepth()
            let delivered = depth.reduce(0) { $0 + $1.delivered }
            let now = ContinuousClock.now
            if now - last.at >= .milliseconds(900) {
                snapshot.deliveredPerSecond =
                    Double(delivered - last.delivered) / ((now - last.at) / .seconds(1))
                last = (now, delivered)
            }
            let outcomes = try await stack.countOutcomes()
            snapshot.elapsed = now - started
            snapshot.depth = depth
            snapshot.tally = tally.withLockedValue { $0 }
            snapshot.sandbox = try await stack.sandbox.summary()
            snapshot.retries = outcomes.retries
            snapshot.unknowns = outcomes.unknowns
            (snapshot.phase, snapshot.note) = stage.withLockedValue { $0 }
            display.show(snapshot)
            try await Task.sleep(for: interval)
        }
    }

    private func enter(_ phase: String) {
        stage.withLockedValue { $0 = (phase, "") }
    }

    private func note(_ text: String) {
        stage.withLockedValue { $0.note = text }
        if !display.isTerminal { display.say("        \(text)") }
    }

    // Judging

    private func judge(dead: Int64, replayed: Int) async throws -> Report {
        let orders = NIOLockedValueBox<[String: OrderState]>([:])
        try await forEach(plan.orders, width: 16) { order in
            let state = try await stack.sandbox.order(order.orderNo, site: order.siteID)
            orders.withLockedValue { $0[order.orderNo] = state }
        }
        let summary = try await stack.sandbox.summary()
        let verdict = DemoVerdict(
            plan: plan, ledger: try await stack.sandbox.ledger(),
            orders: orders.withLockedValue { $0 }, summary: summary)
        let books = try await DemoBooks.read(stack)
        let tally = tally.withLockedValue { $0 }
        let report = DemoReport(
            plan: plan, verdict: verdict, books: books, tally: tally, summary: summary,
            dead: dead, replayed: replayed, elapsed: .now - started)
        return Report(verdict: verdict, lines: report.lines, holds: report.holds)
    }
}

extension ChannelDepth {
    /// Messages that a worker still has to do something about.
    var openCount: Int64 { ready + leased + scheduled + held + unknown }
}
