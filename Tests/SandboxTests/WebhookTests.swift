import Crypto
import Foundation
import Logging
import Testing

@testable import Sandbox

@Suite struct WebhookTests {
    private static let account = "acct_1SandboxUS"

    private func endpoint(_ url: String) -> WebhookEndpoint {
        WebhookEndpoint(
            account: Self.account, url: url, secrets: ["whsec_one"], concurrency: 1,
            retryInitialMs: 5, retryMaxMs: 20)
    }

    @Test func `events arrive signed, in order, with the caller's key`() async throws {
        try await WebhookReceiver.with { receiver, url in
            try await withDoubles { stripe, control in
                try await control.setWebhooks(endpoint(url))
                let id = try await stripe.authorize(key: "auth-1")
                _ = try await stripe.post("payment_intents/\(id)/capture", key: "cap-1")
                _ = try await stripe.post("refunds", ["payment_intent": id], key: "ref-1")
                let summary = try await control.webhooksSettled()
                #expect(
                    receiver.types == [
                        "payment_intent.created", "charge.succeeded",
                        "payment_intent.amount_capturable_updated", "payment_intent.succeeded",
                        "charge.captured", "refund.created", "charge.refunded", "refund.updated",
                    ])
                #expect(
                    receiver.arrivals.map { $0.event["request"]?["idempotency_key"]?.text } == [
                        "auth-1", "auth-1", "auth-1", "cap-1", "cap-1", "ref-1", "ref-1", "null",
                    ])
                for arrival in receiver.arrivals {
                    let previous = arrival.event["data"]?["previous_attributes"]
                    #expect((previous != nil) == arrival.type.hasSuffix(".updated"))
                    #expect(arrival.event["object"] == "event")
                    #expect(arrival.event["api_version"] == "2026-10-28.endive")
                }
                #expect(receiver.arrivals[1].event["data"]?["object"]?["captured"] == false)
                #expect(summary.delivered == 8 && summary.attempts == 8 && summary.pending == 0)
            }
        }
    }

    @Test func `each secret signs the very bytes that were sent`() async throws {
        try await WebhookReceiver.with { receiver, url in
            try await withDoubles { stripe, control in
                try await control.changeClock(
                    set: Date(timeIntervalSince1970: 1_800_000_000), frozen: true)
                var endpoint = endpoint(url)
                endpoint.secrets = ["whsec_one", "whsec_two"]
                try await control.setWebhooks(endpoint)
                _ = try await stripe.post("payment_intents", ["amount": "1", "currency": "usd"])
                try await control.webhooksSettled()
                let arrival = try #require(receiver.arrivals.first)
                let parts = arrival.signature.split(separator: ",").map(String.init)
                #expect(parts.first == "t=1800000000")
                for (part, secret) in zip(parts.dropFirst(), endpoint.secrets) {
                    let signed = Data("1800000000.".utf8) + Data(arrival.body)
                    let code = HMAC<SHA256>.authenticationCode(
                        for: signed, using: SymmetricKey(data: Data(secret.utf8)))
                    let digits = code.map { String(format: "%02x", $0) }.joined()
                    #expect(part == "v1=" + digits)
                }
                #expect(parts.count == 3)
            }
        }
    }

    @Test func `a refused event is tried again until it is taken`() async throws {
        try await WebhookReceiver.with(statuses: [500, 302, 404]) { receiver, url in
            try await withDoubles { stripe, control in
                try await control.setWebhooks(endpoint(url))
                _ = try await stripe.post("payment_intents", ["amount": "1", "currency": "usd"])
                let summary = try await control.webhooksSettled()
                #expect(receiver.arrivals.count == 4)
                #expect(Set(receiver.arrivals.map(\.id)).count == 1)
                #expect(summary.failures == 3 && summary.delivered == 1)
            }
        }
    }

    @Test func `duplicates repeat an event, twins repeat an occurrence`() async throws {
        try await WebhookReceiver.with { receiver, url in
            try await withDoubles { stripe, control in
                var endpoint = endpoint(url)
                endpoint.duplicateRate = 1
                endpoint.twinRate = 1
                try await control.setWebhooks(endpoint)
                _ = try await stripe.post("payment_intents", ["amount": "1", "currency": "usd"])
                let summary = try await control.webhooksSettled()
                #expect(receiver.arrivals.count == 4)
                #expect(Set(receiver.arrivals.map(\.id)).count == 2)
                let objects = receiver.arrivals.map { $0.event["data"]?["object"]?["id"]?.text }
                #expect(Set(objects).count == 1)
                #expect(summary.twins == 1 && summary.duplicates == 2 && summary.events == 2)
            }
        }
    }

    @Test func `disorder shuffles what arrives and loses nothing`() async throws {
        try await WebhookReceiver.with { receiver, url in
            try await withDoubles { stripe, control in
                var endpoint = endpoint(url)
                endpoint.disorderRate = 1
                endpoint.disorderWindowMs = 3000
                try await control.setWebhooks(endpoint)
                for number in 1...20 {
                    _ = try await stripe.post(
                        "payment_intents", ["amount": "\(number)", "currency": "usd"])
                }
                try await control.webhooksSettled()
                let amounts = receiver.arrivals.compactMap {
                    $0.event["data"]?["object"]?["amount"].flatMap { Int($0.text) }
                }
                #expect(amounts.sorted() == Array(1...20))
                #expect(amounts != amounts.sorted())
            }
        }
    }

    @Test func `waiting for webhooks ends with the sandbox`() async throws {
        let sender = WebhookSender(
            clock: SandboxClock(), seed: 1, logger: Logger(label: "clearway.sandbox"))
        sender.setEndpoint(endpoint("http://127.0.0.1:1/nobody"))
        sender.publish(
            StripeEvent(
                id: "evt_1", account: Self.account, type: "charge.succeeded", created: Date(),
                apiVersion: "", data: Array("{}".utf8), progress: .unwatched), newID: { "evt_2" })
        let running = Task { await sender.run() }
        let cancelled = Task { await sender.settled() }
        cancelled.cancel()
        await cancelled.value
        #expect(sender.summary.pending == 1)
        async let waiting: Void = sender.settled()
        running.cancel()
        await running.value
        await waiting
    }

    @Test func `a lost event is only listed as undelivered`() async throws {
        try await WebhookReceiver.with { receiver, url in
            try await withDoubles { stripe, control in
                try await control.setWebhooks(endpoint(url))
                _ = try await stripe.authorize()
                try await control.webhooksSettled()
                var endpoint = endpoint(url)
                endpoint.lossRate = 1
                try await control.setWebhooks(endpoint)
                _ = try await stripe.authorize()
                let summary = try await control.webhooksSettled()
                #expect(receiver.arrivals.count == 3)
                #expect(summary.lost == 3 && summary.pending == 0)

                let lost = try await stripe.get("events?delivery_success=false")
                let events = try #require(lost.json["data"]?.elements)
                #expect(events.count == 3)
                let arrived = Set(receiver.arrivals.map(\.id))
                #expect(events.allSatisfy { !arrived.contains($0["id"]?.text ?? "") })
                let sent = try await stripe.get("events?delivery_success=true&limit=100")
                #expect(sent.json["data"]?.count == 3)
            }
        }
    }

    @Test func `events are paged newest first and filtered by type and time`() async throws {
        try await withDoubles { stripe, control in
            try await control.changeClock(
                set: Date(timeIntervalSince1970: 1_800_000_000), frozen: true)
            for amount in 1...3 { _ = try await stripe.authorize(amount) }
            try await control.changeClock(advance: .seconds(60))
            _ = try await stripe.authorize(4)
            let first = try await stripe.get("events?limit=5")
            let page = try #require(first.json["data"]?.elements)
            #expect(page.count == 5 && first["has_more"] == "true")
            let last = try #require(page.last?["id"]?.text)
            let second = try await stripe.get("events?limit=100&starting_after=\(last)")
            #expect(second.json["data"]?.count == 7)
            #expect(second["has_more"] == "false")
            let created = try await stripe.get("events?type=payment_intent.created")
            #expect(created.json["data"]?.count == 4)
            let two = "types[]=payment_intent.created&types[]=charge.succeeded"
            #expect(try await stripe.get("events?\(two)").json["data"]?.count == 8)
            let recent = try await stripe.get("events?created[gte]=1800000060")
            #expect(recent.json["data"]?.count == 3)
            let event = try await stripe.get("events/\(last)")
            #expect(event["id"] == last)
        }
    }
}

extension JSON {
    /// The elements of an array; `nil` for anything else.
    fileprivate var elements: [JSON]? {
        guard case .array(let elements) = self else { return nil }
        return elements
    }

    fileprivate var count: Int? { elements?.count }
}
