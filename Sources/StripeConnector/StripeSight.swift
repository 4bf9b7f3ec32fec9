import Delivery
import PaymentEvents

/// Looking for the effect of a command at Stripe: the proofs of §6.4.
extension StripeHandler {
    /// The refund list is read to its end, 100 at a time; nobody refunds one payment 5,000 times.
    private static let refundPagesMax = 50

    func sight(
        of event: PaymentEvent, account: StripeAccount, secretKey: String
    ) async -> Sighting {
        guard let intent = event[id: .paymentIntent], let operationID = event.operationID else {
            return .cannotTell(.noRule(for: event.type))
        }
        if event.type == .refundRequested {
            return await sightOfRefund(
                event, operationID: operationID.text, intent: intent, secretKey: secretKey)
        }
        let path = "/v1/payment_intents/\(FormParameters.percentEncoded(intent))"
        switch await read(path, secretKey: secretKey) {
        case .failure(let sighting): return sighting
        case .success(let answer):
            return switch event.type {
            case .captureRequested: Self.capture(event, operationID: operationID.text, answer)
            case .voidRequested: Self.void(answer)
            default: .cannotTell(.noRule(for: event.type))
            }
        }
    }

    /// A single capture can happen once, so the state and the amount prove it. With
    /// `final_capture=false` there may be several, and only our operation id proves ours.
    private static func capture(
        _ event: PaymentEvent, operationID: String, _ answer: StripeAnswer
    ) -> Sighting {
        let intent = answer.body
        let expected = event.money?.minorUnits
        let received = intent?["amount_received"]?.intValue
        let author = intent?["metadata"]?["connector_op_id"]?.stringValue
        let isSingle = event.data["final_capture"]?.boolValue != false
        switch intent?["status"]?.stringValue {
        case "succeeded":
            if author == operationID, !isSingle || received == expected {
                return found(answer)
            }
            guard isSingle, author == nil, received == expected else {
                return .impossible(
                    answer.failure(
                        .businessRejected, "captured_otherwise",
                        "the payment is captured already, with another amount "
                            + "or by another operation"))
            }
            return found(answer)
        case "requires_capture":
            if author == operationID { return found(answer) }
            guard isSingle || received == 0 else {
                return .cannotTell(
                    answer.failure(
                        .outcomeUnknown, "multicapture",
                        "several captures of this payment: compare amount_received by hand"))
            }
            return .noEffect
        case "canceled":
            let reason = intent?["cancellation_reason"]?.stringValue
            let isExpired = reason == "automatic" || reason == "expired"
            return .impossible(
                answer.failure(
                    isExpired ? .expired : .businessRejected,
                    isExpired ? "authorization_expired" : "payment_canceled",
                    "the payment is canceled (\(reason ?? "no reason given"))"))
        case "requires_payment_method", "requires_confirmation", "requires_action":
            return .noEffect
        case let status:
            return .cannotTell(answer.unreadable(status))
        }
    }

    private static func void(_ answer: StripeAnswer) -> Sighting {
        switch answer.body?["status"]?.stringValue {
        case "canceled": found(answer)
        case "succeeded":
            .impossible(
                answer.failure(
                    .businessRejected, "already_captured",
                    "the payment is captured: refund it instead of voiding it"))
        case "requires_payment_method", "requires_confirmation", "requires_action",
            "requires_capture", "processing":
            .noEffect
        case let status: .cannotTell(answer.unreadable(status))
        }
    }

    private func sightOfRefund(
        _ event: PaymentEvent, operationID: String, intent: String, secretKey: String
    ) async -> Sighting {
        var cursor: String?
        for _ in 0..<Self.refundPagesMax {
            var query = FormParameters()
            query.add("payment_intent", intent)
            query.add("limit", "100")
            if let cursor { query.add("starting_after", cursor) }
            let answer: StripeAnswer
            switch await read("/v1/refunds?\(query.encoded)", secretKey: secretKey) {
            case .failure(let sighting): return sighting
            case .success(let page): answer = page
            }
            guard let refunds = answer.body?["data"]?.arrayValue,
                let hasMore = answer.body?["has_more"]?.boolValue
            else { return .cannotTell(answer.unreadable(nil)) }
            if let ours = refunds.first(where: {
                $0["metadata"]?["connector_op_id"]?.stringValue == operationID
            }) {
                return Self.refund(ours, event, answer)
            }
            guard hasMore else { return .noEffect }
            guard let last = refunds.last?["id"]?.stringValue else {
                return .cannotTell(answer.unreadable(nil))
            }
            cursor = last
        }
        return .cannotTell(
            Failure(
                cause: .outcomeUnknown, code: "list_too_long",
                message: "the payment has more than \(Self.refundPagesMax * 100) refunds"))
    }

    private static func refund(
        _ refund: JSONValue, _ event: PaymentEvent, _ answer: StripeAnswer
    ) -> Sighting {
        if let failure = Failure(refused: refund) { return .impossible(failure) }
        guard refund["amount"]?.intValue == event.money?.minorUnits else {
            return .impossible(
                answer.failure(
                    .codeDefect, "amount_differs",
                    "a refund of this operation exists with another amount"))
        }
        return found(answer, objectID: refund["id"]?.stringValue)
    }

    private static func found(_ answer: StripeAnswer, objectID: String? = nil) -> Sighting {
        .effectFound(
            Receipt(
                objectID: objectID ?? answer.body?["id"]?.stringValue,
                requestID: answer.requestID, httpStatus: answer.status, wasAlreadyDone: true))
    }

    private enum Reading {
        case success(StripeAnswer)
        case failure(Sighting)
    }

    private func read(_ path: String, secretKey: String) async -> Reading {
        let answer: StripeAnswer
        do {
            answer = try await client.call(
                OutboundRequest.Step(method: "GET", path: path), secretKey: secretKey)
        } catch {
            return .failure(.cannotTell(error.failure))
        }
        guard let errorClass = StripeErrorTable.classify(answer) else {
            return answer.body == nil
                ? .failure(.cannotTell(answer.unreadable(nil))) : .success(answer)
        }
        let failure = Failure(answer, errorClass)
        return .failure(
            errorClass == .referenceMissing ? .impossible(failure) : .cannotTell(failure))
    }
}

extension StripeAnswer {
    func failure(_ cause: Failure.Cause, _ code: String, _ message: String) -> Failure {
        Failure(
            cause: cause, code: code, message: message, httpStatus: status, requestID: requestID)
    }

    func unreadable(_ state: String?) -> Failure {
        failure(
            .outcomeUnknown, "unreadable_response",
            state.map { "the payment's state \(Redaction.safe($0)) proves nothing" }
                ?? "Stripe's answer lacks what a proof needs")
    }
}
