import Delivery
import PaymentEvents

/// The calls of one attempt at one order.
struct SCAPISession {
    let client: CommerceCloudClient
    let instance: CommerceCloudInstance
    let correlationID: String?
    /// Whether the order may still be on its way into SFCC.
    let isOrderLate: Bool

    /// Makes a change.
    func write(_ step: OutboundRequest.Step) async throws(SCAPIFailure) -> CommerceCloudAnswer {
        let answer = try await call(step, isRead: false)
        guard answer.isSuccess else {
            throw SCAPIFailure(answer, isRead: false, isOrderLate: isOrderLate)
        }
        return answer
    }

    /// Reads the order as it stands.
    func readOrder(of event: PaymentEvent) async throws(SCAPIFailure) -> CommerceCloudAnswer {
        let path = SCAPIPath(
            organizationID: instance.organizationID, siteID: event[id: .siteID] ?? "",
            orderNo: event[id: .orderNo] ?? "")
        let answer = try await call(
            OutboundRequest.Step(method: "GET", path: path.path()), isRead: true)
        guard answer.isSuccess else {
            throw SCAPIFailure(answer, isRead: true, isOrderLate: isOrderLate)
        }
        guard answer.body?["status"]?.stringValue != nil else {
            let failure = Failure(
                cause: .providerDown, code: "unreadable_response",
                message: "SCAPI answered \(answer.status) without an order",
                httpStatus: answer.status, requestID: answer.requestID)
            throw SCAPIFailure(outcome: .retry(failure), failure: failure)
        }
        return answer
    }

    /// Calls with the token, and once more with a fresh one after a 401: the refused call did
    /// nothing, and a token may have been revoked before its time.
    private func call(
        _ step: OutboundRequest.Step, isRead: Bool
    ) async throws(SCAPIFailure) -> CommerceCloudAnswer {
        let token = try await token(replacing: nil)
        let answer = try await call(step, token: token, isRead: isRead)
        guard answer.status == 401 else { return answer }
        return try await call(step, token: try await self.token(replacing: token), isRead: isRead)
    }

    private func call(
        _ step: OutboundRequest.Step, token: String, isRead: Bool
    ) async throws(SCAPIFailure) -> CommerceCloudAnswer {
        do throws(CallFailure) {
            return try await client.call(
                step, baseURL: instance.baseURL, token: token, correlationID: correlationID)
        } catch {
            var failure = error.failure
            let isUnknown = error.mayHaveArrived && !isRead
            if !isUnknown { failure.cause = .providerDown }
            throw SCAPIFailure(
                outcome: isUnknown ? .unknown(failure) : .retry(failure), failure: failure)
        }
    }

    private func token(replacing refused: String?) async throws(SCAPIFailure) -> String {
        do throws(TokenFailure) {
            return try await instance.tokens.token(replacing: refused)
        } catch {
            throw SCAPIFailure(
                outcome: error.isRefused ? .channelDown(error.failure) : .retry(error.failure),
                failure: error.failure)
        }
    }
}
