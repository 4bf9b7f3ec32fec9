import Delivery
import PaymentEvents

/// The steps that bring an order up to date with a fact. Each sets absolute values.
struct OrderUpdate {
    private(set) var steps: [OutboundRequest.Step] = []
    private let path: SCAPIPath

    init(_ event: PaymentEvent, at instance: CommerceCloudInstance) throws(Failure) {
        guard let siteID = event[id: .siteID], let orderNo = event[id: .orderNo],
            let intent = event[id: .paymentIntent]
        else {
            throw Failure(
                cause: .contract, code: "required",
                message: "the event lacks site_id, order_no or payment_intent", pointer: "/ids")
        }
        path = SCAPIPath(
            organizationID: instance.organizationID, siteID: siteID, orderNo: orderNo)
        let names = instance.attributes
        switch event.type {
        case .authorizationSucceeded:
            let isOnHold = event.data["is_on_hold"]?.boolValue
            var attributes: [String: JSONValue] = [names.paymentIntent: .string(intent)]
            if let isOnHold { attributes[names.isInReview] = .bool(isOnHold) }
            patch(attributes)
            // An order on hold stays `created` until the review is closed.
            if isOnHold != true { put("status", "new") }
        case .captureSucceeded:
            patch([names.paymentIntent: .string(intent)])
            put("payment-status", try Self.paymentStatus(after: event))
        case .refundSucceeded:
            var attributes: [String: JSONValue] = [:]
            attributes[names.refund] = event[id: .refund].map { .string($0) }
            if let total = event.data["refunded_total_minor"]?.intValue,
                let currency = event.money?.currency
            {
                let refunded = Money(minorUnits: total, currency: currency)
                attributes[names.refundedAmount] = .string(refunded.majorUnitsText)
            }
            patch(attributes)
        default:
            throw Failure(
                cause: .mapping, code: "no_rule",
                message: "no rule maps \(event.type) to a change of an order", pointer: "/type")
        }
    }

    /// Paid only when all of the order, or failing that of the authorization, is captured.
    private static func paymentStatus(after event: PaymentEvent) throws(Failure) -> String {
        let data = event.data
        guard
            let total = data["order_total_minor"]?.intValue
                ?? data["authorized_total_minor"]?.intValue
        else {
            throw Failure(
                cause: .mapping, code: "no_total",
                message: "without the order's or the authorized total nobody can say "
                    + "whether the order is paid", pointer: "/data/order_total_minor")
        }
        let captured = data["captured_total_minor"]?.intValue ?? event.money?.minorUnits ?? 0
        return captured >= total ? "paid" : "part_paid"
    }

    private mutating func patch(_ attributes: [String: JSONValue]) {
        add("PATCH", path.path(), .object(attributes))
    }

    private mutating func put(_ field: String, _ status: String) {
        add("PUT", path.path(field), ["status": .string(status)])
    }

    private mutating func add(_ method: String, _ path: String, _ body: JSONValue) {
        steps.append(
            OutboundRequest.Step(
                method: method, path: path, contentType: "application/json",
                body: body.canonicalBytes()))
    }
}
