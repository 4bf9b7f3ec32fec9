import Foundation
package import Logging
package import MessageQueue
package import PaymentEvents

/// Carries messages to remote systems: stores the exact request, sends it, looks when in doubt.
///
/// 1. The request is durable, with the time of its first send, before the first byte leaves.
/// 2. A message sent before is sent again only with the stored bytes and the stored key.
/// 3. When the effect may exist and the destination's memory of the key cannot be relied on, the
///    destination is asked first: after an unknown outcome, after a replay, and past `keyLife`.
package struct RemoteCourier: Courier {
    /// Stripe forgets keys when they are 24 hours old; the hour is the margin for clocks and delay.
    package static let keyLife = Duration.seconds(23 * 3600)

    private let handlers: [Int16: any Handler]
    private let intents: IntentStore
    private let catalogue: Catalogue
    private let logger: Logger

    package init(
        handlers: [Int16: any Handler], queue: MessageQueue, catalogue: Catalogue, logger: Logger
    ) {
        self.handlers = handlers
        self.intents = IntentStore(queue: queue)
        self.catalogue = catalogue
        self.logger = logger
    }

    package func deliver(_ parcel: Parcel) async -> Delivered {
        let event: PaymentEvent
        let request: OutboundRequest
        let handler: any Handler
        do throws(Failure) {
            handler = try self.handler(for: parcel)
            event = try self.event(of: parcel.message)
            request = try handler.request(for: event)
        } catch {
            // Missing credentials are the channel's trouble, not this message's.
            return Delivered(error.cause == .authentication ? .channelDown(error) : .dead(error))
        }
        let mayHaveBeenSent = parcel.message.attemptCount > 0 || parcel.message.mustLook
        if parcel.message.isExpired, !mayHaveBeenSent { return Delivered(.dead(.deadlinePassed)) }
        do {
            let encoded = Array(try JSONEncoder().encode(request))
            guard
                let intent = try await intents.store(
                    .init(
                        lane: parcel.lane, epoch: parcel.epoch, messageID: parcel.message.messageID,
                        idempotencyKey: request.idempotencyKey, request: encoded))
            else {
                return Delivered(.deferred(.leaseLost, until: .zero), isAbandoned: true)
            }
            let stored = try JSONDecoder().decode(
                OutboundRequest.self, from: Data(intent.request))
            let outcome = await send(
                stored, intent: intent, event: event, message: parcel.message, handler: handler)
            return Delivered(outcome, hasIntent: true)
        } catch {
            // Nothing has been sent: the request could not be made durable.
            return Delivered(
                .deferred(
                    Failure(
                        cause: .providerDown, code: "intent_not_stored",
                        message: "the request could not be stored before sending: \(error)"),
                    until: .seconds(1)))
        }
    }

    private func send(
        _ request: OutboundRequest, intent: MessageQueue.StoredIntent, event: PaymentEvent,
        message: Message, handler: any Handler
    ) async -> Outcome {
        let isDoubtful = message.mustLook || message.isExpired || intent.age >= Self.keyLife
        if !intent.isNew, isDoubtful {
            let sighting = await handler.look(
                for: event, request: request, firstSentAt: intent.firstSentAt)
            switch sighting {
            case .effectFound(var receipt):
                receipt.wasAlreadyDone = true
                return .delivered(receipt)
            case .impossible(let failure): return .dead(failure)
            case .cannotTell(let failure): return .unknown(failure)
            case .noEffect: break
            }
        }
        if message.isExpired { return .dead(.deadlinePassed) }
        return await handler.send(request, for: event)
    }

    private func handler(for parcel: Parcel) throws(Failure) -> any Handler {
        guard let handler = handlers[parcel.lane.destinationID] else {
            throw Failure(
                cause: .codeDefect, code: "no_handler",
                message: "this worker has no handler for destination \(parcel.lane.destinationID)")
        }
        return handler
    }

    private func event(of message: Message) throws(Failure) -> PaymentEvent {
        let body: String?
        do {
            body = try message.body()
        } catch {
            throw Failure(cause: .codeDefect, code: "body_unreadable", message: "\(error)")
        }
        guard let body else {
            throw Failure(
                cause: .codeDefect, code: "event_dropped",
                message: "the event of this message is no longer kept; see the retention settings")
        }
        do {
            return try PaymentEvent(parsing: Array(body.utf8), catalogue: catalogue)
        } catch {
            throw Failure(
                cause: .contract, code: error.violations.first?.rule.rawValue ?? "contract",
                message: error.violations.first?.reason ?? "the event does not fit its contract",
                pointer: error.violations.first?.pointer.description)
        }
    }
}
