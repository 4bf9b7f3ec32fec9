import Foundation
import PaymentEvents
import StripeConnector
import Testing

@Suite struct StripeTranslatorTests {
    private let translator = StripeTranslator(tenant: "acme-us", account: "acct_1")

    private func translate(_ document: JSONValue) -> StripeTranslation {
        translator.translate(document.canonicalBytes()).translation
    }

    private func event(_ document: JSONValue) throws -> PaymentEvent {
        guard case .event(let event) = translate(document) else {
            throw Unexpected(translation: translate(document))
        }
        return event
    }

    private struct Unexpected: Error { var translation: StripeTranslation }

    private func webhook(
        _ type: String, id: String = "evt_1", created: JSONValue = 1_800_000_000,
        extra: [String: JSONValue] = [:], _ object: [String: JSONValue]
    ) -> JSONValue {
        var members: [String: JSONValue] = [
            "id": .string(id), "object": "event", "type": .string(type), "created": created,
            "livemode": false, "data": ["object": .object(object)],
        ]
        members.merge(extra) { $1 }
        return .object(members)
    }

    private func intent(
        status: String = "requires_capture", capturable: Int64 = 11024, received: Int64 = 0,
        changes: [String: JSONValue] = [:]
    ) -> [String: JSONValue] {
        let members: [String: JSONValue] = [
            "id": "pi_1", "object": "payment_intent", "status": .string(status),
            "amount": 11024, "amount_capturable": .int(capturable),
            "amount_received": .int(received), "currency": "usd", "capture_method": "manual",
            "latest_charge": "ch_1",
            "metadata": ["order_id": "00000410", "site_id": "RefArch"],
        ]
        return members.merging(changes) { $1 }
    }

    private func refund(_ changes: [String: JSONValue] = [:]) -> [String: JSONValue] {
        let members: [String: JSONValue] = [
            "id": "re_1", "object": "refund", "status": "succeeded", "amount": 2000,
            "currency": "usd", "charge": "ch_1", "payment_intent": "pi_1",
            "metadata": ["order_id": "00000410", "site_id": "RefArch"],
        ]
        return members.merging(changes) { $1 }
    }

    @Test func `an authorization becomes its fact`() throws {
        let fact = try event(webhook("payment_intent.amount_capturable_updated", intent()))
        #expect(fact.type == .authorizationSucceeded)
        #expect(fact.source == "stripe:acct_1")
        #expect(fact.causationID == "evt_1")
        #expect(fact.money?.minorUnits == 11024)
        #expect(
            fact.ids == [
                "payment_intent": "pi_1", "charge": "ch_1", "order_no": "00000410",
                "site_id": "RefArch",
            ])
        #expect(fact.data == ["authorized_total_minor": 11024, "livemode": false])
        #expect(fact.orderingKey(for: .commerceCloud)?.rawValue == "order:RefArch/00000410")
    }

    @Test func `a capture carries what was captured and what was authorized`() throws {
        let fact = try event(
            webhook(
                "payment_intent.succeeded",
                intent(status: "succeeded", capturable: 0, received: 5000)))
        #expect(fact.type == .captureSucceeded)
        #expect(fact.data["captured_total_minor"] == 5000)
        #expect(fact.data["authorized_total_minor"] == 11024)
    }

    @Test func `a part of a multicapture is a capture, not another authorization`() throws {
        let fact = try event(
            webhook(
                "payment_intent.amount_capturable_updated",
                intent(capturable: 6024, received: 5000)))
        #expect(fact.type == .captureSucceeded)
        #expect(fact.money?.minorUnits == 5000)
    }

    @Test func `twins and duplicates are one fact, successive states are two`() throws {
        let first = try event(webhook("refund.created", refund()))
        let twin = try event(webhook("refund.updated", id: "evt_2", refund()))
        #expect(first.idempotencyKey == twin.idempotencyKey)
        #expect(first.contentFingerprint == twin.contentFingerprint)
        let other = try event(webhook("refund.created", refund(["id": "re_2"])))
        #expect(first.idempotencyKey != other.idempotencyKey)
        let part = try event(
            webhook(
                "payment_intent.amount_capturable_updated",
                intent(capturable: 6024, received: 5000)))
        let whole = try event(
            webhook(
                "payment_intent.succeeded",
                intent(status: "succeeded", capturable: 0, received: 11024)))
        #expect(part.idempotencyKey != whole.idempotencyKey)
    }

    @Test func `a pending refund and an automatic capture are ignored with the reason`() {
        #expect(
            translate(webhook("refund.created", refund(["status": "pending"])))
                == .ignored(reason: "status is not succeeded"))
        #expect(
            translate(
                webhook(
                    "payment_intent.succeeded",
                    intent(
                        status: "succeeded", received: 11024,
                        changes: ["capture_method": "automatic"])))
                == .ignored(reason: "capture_method is not manual"))
    }

    @Test func `a missing order is refused by its place`() {
        let document = webhook(
            "payment_intent.amount_capturable_updated", intent(changes: ["metadata": [:]]))
        guard case .refused(let violations) = translate(document) else {
            Issue.record("not refused")
            return
        }
        #expect(
            violations.map(\.pointer.description) == [
                "/data/object/metadata/order_id", "/data/object/metadata/site_id",
            ])
        #expect(violations.allSatisfy { $0.rule == .required })
    }

    @Test func `an open review puts the order on hold`() throws {
        let open = try event(
            webhook(
                "payment_intent.amount_capturable_updated", intent(changes: ["review": "prv_1"])))
        #expect(open.data["is_on_hold"] == true)
        let closed = try event(
            webhook(
                "payment_intent.amount_capturable_updated",
                intent(changes: ["review": ["id": "prv_1", "open": false]])))
        #expect(closed.data["is_on_hold"] == nil)
    }

    @Test func `the charge is found whichever version of the API sent it`() throws {
        for changes: [String: JSONValue] in [
            ["latest_charge": "ch_1"], ["latest_charge": ["id": "ch_1"]],
            ["latest_charge": nil, "charges": ["data": [["id": "ch_1"]]]],
        ] {
            let fact = try event(
                webhook(
                    "payment_intent.amount_capturable_updated", intent(changes: changes)))
            #expect(fact[id: .charge] == "ch_1")
        }
    }

    @Test func `thin events, other accounts, other modes and other documents never pass`() {
        let object = intent()
        guard case .ignored = translate(["object": "v2.core.event"]) else {
            Issue.record("thin events are ignored")
            return
        }
        let live = StripeTranslator(tenant: "acme-us", account: "acct_1", isLive: true)
        let type = "payment_intent.amount_capturable_updated"
        let cases: [(StripeTranslation, String)] = [
            (translate(webhook(type, extra: ["account": "acct_2"], object)), "/account"),
            (live.translate(webhook(type, object).canonicalBytes()).translation, "/livemode"),
            (translate(webhook(type, extra: ["object": "list"], object)), "/object"),
            (translate(webhook(type, extra: ["type": 7], object)), "/type"),
            (translate(webhook(type, extra: ["data": []], object)), "/data/object"),
            (translate(webhook(type, created: "soon", object)), "/created"),
            (translate(webhook(type, created: -1, object)), "/created"),
            (translate([]), ""),
            (translator.translate(Array("{".utf8)).translation, ""),
        ]
        for (translation, place) in cases {
            guard case .refused(let violations) = translation else {
                Issue.record("\(translation) is not refused")
                continue
            }
            #expect(violations.first?.pointer.description == place)
        }
    }

    @Test(.enabled(if: Samples.hasContracts))
    func `the synthetic order gives exactly its three facts`() throws {
        var facts: [String] = []
        for file in try Samples.jsonFiles("stripe/synthetic-events") {
            let notification = translator.translate(Array(try Data(contentsOf: file)))
            #expect(notification.eventID?.hasPrefix("evt_SYN") == true)
            switch notification.translation {
            case .event(let event): facts.append("\(notification.type ?? "") \(event.type)")
            case .ignored(let reason): #expect(!reason.isEmpty)
            case .refused(let violations):
                Issue.record("\(file.lastPathComponent): \(violations)")
            }
        }
        #expect(
            facts == [
                "payment_intent.amount_capturable_updated payment.authorization.succeeded",
                "payment_intent.succeeded payment.capture.succeeded",
                "refund.updated payment.refund.succeeded",
            ])
    }

    @Test(.enabled(if: Samples.hasContracts))
    func `every webhook since 2017 is translated, ignored or refused with a place`() throws {
        let files = try Samples.jsonFiles("stripe/webhook-fixtures")
        #expect(files.count == 39)
        for file in files {
            let notification = translator.translate(Array(try Data(contentsOf: file)))
            switch notification.translation {
            case .event: Issue.record("\(file.lastPathComponent) has no order")
            case .ignored(let reason): #expect(!reason.isEmpty)
            case .refused(let violations):
                #expect(
                    violations.allSatisfy {
                        $0.pointer.description.hasPrefix("/data/object/metadata/")
                    }, "\(file.lastPathComponent): \(violations)")
            }
        }
    }

    @Test(.enabled(if: Samples.hasContracts))
    func `no truncated or mangled webhook crashes the translator`() throws {
        let file = Samples.contracts(
            "stripe/synthetic-events/SYNTHETIC.payment_intent.succeeded.json")
        let bytes = Array(try Data(contentsOf: file))
        for length in stride(from: 0, to: bytes.count, by: 7) {
            _ = translator.translate(Array(bytes.prefix(length)))
            var mangled = bytes
            mangled[length] = mangled[length] == 0x22 ? 0x30 : 0x22
            _ = translator.translate(mangled)
        }
    }
}
