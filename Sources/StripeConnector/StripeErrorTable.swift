import Delivery
import PaymentEvents

/// Turns an error of Stripe's into a class, by rules in a fixed order (the table of §1.4).
///
/// 1. 5xx: the status decides, whatever the code. `Stripe-Should-Retry: true` makes a 500 transient;
///    without it, on a replayed 500, and on 502, 503 and 504 the outcome is unknown.
/// 2. 401 and 403: the channel is down.
/// 3. `idempotency_error`: our key was used for another request, a defect; it carries no code.
/// 4. The code, if listed. 5. The decline of a card. 6. The status. An unlisted 4xx is a defect:
///    somebody must read it once and add its code here.
package enum StripeErrorTable {
    /// The class of an error; `nil` for a success.
    static func classify(_ answer: StripeAnswer) -> StripeErrorClass? {
        let error = answer.body?["error"]
        return classify(
            status: answer.status, type: error?["type"]?.stringValue,
            code: error?["code"]?.stringValue, shouldRetry: answer.shouldRetry,
            isReplayed: answer.isReplayed)
    }

    package static func classify(
        status: Int, type: String?, code: String?, shouldRetry: Bool? = nil,
        isReplayed: Bool = false
    ) -> StripeErrorClass? {
        switch status {
        case 200..<300: return nil
        case 500 where shouldRetry == true && !isReplayed: return .transient
        case 500...: return .unknown
        case 401, 403: return .channelDown
        default: break
        }
        if type == "idempotency_error" { return .defect }
        if let code, let known = classByCode[code] { return known }
        if type == "card_error" { return .business }
        switch status {
        case 402: return .business
        case 404: return .referenceMissing
        case 409: return .inFlight
        case 424: return .transient
        case 429: return .throttled
        // A redirect is not followed: the base URL is wrong for every call alike.
        case 300..<400: return .channelDown
        default: return .defect
        }
    }

    private static let classByCode: [String: StripeErrorClass] = {
        var table: [String: StripeErrorClass] = [:]
        for (errorClass, codes) in codes {
            for code in codes {
                let previous = table.updateValue(errorClass, forKey: code)
                precondition(previous == nil, "\(code) is classed twice")
            }
        }
        return table
    }()

    /// The class of a code, or `nil` when it is not listed.
    package static func listedClass(of code: String) -> StripeErrorClass? { classByCode[code] }
}

extension StripeErrorClass {
    /// The outcome of a command that ended with this class; `converged` only once a look has shown
    /// that the effect is not there.
    ///
    /// A deferral is not `throttled`: it concerns one message, and the others of the channel go on.
    func outcome(_ failure: Failure, retryAfter: Duration?) -> Outcome {
        switch self {
        case .throttled: .throttled(failure, retryAfter: retryAfter)
        case .deferred(let hours): .deferred(failure, until: .seconds(hours * 3600))
        case .locked, .inFlight, .transient: .retry(failure)
        case .unknown: .unknown(failure)
        case .channelDown: .channelDown(failure)
        case .converged, .business, .defect, .referenceMissing, .expired: .dead(failure)
        }
    }
}

extension Failure {
    /// What a person needs to know of an error answer: Stripe's code and sentence, redacted.
    init(_ answer: StripeAnswer, _ errorClass: StripeErrorClass) {
        let error = answer.body?["error"]
        let code =
            error?["code"]?.stringValue ?? error?["type"]?.stringValue
            ?? "http_\(answer.status)"
        var message = error?["message"]?.stringValue.map(Redaction.safe) ?? "Stripe gave no reason"
        if let reason = answer.limitedReason { message += " (limited by \(reason))" }
        if let decline = error?["decline_code"]?.stringValue { message += " (\(decline))" }
        if errorClass == .referenceMissing {
            message += " Check the account and the mode, then the id."
        }
        self.init(
            cause: errorClass.cause, code: code, message: String(message.prefix(500)),
            httpStatus: answer.status, requestID: answer.requestID,
            pointer: nil)
    }
}
