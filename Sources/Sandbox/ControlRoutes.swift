import Foundation
import ServiceLifecycle

/// The control API under `/_sandbox`: reads the ledger, arranges faults, moves the clock.
struct ControlRoutes: Sendable {
    let stripe: StripeDouble
    let commerceCloud: CommerceCloudDouble
    let accountManager: AccountManager
    let webhooks: WebhookSender
    let faults: FaultRules
    let ledger: EffectLedger
    let clock: SandboxClock

    /// Answers one call; a body that cannot be read is a 422 that says why.
    func answer(_ call: Call) async -> Answer {
        do {
            return try await route(call)
        } catch let problem as Problem {
            return problem.answer
        } catch {
            return Self.refusal(422, "the body cannot be read: \(error)")
        }
    }

    private func route(_ call: Call) async throws -> Answer {
        let parts = call.path.split(separator: "/").dropFirst().map { part in
            String(part).removingPercentEncoding ?? String(part)
        }
        let query = FormBody(parsing: call.query)
        switch (call.method, parts.first, parts.count) {
        case ("GET", "ledger", 1): return try Self.ok(ledger.snapshot)
        case ("GET", "summary", 1): return try Self.ok(summary)
        case ("GET", "payment_intents", 1):
            return try Self.ok(stripe.paymentIntents(order: query?["order_id"]))
        case ("GET", "orders", 2):
            guard let order = commerceCloud.order(parts[1], site: query?["site_id"]) else {
                return Problem.orderNotFound(parts[1]).answer
            }
            return try Self.ok(order)
        case ("POST", "orders", 1):
            try commerceCloud.create(try Self.read(OrderSeeds.self, from: call).orders)
            return Answer(status: 204)
        case ("POST", "attributes", 1):
            return try Self.ok(commerceCloud.changeAttributes(try Self.read(from: call)))
        case ("GET", "faults", 1): return try Self.ok(faults.rules)
        case ("POST", "faults", 1): return try Self.ok(faults.add(try Self.read(from: call)))
        case ("DELETE", "faults", 1):
            faults.remove()
            return Answer(status: 204)
        case ("DELETE", "faults", 2):
            return faults.remove(id: parts[1]) > 0
                ? Answer(status: 204) : Self.refusal(404, "no fault rule '\(parts[1])'")
        case ("GET", "clock", 1): return try Self.ok(ClockReading(now: clock.now))
        case ("POST", "clock", 1): return try Self.ok(change(clock, try Self.read(from: call)))
        case ("POST", "limits", 1):
            let change = try Self.read(RateLimitChange.self, from: call)
            stripe.traffic.setLimit(change.requestsPerSecond, for: change.caller)
            commerceCloud.traffic.setLimit(change.requestsPerSecond, for: change.caller)
            return Answer(status: 204)
        case ("DELETE", "tokens", 1):
            accountManager.revokeAll()
            return Answer(status: 204)
        case ("GET", "webhooks", 1): return try Self.ok(webhooks.endpoints)
        case ("POST", "webhooks", 1):
            webhooks.setEndpoint(try Self.read(from: call))
            return Answer(status: 204)
        case ("GET", "webhooks", 2) where parts[1] == "settled":
            await cancelWhenGracefulShutdown { await webhooks.settled() }
            return try Self.ok(webhooks.summary)
        default: return Self.refusal(404, "no control endpoint \(call.method) \(call.path)")
        }
    }

    private var summary: SandboxSummary {
        let counts = ledger.counts
        return SandboxSummary(
            stripe: stripe.traffic.summary(effects: counts.stripe),
            commerceCloud: commerceCloud.traffic.summary(effects: counts.commerceCloud),
            unchangedOrderWrites: counts.unchangedOrderWrites,
            tokenRequests: accountManager.requestCount, webhooks: webhooks.summary)
    }

    private func change(_ clock: SandboxClock, _ change: ClockChange) -> ClockReading {
        if let isFrozen = change.frozen { clock.setFrozen(isFrozen) }
        if let date = change.set { clock.set(date) }
        if let seconds = change.advanceSeconds { clock.advance(bySeconds: seconds) }
        return ClockReading(now: clock.now)
    }

    private static func read<Value: Decodable>(
        _ type: Value.Type = Value.self, from call: Call
    ) throws -> Value {
        try ControlCoding.decode(type, from: call.body)
    }

    private static func ok(_ value: some Encodable) throws -> Answer {
        Answer(
            status: 200, headers: ["Content-Type": "application/json"],
            body: try ControlCoding.encode(value))
    }

    private static func refusal(_ status: Int, _ message: String) -> Answer {
        Answer(status: status, json: ["error": ["message": .string(message)]])
    }
}
