package import AsyncHTTPClient
import Delivery
import NIOCore
import NIOHTTP1
import PaymentEvents

/// Makes single calls to SCAPI. The `HTTPClient` is shared and belongs to the caller.
package struct CommerceCloudClient: Sendable {
    private let http: HTTPClient
    private let deadline: TimeAmount
    /// SCAPI's own limit of a response.
    private static let responseBytesMax = 10 * 1024 * 1024

    /// SCAPI answers within 60 seconds or says 504, so a call is given a little longer than that.
    package init(http: HTTPClient, deadline: Duration = .seconds(65)) {
        self.http = http
        self.deadline = TimeAmount(deadline)
    }

    func call(
        _ step: OutboundRequest.Step, baseURL: String, token: String, correlationID: String?
    ) async throws(CallFailure) -> CommerceCloudAnswer {
        var request = HTTPClientRequest(url: baseURL + step.path)
        request.method = HTTPMethod(rawValue: step.method)
        request.headers.add(name: "Authorization", value: "Bearer \(token)")
        request.headers.add(name: "User-Agent", value: "Clearway/1")
        if let correlationID {
            request.headers.add(name: "correlation-id", value: correlationID)
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
            throw CallFailure(error, peer: "SCAPI")
        }
        let headers = response.headers
        let requestID = headers.first(name: "x-correlation-id")
        do {
            let body = try await response.body.collect(upTo: Self.responseBytesMax)
            return CommerceCloudAnswer(
                status: Int(response.status.code), requestID: requestID,
                retryAfter: headers.first(name: "Retry-After").flatMap(Int.init),
                loadStatus: headers.first(name: "sfdc_load_status"),
                body: try? JSONValue(
                    parsing: Array(body.readableBytesView),
                    limits: JSONLimits(bytesMax: Self.responseBytesMax)))
        } catch {
            throw CallFailure(
                error, peer: "SCAPI", httpStatus: Int(response.status.code), requestID: requestID)
        }
    }
}

/// What SCAPI answered.
struct CommerceCloudAnswer: Sendable {
    var status: Int
    /// `x-correlation-id`: what Salesforce's support asks for.
    var requestID: String?
    /// `Retry-After` in seconds.
    var retryAfter: Int?
    /// `sfdc_load_status`: `WARN` from 80 %, `THROTTLE` from 90 % of the instance's load.
    var loadStatus: String?
    /// `nil` when empty (204) or not JSON.
    var body: JSONValue?

    var isSuccess: Bool { (200..<300).contains(status) }

    /// The last part of the problem's type, such as `order-not-found` (RFC 7807).
    var problemKind: String? {
        body?["type"]?.stringValue?.split(separator: "/").last.map(String.init)
    }
}
