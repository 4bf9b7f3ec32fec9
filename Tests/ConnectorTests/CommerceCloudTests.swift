import CommerceCloudConnector
import Delivery
import FinanceConnector
import Foundation
import PaymentEvents
import Sandbox
import Testing

/// Facts against the SFCC double and stubs, over real HTTP.
@Suite struct CommerceCloudTests {
    private static let now = Date(timeIntervalSince1970: 1_800_000_100)

    private static func handler(
        api: String, tokenURL: String, now: Date = CommerceCloudTests.now
    ) -> CommerceCloudHandler {
        let settings = SandboxConfiguration.CommerceCloud()
        let instance = CommerceCloudInstance(
            baseURL: api, organizationID: settings.organization,
            tokens: AccountManagerTokens(
                http: transport, tokenURL: tokenURL, clientID: settings.clientID,
                scope: "SALESFORCE_COMMERCE_API:\(settings.tenant) sfcc.orders.rw",
                clientSecret: { settings.clientSecret }))
        return CommerceCloudHandler(
            client: CommerceCloudClient(http: transport, deadline: .seconds(5)),
            instance: { _ in instance }, now: { now })
    }

    private static func withOrder(
        _ status: String = "created",
        _ body: @Sendable (CommerceCloudHandler, SandboxControl) async throws -> Void
    ) async throws {
        try await withSandbox { address, control in
            try await control.createOrders([
                OrderSeed(
                    orderNo: "00000410", siteId: "RefArch", total: "19.99", currency: "USD",
                    status: status)
            ])
            try await control.changeAttributes(
                site: "RefArch", install: ["c_stripeRefundId", "c_stripeRefundedAmount"])
            try await body(
                Self.handler(api: address.url, tokenURL: address.tokenURL), control)
        }
    }

    private static func send(
        _ event: PaymentEvent, _ handler: CommerceCloudHandler
    ) async throws -> Outcome {
        await handler.send(try handler.request(for: event), for: event)
    }

    private static func captured(_ total: Int64) throws -> PaymentEvent {
        try Samples.event(
            .captureSucceeded, amount: total,
            data: ["captured_total_minor": .int(total), "authorized_total_minor": 1999])
    }

    @Test func `an order is placed, paid and refunded`() async throws {
        try await Self.withOrder { handler, control in
            let authorized = try Samples.event(.authorizationSucceeded)
            #expect(try await Self.send(authorized, handler).kind == "delivered")
            #expect(try await Self.send(try Self.captured(1000), handler).kind == "delivered")
            #expect(try await control.order("00000410").paymentStatus == "part_paid")
            #expect(try await Self.send(try Self.captured(1999), handler).kind == "delivered")
            let refunded = try Samples.event(
                .refundSucceeded, amount: 500, ids: ["refund": "re_1"],
                data: ["refunded_total_minor": 500])
            #expect(try await Self.send(refunded, handler).kind == "delivered")
            let order = try await control.order("00000410")
            #expect(order.status == "new")
            #expect(order.paymentStatus == "paid")
            #expect(
                order.attributes == [
                    "c_stripePaymentIntentID": Samples.intent, "c_stripeRefundId": "re_1",
                    "c_stripeRefundedAmount": "5.00",
                ])
            #expect(try await control.summary().tokenRequests == 1)
        }
    }

    @Test func `a late part does not take paid away`() async throws {
        try await Self.withOrder { handler, control in
            _ = try await Self.send(try Self.captured(1999), handler)
            #expect(try await Self.send(try Self.captured(1000), handler).kind == "delivered")
            #expect(try await control.order("00000410").paymentStatus == "paid")
        }
    }

    @Test func `an order on hold stays created`() async throws {
        try await Self.withOrder { handler, control in
            let event = try Samples.event(.authorizationSucceeded, data: ["is_on_hold": true])
            #expect(try await Self.send(event, handler).kind == "delivered")
            let order = try await control.order("00000410")
            #expect(order.status == "created")
            #expect(order.attributes["c_stripeIsPaymentIntentInReview"] == "true")
        }
    }

    @Test(
        arguments: [
            ("new", "delivered", nil), ("completed", "delivered", nil),
            ("cancelled", "dead", "order_cancelled"), ("failed", "dead", "order_failed"),
        ] as [(String, String, String?)])
    func `an order that is past created is never moved back`(
        status: String, expected: String, code: String?
    ) async throws {
        try await Self.withOrder(status) { handler, control in
            let event = try Samples.event(.authorizationSucceeded)
            let outcome = try await Self.send(event, handler)
            #expect(outcome.kind == expected)
            #expect(outcome.failure?.code == code)
            #expect(try await control.order("00000410").status == status)
        }
    }

    @Test func `a look says whether every step is done`() async throws {
        try await Self.withOrder { handler, control in
            let event = try Samples.event(.authorizationSucceeded)
            let request = try handler.request(for: event)
            let before = await handler.look(for: event, request: request, firstSentAt: Self.now)
            #expect(before == .noEffect)
            try await control.addFault(
                FaultRule(
                    api: .commerceCloud, fault: .dropAfterEffect, operation: "orders.status",
                    count: 1))
            #expect(try await Self.send(event, handler).kind == "unknown")
            let after = await handler.look(for: event, request: request, firstSentAt: Self.now)
            #expect(after.kind == "effectFound")
        }
    }

    @Test func `a missing order is late at first and wrong later`() async throws {
        try await withSandbox { address, _ in
            let event = try Samples.event(.captureSucceeded, data: ["order_total_minor": 1999])
            for (age, expected) in [(60.0, "retry"), (16 * 60.0, "dead")] {
                let handler = Self.handler(
                    api: address.url, tokenURL: address.tokenURL,
                    now: event.occurredAt.addingTimeInterval(age))
                let outcome = try await Self.send(event, handler)
                #expect(outcome.kind == expected)
                #expect(outcome.failure?.cause == .referenceMissing)
                #expect(outcome.failure?.code == "order-not-found")
            }
        }
    }

    @Test func `a revoked token is replaced once`() async throws {
        try await Self.withOrder { handler, control in
            _ = try await Self.send(try Self.captured(1000), handler)
            try await control.revokeTokens()
            #expect(try await Self.send(try Self.captured(1999), handler).kind == "delivered")
            #expect(try await control.summary().tokenRequests == 2)
        }
    }

    @Test func `a client that stays refused brings the channel down`() async throws {
        try await Self.withOrder { handler, control in
            try await control.addFault(FaultRule(api: .commerceCloud, fault: .unauthorized))
            let outcome = try await Self.send(try Self.captured(1999), handler)
            #expect(outcome.kind == "channelDown")
            #expect(try await control.summary().tokenRequests == 2)
            try await control.removeFaults()
            try await control.revokeTokens()
            try await control.addFault(FaultRule(api: .accountManager, fault: .unauthorized))
            let refused = try await Self.send(try Self.captured(1999), handler)
            #expect(refused.failure?.code == "invalid_client")
            #expect(refused.kind == "channelDown")
        }
    }

    @Test(arguments: [
        (FaultRule.Fault.rateLimited, "throttled"), (.throttled, "throttled"),
        (.unavailable, "throttled"), (.serverError, "unknown"),
        (.gatewayTimeoutAfterEffect, "unknown"), (.dropBeforeEffect, "unknown"),
    ])
    func `each fault of the double has its outcome`(
        fault: FaultRule.Fault, expected: String
    ) async throws {
        try await Self.withOrder { handler, control in
            try await control.addFault(
                FaultRule(api: .commerceCloud, fault: fault, operation: "orders.update", count: 1))
            let event = try Self.captured(1999)
            #expect(try await Self.send(event, handler).kind == expected)
            #expect(try await Self.send(event, handler).kind == "delivered")
        }
    }

    @Test func `an attribute that is not installed is a contract breach with its name`()
        async throws
    {
        try await Self.withOrder { handler, control in
            try await control.changeAttributes(
                site: "RefArch", uninstall: ["c_stripeRefundId"])
            let event = try Samples.event(.refundSucceeded, ids: ["refund": "re_1"])
            let outcome = try await Self.send(event, handler)
            #expect(outcome.kind == "dead")
            #expect(outcome.failure?.cause == .contract)
            #expect(outcome.failure?.message.contains("c_stripeRefundId") == true)
        }
    }

    @Test func `a 409 converges when the order has what was wanted`() async throws {
        for (paymentStatus, expected) in [("paid", "delivered"), ("not_paid", "dead")] {
            try await withStub({ call, _ in
                switch (call.method, call.path.contains("payment-status")) {
                case ("POST", _):
                    StubAnswer(status: 200, body: #"{"access_token":"t","expires_in":1799}"#)
                case ("GET", _):
                    StubAnswer(
                        status: 200,
                        body: #"{"status":"new","paymentStatus":"\#(paymentStatus)"}"#)
                case (_, true): StubAnswer(status: 409, body: #"{"type":"x/order-integrated"}"#)
                default: StubAnswer(status: 204)
                }
            }) { url, log in
                let handler = Self.handler(api: url, tokenURL: url + "/token")
                let outcome = try await Self.send(try Self.captured(1999), handler)
                #expect(outcome.kind == expected)
                if expected == "dead" { #expect(outcome.failure?.code == "order-integrated") }
                let correlation = "018f3c1e-7a00-7000-8000-000000000001"
                #expect(
                    log.all.dropFirst().allSatisfy { $0.headers["correlation-id"] == correlation })
            }
        }
    }

    @Test func `paid needs a total to compare with`() throws {
        let handler = Self.handler(api: "http://127.0.0.1:1", tokenURL: "http://127.0.0.1:1")
        let event = try Samples.event(.captureSucceeded)
        let failure = #expect(throws: Failure.self) { try handler.request(for: event) }
        #expect(failure?.pointer == "/data/order_total_minor")
    }

    @Test func `ids are encoded in paths`() throws {
        let handler = Self.handler(api: "http://127.0.0.1:1", tokenURL: "http://127.0.0.1:1")
        let event = try Samples.event(.authorizationSucceeded, orderNo: "A/B?#é 1")
        #expect(
            try handler.request(for: event).steps.first?.path
                == "/checkout/orders/v1/organizations/f_ecom_zzrf_001/orders/"
                + "A%2FB%3F%23%C3%A9%201?siteId=RefArch")
    }

    @Test func `nothing is sent to finance`() async throws {
        let event = try Samples.event(.captureSucceeded)
        let outcome = await FinanceHandler().send(OutboundRequest(steps: []), for: event)
        #expect(outcome.kind == "dead")
        #expect(outcome.failure?.cause == .mapping)
    }
}
