import AsyncHTTPClient
import Foundation
import Logging
import NIOCore
import NIOHTTP1

@testable import Sandbox

/// What came back from a double.
struct Reply: Sendable {
    var status: Int
    private var headers: HTTPHeaders
    var json: JSON

    init(status: Int, headers: HTTPHeaders, json: JSON) {
        self.status = status
        self.headers = headers
        self.json = json
    }

    /// A response header; `nil` when it is absent.
    func header(_ name: String) -> String? {
        headers.first(name: name)
    }

    /// A string or number at a path of member names.
    subscript(_ path: String...) -> String? {
        var value: JSON? = json
        for name in path { value = value?[name] }
        return value?.text
    }
}

/// Calls the doubles over real HTTP, as a connector would.
struct Caller: Sendable {
    var url: String
    var secretKey = "sk_test_sandbox_us"
    var token: String?

    func post(
        _ path: String, _ form: [String: String] = [:], key: String? = nil
    ) async throws -> Reply {
        var headers: [(String, String)] = [("Content-Type", "application/x-www-form-urlencoded")]
        if let key { headers.append(("Idempotency-Key", key)) }
        let body = form.sorted { $0.key < $1.key }
            .map { "\(Self.escape($0.key))=\(Self.escape($0.value))" }.joined(separator: "&")
        return try await send(.POST, "/v1/" + path, headers, body, bearer: secretKey)
    }

    func get(_ path: String) async throws -> Reply {
        try await send(.GET, "/v1/" + path, [], nil, bearer: secretKey)
    }

    func scapi(
        _ method: HTTPMethod, _ orderNo: String, _ field: String? = nil, body: JSON? = nil,
        site: String = "RefArch", organization: String = "f_ecom_zzrf_001"
    ) async throws -> Reply {
        let path =
            "/checkout/orders/v1/organizations/\(organization)/orders/\(orderNo)"
            + (field.map { "/" + $0 } ?? "") + "?siteId=" + site
        let text = body.map { String(decoding: $0.bytes, as: UTF8.self) }
        return try await send(
            method, path, [("correlation-id", "corr-1"), ("Content-Type", "application/json")],
            text, bearer: token)
    }

    func requestToken(
        secret: String = "sandbox-secret",
        scope: String = "SALESFORCE_COMMERCE_API:zzrf_001 sfcc.orders.rw"
    ) async throws -> Reply {
        let credentials = Data("aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee:\(secret)".utf8)
        return try await send(
            .POST, "/dwsso/oauth2/access_token",
            [
                ("Authorization", "Basic " + credentials.base64EncodedString()),
                ("Content-Type", "application/x-www-form-urlencoded"),
            ], "grant_type=client_credentials&scope=" + Self.escape(scope), bearer: nil)
    }

    /// A caller with a fresh token.
    func authorized() async throws -> Caller {
        var copy = self
        copy.token = try await requestToken()["access_token"]
        return copy
    }

    /// An authorized manual PaymentIntent; returns its id.
    func authorize(
        _ amount: Int = 1999, order: String = "00000410", key: String? = nil
    ) async throws -> String {
        let reply = try await post(
            "payment_intents",
            [
                "amount": "\(amount)", "currency": "usd", "capture_method": "manual",
                "payment_method": "pm_card_visa", "confirm": "true", "metadata[order_id]": order,
            ], key: key)
        return reply["id"] ?? ""
    }

    private func send(
        _ method: HTTPMethod, _ path: String, _ headers: [(String, String)], _ body: String?,
        bearer: String?
    ) async throws -> Reply {
        var request = HTTPClientRequest(url: url + path)
        request.method = method
        for (name, value) in headers { request.headers.add(name: name, value: value) }
        if let bearer { request.headers.add(name: "Authorization", value: "Bearer " + bearer) }
        if let body { request.body = .bytes(ByteBuffer(string: body)) }
        let response = try await HTTPClient.shared.execute(request, timeout: .seconds(20))
        let bytes = Array(buffer: try await response.body.collect(upTo: 1 << 26))
        return Reply(
            status: Int(response.status.code), headers: response.headers,
            json: bytes.isEmpty ? .null : try JSON(parsing: bytes))
    }

    static func escape(_ text: String) -> String {
        text.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? text
    }
}

/// Runs `body` with a sandbox of its own and a caller of its doubles.
func withDoubles(
    _ configuration: SandboxConfiguration = SandboxConfiguration(),
    _ body: @Sendable (Caller, SandboxControl) async throws -> Void
) async throws {
    var logger = Logger(label: "clearway.sandbox")
    logger.logLevel = .error
    try await withSandbox(configuration: configuration, logger: logger) { address, control in
        try await body(Caller(url: address.url), control)
    }
}
