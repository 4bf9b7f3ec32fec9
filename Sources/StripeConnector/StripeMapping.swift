import PaymentEvents

/// One reviewed rule: which of Stripe's events, under which conditions, is which canonical fact.
///
/// Stripe tells most things twice, once for the PaymentIntent and once for its charge. One of the
/// two is the source of the fact; the other is ignored by name, with the reason, so that nobody has
/// to guess whether it was forgotten.
struct StripeMapping: Sendable {
    /// What must hold of the object; the first that does not is the reason to ignore it.
    enum Condition: Sendable {
        case equals(String, String)
        case isPositive(String)
        case isZero(String)
    }

    var stripeType: String
    var conditions: [Condition]
    var type: EventType
    /// The field with the amount, in minor units. Cumulative where Stripe's is.
    var amount: String
    /// Where each id is, newest API version first.
    var ids: [(name: IDName, places: [String])]
    /// The names in `data` of cumulative amounts, and their fields.
    var totals: [(name: String, field: String)]

    private static let intentIDs: [(name: IDName, places: [String])] = [
        (.paymentIntent, ["/id"]),
        // `charges` until 2022-08-01, `latest_charge` since 2022-11-15.
        (.charge, ["/latest_charge", "/charges/data/0"]),
    ]
    private static let refundIDs: [(name: IDName, places: [String])] = [
        (.refund, ["/id"]), (.paymentIntent, ["/payment_intent"]), (.charge, ["/charge"]),
    ]

    private static let all: [StripeMapping] = [
        StripeMapping(
            stripeType: "payment_intent.amount_capturable_updated",
            conditions: [.equals("status", "requires_capture"), .isZero("amount_received")],
            type: .authorizationSucceeded, amount: "amount_capturable", ids: intentIDs,
            totals: [("authorized_total_minor", "amount")]),
        // Multicapture: part of the authorization is captured and the rest stays open.
        StripeMapping(
            stripeType: "payment_intent.amount_capturable_updated",
            conditions: [.equals("status", "requires_capture"), .isPositive("amount_received")],
            type: .captureSucceeded, amount: "amount_received", ids: intentIDs,
            totals: [
                ("captured_total_minor", "amount_received"), ("authorized_total_minor", "amount"),
            ]),
        StripeMapping(
            stripeType: "payment_intent.succeeded",
            conditions: [.equals("capture_method", "manual"), .equals("status", "succeeded")],
            type: .captureSucceeded, amount: "amount_received", ids: intentIDs,
            totals: [
                ("captured_total_minor", "amount_received"), ("authorized_total_minor", "amount"),
            ]),
        StripeMapping(
            stripeType: "refund.created", conditions: [.equals("status", "succeeded")],
            type: .refundSucceeded, amount: "amount", ids: refundIDs, totals: []),
        StripeMapping(
            stripeType: "refund.updated", conditions: [.equals("status", "succeeded")],
            type: .refundSucceeded, amount: "amount", ids: refundIDs, totals: []),
    ]

    /// The rules by Stripe's type, in the order in which they are tried.
    static let rules = Dictionary(grouping: all, by: \.stripeType)

    /// The types that tell nothing new, each with the reason.
    static let ignored: [String: String] = [
        "charge.succeeded":
            "twin of payment_intent.amount_capturable_updated or payment_intent.succeeded",
        "charge.captured": "twin of payment_intent.succeeded, which carries the same amounts",
        "charge.refunded": "cumulative; money is booked from refund.created and refund.updated",
        "charge.refund.updated": "twin of refund.updated",
        "charge.pending": "nothing has happened yet",
        "charge.updated": "changes that move no money",
        "payment_intent.created": "nothing has happened yet",
        "payment_intent.processing": "nothing has happened yet",
        "payment_intent.requires_action": "the shopper is acting",
        "payment_intent.canceled":
            "the result of our own void, or of an expiry: not yet a fact here",
        "payment_intent.payment_failed": "not yet a fact here: the shopper may try again",
        "charge.failed": "twin of payment_intent.payment_failed",
        "charge.expired": "twin of payment_intent.canceled",
        "refund.failed": "not yet a fact here: the refund command shows it",
    ]

    /// Why the object is not this rule's, or `nil` when it is.
    func mismatch(_ object: JSONValue) -> String? {
        for condition in conditions {
            switch condition {
            case .equals(let field, let value):
                if object[field]?.stringValue != value { return "\(field) is not \(value)" }
            case .isPositive(let field):
                if (object[field]?.intValue ?? 0) <= 0 { return "\(field) is not above 0" }
            case .isZero(let field):
                if (object[field]?.intValue ?? 0) != 0 { return "\(field) is not 0" }
            }
        }
        return nil
    }
}
