import Foundation
import NIOConcurrencyHelpers
import Testing

@testable import CommerceCloudConnector

@Suite struct AccountManagerTokensTests {
    private static func answer(_ number: Int, lifetime: Int = 1799) -> StubAnswer {
        StubAnswer(
            status: 200, body: #"{"access_token":"token-\#(number)","expires_in":\#(lifetime)}"#)
    }

    private static func tokens(
        _ url: String, now: @escaping @Sendable () -> Date = { Date() }
    ) -> AccountManagerTokens {
        AccountManagerTokens(
            http: transport, tokenURL: url, clientID: "client",
            scope: "SALESFORCE_COMMERCE_API:zzrf_001 sfcc.orders.rw", clientSecret: { "secret" },
            now: now)
    }

    @Test func `fifty callers at once make one request`() async throws {
        try await withStub({ _, number in Self.answer(number) }) { url, log in
            let tokens = Self.tokens(url)
            let got = try await withThrowingTaskGroup(of: String.self) { group in
                for _ in 0..<50 { group.addTask { try await tokens.token() } }
                return try await group.reduce(into: Set<String>()) { $0.insert($1) }
            }
            #expect(got == ["token-1"])
            let call = try #require(log.all.first)
            #expect(log.all.count == 1)
            #expect(call.headers["authorization"] == "Basic Y2xpZW50OnNlY3JldA==")
            #expect(
                call.body
                    == "grant_type=client_credentials"
                    + "&scope=SALESFORCE_COMMERCE_API%3Azzrf_001%20sfcc.orders.rw")
        }
    }

    @Test func `callers refused with one token replace it once`() async throws {
        try await withStub({ _, number in Self.answer(number) }) { url, log in
            let tokens = Self.tokens(url)
            let refused = try await tokens.token()
            let got = try await withThrowingTaskGroup(of: String.self) { group in
                for _ in 0..<20 {
                    group.addTask { try await tokens.token(replacing: refused) }
                }
                return try await group.reduce(into: Set<String>()) { $0.insert($1) }
            }
            #expect(got == ["token-2"])
            #expect(log.all.count == 2)
            #expect(try await tokens.token() == "token-2")
        }
    }

    @Test func `a token is refreshed a minute before it expires`() async throws {
        let clock = NIOLockedValueBox(Date(timeIntervalSince1970: 0))
        try await withStub({ _, number in Self.answer(number) }) { url, _ in
            let tokens = Self.tokens(url) { clock.withLockedValue { $0 } }
            var got: [String] = []
            for second in [0.0, 1738, 1739] {
                clock.withLockedValue { $0 = Date(timeIntervalSince1970: second) }
                got.append(try await tokens.token())
            }
            #expect(got == ["token-1", "token-1", "token-2"])
        }
    }

    @Test(arguments: [
        (401, true), (400, true), (429, false), (500, false), (503, false), (200, false),
    ])
    func `a refusal is told apart from a failure that passes`(
        status: Int, isRefused: Bool
    ) async throws {
        try await withStub({ _, _ in StubAnswer(status: status, body: "{}") }) { url, _ in
            do throws(TokenFailure) {
                _ = try await Self.tokens(url).token()
                Issue.record("a token out of nothing")
            } catch {
                #expect(error.isRefused == isRefused)
            }
        }
    }
}
