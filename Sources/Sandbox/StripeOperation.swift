import Foundation

/// The endpoints of the Stripe double; the raw value is the name that fault rules and counts use.
enum StripeOperation: String, Sendable {
    case createPaymentIntent = "payment_intents.create"
    case retrievePaymentIntent = "payment_intents.retrieve"
    case updatePaymentIntent = "payment_intents.update"
    case confirmPaymentIntent = "payment_intents.confirm"
    case capturePaymentIntent = "payment_intents.capture"
    case cancelPaymentIntent = "payment_intents.cancel"
    case retrieveCharge = "charges.retrieve"
    case captureCharge = "charges.capture"
    case createRefund = "refunds.create"
    case retrieveRefund = "refunds.retrieve"
    case listRefunds = "refunds.list"
    case retrieveEvent = "events.retrieve"
    case listEvents = "events.list"

    /// Finds the endpoint and the id in the path; `nil` for an unknown one.
    static func match(_ call: Call) -> (operation: StripeOperation, id: String)? {
        let parts = call.path.split(separator: "/").dropFirst().map(String.init)
        let id = parts.count > 1 ? parts[1] : ""
        switch (call.method, parts.first, parts.count, parts.last) {
        case ("POST", "payment_intents", 1, _): return (.createPaymentIntent, "")
        case ("GET", "payment_intents", 2, _): return (.retrievePaymentIntent, id)
        case ("POST", "payment_intents", 2, _): return (.updatePaymentIntent, id)
        case ("POST", "payment_intents", 3, "confirm"): return (.confirmPaymentIntent, id)
        case ("POST", "payment_intents", 3, "capture"): return (.capturePaymentIntent, id)
        case ("POST", "payment_intents", 3, "cancel"): return (.cancelPaymentIntent, id)
        case ("GET", "charges", 2, _): return (.retrieveCharge, id)
        case ("POST", "charges", 3, "capture"): return (.captureCharge, id)
        case ("POST", "refunds", 1, _): return (.createRefund, "")
        case ("GET", "refunds", 1, _): return (.listRefunds, "")
        case ("GET", "refunds", 2, _): return (.retrieveRefund, id)
        case ("GET", "events", 1, _): return (.listEvents, "")
        case ("GET", "events", 2, _): return (.retrieveEvent, id)
        default: return nil
        }
    }
}

/// An authenticated call of the Stripe double.
struct StripeRequest: Sendable {
    var id: String
    var account: String
    var operation: StripeOperation
    /// The id in the path; empty for create and list.
    var objectID: String
    var parameters: FormBody
    var idempotencyKey: String?
    var now: Date

    /// Reads an integer parameter of at least 1; `nil` when it is absent.
    func amount(_ name: String) throws(StripeError) -> Int? {
        guard let text = parameters[name] else { return nil }
        guard let value = Int(text) else { throw .notInteger(name, text) }
        guard value >= 1 else {
            throw StripeError(
                status: 400, type: "invalid_request_error", code: "parameter_invalid_integer",
                message: "This value must be greater than or equal to 1.", parameter: name,
                isSaved: false)
        }
        return value
    }

    /// Reads a parameter that must be one of `choices`; `nil` when it is absent.
    func choice(_ name: String, of choices: [String]) throws(StripeError) -> String? {
        guard let value = parameters[name] else { return nil }
        guard choices.contains(value) else { throw .invalidChoice(name, choices: choices) }
        return value
    }

    /// Reads `true` or `false`; `nil` when it is absent.
    func flag(_ name: String) throws(StripeError) -> Bool? {
        try choice(name, of: ["true", "false"]).map { $0 == "true" }
    }

    /// Reads the page size of a list, 1 to 100.
    func limit() throws(StripeError) -> Int {
        min(100, try amount("limit") ?? 10)
    }

    /// Names the business intention, as the ledger counts it.
    var intention: String {
        parameters["metadata[connector_op_id]"] ?? idempotencyKey ?? id
    }
}
