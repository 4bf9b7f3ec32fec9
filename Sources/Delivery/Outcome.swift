/// How one attempt at delivering a message ended.
package enum Outcome: Sendable, Equatable {
    /// The effect exists at the destination: made now, replayed, or found to be there already.
    case delivered(Receipt)
    /// A passing failure in which nothing took effect. Costs an attempt; tried again after backoff.
    case retry(Failure)
    /// The destination asked us to slow down. Tried again, the shared budget is lowered.
    case throttled(Failure, retryAfter: Duration?)
    /// The call may or may not have taken effect. Never retried blindly: look first, then act.
    case unknown(Failure)
    /// No further try can help without a person.
    case dead(Failure)
    /// The whole channel cannot be used (bad key, 401, 403). The message waits and costs no attempt.
    case channelDown(Failure)
    /// Not now, for a reason that is not the message's (shutdown, no budget, money still on its way):
    /// it waits at least so long and it costs no attempt.
    case deferred(Failure, until: Duration)
}

/// The proof of a delivered message.
package struct Receipt: Sendable, Equatable, Codable {
    /// The object made or changed at the destination, such as `re_…`.
    package var objectID: String?
    /// The provider's request id (`Request-Id`, `x-correlation-id`).
    package var requestID: String?
    package var httpStatus: Int?
    /// True when the destination replayed a saved answer or the effect was found by looking.
    package var wasAlreadyDone: Bool

    package init(
        objectID: String? = nil, requestID: String? = nil, httpStatus: Int? = nil,
        wasAlreadyDone: Bool = false
    ) {
        self.objectID = objectID?.withoutNUL
        self.requestID = requestID?.withoutNUL
        self.httpStatus = httpStatus
        self.wasAlreadyDone = wasAlreadyDone
    }
}

/// Why an attempt did not deliver: what a person needs to find the cause, and nothing secret.
package struct Failure: Error, Sendable, Equatable, Codable {
    /// Whose fault it is, which decides the owner.
    package enum Cause: String, Sendable, Codable, CaseIterable {
        case contract
        case mapping
        case referenceMissing = "reference_missing"
        case businessRejected = "business_rejected"
        case authentication
        case providerDown = "provider_down"
        case throttled
        case outcomeUnknown = "outcome_unknown"
        case codeDefect = "code_defect"
        case poisonCrash = "poison_crash"
        case expired
    }

    package var cause: Cause
    /// The provider's own code (`charge_disputed`, a SCAPI fault type) or ours.
    package var code: String
    /// One sentence without secrets, card numbers or personal data.
    package var message: String
    package var httpStatus: Int?
    package var requestID: String?
    /// JSON pointer of the offending field, where one is known.
    package var pointer: String?

    package init(
        cause: Cause, code: String, message: String, httpStatus: Int? = nil,
        requestID: String? = nil, pointer: String? = nil
    ) {
        self.cause = cause
        self.code = code.withoutNUL
        self.message = message.withoutNUL
        self.httpStatus = httpStatus
        self.requestID = requestID?.withoutNUL
        self.pointer = pointer
    }
}

/// What a look at the destination showed.
package enum Sighting: Sendable, Equatable {
    /// The effect exists: the message is delivered.
    case effectFound(Receipt)
    /// Proof that it does not exist: the request may be sent, with its own key.
    case noEffect
    /// The destination is in a state in which the effect can no longer happen.
    case impossible(Failure)
    /// The look itself failed or proves nothing. Look again later.
    case cannotTell(Failure)
}

extension String {
    /// The text without U+0000, which PostgreSQL cannot store: what a remote system put into an
    /// error must not keep the outcome from being recorded.
    var withoutNUL: String {
        utf8.contains(0) ? String(filter { $0 != "\0" }) : self
    }
}
