import Delivery
import Foundation
import PaymentEvents
import StripeConnector
import Testing

@Suite struct StripeHandlerTests {
    private static func handler(_ url: String, bytesMax: Int = 1 << 20) -> StripeHandler {
        StripeHandler(
            client: StripeClient(
                http: transport, baseURL: url, deadline: .seconds(5), responseBytesMax: bytesMax),
            account: { $0 == "acme-us" ? Samples.account : nil })
    }

    private static func request(_ event: PaymentEvent) throws -> OutboundRequest {
        try handler("http://127.0.0.1:1").request(for: event)
    }

    private static func body(_ request: OutboundRequest) -> String {
        String(decoding: request.steps.first?.body ?? [], as: UTF8.self)
    }

    @Test func `a capture is one form-encoded POST under the operation's key`() throws {
        let event = try Samples.event(
            .captureRequested, data: ["final_capture": false])
        let request = try Self.request(event)
        #expect(request.steps.map(\.method) == ["POST"])
        #expect(request.steps.map(\.path) == ["/v1/payment_intents/pi_3Test/capture"])
        #expect(
            Self.body(request)
                == "amount_to_capture=1999&final_capture=false"
                + "&metadata[connector_op_id]=\(Samples.operationID)"
                + "&metadata[order_id]=00000410&metadata[site_id]=RefArch")
        #expect(
            request.idempotencyKey
                == "cw1:test:acct_1Test:capture:\(Samples.operationID):g1")
        #expect(try Self.request(event) == request)
    }

    @Test func `a single capture says nothing of final_capture`() throws {
        let request = try Self.request(try Samples.event(.captureRequested))
        #expect(!Self.body(request).contains("final_capture"))
    }

    @Test func `a void carries the reason and no metadata`() throws {
        let request = try Self.request(
            try Samples.event(
                .voidRequested, amount: nil, data: ["cancellation_reason": "fraudulent"]))
        #expect(request.steps.map(\.path) == ["/v1/payment_intents/pi_3Test/cancel"])
        #expect(Self.body(request) == "cancellation_reason=fraudulent")
    }

    @Test func `a refund carries what leads its webhooks home`() throws {
        let request = try Self.request(
            try Samples.event(.refundRequested, data: ["reason": "requested_by_customer"]))
        #expect(request.steps.map(\.path) == ["/v1/refunds"])
        #expect(
            Self.body(request)
                == "payment_intent=pi_3Test&amount=1999&reason=requested_by_customer"
                + "&metadata[connector_op_id]=\(Samples.operationID)"
                + "&metadata[order_id]=00000410&metadata[site_id]=RefArch")
    }

    @Test func `a fact is no command`() throws {
        let event = try Samples.event(.authorizationSucceeded)
        let failure = #expect(throws: Failure.self) { try Self.request(event) }
        #expect(failure?.cause == .mapping)
    }

    @Test func `a tenant without an account brings the channel down, not the message`() async throws
    {
        let event = try Samples.event(.captureRequested)
        let handler = StripeHandler(
            client: StripeClient(http: transport, baseURL: "http://127.0.0.1:1"),
            account: { _ in nil })
        let outcome = await handler.send(try Self.request(event), for: event)
        #expect(outcome.kind == "channelDown")
    }

    @Test func `the key, version and secret travel as headers`() async throws {
        let event = try Samples.event(.captureRequested)
        try await withStub({ _, _ in
            StubAnswer(
                status: 200, headers: ["Request-Id": "req_1", "Idempotent-Replayed": "true"],
                body: #"{"id":"pi_3Test","object":"payment_intent"}"#)
        }) { url, log in
            let request = try Self.request(event)
            let outcome = await Self.handler(url).send(request, for: event)
            #expect(
                outcome
                    == .delivered(
                        Receipt(
                            objectID: "pi_3Test", requestID: "req_1", httpStatus: 200,
                            wasAlreadyDone: true)))
            let call = try #require(log.all.first)
            #expect(log.all.count == 1)
            #expect(call.headers["idempotency-key"] == request.idempotencyKey)
            #expect(call.headers["stripe-version"] == "2026-10-28.endive")
            #expect(call.headers["authorization"] == "Bearer sk_test_secret")
            #expect(call.body == Self.body(request))
        }
    }

    @Test(
        arguments: [
            (429, "rate_limit", [:], "throttled", "throttled"),
            (429, "lock_timeout", [:], "retry", "throttled"),
            (409, "idempotency_key_in_use", [:], "retry", "throttled"),
            (500, "", ["Stripe-Should-Retry": "true"], "retry", "provider_down"),
            (500, "", ["Stripe-Should-Retry": "false"], "unknown", "outcome_unknown"),
            (503, "", [:], "unknown", "outcome_unknown"),
            (401, "", [:], "channelDown", "authentication"),
            (403, "", [:], "channelDown", "authentication"),
            (400, "api_key_expired", [:], "channelDown", "authentication"),
            (402, "card_declined", [:], "dead", "business_rejected"),
            (400, "parameter_unknown", [:], "dead", "code_defect"),
            (404, "resource_missing", [:], "dead", "reference_missing"),
            (400, "charge_expired_for_capture", [:], "dead", "expired"),
            (400, "balance_insufficient", [:], "deferred", "throttled"),
        ] as [(Int, String, [String: String], String, String)])
    func `an error answer becomes its outcome`(
        status: Int, code: String, headers: [String: String], kind: String, cause: String
    ) async throws {
        let event = try Samples.event(.refundRequested)
        try await withStub({ _, _ in
            StubAnswer(
                status: status, headers: headers,
                body: #"{"error":{"code":"\#(code)","message":"no sk_live_abcdef"}}"#)
        }) { url, log in
            let outcome = await Self.handler(url).send(try Self.request(event), for: event)
            #expect(outcome.kind == kind)
            #expect(outcome.failure?.cause.rawValue == cause)
            #expect(outcome.failure?.message.contains("sk_live_abcdef") == false)
            #expect(outcome.failure?.httpStatus == status)
            #expect(log.all.count == 1)
        }
    }

    @Test func `a limiter's reason and a deferral's hours are kept`() async throws {
        let event = try Samples.event(.refundRequested)
        try await withStub({ _, number in
            number == 1
                ? StubAnswer(
                    status: 429,
                    headers: [
                        "Stripe-Rate-Limited-Reason": "endpoint-rate", "Retry-After": "3",
                    ])
                : StubAnswer(
                    status: 400, body: #"{"error":{"code":"balance_insufficient"}}"#)
        }) { url, _ in
            let request = try Self.request(event)
            let limited = await Self.handler(url).send(request, for: event)
            #expect(limited.retryAfter == .seconds(3))
            #expect(limited.failure?.message.contains("endpoint-rate") == true)
            let deferred = await Self.handler(url).send(request, for: event)
            #expect(deferred.retryAfter == .seconds(25 * 3600))
        }
    }

    @Test func `a refused connection is retried, an unreadable success is unknown`() async throws {
        let event = try Samples.event(.captureRequested)
        let request = try Self.request(event)
        // Nothing listens on port 1: the request cannot have left.
        let refused = await Self.handler("http://127.0.0.1:1").send(request, for: event)
        #expect(refused.kind == "retry", "\(refused)")
        try await withStub({ _, number in
            StubAnswer(
                status: 200,
                body: number == 1 ? "<html>" : String(repeating: " ", count: 2000) + "{}")
        }) { url, _ in
            let handler = Self.handler(url, bytesMax: 1000)
            #expect(await handler.send(request, for: event).kind == "unknown")
            let tooLarge = await handler.send(request, for: event)
            #expect(tooLarge.kind == "unknown")
            #expect(tooLarge.failure?.code == "response_too_large")
        }
    }

    @Test func `a refund that Stripe made and failed is dead`() async throws {
        let event = try Samples.event(.refundRequested)
        try await withStub({ _, _ in
            StubAnswer(
                status: 200,
                body: #"{"id":"re_1","object":"refund","status":"failed","#
                    + #""failure_reason":"lost_or_stolen_card"}"#)
        }) { url, _ in
            let outcome = await Self.handler(url).send(try Self.request(event), for: event)
            #expect(outcome.kind == "dead")
            #expect(outcome.failure?.code == "refund_failed")
        }
    }
}
