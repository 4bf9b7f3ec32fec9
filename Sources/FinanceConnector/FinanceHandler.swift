package import Delivery
package import Foundation
package import PaymentEvents

/// The finance destination while no rule maps an event to it: it refuses every event by name.
///
/// No type of this release is routed to finance. Should one arrive, it becomes a dead letter with an
/// owner instead of vanishing; nothing is ever sent.
package struct FinanceHandler: Handler {
    package init() {}

    package var destination: Destination { .finance }

    package func request(for event: PaymentEvent) throws(Failure) -> OutboundRequest {
        throw refusal(of: event)
    }

    package func send(_ request: OutboundRequest, for event: PaymentEvent) async -> Outcome {
        .dead(refusal(of: event))
    }

    package func look(
        for event: PaymentEvent, request: OutboundRequest, firstSentAt: Date
    ) async -> Sighting {
        .impossible(refusal(of: event))
    }

    private func refusal(of event: PaymentEvent) -> Failure {
        Failure(
            cause: .mapping, code: "no_rule",
            message: "no rule maps \(event.type) to the finance destination", pointer: "/type")
    }
}
