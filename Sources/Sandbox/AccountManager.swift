import Foundation
import NIOConcurrencyHelpers

/// The double of Salesforce's Account Manager: hands out bearer tokens and checks them.
///
/// The tokens look like JWTs and expire by the doubles' clock; they prove nothing to anybody else.
final class AccountManager: Sendable {
    /// What a valid token allows.
    struct Grant: Sendable, Equatable {
        var clientID: String
        var tenant: String
        var canWrite: Bool
    }

    private struct State {
        var grants: [String: (grant: Grant, expires: Date)] = [:]
        var requests = 0
        var lifetime: TimeInterval
        var generator: SeededGenerator
    }

    private let configuration: SandboxConfiguration.CommerceCloud
    private let clock: SandboxClock
    private let faults: FaultRules
    private let state: NIOLockedValueBox<State>

    init(configuration: SandboxConfiguration, clock: SandboxClock, faults: FaultRules) {
        self.configuration = configuration.commerceCloud
        self.clock = clock
        self.faults = faults
        state = NIOLockedValueBox(
            State(
                lifetime: configuration.commerceCloud.tokenLifetime,
                generator: SeededGenerator(seed: configuration.seed ^ 0x544f_4b45_4e)))
    }

    /// Calls of the token endpoint so far.
    var requestCount: Int { state.withLockedValue { $0.requests } }

    /// Handles `POST /dwsso/oauth2/access_token`.
    func react(to call: Call) async -> Reaction {
        state.withLockedValue { $0.requests += 1 }
        let plan = faults.plan(api: .accountManager, operation: "token.create", objects: [])
        if plan.latencyBefore > .zero { try? await Task.sleep(for: plan.latencyBefore) }
        let reaction: Reaction =
            switch plan.fault {
            case .dropBeforeEffect: .drop
            case .rateLimited:
                .answer(
                    Self.refusal(429, "too_many_requests", "Too many requests")
                        .adding(["Retry-After": "1"]))
            case .unauthorized:
                .answer(Self.refusal(401, "invalid_client", "Client authentication failed"))
            case .serverError, .serverErrorSaved:
                .answer(Self.refusal(500, "server_error", "Internal error (sandbox fault)"))
            case .unavailable, .throttled:
                .answer(Self.refusal(503, "unavailable", "Unavailable (sandbox fault)"))
            default: .answer(issue(for: call))
            }
        if plan.latencyAfter > .zero { try? await Task.sleep(for: plan.latencyAfter) }
        return plan.fault == .dropAfterEffect ? .drop : reaction
    }

    /// What a token allows; `nil` when it is unknown or expired.
    func grant(for token: String) -> Grant? {
        let now = clock.now
        return state.withLockedValue { state in
            guard let entry = state.grants[token], entry.expires > now else { return nil }
            return entry.grant
        }
    }

    /// Makes every token handed out so far invalid.
    func revokeAll() {
        state.withLockedValue { $0.grants = [:] }
    }

    private func issue(for call: Call) -> Answer {
        guard
            let (client, secret) = call.basicCredentials, client == configuration.clientID,
            secret == configuration.clientSecret
        else { return Self.refusal(401, "invalid_client", "Client authentication failed") }
        let form = FormBody(parsing: String(decoding: call.body, as: UTF8.self))
        guard let form, form["grant_type"] == "client_credentials" else {
            return Self.refusal(400, "unsupported_grant_type", "Unsupported grant type")
        }
        let scopes = (form["scope"] ?? "").split(separator: " ").map(String.init)
        let tenant = scopes.first { $0.hasPrefix("SALESFORCE_COMMERCE_API:") }?.dropFirst(24)
        let known: Set<String> = ["sfcc.orders", "sfcc.orders.rw"]
        let granted = scopes.filter(known.contains)
        guard let tenant, String(tenant) == configuration.tenant, granted.count == scopes.count - 1,
            !granted.isEmpty
        else { return Self.refusal(400, "invalid_scope", "Unknown/invalid scope(s): \(scopes)") }
        let grant = Grant(
            clientID: client, tenant: String(tenant), canWrite: granted.contains("sfcc.orders.rw"))
        let now = clock.now
        let (token, lifetime) = state.withLockedValue { state in
            let token = state.generator.jsonWebToken(for: grant, at: now, lifetime: state.lifetime)
            state.grants[token] = (grant, now.addingTimeInterval(state.lifetime))
            return (token, state.lifetime)
        }
        return Answer(
            status: 200,
            json: [
                "access_token": .string(token),
                "expires_in": .int(Int(lifetime)),
                "scope": .string(scopes.joined(separator: " ")),
                "token_type": "Bearer",
            ])
    }

    private static func refusal(_ status: Int, _ error: String, _ description: String) -> Answer {
        Answer(
            status: status,
            json: ["error": .string(error), "error_description": .string(description)])
    }
}

extension SeededGenerator {
    /// A text with the three parts of a JWT and a signature that is only random.
    fileprivate mutating func jsonWebToken(
        for grant: AccountManager.Grant, at now: Date, lifetime: TimeInterval
    ) -> String {
        let claims: JSON = [
            "client_id": .string(grant.clientID),
            "exp": .seconds(now.addingTimeInterval(lifetime)),
            "iat": .seconds(now),
            "iss": "https://account.demandware.com:443/dwsso/oauth2",
            "jti": .string(token(length: 22)),
            "tenant_id": .string(grant.tenant),
        ]
        let header: JSON = ["alg": "RS256", "kid": "sandbox", "typ": "JWT"]
        let parts = [header, claims].map { part in
            Data(part.bytes).base64EncodedString()
                .replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
        }
        return parts.joined(separator: ".") + "." + token(length: 86)
    }
}
