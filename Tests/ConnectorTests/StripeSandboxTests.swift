import AsyncHTTPClient
import Delivery
import Foundation
import NIOCore
import NIOHTTP1
import PaymentEvents
import Sandbox
import StripeConnector
import Testing

/// Commands against the Stripe double, over real HTTP, judged by its ledger.
@Suite struct StripeSandboxTests {
    private static func handler(_ address: SandboxAddress) -> StripeHandler {
        let account = StripeAccount(
            id: "acct_1SandboxUS", environment: "sandbox", secretKey: { "sk_test_sandbox_us" })
        return StripeHandler(
            client: StripeClient(http: transport, baseURL: address.url, deadline: .seconds(5)),
            account: { _ in account })
    }

    /// Creates an authorized PaymentIntent and returns its id.
    private static func authorize(_ address: SandboxAddress) async throws -> String {
        var form = FormParameters()
        for (name, value) in [
            ("amount", "1999"), ("currency", "usd"), ("capture_method", "manual"),
            ("payment_method", "pm_card_visa"), ("confirm", "true"),
            ("metadata[order_id]", "00000410"), ("metadata[site_id]", "RefArch"),
        ] { form.add(name, value) }
        var request = HTTPClientRequest(url: address.url + "/v1/payment_intents")
        request.method = .POST
        request.headers.add(name: "Authorization", value: "Bearer sk_test_sandbox_us")
        request.headers.add(name: "Content-Type", value: FormParameters.contentType)
        request.body = .bytes(ByteBuffer(string: form.encoded))
        let response = try await transport.execute(request, timeout: .seconds(5))
        let body = try await response.body.collect(upTo: 1 << 20)
        let document = try JSONValue(parsing: Array(body.readableBytesView))
        return try #require(document["id"]?.stringValue)
    }

    @Test func `capture and refund have one effect each, however often they are sent`() async throws
    {
        try await withSandbox { address, control in
            let handler = Self.handler(address)
            let intent = try await Self.authorize(address)
            for type: EventType in [.captureRequested, .refundRequested] {
                let event = try Samples.event(type, intent: intent)
                let request = try handler.request(for: event)
                guard case .delivered(let first) = await handler.send(request, for: event),
                    case .delivered(let second) = await handler.send(request, for: event)
                else {
                    Issue.record("\(type) is not delivered")
                    return
                }
                #expect(first.objectID == second.objectID)
                #expect(!first.wasAlreadyDone)
                #expect(second.wasAlreadyDone)
            }
            let effects = try await control.ledger().stripe.map(\.kind)
            #expect(effects == [.authorization, .capture, .refund])
        }
    }

    @Test(arguments: [EventType.captureRequested, .voidRequested, .refundRequested])
    func `an answer lost after the effect is unknown, and a look finds the effect`(
        type: EventType
    ) async throws {
        try await withSandbox { address, control in
            let handler = Self.handler(address)
            let intent = try await Self.authorize(address)
            if type == .refundRequested {
                let capture = try Samples.event(
                    .captureRequested, intent: intent,
                    operationID: "018f3c1e-7a00-7000-8000-00000000000b")
                let outcome = await handler.send(try handler.request(for: capture), for: capture)
                #expect(outcome.kind == "delivered")
            }
            let event = try Samples.event(type, intent: intent)
            let request = try handler.request(for: event)
            let look = await handler.look(for: event, request: request, firstSentAt: Date())
            #expect(look == .noEffect)
            try await control.addFault(
                FaultRule(api: .stripe, fault: .dropAfterEffect, count: 1))
            #expect(await handler.send(request, for: event).kind == "unknown")
            let sighting = await handler.look(for: event, request: request, firstSentAt: Date())
            #expect(sighting.kind == "effectFound")
            #expect(try await control.summary().stripe.repeatedIntentions == [])
        }
    }

    @Test func `what the double says of an order gives its three facts once`() async throws {
        try await withSandbox { address, _ in
            let handler = Self.handler(address)
            let intent = try await Self.authorize(address)
            for type: EventType in [.captureRequested, .refundRequested] {
                let event = try Samples.event(type, intent: intent)
                _ = await handler.send(try handler.request(for: event), for: event)
            }
            var request = HTTPClientRequest(url: address.url + "/v1/events?limit=100")
            request.headers.add(name: "Authorization", value: "Bearer sk_test_sandbox_us")
            let response = try await transport.execute(request, timeout: .seconds(5))
            let body = try await response.body.collect(upTo: 1 << 20)
            let list = try JSONValue(parsing: Array(body.readableBytesView))
            let translator = StripeTranslator(tenant: "acme-us", account: "acct_1SandboxUS")
            var facts: [EventType] = []
            for document in try #require(list["data"]?.arrayValue) {
                switch translator.translate(document.canonicalBytes()).translation {
                case .event(let event):
                    facts.append(event.type)
                    #expect(event[id: .orderNo] == "00000410")
                case .ignored: continue
                case .refused(let violations): Issue.record("\(violations)")
                }
            }
            #expect(Set(facts) == [.authorizationSucceeded, .captureSucceeded, .refundSucceeded])
            #expect(facts.count == 3)
        }
    }

    @Test func `a call dropped before the effect is sent again after a look`() async throws {
        try await withSandbox { address, control in
            let handler = Self.handler(address)
            let event = try Samples.event(
                .captureRequested, intent: try await Self.authorize(address))
            let request = try handler.request(for: event)
            try await control.addFault(
                FaultRule(api: .stripe, fault: .dropBeforeEffect, count: 1))
            #expect(await handler.send(request, for: event).kind == "unknown")
            let sighting = await handler.look(for: event, request: request, firstSentAt: Date())
            #expect(sighting == .noEffect)
            #expect(await handler.send(request, for: event).kind == "delivered")
        }
    }

    @Test func `the same state wanted by another key converges or is dead`() async throws {
        try await withSandbox { address, _ in
            let handler = Self.handler(address)
            let intent = try await Self.authorize(address)
            func send(_ type: EventType, _ operation: String, _ amount: Int64) async throws
                -> Outcome
            {
                let event = try Samples.event(
                    type, intent: intent, operationID: operation, amount: amount)
                return await handler.send(try handler.request(for: event), for: event)
            }
            let first = "018f3c1e-7a00-7000-8000-00000000000a"
            let second = "018f3c1e-7a00-7000-8000-00000000000b"
            #expect(try await send(.captureRequested, first, 1999).kind == "delivered")
            let other = try await send(.captureRequested, second, 1999)
            #expect(other.failure?.code == "captured_otherwise")
            let void = try await send(.voidRequested, second, 1999)
            #expect(void.failure?.code == "already_captured")
        }
    }

    @Test(arguments: [
        (FaultRule.Fault.rateLimited, "throttled"), (.lockTimeout, "retry"),
        (.unauthorized, "channelDown"), (.serverError, "retry"), (.serverErrorSaved, "unknown"),
        (.serverErrorAfterEffect, "unknown"), (.unavailable, "unknown"),
        (.gatewayTimeoutAfterEffect, "unknown"),
    ])
    func `each fault of the double has its outcome`(
        fault: FaultRule.Fault, expected: String
    ) async throws {
        try await withSandbox { address, control in
            let handler = Self.handler(address)
            let event = try Samples.event(
                .captureRequested, intent: try await Self.authorize(address))
            try await control.addFault(
                FaultRule(api: .stripe, fault: fault, count: 1, reason: "global-rate"))
            let outcome = await handler.send(try handler.request(for: event), for: event)
            #expect(outcome.kind == expected)
        }
    }
}
