package import Delivery
package import Foundation
package import PaymentEvents

/// Brings SFCC orders up to date with facts, over SCAPI Orders v1.
///
/// SCAPI has no idempotency key and no ETag. Safety comes from absolute values, from the ordering
/// key (one update of an order at a time), and from reading the order before the two changes that
/// could undo something (`OrderStep.needsOrder`).
package struct CommerceCloudHandler: Handler {
    /// How long after a fact its order may still be on its way into SFCC.
    package static let lateOrderWindow: Duration = .seconds(15 * 60)

    private let client: CommerceCloudClient
    private let instance: @Sendable (_ tenant: String) -> CommerceCloudInstance?
    private let now: @Sendable () -> Date

    /// `now` is compared with `occurred_at` to tell a late order from a wrong order number.
    package init(
        client: CommerceCloudClient,
        instance: @escaping @Sendable (_ tenant: String) -> CommerceCloudInstance?,
        now: @escaping @Sendable () -> Date = { Date() }
    ) {
        self.client = client
        self.instance = instance
        self.now = now
    }

    package var destination: Destination { .commerceCloud }

    package func request(for event: PaymentEvent) throws(Failure) -> OutboundRequest {
        guard let instance = instance(event.tenant) else { throw .noInstance(event.tenant) }
        return OutboundRequest(
            steps: try OrderUpdate(event, at: instance).steps,
            correlationID: event.correlationID ?? event.eventID.text)
    }

    package func send(_ request: OutboundRequest, for event: PaymentEvent) async -> Outcome {
        guard let instance = instance(event.tenant) else {
            return .channelDown(.noInstance(event.tenant))
        }
        let call = SCAPISession(
            client: client, instance: instance, correlationID: request.correlationID,
            isOrderLate: isOrderLate(event))
        var receipt = Receipt(wasAlreadyDone: true)
        for step in request.steps {
            switch await perform(step, call, event) {
            case .done: continue
            case .made(let answer):
                receipt.wasAlreadyDone = false
                receipt.requestID = answer.requestID
                receipt.httpStatus = answer.status
            case .failed(let outcome): return outcome
            }
        }
        receipt.objectID = event[id: .orderNo]
        return .delivered(receipt)
    }

    package func look(
        for event: PaymentEvent, request: OutboundRequest, firstSentAt: Date
    ) async -> Sighting {
        guard let instance = instance(event.tenant) else {
            return .cannotTell(.noInstance(event.tenant))
        }
        let call = SCAPISession(
            client: client, instance: instance, correlationID: request.correlationID,
            isOrderLate: isOrderLate(event))
        let answer: CommerceCloudAnswer
        do throws(SCAPIFailure) {
            answer = try await call.readOrder(of: event)
        } catch {
            if case .dead(let failure) = error.outcome { return .impossible(failure) }
            return .cannotTell(error.failure)
        }
        var isDone = true
        for step in request.steps {
            switch OrderStep(step)?.readiness(in: answer.body ?? .null) {
            case .done: continue
            case .refused(let failure): return .impossible(failure)
            case .possible, nil: isDone = false
            }
        }
        guard isDone else { return .noEffect }
        return .effectFound(
            Receipt(
                objectID: event[id: .orderNo], requestID: answer.requestID,
                httpStatus: answer.status, wasAlreadyDone: true))
    }

    private enum StepResult {
        case made(CommerceCloudAnswer)
        case done
        case failed(Outcome)
    }

    private func perform(
        _ step: OutboundRequest.Step, _ call: SCAPISession, _ event: PaymentEvent
    ) async -> StepResult {
        guard let wish = OrderStep(step) else {
            return .failed(
                .dead(
                    Failure(
                        cause: .codeDefect, code: "malformed_request",
                        message: "the stored step \(step.method) is none of an order update")))
        }
        do throws(SCAPIFailure) {
            if wish.needsOrder {
                let order = try await call.readOrder(of: event)
                switch wish.readiness(in: order.body ?? .null) {
                case .done: return .done
                case .refused(let failure): return .failed(.dead(failure))
                case .possible: break
                }
            }
            return .made(try await call.write(step))
        } catch {
            guard error.httpStatus == 409 else { return .failed(error.outcome) }
            return await converge(wish, call, event, error)
        }
    }

    /// After a 409 the order decides: it has what the step wants, or a person must see it.
    private func converge(
        _ wish: OrderStep, _ call: SCAPISession, _ event: PaymentEvent, _ refusal: SCAPIFailure
    ) async -> StepResult {
        do throws(SCAPIFailure) {
            let order = try await call.readOrder(of: event)
            return wish.readiness(in: order.body ?? .null) == .done
                ? .done : .failed(.dead(refusal.failure))
        } catch {
            return .failed(error.outcome)
        }
    }

    /// Decided from the fact's own time: an order that is missing longer than this is wrong.
    private func isOrderLate(_ event: PaymentEvent) -> Bool {
        now().timeIntervalSince(event.occurredAt) < Self.lateOrderWindow / .seconds(1)
    }
}

extension Failure {
    static func noInstance(_ tenant: String) -> Failure {
        Failure(
            cause: .authentication, code: "no_instance",
            message: "tenant \(tenant) has no SFCC instance configured")
    }
}
