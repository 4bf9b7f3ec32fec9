import Testing

@testable import Sandbox

@Suite struct IdempotencyTests {
    @Test func `the same key replays the first answer`() async throws {
        try await withDoubles { stripe, control in
            let id = try await stripe.authorize()
            let path = "payment_intents/\(id)/capture"
            let first = try await stripe.post(path, key: "cap-1")
            #expect(first.header("Idempotent-Replayed") == nil)
            let second = try await stripe.post(path, key: "cap-1")
            #expect(second.json == first.json)
            #expect(second.header("Idempotent-Replayed") == "true")
            #expect(
                second.header("Original-Request")
                    == first.header("Request-Id"))
            #expect(try await control.summary().stripe.effectsByKind["capture"] == 1)
        }
    }

    @Test func `the same key with other parameters or another endpoint is an error`() async throws {
        try await withDoubles { stripe, _ in
            let id = try await stripe.authorize()
            let path = "payment_intents/\(id)/capture"
            _ = try await stripe.post(path, ["amount_to_capture": "100"], key: "k")
            for (path, form) in [
                (path, ["amount_to_capture": "101"]),
                ("payment_intents/\(id)/cancel", ["amount_to_capture": "100"]),
            ] {
                let reply = try await stripe.post(path, form, key: "k")
                #expect(reply.status == 400)
                #expect(reply["error", "type"] == "idempotency_error")
                #expect(reply["error", "code"] == nil)
            }
        }
    }

    @Test func `keys of different accounts are different keys`() async throws {
        try await withDoubles { us, control in
            var eu = us
            eu.secretKey = "sk_test_sandbox_eu"
            _ = try await us.authorize(100, key: "same")
            _ = try await eu.authorize(200, key: "same")
            #expect(try await control.ledger().stripe.map(\.amount) == [100, 200])
        }
    }

    @Test func `a business error is saved too`() async throws {
        try await withDoubles { stripe, _ in
            let id = try await stripe.authorize()
            let refund = ["payment_intent": id]
            let early = try await stripe.post("refunds", refund, key: "r")
            #expect(early.status == 400)
            _ = try await stripe.post("payment_intents/\(id)/capture")
            let late = try await stripe.post("refunds", refund, key: "r")
            #expect(late.json == early.json)
            #expect(late.header("Idempotent-Replayed") == "true")
        }
    }

    @Test func `validation errors and refusals leave the key free`() async throws {
        try await withDoubles { stripe, control in
            let invalid = try await stripe.post(
                "payment_intents", ["amount": "x", "currency": "usd"], key: "k")
            #expect(invalid.status == 400)
            for fault in [FaultRule.Fault.rateLimited, .unauthorized, .lockTimeout, .serverError] {
                try await control.addFault(FaultRule(api: .stripe, fault: fault, count: 1))
                let refused = try await stripe.post(
                    "payment_intents", ["amount": "1", "currency": "usd"], key: "k")
                #expect([429, 401, 500].contains(refused.status))
            }
            let accepted = try await stripe.post(
                "payment_intents", ["amount": "2", "currency": "usd"], key: "k")
            #expect(accepted.status == 200)
            #expect(accepted.header("Idempotent-Replayed") == nil)
        }
    }

    @Test func `a key in use is a conflict that is not saved`() async throws {
        try await withDoubles { stripe, control in
            let id = try await stripe.authorize()
            try await control.addFault(
                FaultRule(
                    api: .stripe, fault: .latency, operation: "payment_intents.capture", count: 1,
                    latencyMs: 1_500))
            let path = "payment_intents/\(id)/capture"
            async let slow = stripe.post(path, key: "k")
            while try await control.summary().stripe.running == 0 { await Task.yield() }
            let conflict = try await stripe.post(path, key: "k")
            #expect(conflict.status == 409)
            #expect(conflict["error", "code"] == "idempotency_key_in_use")
            #expect(conflict.header("Stripe-Should-Retry") == "true")
            #expect(try await slow.status == 200)
            #expect(try await stripe.post(path, key: "k").status == 200)
            #expect(try await control.summary().stripe.effectsByKind["capture"] == 1)
        }
    }

    @Test func `two changes of one object at once end in a lock timeout`() async throws {
        try await withDoubles { stripe, control in
            let id = try await stripe.authorize()
            try await control.addFault(
                FaultRule(
                    api: .stripe, fault: .latency, operation: "payment_intents.capture", count: 1,
                    latencyMs: 1_500))
            async let slow = stripe.post("payment_intents/\(id)/capture", key: "a")
            while try await control.summary().stripe.running == 0 { await Task.yield() }
            let other = try await stripe.post("payment_intents/\(id)", ["description": "x"])
            #expect(other.status == 429)
            #expect(other["error", "code"] == "lock_timeout")
            #expect(other.header("Stripe-Rate-Limited-Reason") == nil)
            #expect(try await slow.status == 200)
            #expect(try await control.summary().stripe.overlaps == 1)
        }
    }

    @Test func `a key is forgotten after 24 hours and then runs anew`() async throws {
        try await withDoubles { stripe, control in
            try await control.changeClock(frozen: true)
            let id = try await stripe.authorize()
            _ = try await stripe.post("payment_intents/\(id)/capture")
            let refund = [
                "payment_intent": id, "amount": "100", "metadata[connector_op_id]": "op-1",
            ]
            let first = try await stripe.post("refunds", refund, key: "r")
            try await control.changeClock(advance: .seconds(24 * 3600 - 1))
            let replayed = try await stripe.post("refunds", refund, key: "r")
            #expect(replayed["id"] == first["id"])
            try await control.changeClock(advance: .seconds(1))
            let repeated = try await stripe.post("refunds", refund, key: "r")
            #expect(repeated.status == 200)
            #expect(repeated["id"] != first["id"])
            let summary = try await control.summary().stripe
            #expect(summary.effectsPerIntentionMax == 2)
            #expect(summary.repeatedIntentions == ["refund op-1"])
        }
    }

    @Test func `a key of more than 255 characters is refused`() async throws {
        try await withDoubles { stripe, _ in
            let reply = try await stripe.post(
                "payment_intents", ["amount": "1", "currency": "usd"],
                key: String(repeating: "k", count: 256))
            #expect(reply.status == 400)
        }
    }
}
