import NIOHTTP1
import Testing

@testable import Sandbox

@Suite struct CommerceCloudTests {
    private static let order = OrderSeed(
        orderNo: "00000410", siteId: "RefArch", total: "110.24", currency: "USD")

    private func withOrder(
        _ body: @Sendable (Caller, SandboxControl) async throws -> Void
    ) async throws {
        try await withDoubles { caller, control in
            try await control.createOrders([Self.order])
            try await body(try await caller.authorized(), control)
        }
    }

    @Test func `an order is read as SCAPI shows it`() async throws {
        try await withOrder { sfcc, _ in
            let reply = try await sfcc.scapi(.GET, "00000410")
            #expect(reply.status == 200)
            #expect(reply["orderNo"] == "00000410" && reply["siteId"] == "RefArch")
            #expect(reply.json["orderTotal"] == .number("110.24"))
            #expect(reply["status"] == "created" && reply["paymentStatus"] == "not_paid")
            #expect(reply.header("x-correlation-id") == "corr-1")
            #expect(reply.header("sfdc_load") == "12")
        }
    }

    @Test func `statuses and attributes are written and kept in the ledger`() async throws {
        try await withOrder { sfcc, control in
            for (field, value) in [
                ("status", "new"), ("payment-status", "paid"), ("export-status", "ready"),
                ("external-status", "FRAUD_OK"), ("confirmation-status", "confirmed"),
                ("shipping-status", "part_shipped"), ("payment-status", "paid"),
            ] {
                let reply = try await sfcc.scapi(
                    .PUT, "00000410", field, body: ["status": .string(value)])
                #expect(reply.status == 204)
            }
            let patch = try await sfcc.scapi(
                .PATCH, "00000410",
                body: ["c_stripePaymentIntentID": "pi_1", "c_stripeIsPaymentIntentInReview": true])
            #expect(patch.status == 204)
            _ = try await sfcc.scapi(
                .PATCH, "00000410", body: ["c_stripePaymentIntentID": nil])

            let changes = try await control.ledger().commerceCloud
            #expect(changes.map(\.sequence) == Array(1...9))
            #expect(
                changes.map(\.field) == [
                    "status", "payment_status", "export_status", "external_status",
                    "confirmation_status", "shipping_status", "c_stripeIsPaymentIntentInReview",
                    "c_stripePaymentIntentID", "c_stripePaymentIntentID",
                ])
            #expect(changes[0].from == "created" && changes[0].to == "new")
            #expect(changes[8].from == "pi_1" && changes[8].to == nil)
            #expect(changes.allSatisfy { $0.correlationId == "corr-1" })
            #expect(try await control.summary().unchangedOrderWrites == 1)
            let state = try await control.order("00000410")
            #expect(state.paymentStatus == "paid" && state.shippingStatus == "part_shipped")
            #expect(state.attributes == ["c_stripeIsPaymentIntentInReview": "true"])
        }
    }

    @Test(arguments: [
        (["new", "created"], 409), (["new", "failed"], 409), (["completed", "failed"], 409),
        (["cancelled", "created"], 409), (["failed", "new"], 409), (["failed", "created"], 204),
        (["new", "completed", "cancelled", "new"], 204), (["created"], 204), (["open"], 400),
        (["failed_with_reopen"], 201),
    ])
    func `the order status follows SFCC's rules`(path: [String], last: Int) async throws {
        try await withOrder { sfcc, _ in
            var reply: Reply?
            for status in path {
                reply = try await sfcc.scapi(
                    .PUT, "00000410", "status", body: ["status": .string(status)])
            }
            #expect(reply?.status == last)
            if last == 409 {
                #expect(reply?["type"]?.hasSuffix("/errors/order-status-transition") == true)
                #expect(reply?.header("content-type") == "application/problem+json")
            }
        }
    }

    @Test func `an attribute without a definition is refused until it is installed`() async throws {
        try await withOrder { sfcc, control in
            let body: JSON = ["c_clearwayCapturedAmount": "19.99"]
            let refused = try await sfcc.scapi(.PATCH, "00000410", body: body)
            #expect(refused.status == 400)
            #expect(refused.header("content-type") == "application/problem+json")
            #expect(refused["detail"]?.contains("clearwayCapturedAmount") == true)
            #expect(try await control.ledger().commerceCloud.isEmpty)

            let names = try await control.changeAttributes(
                site: "RefArch", install: ["c_clearwayCapturedAmount"])
            #expect(names.contains("c_clearwayCapturedAmount"))
            #expect(try await sfcc.scapi(.PATCH, "00000410", body: body).status == 204)

            try await control.changeAttributes(
                site: "RefArch", uninstall: ["c_clearwayCapturedAmount"])
            #expect(try await sfcc.scapi(.PATCH, "00000410", body: body).status == 400)
        }
    }

    @Test func `bad requests are problems`() async throws {
        try await withOrder { sfcc, _ in
            let cases: [(Reply, Int, String)] = [
                (try await sfcc.scapi(.GET, "none"), 404, "order-not-found"),
                (try await sfcc.scapi(.GET, "00000410", site: "Nowhere"), 404, "site-not-found"),
                (try await sfcc.scapi(.GET, "00000410", site: ""), 400, "bad-request"),
                (
                    try await sfcc.scapi(.PATCH, "00000410", body: ["status": "new"]), 400,
                    "unknown-property"
                ),
                (try await sfcc.scapi(.PATCH, "00000410"), 400, "bad-request"),
                (
                    try await sfcc.scapi(
                        .PUT, "00000410", "payment-status", body: ["status": "refunded"]), 400,
                    "bad-request"
                ),
                (
                    try await sfcc.scapi(.PUT, "00000410", "status", body: ["status": 3]), 400,
                    "bad-request"
                ),
                (
                    try await sfcc.scapi(.GET, "00000410", organization: "f_ecom_other_001"), 403,
                    "forbidden"
                ),
            ]
            for (reply, status, kind) in cases {
                #expect(reply.status == status)
                #expect(reply["type"]?.hasSuffix("/errors/" + kind) == true)
            }
        }
    }

    @Test func `tokens need the right client and scope, and expire`() async throws {
        var configuration = SandboxConfiguration()
        configuration.commerceCloud.tokenLifetime = 60
        try await withDoubles(configuration) { caller, control in
            try await control.createOrders([Self.order])
            #expect(try await caller.requestToken(secret: "wrong").status == 401)
            let scope = try await caller.requestToken(scope: "sfcc.orders.rw")
            #expect(scope.status == 400 && scope["error"] == "invalid_scope")
            let token = try await caller.requestToken()
            #expect(token["token_type"] == "Bearer" && token["expires_in"] == "60")
            #expect(token["access_token"]?.split(separator: ".").count == 3)

            var sfcc = caller
            #expect(try await sfcc.scapi(.GET, "00000410").status == 401)
            sfcc.token = token["access_token"]
            #expect(try await sfcc.scapi(.GET, "00000410").status == 200)
            try await control.changeClock(advance: .seconds(61))
            #expect(try await sfcc.scapi(.GET, "00000410").status == 401)
            sfcc = try await sfcc.authorized()
            #expect(try await sfcc.scapi(.GET, "00000410").status == 200)
            try await control.revokeTokens()
            #expect(try await sfcc.scapi(.GET, "00000410").status == 401)

            let readOnly = try await caller.requestToken(
                scope: "SALESFORCE_COMMERCE_API:zzrf_001 sfcc.orders")
            sfcc.token = readOnly["access_token"]
            #expect(try await sfcc.scapi(.GET, "00000410").status == 200)
            let write = try await sfcc.scapi(.PUT, "00000410", "status", body: ["status": "new"])
            #expect(write.status == 403)
            #expect(try await control.summary().tokenRequests == 5)
        }
    }

    @Test func `faults come before or after the effect`() async throws {
        try await withOrder { sfcc, control in
            let put: @Sendable () async throws -> Reply = {
                try await sfcc.scapi(.PUT, "00000410", "payment-status", body: ["status": "paid"])
            }
            try await control.addFault(
                FaultRule(api: .commerceCloud, fault: .throttled, object: "00000410", count: 1))
            let shed = try await put()
            #expect(shed.status == 503)
            #expect(shed.header("sfdc_load_status") == "THROTTLE")
            for (fault, status) in [
                (FaultRule.Fault.rateLimited, 429), (.unauthorized, 401), (.serverError, 500),
                (.unavailable, 503),
            ] {
                try await control.addFault(
                    FaultRule(api: .commerceCloud, fault: fault, count: 1))
                #expect(try await put().status == status)
            }
            try await control.addFault(
                FaultRule(api: .commerceCloud, fault: .dropBeforeEffect, count: 1))
            await #expect(throws: (any Error).self) { _ = try await put() }
            #expect(try await control.ledger().commerceCloud.isEmpty)

            try await control.addFault(
                FaultRule(
                    api: .commerceCloud, fault: .dropAfterEffect,
                    operation: "orders.payment_status",
                    count: 1))
            await #expect(throws: (any Error).self) { _ = try await put() }
            #expect(try await control.order("00000410").paymentStatus == "paid")
            try await control.addFault(
                FaultRule(api: .commerceCloud, fault: .gatewayTimeoutAfterEffect, count: 1))
            let late = try await sfcc.scapi(
                .PUT, "00000410", "payment-status", body: ["status": "part_paid"])
            #expect(late.status == 504)
            #expect(try await control.order("00000410").paymentStatus == "part_paid")
        }
    }
}
