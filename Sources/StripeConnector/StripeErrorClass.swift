package import Delivery

/// What an error of Stripe's asks us to do; the rows of the table in `StripeErrorTable`.
package enum StripeErrorClass: Sendable, Hashable {
    /// A limiter refused the call: slow down, same key.
    case throttled
    /// Another call holds the object: again, same key.
    case locked
    /// A call with this key is still running: again, same key.
    case inFlight
    /// A passing failure in which nothing took effect: again, same key.
    case transient
    /// Nobody can say whether the effect exists: look.
    case unknown
    /// The account or key cannot be used: pause the channel.
    case channelDown
    /// The object is not in the state the call needs, perhaps because the effect is there: look.
    case converged
    /// A refusal that only a business decision can change.
    case business
    /// Our request is wrong.
    case defect
    /// The object does not exist in this account and mode.
    case referenceMissing
    /// The authorization's life is over.
    case expired
    /// Passes by itself, in hours rather than seconds.
    case deferred(hours: Int)

    /// Whose fault it is.
    package var cause: Failure.Cause {
        switch self {
        case .throttled, .locked, .inFlight, .deferred: .throttled
        case .transient: .providerDown
        case .unknown: .outcomeUnknown
        case .channelDown: .authentication
        case .converged, .business: .businessRejected
        case .defect: .codeDefect
        case .referenceMissing: .referenceMissing
        case .expired: .expired
        }
    }
}
