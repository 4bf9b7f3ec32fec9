import AsyncHTTPClient
package import Foundation
import NIOCore
import NIOHTTP1

/// The typed client of a sandbox's control API, for the demo and for tests.
package struct SandboxControl: Sendable {
    private let url: String
    private let client: HTTPClient

    /// `url` is the sandbox's base URL. Uses the process-wide HTTP client unless given one.
    package init(url: String) {
        self.url = url
        client = .shared
    }

    /// Every effect at both doubles.
    package func ledger() async throws(SandboxControlError) -> Ledger {
        try await get("ledger")
    }

    /// Counts, peaks, repeated intentions, webhooks.
    package func summary() async throws(SandboxControlError) -> SandboxSummary {
        try await get("summary")
    }

    /// The PaymentIntents, oldest first; only those of one order when given.
    package func paymentIntents(
        order: String? = nil
    ) async throws(SandboxControlError) -> [PaymentIntentState] {
        try await get("payment_intents" + (order.map { "?order_id=" + Self.escape($0) } ?? ""))
    }

    /// An order as it stands.
    package func order(
        _ orderNo: String, site: String? = nil
    ) async throws(SandboxControlError) -> OrderState {
        try await get(
            "orders/" + Self.escape(orderNo)
                + (site.map { "?site_id=" + Self.escape($0) } ?? ""))
    }

    /// Creates orders; one with a number that exists is replaced.
    package func createOrders(_ orders: [OrderSeed]) async throws(SandboxControlError) {
        _ = try await send(.POST, "orders", OrderSeeds(orders: orders))
    }

    /// Installs or removes `c_*` attribute definitions of a site; returns what is installed now.
    @discardableResult
    package func changeAttributes(
        site: String, install: [String] = [], uninstall: [String] = []
    ) async throws(SandboxControlError) -> [String] {
        let body = AttributeChange(siteId: site, install: install, uninstall: uninstall)
        let answer = try await send(.POST, "attributes", body)
        return try Self.read(AttributeDefinitions.self, answer).attributes
    }

    /// Switches a fault on and returns it with its id.
    @discardableResult
    package func addFault(_ rule: FaultRule) async throws(SandboxControlError) -> FaultRule {
        try Self.read(FaultRule.self, try await send(.POST, "faults", rule))
    }

    /// The faults that are on, with how often each fired.
    package func faults() async throws(SandboxControlError) -> [FaultRule] {
        try await get("faults")
    }

    /// Switches one fault off, or all of them.
    package func removeFaults(id: String? = nil) async throws(SandboxControlError) {
        _ = try await send(.DELETE, "faults" + (id.map { "/" + Self.escape($0) } ?? ""))
    }

    /// Moves, stops or restarts the doubles' clock; returns its time.
    @discardableResult
    package func changeClock(
        advance: Duration? = nil, set: Date? = nil, frozen: Bool? = nil
    ) async throws(SandboxControlError) -> Date {
        let change = ClockChange(
            set: set, advanceSeconds: advance.map { $0 / .seconds(1) }, frozen: frozen)
        return try Self.read(ClockReading.self, try await send(.POST, "clock", change)).now
    }

    /// Sets the accepted calls per second of a Stripe account or an Account Manager client.
    package func setRateLimit(
        _ requestsPerSecond: Int?, for caller: String
    ) async throws(SandboxControlError) {
        _ = try await send(
            .POST, "limits",
            RateLimitChange(caller: caller, requestsPerSecond: requestsPerSecond))
    }

    /// Makes every access token handed out so far invalid.
    package func revokeTokens() async throws(SandboxControlError) {
        _ = try await send(.DELETE, "tokens")
    }

    /// Sets where an account's events go, and how badly.
    package func setWebhooks(_ endpoint: WebhookEndpoint) async throws(SandboxControlError) {
        _ = try await send(.POST, "webhooks", endpoint)
    }

    /// Waits until no webhook waits or is in flight, and returns the counts.
    @discardableResult
    package func webhooksSettled(
        within deadline: Duration = .seconds(60)
    ) async throws(SandboxControlError) -> WebhookSummary {
        try Self.read(
            WebhookSummary.self,
            try await send(.GET, "webhooks/settled", deadline: deadline))
    }

    private func get<Value: Decodable>(
        _ path: String
    ) async throws(SandboxControlError) -> Value {
        try Self.read(Value.self, try await send(.GET, path))
    }

    private func send(
        _ method: HTTPMethod, _ path: String, _ body: (any Encodable & Sendable)? = nil,
        deadline: Duration = .seconds(30)
    ) async throws(SandboxControlError) -> [UInt8] {
        var request = HTTPClientRequest(url: url + "/_sandbox/" + path)
        request.method = method
        do {
            if let body {
                request.headers.add(name: "Content-Type", value: "application/json")
                request.body = .bytes(ByteBuffer(bytes: try ControlCoding.encode(body)))
            }
            let response = try await client.execute(request, timeout: TimeAmount(deadline))
            let answer = Array(buffer: try await response.body.collect(upTo: 1 << 30))
            guard (200..<300) ~= response.status.code else {
                throw SandboxControlError(
                    status: Int(response.status.code),
                    message: "\(method) \(path): \(String(decoding: answer, as: UTF8.self))")
            }
            return answer
        } catch let error as SandboxControlError {
            throw error
        } catch {
            throw SandboxControlError(
                status: nil,
                message: "the sandbox at \(url) does not answer \(method) \(path): \(error)")
        }
    }

    private static func read<Value: Decodable>(
        _ type: Value.Type, _ bytes: [UInt8]
    ) throws(SandboxControlError) -> Value {
        do {
            return try ControlCoding.decode(type, from: bytes)
        } catch {
            throw SandboxControlError(status: nil, message: "cannot read \(type): \(error)")
        }
    }

    private static func escape(_ text: String) -> String {
        text.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? text
    }
}

/// A control call that failed: refused (with the HTTP status) or without an answer.
package struct SandboxControlError: Error, Sendable, CustomStringConvertible {
    package var status: Int?
    package var message: String

    package var description: String {
        message + (status.map { " (HTTP \($0))" } ?? "")
    }
}
