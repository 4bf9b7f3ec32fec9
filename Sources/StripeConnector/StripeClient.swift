package import AsyncHTTPClient
import Delivery
import NIOCore
import NIOHTTP1
import PaymentEvents

/// Makes single calls to Stripe's API v1. It never repeats one.
///
/// The `HTTPClient` is shared and belongs to the caller, who makes it with
/// `StripeClient.transport` so that connecting has its own deadline and redirects are not followed.
package struct StripeClient: Sendable {
    /// The version whose error codes and fields this target was written against.
    package static let apiVersion = "2026-10-28.endive"

    /// The settings of a `HTTPClient` that carries payments: 5 seconds to connect, no redirects,
    /// and no second try at connecting, which belongs to the queue's backoff.
    package static var transport: HTTPClient.Configuration {
        var configuration = HTTPClient.Configuration(redirectConfiguration: .disallow)
        configuration.timeout.connect = .seconds(5)
        configuration.connectionPool.retryConnectionEstablishment = false
        return configuration
    }

    private let http: HTTPClient
    private let baseURL: String
    private let deadline: TimeAmount
    private let responseBytesMax: Int

    /// Calls go to `baseURL` (`https://api.stripe.com`, or a sandbox's) and have ended, one way or
    /// the other, after `deadline`. A response above `responseBytesMax` counts as none.
    package init(
        http: HTTPClient, baseURL: String = "https://api.stripe.com",
        deadline: Duration = .seconds(25), responseBytesMax: Int = 1024 * 1024
    ) {
        self.http = http
        self.baseURL = baseURL.hasSuffix("/") ? String(baseURL.dropLast()) : baseURL
        self.deadline = TimeAmount(deadline)
        self.responseBytesMax = responseBytesMax
    }

    /// Sends one step with the account's key.
    func call(
        _ step: OutboundRequest.Step, secretKey: String, idempotencyKey: String? = nil
    ) async throws(CallFailure) -> StripeAnswer {
        var request = HTTPClientRequest(url: baseURL + step.path)
        request.method = .init(rawValue: step.method)
        request.headers.add(name: "Authorization", value: "Bearer \(secretKey)")
        request.headers.add(name: "Stripe-Version", value: Self.apiVersion)
        request.headers.add(name: "User-Agent", value: "Clearway/1")
        if let idempotencyKey {
            request.headers.add(name: "Idempotency-Key", value: idempotencyKey)
        }
        if let contentType = step.contentType {
            request.headers.add(name: "Content-Type", value: contentType)
            request.body = .bytes(ByteBuffer(bytes: step.body))
        }
        let response: HTTPClientResponse
        await CallBudget.waitForTurn()
        do {
            response = try await http.execute(request, deadline: .now() + deadline)
        } catch {
            throw CallFailure(error)
        }
        let headers = response.headers
        let body: ByteBuffer
        do {
            body = try await response.body.collect(upTo: responseBytesMax)
        } catch {
            throw CallFailure(
                error, httpStatus: Int(response.status.code),
                requestID: headers.first(name: "Request-Id"), limit: responseBytesMax)
        }
        return StripeAnswer(
            status: Int(response.status.code), requestID: headers.first(name: "Request-Id"),
            isReplayed: headers.first(name: "Idempotent-Replayed") == "true",
            shouldRetry: headers.first(name: "Stripe-Should-Retry").flatMap(Bool.init),
            limitedReason: headers.first(name: "Stripe-Rate-Limited-Reason"),
            retryAfter: headers.first(name: "Retry-After").flatMap(Int.init),
            body: try? JSONValue(
                parsing: Array(body.readableBytesView),
                limits: JSONLimits(bytesMax: responseBytesMax)))
    }
}

/// What Stripe answered.
struct StripeAnswer: Sendable, Equatable {
    var status: Int
    /// `Request-Id`: what Stripe's support asks for.
    var requestID: String?
    /// `Idempotent-Replayed: true`: the answer was saved under the key by an earlier call.
    var isReplayed = false
    /// `Stripe-Should-Retry`, where sent.
    var shouldRetry: Bool?
    /// `Stripe-Rate-Limited-Reason`, on a 429.
    var limitedReason: String?
    /// `Retry-After` in seconds. Stripe documents none, so nothing depends on it.
    var retryAfter: Int?
    /// `nil` when the body is not JSON.
    var body: JSONValue?

    var isSuccess: Bool { (200..<300).contains(status) }
}
