import Testing

@testable import Sandbox

@Suite struct StripePaymentTests {
    @Test func `an order lives from authorization over capture to refund`() async throws {
        try await withDoubles { stripe, control in
            let created = try await stripe.post(
                "payment_intents",
                [
                    "amount": "5000", "currency": "usd", "capture_method": "manual",
                    "payment_method": "pm_card_visa", "metadata[order_id]": "00000410",
                ])
            #expect(created.status == 200)
            #expect(created["status"] == "requires_confirmation")
            let id = try #require(created["id"])
            #expect(id.hasPrefix("pi_3") && id.count == 27)

            let confirmed = try await stripe.post("payment_intents/\(id)/confirm")
            #expect(confirmed["status"] == "requires_capture")
            #expect(confirmed["amount_capturable"] == "5000")

            let captured = try await stripe.post(
                "payment_intents/\(id)/capture",
                ["amount_to_capture": "4000", "expand[]": "latest_charge"])
            #expect(captured["status"] == "succeeded")
            #expect(captured["amount_received"] == "4000")
            #expect(captured["latest_charge", "amount_captured"] == "4000")

            let refund = try await stripe.post(
                "refunds", ["payment_intent": id, "amount": "1500", "reason": "duplicate"])
            #expect(refund["status"] == "pending")
            let again = try await stripe.get("refunds/\(refund["id"] ?? "")")
            #expect(again["status"] == "succeeded")
            let rest = try await stripe.post("refunds", ["payment_intent": id])
            #expect(rest["amount"] == "2500")
            let list = try await stripe.get("refunds?payment_intent=\(id)&limit=1")
            #expect(list["has_more"] == "true")

            let totals = try #require(try await control.ledger().paymentIntents.first)
            #expect(totals.orderNo == "00000410")
            #expect(totals.captureCount == 1 && totals.capturedAmount == 4000)
            #expect(totals.refundCount == 2 && totals.refundedAmount == 4000)
            let state = try #require(try await control.paymentIntents(order: "00000410").first)
            #expect(state.amountRefunded == 4000 && state.refunds.count == 2)
        }
    }

    @Test func `a charge shows its captured state and its capture deadline`() async throws {
        try await withDoubles { stripe, _ in
            let id = try await stripe.authorize()
            let intent = try await stripe.get("payment_intents/\(id)?expand[]=latest_charge")
            let charge = try #require(intent["latest_charge", "id"])
            #expect(intent["latest_charge", "captured"] == "false")
            let card = ["payment_method_details", "card", "capture_before"]
            let found = try await stripe.get("charges/\(charge)")
            #expect(found[card[0], card[1], card[2]] != "null")
            let plain = try await stripe.get("payment_intents/\(id)")
            #expect(plain["latest_charge"] == charge)
        }
    }

    @Test func `without final_capture the rest can be captured later`() async throws {
        try await withDoubles { stripe, control in
            let id = try await stripe.authorize(3000)
            let part = ["amount_to_capture": "1000", "final_capture": "false"]
            let first = try await stripe.post("payment_intents/\(id)/capture", part)
            #expect(first["status"] == "requires_capture")
            #expect(first["amount_capturable"] == "2000")
            let second = try await stripe.post("payment_intents/\(id)/capture")
            #expect(second["status"] == "succeeded")
            #expect(second["amount_received"] == "3000")
            #expect(try await control.ledger().paymentIntents.first?.captureCount == 2)
        }
    }

    @Test func `an authorization is canceled once`() async throws {
        try await withDoubles { stripe, control in
            let id = try await stripe.authorize()
            let path = "payment_intents/\(id)/cancel"
            let reply = try await stripe.post(
                path, ["cancellation_reason": "requested_by_customer"], key: "void-1")
            #expect(reply["status"] == "canceled")
            #expect(reply["cancellation_reason"] == "requested_by_customer")
            let again = try await stripe.post(path, key: "void-2")
            #expect(again.status == 400)
            #expect(again["error", "code"] == "payment_intent_unexpected_state")
            #expect(again["error", "payment_intent", "status"] == "canceled")
            let effects = try await control.ledger().stripe.filter { $0.kind == .cancel }
            #expect(effects.map(\.intention) == ["void-1"])
        }
    }

    @Test(arguments: [
        ("payment_intents", ["currency": "usd"], 400, "parameter_missing"),
        (
            "payment_intents", ["amount": "12.5", "currency": "usd"], 400,
            "parameter_invalid_integer"
        ),
        ("payment_intents", ["amount": "-1", "currency": "usd"], 400, "parameter_invalid_integer"),
        ("payment_intents/pi_none/capture", [:], 404, "resource_missing"),
        ("refunds", ["charge": "ch_none"], 404, "resource_missing"),
        ("refunds", [:], 400, "parameter_missing"),
    ])
    func `bad input gets Stripe's error`(
        path: String, form: [String: String], status: Int, code: String
    ) async throws {
        try await withDoubles { stripe, _ in
            let reply = try await stripe.post(path, form)
            #expect(reply.status == status)
            #expect(reply["error", "code"] == code)
            #expect(reply["error", "type"] == "invalid_request_error")
            #expect(reply.header("Request-Id")?.hasPrefix("req_") == true)
        }
    }

    @Test func `captures and refunds beyond the money are refused`() async throws {
        try await withDoubles { stripe, _ in
            let id = try await stripe.authorize(1000)
            let capture = "payment_intents/\(id)/capture"
            let early = try await stripe.post("refunds", ["payment_intent": id])
            #expect(early["error", "code"] == "payment_intent_unexpected_state")
            let tooMuch = try await stripe.post(capture, ["amount_to_capture": "1001"])
            #expect(tooMuch["error", "code"] == "amount_too_large")
            let captured = try await stripe.post(capture)
            #expect(captured.status == 200)
            let twice = try await stripe.post(capture)
            #expect(twice["error", "code"] == "payment_intent_unexpected_state")
            let charge = try #require(captured["latest_charge"])
            let old = try await stripe.post("charges/\(charge)/capture")
            #expect(old["error", "code"] == "charge_already_captured")
            let refund = try await stripe.post(
                "refunds", ["payment_intent": id, "amount": "1001"])
            #expect(refund["error", "code"] == "amount_too_large")
            _ = try await stripe.post("refunds", ["charge": charge])
            let over = try await stripe.post("refunds", ["payment_intent": id])
            #expect(over["error", "code"] == "charge_already_refunded")
        }
    }

    @Test func `an authorization past its deadline cannot be captured`() async throws {
        try await withDoubles { stripe, control in
            let id = try await stripe.authorize()
            try await control.changeClock(advance: .seconds(8 * 86_400))
            let reply = try await stripe.post("payment_intents/\(id)/capture")
            #expect(reply["error", "code"] == "charge_expired_for_capture")
            let intent = try await stripe.get("payment_intents/\(id)")
            #expect(intent["status"] == "canceled")
            #expect(intent["cancellation_reason"] == "automatic")
        }
    }

    @Test func `a declined card is a 402 and leaves no authorization`() async throws {
        try await withDoubles { stripe, control in
            let reply = try await stripe.post(
                "payment_intents",
                [
                    "amount": "1000", "currency": "usd", "confirm": "true",
                    "payment_method": "pm_card_chargeDeclined",
                ])
            #expect(reply.status == 402)
            #expect(reply["error", "type"] == "card_error")
            #expect(reply["error", "decline_code"] == "generic_decline")
            #expect(try await control.ledger().stripe.isEmpty)
        }
    }

    @Test func `accounts do not see each other and bad keys are refused`() async throws {
        try await withDoubles { us, _ in
            let id = try await us.authorize()
            var eu = us
            eu.secretKey = "sk_test_sandbox_eu"
            #expect(try await eu.get("payment_intents/\(id)").status == 404)
            var wrong = us
            wrong.secretKey = "sk_test_wrong"
            let refused = try await wrong.get("payment_intents/\(id)")
            #expect(refused.status == 401)
            #expect(refused["error", "message"]?.contains("sk_test_wrong") == false)
            wrong.secretKey = "sk_live_something"
            #expect(try await wrong.get("payment_intents/\(id)").status == 401)
            #expect(try await us.get("balance").status == 404)
        }
    }
}
