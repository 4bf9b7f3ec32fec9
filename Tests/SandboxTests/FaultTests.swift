import Testing

@testable import Sandbox

@Suite struct FaultTests {
    @Test func `a response dropped after the effect is replayed under its key`() async throws {
        try await withDoubles { stripe, control in
            let id = try await stripe.authorize()
            try await control.addFault(
                FaultRule(api: .stripe, fault: .dropAfterEffect, object: id, count: 1))
            let path = "payment_intents/\(id)/capture"
            await #expect(throws: (any Error).self) {
                _ = try await stripe.post(path, key: "cap")
            }
            #expect(try await control.ledger().paymentIntents.first?.captureCount == 1)
            let replayed = try await stripe.post(path, key: "cap")
            #expect(replayed["status"] == "succeeded")
            #expect(replayed.header("Idempotent-Replayed") == "true")
            let summary = try await control.summary().stripe
            #expect(summary.effectsByKind["capture"] == 1)
            #expect(summary.requestsByOutcome["dropped_after_effect"] == 1)
        }
    }

    @Test func `a connection dropped before the effect leaves nothing`() async throws {
        try await withDoubles { stripe, control in
            let id = try await stripe.authorize()
            try await control.addFault(
                FaultRule(
                    api: .stripe, fault: .dropBeforeEffect, operation: "payment_intents.capture",
                    count: 1))
            let path = "payment_intents/\(id)/capture"
            await #expect(throws: (any Error).self) {
                _ = try await stripe.post(path, key: "cap")
            }
            #expect(try await control.ledger().paymentIntents.first?.captureCount == 0)
            let first = try await stripe.post(path, key: "cap")
            #expect(first.status == 200)
            #expect(first.header("Idempotent-Replayed") == nil)
        }
    }

    @Test func `a 500 after the effect is saved although the effect is there`() async throws {
        try await withDoubles { stripe, control in
            let id = try await stripe.authorize()
            try await control.addFault(
                FaultRule(api: .stripe, fault: .serverErrorAfterEffect, object: id, count: 1))
            let path = "payment_intents/\(id)/capture"
            for _ in 1...2 {
                let reply = try await stripe.post(path, key: "cap")
                #expect(reply.status == 500)
                #expect(reply["error", "type"] == "api_error")
            }
            #expect(try await control.ledger().paymentIntents.first?.captureCount == 1)
        }
    }

    @Test func `a saved 500 without effect stays a 500 under its key`() async throws {
        try await withDoubles { stripe, control in
            let id = try await stripe.authorize()
            try await control.addFault(
                FaultRule(api: .stripe, fault: .serverErrorSaved, object: id, count: 1))
            let path = "payment_intents/\(id)/capture"
            #expect(try await stripe.post(path, key: "cap").status == 500)
            let again = try await stripe.post(path, key: "cap")
            #expect(again.status == 500)
            #expect(again.header("Idempotent-Replayed") == "true")
            #expect(try await stripe.post(path, key: "cap-2").status == 200)
        }
    }

    @Test func `a 504 after the effect hides a success that the key replays`() async throws {
        try await withDoubles { stripe, control in
            let id = try await stripe.authorize()
            try await control.addFault(
                FaultRule(api: .stripe, fault: .gatewayTimeoutAfterEffect, object: id, count: 1))
            let path = "payment_intents/\(id)/capture"
            #expect(try await stripe.post(path, key: "cap").status == 504)
            #expect(try await stripe.post(path, key: "cap").status == 200)
            #expect(try await control.summary().stripe.effectsByKind["capture"] == 1)
        }
    }

    @Test(arguments: [
        "global-rate", "endpoint-rate", "global-concurrency", "endpoint-concurrency",
        "resource-specific",
    ])
    func `each rate limit reason is named`(reason: String) async throws {
        try await withDoubles { stripe, control in
            try await control.addFault(
                FaultRule(api: .stripe, fault: .rateLimited, count: 1, reason: reason))
            let reply = try await stripe.post("refunds", ["payment_intent": "pi_x"])
            #expect(reply.status == 429)
            #expect(reply.header("Stripe-Rate-Limited-Reason") == reason)
        }
    }

    @Test func `a rule hits only its object, its operation and its number of calls`() async throws {
        try await withDoubles { stripe, control in
            let one = try await stripe.authorize(order: "1")
            let two = try await stripe.authorize(order: "2")
            let rule = try await control.addFault(
                FaultRule(
                    api: .stripe, fault: .unavailable, operation: "payment_intents.retrieve",
                    object: "2", count: 2))
            #expect(try await stripe.get("payment_intents/\(one)").status == 200)
            #expect(try await stripe.post("payment_intents/\(two)").status == 200)
            #expect(try await stripe.get("payment_intents/\(two)").status == 503)
            #expect(try await stripe.get("payment_intents/\(two)").status == 503)
            #expect(try await stripe.get("payment_intents/\(two)").status == 200)
            #expect(try await control.faults().map(\.fired) == [2])
            try await control.removeFaults(id: rule.id)
            #expect(try await control.faults().isEmpty)
        }
    }

    @Test func `a rate draws the same calls for the same seed`() {
        func hits(seed: UInt64) -> [Bool] {
            let rules = FaultRules(seed: seed)
            _ = rules.add(FaultRule(api: .stripe, fault: .serverError, rate: 0.3))
            return (0..<1000).map { _ in
                rules.plan(api: .stripe, operation: "x", objects: []).fault != nil
            }
        }
        #expect(hits(seed: 7) == hits(seed: 7))
        #expect(hits(seed: 7) != hits(seed: 8))
        #expect((200...400).contains(hits(seed: 7).filter { $0 }.count))
    }

    @Test func `latency delays the call`() async throws {
        try await withDoubles { stripe, control in
            for fault in [FaultRule.Fault.latency, .latencyAfterEffect] {
                try await control.addFault(
                    FaultRule(
                        api: .stripe, fault: fault, count: 1, latencyMs: 60, latencyMaxMs: 80))
                let elapsed = try await ContinuousClock().measure {
                    _ = try await stripe.get("events")
                }
                #expect(elapsed >= .milliseconds(60))
            }
        }
    }
}
