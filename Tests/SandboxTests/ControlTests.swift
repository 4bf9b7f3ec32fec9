import Foundation
import Testing

@testable import Sandbox

@Suite struct ControlTests {
    @Test func `an account over its rate gets 429 until the second has passed`() async throws {
        var configuration = SandboxConfiguration()
        configuration.accounts[0].requestsPerSecond = 3
        try await withDoubles(configuration) { stripe, control in
            try await control.changeClock(frozen: true)
            for _ in 1...3 { #expect(try await stripe.get("events").status == 200) }
            let refused = try await stripe.get("events")
            #expect(refused.status == 429)
            #expect(refused.header("Stripe-Rate-Limited-Reason") == "global-rate")
            try await control.changeClock(advance: .milliseconds(999))
            #expect(try await stripe.get("events").status == 429)
            try await control.changeClock(advance: .milliseconds(1))
            #expect(try await stripe.get("events").status == 200)
            let summary = try await control.summary().stripe
            #expect(summary.peakPerSecond == ["acct_1SandboxUS": 5])
            #expect(summary.requestsByOutcome == ["200": 4, "429": 2])
            try await control.setRateLimit(nil, for: "acct_1SandboxUS")
            for _ in 1...5 { #expect(try await stripe.get("events").status == 200) }
        }
    }

    @Test func `thousands of orders are no work`() async throws {
        try await withDoubles { caller, control in
            let orders = (1...5_000).map { number in
                OrderSeed(
                    orderNo: "R\(number)", siteId: "RefArch", total: "19.99", currency: "USD")
            }
            try await control.createOrders(orders)
            #expect(try await control.order("R5000", site: "RefArch").total == "19.99")
            try await withThrowingTaskGroup(of: Void.self) { group in
                for lane in 0..<8 {
                    group.addTask {
                        for number in stride(from: lane, to: 1_000, by: 8) {
                            let id = try await caller.authorize(order: "R\(number)")
                            _ = try await caller.post("payment_intents/\(id)/capture")
                        }
                    }
                }
                try await group.waitForAll()
            }
            let ledger = try await control.ledger()
            #expect(ledger.paymentIntents.count == 1_000)
            #expect(ledger.paymentIntents.allSatisfy { $0.captureCount == 1 })
            let summary = try await control.summary().stripe
            #expect(summary.effectsPerIntentionMax == 1 && summary.repeatedIntentions.isEmpty)
            #expect(summary.overlaps == 0)
        }
    }

    @Test func `bad control input is refused with a reason`() async throws {
        try await withDoubles { _, control in
            let missing = await #expect(throws: SandboxControlError.self) {
                _ = try await control.order("none")
            }
            #expect(missing?.status == 404)
            let total = await #expect(throws: SandboxControlError.self) {
                try await control.createOrders([
                    OrderSeed(orderNo: "1", siteId: "S", total: "much", currency: "USD")
                ])
            }
            #expect(total?.status == 400)
            #expect(total?.message.contains("'much'") == true)
        }
    }

    @Test func `a port in use is an error, not a hang`() async throws {
        try await withSandbox { address, _ in
            var configuration = SandboxConfiguration()
            configuration.port = address.port
            let second = configuration
            await #expect(throws: (any Error).self) {
                try await withSandbox(configuration: second) { _, _ in }
            }
        }
    }

    @Test func `the window is one second and remembers its peak`() {
        var window = RateWindow(limit: 2)
        let instants: [Int64] = [0, 999_999_999, 999_999_999, 1_000_000_000]
        let admitted = instants.map { window.admit(at: $0) }
        #expect(admitted == [true, true, false, true])
        #expect(window.peak == 3)
    }

    @Test func `a form is read with its lists and members`() throws {
        let body = try #require(
            FormBody(parsing: "a=1+2&m%5Bx%5D=%26&m[y]=&l[]=p&l[1]=q&e"))
        #expect(body["a"] == "1 2" && body["e"] == "")
        #expect(body.members(of: "m") == ["x": "&", "y": ""])
        #expect(body.elements(of: "l") == ["p", "q"])
        #expect(FormBody(parsing: "a=%zz") == nil)
    }
}
