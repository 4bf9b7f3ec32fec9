package import AsyncHTTPClient
import Delivery
package import Foundation
import NIOCore
import NIOHTTP1
import PaymentEvents

/// The access token of one Account Manager client, fetched when needed and kept until it ages.
///
/// However many calls want a token at once, one request is made and all wait for it. A token that
/// SCAPI refused is replaced once for all who were refused with it.
package actor AccountManagerTokens {
    private struct Token: Sendable {
        var text: String
        var refreshAt: Date
    }

    private let http: HTTPClient
    private let tokenURL: String
    private let clientID: String
    private let clientSecret: @Sendable () -> String?
    private let scope: String
    private let now: @Sendable () -> Date
    private var token: Token?
    private var fetch: Task<Result<Token, TokenFailure>, Never>?

    /// `scope` is as Account Manager wants it, such as
    /// `SALESFORCE_COMMERCE_API:zzrf_001 sfcc.orders.rw`. The secret is read for every fetch, so a
    /// rolled one takes effect at once, and is never printed.
    package init(
        http: HTTPClient,
        tokenURL: String = "https://account.demandware.com/dwsso/oauth2/access_token",
        clientID: String, scope: String, clientSecret: @escaping @Sendable () -> String?,
        now: @escaping @Sendable () -> Date = { Date() }
    ) {
        self.http = http
        self.tokenURL = tokenURL
        self.clientID = clientID
        self.clientSecret = clientSecret
        self.scope = scope
        self.now = now
    }

    /// A token that should still be good; never `refused`, which SCAPI just answered with 401.
    func token(replacing refused: String? = nil) async throws(TokenFailure) -> String {
        if let token, token.text != refused, now() < token.refreshAt { return token.text }
        token = nil
        let running: Task<Result<Token, TokenFailure>, Never>
        if let fetch {
            running = fetch
        } else {
            // Every caller that arrives meanwhile awaits this one; none of them may cancel it.
            running = Task { await self.request() }
            fetch = running
        }
        let result = await running.value
        // The first to come back keeps the token; later ones must not overwrite a newer one.
        if fetch == running {
            fetch = nil
            token = try? result.get()
        }
        return try result.get().text
    }

    private func request() async -> Result<Token, TokenFailure> {
        guard let secret = clientSecret() else {
            return .failure(.refused("no_client_secret", "no client secret is configured"))
        }
        var request = HTTPClientRequest(url: tokenURL)
        request.method = .POST
        let credentials = Data("\(clientID):\(secret)".utf8).base64EncodedString()
        request.headers.add(name: "Authorization", value: "Basic \(credentials)")
        request.headers.add(name: "Content-Type", value: "application/x-www-form-urlencoded")
        let encodedScope = SCAPIPath.percentEncoded(scope)
        request.body = .bytes(
            ByteBuffer(string: "grant_type=client_credentials&scope=\(encodedScope)"))
        let asked = now()
        do {
            let response = try await http.execute(request, timeout: .seconds(15))
            let body = try await response.body.collect(upTo: 64 * 1024)
            return read(Int(response.status.code), Array(body.readableBytesView), asked: asked)
        } catch {
            var failure = CallFailure(error, peer: "Account Manager").failure
            // Fetching a token changes nothing, so its outcome is never unknown.
            failure.cause = .providerDown
            return .failure(TokenFailure(failure: failure, isRefused: false))
        }
    }

    private func read(
        _ status: Int, _ body: [UInt8], asked: Date
    ) -> Result<Token, TokenFailure> {
        let document = try? JSONValue(parsing: body)
        if (200..<300).contains(status), let text = document?["access_token"]?.stringValue,
            !text.isEmpty
        {
            let lifetime = Double(min(max(document?["expires_in"]?.intValue ?? 300, 0), 86_400))
            // A minute early, or a quarter of a short life, so that none expires on its way.
            let margin = min(60, lifetime / 4)
            return .success(
                Token(text: text, refreshAt: asked.addingTimeInterval(lifetime - margin)))
        }
        let code = document?["error"]?.stringValue ?? "http_\(status)"
        switch status {
        case 400..<429, 430..<500:
            return .failure(.refused(code, "Account Manager refuses the client with \(status)"))
        default:
            return .failure(
                TokenFailure(
                    failure: Failure(
                        cause: status == 429 ? .throttled : .providerDown, code: code,
                        message: "Account Manager answered \(status)", httpStatus: status),
                    isRefused: false))
        }
    }
}

/// Why there is no token.
struct TokenFailure: Error, Sendable {
    var failure: Failure
    /// True when the client is refused: the whole channel is down until a person acts.
    var isRefused: Bool

    static func refused(_ code: String, _ message: String) -> TokenFailure {
        TokenFailure(
            failure: Failure(cause: .authentication, code: code, message: message),
            isRefused: true)
    }
}
