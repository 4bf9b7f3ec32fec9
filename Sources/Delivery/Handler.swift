package import Foundation
package import PaymentEvents

/// What a connector implements to carry events to one destination.
///
/// The protocol, by number; other files refer to these:
///
/// 1. `request(for:)` is pure: the same event gives the same bytes, always. It makes no call, reads
///    no clock and draws no random number.
/// 2. The courier stores the request and the time of the first send before it calls `send`, and a
///    retry hands `send` the stored bytes, never rebuilt ones.
/// 3. `send` makes the call and classifies what came back. It never retries by itself, never
///    changes the idempotency key, and never throws: what it cannot classify is `unknown`.
/// 4. `look` only reads. It says whether the effect of a request is already at the destination,
///    and answers `cannotTell` rather than guess.
package protocol Handler: Sendable {
    /// The destination whose messages this handler carries.
    var destination: Destination { get }

    /// Builds the exact request for an event, or says why no request can be built.
    func request(for event: PaymentEvent) throws(Failure) -> OutboundRequest

    /// Sends a stored request once and classifies the answer.
    func send(_ request: OutboundRequest, for event: PaymentEvent) async -> Outcome

    /// Reads the destination to find out whether the effect of `request` exists.
    ///
    /// Called when an earlier outcome is unknown or when the key is past its life at the
    /// destination (24 h at Stripe), in which case nothing may be sent without looking first.
    func look(
        for event: PaymentEvent, request: OutboundRequest, firstSentAt: Date
    ) async -> Sighting
}
