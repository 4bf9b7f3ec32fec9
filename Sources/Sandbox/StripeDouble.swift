import Foundation
import NIOConcurrencyHelpers

/// The Stripe double: decides who may call, what goes wrong, what is replayed, and runs the rest.
///
/// A call passes, in this order: key of the account, route, rate limit, faults before the effect,
/// idempotency key, lock of the object, endpoint, faults after the effect. What is refused before
/// the endpoint runs is not saved under the key.
final class StripeDouble: Sendable {
    private struct State {
        var books: StripeBooks
        var keys: [String: IdempotencyStore] = [:]
        var generator: SeededGenerator
    }

    let traffic: Traffic
    private let accounts: [String: String]
    private let apiVersion: String
    private let clock: SandboxClock
    private let faults: FaultRules
    private let state: NIOLockedValueBox<State>

    init(
        configuration: SandboxConfiguration, clock: SandboxClock, faults: FaultRules,
        ledger: EffectLedger, webhooks: WebhookSender
    ) {
        accounts = Dictionary(
            configuration.accounts.map { ($0.secretKey, $0.id) }, uniquingKeysWith: { $1 })
        apiVersion = configuration.stripeAPIVersion
        traffic = Traffic(
            limits: Dictionary(
                configuration.accounts.compactMap { account in
                    account.requestsPerSecond.map { (account.id, $0) }
                }, uniquingKeysWith: { $1 }))
        self.clock = clock
        self.faults = faults
        state = NIOLockedValueBox(
            State(
                books: StripeBooks(
                    configuration: configuration, ledger: ledger, webhooks: webhooks),
                generator: SeededGenerator(seed: configuration.seed)))
    }

    /// Handles one call.
    func react(to call: Call) async -> Reaction {
        let requestID = state.withLockedValue { "req_" + $0.generator.token(length: 14) }
        var plan = FaultRules.Plan()
        var reaction: Reaction
        var outcome: String
        do throws(StripeError) {
            let request = try admit(call, requestID: requestID)
            plan = state.withLockedValue { state in
                faults.plan(
                    api: .stripe, operation: request.operation.rawValue,
                    objects: state.books.names(of: request))
            }
            let answer =
                plan.fault == .dropBeforeEffect ? nil : try await run(request, call, plan)
            reaction = answer.map(Reaction.answer) ?? .drop
            outcome = answer.map { "\($0.status)" } ?? "dropped_before_effect"
        } catch {
            reaction = .answer(error.answer)
            outcome = "\(error.status)"
        }
        if plan.latencyAfter > .zero { try? await Task.sleep(for: plan.latencyAfter) }
        if plan.fault == .dropAfterEffect {
            reaction = .drop
            outcome = "dropped_after_effect"
        } else if plan.fault == .gatewayTimeoutAfterEffect {
            reaction = .answer(StripeError.gatewayTimeout.answer)
            outcome = "504"
        }
        traffic.finish(outcome)
        guard case .answer(let answer) = reaction else { return .drop }
        return .answer(answer.adding(headers(for: call, requestID: requestID)))
    }

    /// The PaymentIntents, oldest first, for the control API.
    func paymentIntents(order: String?) -> [PaymentIntentState] {
        state.withLockedValue { state in
            state.books.intentOrder.compactMap { id in
                guard let intent = state.books.intents[id] else { return nil }
                guard order == nil || intent.metadata["order_id"] == order else { return nil }
                let charge = intent.latestCharge.flatMap { state.books.charges[$0] }
                return PaymentIntentState(
                    id: id, account: intent.account, status: intent.status.rawValue,
                    amount: intent.amount, amountCapturable: intent.amountCapturable,
                    amountReceived: intent.amountReceived,
                    amountRefunded: charge?.amountRefunded ?? 0, currency: intent.currency,
                    captureMethod: intent.captureMethod, latestCharge: intent.latestCharge,
                    refunds: charge?.refunds ?? [], metadata: intent.metadata)
            }
        }
    }

    /// Finds account and endpoint, or refuses the call.
    private func admit(_ call: Call, requestID: String) throws(StripeError) -> StripeRequest {
        guard let key = call.bearer ?? call.basicCredentials?.user, !key.isEmpty else {
            throw .unauthorized(
                "You did not provide an API key. You need to provide your API key in the "
                    + "Authorization header, using Bearer auth.")
        }
        guard !key.hasPrefix("sk_live_"), !key.hasPrefix("rk_live_") else {
            throw .unauthorized("This is a sandbox; a live key must never be sent to it.")
        }
        guard let account = accounts[key] else { throw .invalidKey(key) }
        guard let (operation, id) = StripeOperation.match(call) else { throw .unknownRoute(call) }
        guard
            traffic.admit(
                caller: account, operation: operation.rawValue, at: clock.instant)
        else { throw .rateLimited("global-rate") }
        let text = call.method == "GET" ? call.query : String(decoding: call.body, as: UTF8.self)
        guard let parameters = FormBody(parsing: text) else {
            throw .malformed("Invalid percent escape in the request's parameters.")
        }
        return StripeRequest(
            id: requestID, account: account, operation: operation, objectID: id,
            parameters: parameters,
            idempotencyKey: call.method == "POST" ? call[header: "idempotency-key"] : nil,
            now: clock.now)
    }

    /// Everything from the faults before the effect to the saved answer.
    private func run(
        _ request: StripeRequest, _ call: Call, _ plan: FaultRules.Plan
    ) async throws(StripeError) -> Answer {
        switch plan.fault {
        case .rateLimited: throw .rateLimited(plan.reason ?? "global-rate")
        case .lockTimeout: throw .lockTimeout
        case .unauthorized: throw .invalidKey(call.bearer ?? "")
        case .serverError: throw .serverError(isSaved: false)
        case .unavailable, .throttled: throw .unavailable
        default: break
        }
        if let saved = try begin(request, call) { return saved }
        let subject = state.withLockedValue { $0.books.subject(of: request) }
        defer { if let subject { traffic.leave(subject) } }
        if let subject, !traffic.enter(subject) {
            abandon(request)
            throw .lockTimeout
        }
        if plan.latencyBefore > .zero { try? await Task.sleep(for: plan.latencyBefore) }
        return execute(request, plan)
    }

    /// Looks the idempotency key up. Returns a saved answer; `nil` lets the request run.
    private func begin(_ request: StripeRequest, _ call: Call) throws(StripeError) -> Answer? {
        guard let key = request.idempotencyKey else { return nil }
        guard key.utf8.count <= 255 else { throw .keyTooLong }
        let fingerprint = "\(call.method) \(call.path)?\(request.parameters.canonical)"
        let finding = state.withLockedValue { state in
            state.keys[request.account, default: IdempotencyStore()].begin(
                key, fingerprint: fingerprint, requestID: request.id, at: request.now)
        }
        switch finding {
        case .new: return nil
        case .inFlight: throw .keyInUse
        case .mismatch: throw .keyMismatch(key)
        case .saved(let answer, let requestID):
            return answer.adding(["Idempotent-Replayed": "true", "Original-Request": requestID])
        }
    }

    private func abandon(_ request: StripeRequest) {
        guard let key = request.idempotencyKey else { return }
        state.withLockedValue { $0.keys[request.account]?.abandon(key) }
    }

    /// Runs the endpoint and saves its answer in one step.
    private func execute(_ request: StripeRequest, _ plan: FaultRules.Plan) -> Answer {
        var request = request
        request.now = clock.now
        return state.withLockedValue { state in
            var answer: Answer
            var isSaved = true
            if plan.fault == .serverErrorSaved {
                answer = StripeError.serverError(isSaved: true).answer
            } else {
                do throws(StripeError) {
                    answer = Answer(status: 200, json: try state.books.perform(request))
                } catch {
                    answer = error.answer
                    isSaved = error.isSaved
                }
                if plan.fault == .serverErrorAfterEffect {
                    answer = StripeError.serverError(isSaved: true).answer
                }
            }
            if let key = request.idempotencyKey {
                if isSaved {
                    state.keys[request.account]?.save(answer, for: key)
                } else {
                    state.keys[request.account]?.abandon(key)
                }
            }
            return answer
        }
    }

    private func headers(for call: Call, requestID: String) -> [String: String] {
        var headers = [
            "Request-Id": requestID,
            "Stripe-Version": call[header: "stripe-version"] ?? apiVersion,
        ]
        if call.method == "POST", let key = call[header: "idempotency-key"] {
            headers["Idempotency-Key"] = key
        }
        return headers
    }
}
