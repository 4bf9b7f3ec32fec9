import Foundation
import MessageQueue
import PaymentEvents
import Testing

@Suite struct WebhookRouteTests {
    private let path = "/webhooks/stripe/\(Door.account)"

    private func succeeded(
        event: String = "evt_1", type: String = "payment_intent.succeeded",
        metadata: String = #"{"order_id":"00000410","site_id":"RefArch"}"#
    ) -> String {
        """
        {"id":"\(event)","object":"event","type":"\(type)","created":1795000000,\
        "livemode":false,"data":{"object":{"id":"pi_1","object":"payment_intent",\
        "status":"succeeded","amount":1999,"amount_received":1999,"amount_capturable":0,\
        "capture_method":"manual","currency":"usd","latest_charge":"ch_1","metadata":\(metadata)}}}
        """
    }

    @Test func `a webhook is stored before it is acknowledged, its twin is a duplicate`()
        async throws
    {
        try await withDoor { door in
            let first = try await door.post(succeeded(), path: path, secret: Door.webhookSecret)
            #expect(first.status == 200)
            #expect(first.body["status"] == "accepted")
            #expect(try await door.count("message") == 1)
            let twin = try await door.post(
                succeeded(event: "evt_2"), path: path, secret: Door.webhookSecret)
            #expect(twin.status == 200)
            #expect(twin.body["status"] == "duplicate")
            #expect(try await door.count("message") == 1)
        }
    }

    @Test func `a type that means nothing here is acknowledged with the reason`() async throws {
        try await withDoor { door in
            let answer = try await door.post(
                succeeded(type: "product.created"), path: path, secret: Door.webhookSecret)
            #expect(answer.status == 200)
            #expect(answer.body["status"] == "ignored")
            #expect(answer.body["reason"]?.stringValue?.isEmpty == false)
        }
    }

    @Test func `what cannot be translated is stored for its owner and acknowledged`() async throws {
        try await withDoor { door in
            let answer = try await door.post(
                succeeded(metadata: "{}"), path: path, secret: Door.webhookSecret)
            #expect(answer.status == 200)
            #expect(answer.body["status"] == "rejected")
            let number = try #require(answer.body["rejected_id"]?.intValue)
            #expect(try await door.queue.showRejectedEvent(number)?.source == "stripe:acct_1")
        }
    }

    @Test func `a wrong signature, an old one and a strange account are refused`() async throws {
        try await withDoor { door in
            let wrong = try await door.post(succeeded(), path: path, secret: "whsec_other")
            #expect(wrong.status == 401)
            let old = try await door.post(
                succeeded(), path: path, secret: Door.webhookSecret,
                at: Door.now.addingTimeInterval(-301))
            #expect(old.status == 400)
            let strange = try await door.post(
                succeeded(), path: "/webhooks/stripe/acct_2", secret: Door.webhookSecret)
            #expect(strange.status == 404)
        }
    }
}
