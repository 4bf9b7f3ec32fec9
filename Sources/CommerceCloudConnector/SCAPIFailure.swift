import Delivery
import PaymentEvents

/// A call that did not succeed, with the outcome it means for the message (§3, §6.4).
struct SCAPIFailure: Error, Sendable {
    var outcome: Outcome
    var failure: Failure
    var httpStatus: Int?

    init(outcome: Outcome, failure: Failure) {
        self.outcome = outcome
        self.failure = failure
    }

    /// Classifies an error answer. A read changes nothing, so its outcome is never unknown.
    init(_ answer: CommerceCloudAnswer, isRead: Bool, isOrderLate: Bool) {
        let isThrottled =
            answer.status == 429 || answer.status == 503
            || answer.status >= 500 && answer.loadStatus == "THROTTLE"
        let cause: Failure.Cause =
            switch answer.status {
            case _ where isThrottled: .throttled
            case 401, 403: .authentication
            case 404: .referenceMissing
            case 409: .businessRejected
            case 408: .providerDown
            case 400, 413, 422: .contract
            case 500...: isRead ? .providerDown : .outcomeUnknown
            default: .codeDefect
            }
        failure = Failure(answer, cause)
        httpStatus = answer.status
        let retryAfter = answer.retryAfter.map { Duration.seconds(min(max($0, 0), 3600)) }
        outcome =
            switch cause {
            case .throttled: .throttled(failure, retryAfter: retryAfter)
            case .authentication: .channelDown(failure)
            case .referenceMissing: isOrderLate ? .retry(failure) : .dead(failure)
            case .providerDown: .retry(failure)
            case .outcomeUnknown: .unknown(failure)
            default: .dead(failure)
            }
    }
}

extension Failure {
    /// SCAPI's problem (RFC 7807), redacted: its kind, its title and its detail.
    init(_ answer: CommerceCloudAnswer, _ cause: Cause) {
        let texts = ["title", "detail"].compactMap { answer.body?[$0]?.stringValue }
        var message =
            texts.isEmpty
            ? "SCAPI gave no reason" : Redaction.safe(texts.joined(separator: ": "))
        if let load = answer.loadStatus { message += " (sfdc_load_status \(load))" }
        self.init(
            cause: cause, code: answer.problemKind ?? "http_\(answer.status)",
            message: String(message.prefix(500)), httpStatus: answer.status,
            requestID: answer.requestID)
    }
}
