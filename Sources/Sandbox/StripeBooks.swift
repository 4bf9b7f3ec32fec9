import Foundation

/// The objects of the Stripe double and the rules by which they change. No HTTP, no faults.
///
/// A change is made in three steps that no other call can come between: the objects change, the
/// effect goes to the ledger, the events go to the webhook sender.
struct StripeBooks {
    private(set) var intents: [String: PaymentIntent] = [:]
    private(set) var charges: [String: Charge] = [:]
    private(set) var refunds: [String: Refund] = [:]
    /// PaymentIntent ids in the order of their creation.
    private(set) var intentOrder: [String] = []
    private var refundOrder: [String] = []
    private var generator: SeededGenerator

    private let apiVersion: String
    private let authorizationLifetime: TimeInterval
    let ledger: EffectLedger
    let webhooks: WebhookSender

    init(configuration: SandboxConfiguration, ledger: EffectLedger, webhooks: WebhookSender) {
        generator = SeededGenerator(seed: configuration.seed ^ 0x5354_5249_5045)
        apiVersion = configuration.stripeAPIVersion
        authorizationLifetime = configuration.authorizationLifetime
        self.ledger = ledger
        self.webhooks = webhooks
    }

    /// Runs an endpoint and returns the object it answers with.
    mutating func perform(_ request: StripeRequest) throws(StripeError) -> JSON {
        switch request.operation {
        case .createPaymentIntent: try createIntent(request)
        case .retrievePaymentIntent: json(try intent(request), for: request)
        case .updatePaymentIntent: try updateIntent(request)
        case .confirmPaymentIntent: try confirm(try intent(request), request)
        case .capturePaymentIntent: try capture(try intent(request), request)
        case .captureCharge: try captureCharge(request)
        case .cancelPaymentIntent: try cancel(request)
        case .retrieveCharge: try charge(request).json
        case .createRefund: try createRefund(request)
        case .retrieveRefund: try refund(request).json
        case .listRefunds: try listRefunds(request)
        case .retrieveEvent: try retrieveEvent(request)
        case .listEvents: try listEvents(request)
        }
    }

    /// The PaymentIntent that a mutating request changes; `nil` when there is none.
    func subject(of request: StripeRequest) -> String? {
        switch request.operation {
        case .updatePaymentIntent, .confirmPaymentIntent, .capturePaymentIntent,
            .cancelPaymentIntent:
            request.objectID
        case .captureCharge: charges[request.objectID]?.paymentIntent
        case .createRefund:
            request.parameters["payment_intent"]
                ?? request.parameters["charge"].flatMap { charges[$0]?.paymentIntent }
        default: nil
        }
    }

    /// All names by which a fault rule may mean a request.
    func names(of request: StripeRequest) -> Set<String> {
        var names: Set<String> = [request.objectID]
        names.formUnion([request.idempotencyKey, subject(of: request)].compactMap { $0 })
        names.formUnion(request.parameters.members(of: "metadata").values)
        if let intent = subject(of: request).flatMap({ intents[$0] }) ?? intents[request.objectID] {
            names.formUnion([intent.metadata["order_id"], intent.latestCharge].compactMap { $0 })
        }
        return names
    }

    mutating func newID(_ prefix: String, like id: String? = nil) -> String {
        guard let id else { return prefix + "_3" + generator.token(length: 23) }
        return prefix + "_" + id.dropFirst(3).prefix(16) + generator.token(length: 8)
    }
}

/// Reading.
extension StripeBooks {
    func intent(_ request: StripeRequest) throws(StripeError) -> PaymentIntent {
        try intent(request.objectID, request, parameter: "intent")
    }

    func intent(
        _ id: String, _ request: StripeRequest, parameter: String
    ) throws(StripeError) -> PaymentIntent {
        guard let intent = intents[id], intent.account == request.account else {
            throw .resourceMissing("payment_intent", id, parameter: parameter)
        }
        return intent
    }

    func charge(_ request: StripeRequest) throws(StripeError) -> Charge {
        try charge(request.objectID, request, parameter: "id")
    }

    func charge(
        _ id: String, _ request: StripeRequest, parameter: String
    ) throws(StripeError) -> Charge {
        guard
            let charge = charges[id], intents[charge.paymentIntent]?.account == request.account
        else { throw .resourceMissing("charge", id, parameter: parameter) }
        return charge
    }

    func refund(_ request: StripeRequest) throws(StripeError) -> Refund {
        guard let refund = refunds[request.objectID], refund.account == request.account else {
            throw .resourceMissing("refund", request.objectID, parameter: "id")
        }
        return refund
    }

    /// The JSON of a PaymentIntent, with its charge inside when `expand[]=latest_charge` asks.
    func json(_ intent: PaymentIntent, for request: StripeRequest) -> JSON {
        let isExpanded = request.parameters.elements(of: "expand").contains("latest_charge")
        let charge = isExpanded ? intent.latestCharge.flatMap { charges[$0]?.json } : nil
        return intent.json(charge: charge)
    }

    private func listRefunds(_ request: StripeRequest) throws(StripeError) -> JSON {
        var ids = refundOrder
        if let id = request.parameters["payment_intent"] {
            let intent = try intent(id, request, parameter: "payment_intent")
            ids = intent.latestCharge.flatMap { charges[$0]?.refunds } ?? []
        } else if let id = request.parameters["charge"] {
            ids = try charge(id, request, parameter: "charge").refunds
        }
        if let last = request.parameters["starting_after"], let end = ids.firstIndex(of: last) {
            ids = Array(ids[..<end])
        }
        let limit = try request.limit()
        let found = ids.reversed().lazy.compactMap { refunds[$0] }
            .filter { $0.account == request.account }.prefix(limit + 1)
        let page = Array(found)
        return Self.list(
            page.prefix(limit).map(\.json), url: "/v1/refunds", hasMore: page.count > limit)
    }

    private func retrieveEvent(_ request: StripeRequest) throws(StripeError) -> JSON {
        guard let event = webhooks.log.find(request.objectID, account: request.account) else {
            throw .resourceMissing("event", request.objectID, parameter: "id")
        }
        return event.json
    }

    private func listEvents(_ request: StripeRequest) throws(StripeError) -> JSON {
        var filter = StripeEventLog.Filter()
        let types = request.parameters.elements(of: "types")
        filter.types = Set(types + [request.parameters["type"]].compactMap { $0 })
        filter.deliverySuccess = try request.flag("delivery_success")
        func bound(_ name: String) -> Double? {
            request.parameters["created[\(name)]"].flatMap(Double.init)
        }
        let exact = request.parameters["created"].flatMap(Double.init)
        let lower = exact ?? bound("gte") ?? bound("gt").map { $0 + 1 } ?? -Double.infinity
        let upper = exact ?? bound("lte") ?? bound("lt").map { $0 - 1 } ?? Double.infinity
        if lower <= upper { filter.created = lower...upper }
        let page = webhooks.log.page(
            account: request.account, filter: filter, limit: try request.limit(),
            startingAfter: request.parameters["starting_after"],
            endingBefore: request.parameters["ending_before"])
        return Self.list(page.events.map(\.json), url: "/v1/events", hasMore: page.hasMore)
    }

    private static func list(_ data: [JSON], url: String, hasMore: Bool) -> JSON {
        ["data": .array(data), "has_more": .bool(hasMore), "object": "list", "url": .string(url)]
    }
}

/// Writing.
extension StripeBooks {
    mutating func keep(_ intent: PaymentIntent) {
        if intents.updateValue(intent, forKey: intent.id) == nil { intentOrder.append(intent.id) }
    }

    mutating func keep(_ charge: Charge) {
        charges[charge.id] = charge
    }

    mutating func keep(_ refund: Refund) {
        if refunds.updateValue(refund, forKey: refund.id) == nil { refundOrder.append(refund.id) }
    }

    /// A new charge that authorizes an intent.
    mutating func newCharge(for intent: PaymentIntent, at now: Date) -> Charge {
        Charge(
            id: newID("ch", like: intent.id), paymentIntent: intent.id, amount: intent.amount,
            currency: intent.currency, paymentMethod: intent.paymentMethod,
            metadata: intent.metadata, created: now,
            captureBefore: now.addingTimeInterval(authorizationLifetime))
    }

    /// Writes an effect into the ledger.
    func record(
        _ kind: StripeEffect.Kind, amount: Int, intent: PaymentIntent, refund: String? = nil,
        _ request: StripeRequest
    ) {
        ledger.record(
            StripeEffect(
                sequence: 0, kind: kind, account: intent.account, paymentIntent: intent.id,
                charge: intent.latestCharge, refund: refund, amount: amount,
                currency: intent.currency, idempotencyKey: request.idempotencyKey,
                intention: request.intention, orderNo: intent.metadata["order_id"],
                requestId: request.id, at: request.now))
    }

    /// Publishes what happened, in order.
    mutating func publish(_ occurrences: [StripeOccurrence], _ request: StripeRequest) {
        for occurrence in occurrences {
            let event = StripeEvent(
                id: newID("evt"), account: request.account, type: occurrence.type,
                created: request.now, apiVersion: apiVersion,
                requestID: occurrence.isByRequest ? request.id : nil,
                idempotencyKey: occurrence.isByRequest ? request.idempotencyKey : nil,
                data: occurrence.data.bytes, progress: .unwatched)
            webhooks.publish(event, newID: { newID("evt") })
        }
    }
}
