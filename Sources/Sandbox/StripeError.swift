/// An error of the Stripe double, with the body that Stripe sends.
struct StripeError: Error, Sendable {
    var status: Int
    var type: String
    var code: String?
    var message: String
    var parameter: String?
    var declineCode: String?
    /// The object that Stripe puts beside the error, such as `("payment_intent", {…})`.
    var related: (name: String, object: JSON)?
    /// Validation failures and refusals before the endpoint ran are not saved under the key.
    var isSaved = true
    var headers: [String: String] = [:]

    var answer: Answer {
        var error: [String: JSON] = ["message": .string(message), "type": .string(type)]
        if let code {
            error["code"] = .string(code)
            error["doc_url"] = .string(
                "https://docs.stripe.com/error-codes/" + code.replacing("_", with: "-"))
        }
        if let parameter { error["param"] = .string(parameter) }
        if let declineCode { error["decline_code"] = .string(declineCode) }
        if let related { error[related.name] = related.object }
        return Answer(status: status, headers: headers, json: ["error": .object(error)])
    }
}

/// Errors before the endpoint runs: never saved under an idempotency key.
extension StripeError {
    static func unauthorized(_ message: String) -> StripeError {
        StripeError(
            status: 401, type: "invalid_request_error", message: message, isSaved: false,
            headers: ["WWW-Authenticate": "Bearer realm=\"Stripe\""])
    }

    static func invalidKey(_ key: String) -> StripeError {
        .unauthorized("Invalid API Key provided: \(key.prefix(8))****\(key.suffix(4))")
    }

    static func rateLimited(_ reason: String) -> StripeError {
        StripeError(
            status: 429, type: "invalid_request_error", code: "rate_limit",
            message: "Request rate limit exceeded. Learn more at "
                + "https://docs.stripe.com/rate-limits.", isSaved: false,
            headers: ["Stripe-Rate-Limited-Reason": reason])
    }

    static let lockTimeout = StripeError(
        status: 429, type: "invalid_request_error", code: "lock_timeout",
        message: "This object cannot be accessed right now because another API request or Stripe "
            + "process is currently accessing it.", isSaved: false,
        headers: ["Stripe-Should-Retry": "true"])

    static let keyInUse = StripeError(
        status: 409, type: "invalid_request_error", code: "idempotency_key_in_use",
        message: "There is currently another in-progress request using this Idempotent Key. "
            + "Please try again later.", isSaved: false,
        headers: ["Stripe-Should-Retry": "true"])

    static func keyMismatch(_ key: String) -> StripeError {
        StripeError(
            status: 400, type: "idempotency_error",
            message: "Keys for idempotent requests can only be used with the same parameters they "
                + "were first used with. Try using a key other than '\(key)' if you meant to "
                + "execute a different request.", isSaved: false,
            headers: ["Stripe-Should-Retry": "false"])
    }

    static let keyTooLong = StripeError(
        status: 400, type: "idempotency_error",
        message: "The idempotency key is longer than 255 characters.", isSaved: false)

    static func missing(_ parameter: String) -> StripeError {
        StripeError(
            status: 400, type: "invalid_request_error", code: "parameter_missing",
            message: "Missing required param: \(parameter).", parameter: parameter, isSaved: false)
    }

    static func notInteger(_ parameter: String, _ value: String) -> StripeError {
        StripeError(
            status: 400, type: "invalid_request_error", code: "parameter_invalid_integer",
            message: "Invalid integer: \(value)", parameter: parameter, isSaved: false)
    }

    static func invalidChoice(_ parameter: String, choices: [String]) -> StripeError {
        StripeError(
            status: 400, type: "invalid_request_error",
            message: "Invalid \(parameter): must be one of \(choices.joined(separator: ", "))",
            parameter: parameter, isSaved: false)
    }

    static func malformed(_ message: String) -> StripeError {
        StripeError(
            status: 400, type: "invalid_request_error", message: message, isSaved: false)
    }

    static func unknownRoute(_ call: Call) -> StripeError {
        StripeError(
            status: 404, type: "invalid_request_error",
            message: "Unrecognized request URL (\(call.method): \(call.path)).", isSaved: false)
    }

    static func serverError(isSaved: Bool) -> StripeError {
        StripeError(
            status: 500, type: "api_error",
            message: "An unknown error occurred. (sandbox fault)", isSaved: isSaved,
            headers: ["Stripe-Should-Retry": isSaved ? "false" : "true"])
    }

    static let unavailable = StripeError(
        status: 503, type: "api_error",
        message: "Stripe is temporarily unavailable. (sandbox fault)", isSaved: false,
        headers: ["Stripe-Should-Retry": "true"])

    static let gatewayTimeout = StripeError(
        status: 504, type: "api_error", message: "Gateway timeout. (sandbox fault)", isSaved: false)
}

/// Errors of a running endpoint: saved under the key and replayed.
extension StripeError {
    static func resourceMissing(_ kind: String, _ id: String, parameter: String) -> StripeError {
        StripeError(
            status: 404, type: "invalid_request_error", code: "resource_missing",
            message: "No such \(kind): '\(id)'", parameter: parameter)
    }

    static func unexpectedState(_ message: String, _ intent: PaymentIntent) -> StripeError {
        StripeError(
            status: 400, type: "invalid_request_error", code: "payment_intent_unexpected_state",
            message: message, related: ("payment_intent", intent.json(charge: nil)),
            headers: ["Stripe-Should-Retry": "false"])
    }

    static func business(
        _ code: String, _ message: String, parameter: String? = nil
    ) -> StripeError {
        StripeError(
            status: 400, type: "invalid_request_error", code: code, message: message,
            parameter: parameter, headers: ["Stripe-Should-Retry": "false"])
    }

    static func declined(_ intent: PaymentIntent) -> StripeError {
        var error = StripeError(
            status: 402, type: "card_error", code: "card_declined",
            message: "Your card was declined.",
            related: ("payment_intent", intent.json(charge: nil)),
            headers: ["Stripe-Should-Retry": "false"])
        error.declineCode = "generic_decline"
        return error
    }
}
