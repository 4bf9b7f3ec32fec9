package import Delivery
package import Foundation
package import PaymentEvents

/// Carries captures, voids and refunds to Stripe.
///
/// Each command is one form-encoded POST with an idempotency key (`OperationKey`). The command's
/// operation id travels in the metadata as `connector_op_id`, which is the proof a later look finds.
package struct StripeHandler: Handler {
    let client: StripeClient
    let account: @Sendable (_ tenant: String) -> StripeAccount?

    /// `account` names the tenant's account; `nil` when the tenant has none.
    package init(
        client: StripeClient, account: @escaping @Sendable (_ tenant: String) -> StripeAccount?
    ) {
        self.client = client
        self.account = account
    }

    package var destination: Destination { .stripe }

    package func request(for event: PaymentEvent) throws(Failure) -> OutboundRequest {
        guard let account = account(event.tenant) else { throw .noAccount(event.tenant) }
        let key: OperationKey?
        do throws(ContractViolation) {
            key = try event.operationKey(environment: account.environment, account: account.id)
        } catch {
            throw Failure(
                cause: .codeDefect, code: "idempotency_key",
                message: "no idempotency key can be made: \(error.reason)",
                pointer: error.pointer.description)
        }
        guard let key else { throw .noRule(for: event.type) }
        let command = try StripeCommand(event)
        return OutboundRequest(
            steps: [
                OutboundRequest.Step(
                    method: "POST", path: command.path, contentType: FormParameters.contentType,
                    body: Array(command.form.encoded.utf8))
            ], idempotencyKey: key.rawValue, correlationID: event.correlationID)
    }

    package func send(_ request: OutboundRequest, for event: PaymentEvent) async -> Outcome {
        guard let account = account(event.tenant) else {
            return .channelDown(.noAccount(event.tenant))
        }
        guard let secretKey = account.secretKey() else { return .channelDown(.noKey(account)) }
        guard request.steps.count == 1, let step = request.steps.first,
            let key = request.idempotencyKey
        else {
            return .dead(
                Failure(
                    cause: .codeDefect, code: "malformed_request",
                    message: "a command to Stripe is one call with an idempotency key"))
        }
        let answer: StripeAnswer
        do {
            answer = try await client.call(step, secretKey: secretKey, idempotencyKey: key)
        } catch {
            return error.mayHaveArrived ? .unknown(error.failure) : .retry(error.failure)
        }
        guard let errorClass = StripeErrorTable.classify(answer) else {
            return accepted(answer)
        }
        let failure = Failure(answer, errorClass)
        guard errorClass == .converged else {
            let retryAfter = answer.retryAfter.map { Duration.seconds(min(max($0, 0), 3600)) }
            return errorClass.outcome(failure, retryAfter: retryAfter)
        }
        switch await sight(of: event, account: account, secretKey: secretKey) {
        case .effectFound(let receipt): return .delivered(receipt)
        case .impossible(let reason): return .dead(reason)
        case .noEffect: return .dead(failure)
        case .cannotTell(let reason): return .unknown(reason)
        }
    }

    package func look(
        for event: PaymentEvent, request: OutboundRequest, firstSentAt: Date
    ) async -> Sighting {
        guard let account = account(event.tenant) else {
            return .cannotTell(.noAccount(event.tenant))
        }
        guard let secretKey = account.secretKey() else { return .cannotTell(.noKey(account)) }
        return await sight(of: event, account: account, secretKey: secretKey)
    }

    /// A 2xx counts only with the object in it: without, the effect is there or not, unproven.
    private func accepted(_ answer: StripeAnswer) -> Outcome {
        guard let object = answer.body, let id = object["id"]?.stringValue else {
            return .unknown(
                Failure(
                    cause: .outcomeUnknown, code: "unreadable_response",
                    message: "Stripe answered \(answer.status) without an object",
                    httpStatus: answer.status, requestID: answer.requestID))
        }
        if object["object"]?.stringValue == "refund", let failure = Failure(refused: object) {
            return .dead(failure)
        }
        return .delivered(
            Receipt(
                objectID: id, requestID: answer.requestID, httpStatus: answer.status,
                wasAlreadyDone: answer.isReplayed))
    }
}

extension Failure {
    static func noAccount(_ tenant: String) -> Failure {
        Failure(
            cause: .authentication, code: "no_account",
            message: "tenant \(tenant) has no Stripe account configured")
    }

    static func noKey(_ account: StripeAccount) -> Failure {
        Failure(
            cause: .authentication, code: "no_secret_key",
            message: "no secret key is configured for the Stripe account \(account)")
    }

    static func noRule(for type: EventType) -> Failure {
        Failure(
            cause: .mapping, code: "no_rule",
            message: "no rule maps \(type) to a call of Stripe's", pointer: "/type")
    }

    /// A refund that Stripe made and then failed or canceled; `nil` for any other state.
    init?(refused refund: JSONValue) {
        guard let status = refund["status"]?.stringValue, ["failed", "canceled"].contains(status)
        else { return nil }
        let reason = refund["failure_reason"]?.stringValue ?? "no reason given"
        self.init(
            cause: .businessRejected, code: "refund_\(status)",
            message: "the refund \(refund["id"]?.stringValue ?? "") is \(status): \(reason)")
    }
}
