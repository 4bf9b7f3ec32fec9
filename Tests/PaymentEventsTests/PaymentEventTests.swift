import Foundation
import Testing

@testable import PaymentEvents

struct PaymentEventTests {
    @Test func `an event is read field by field`() throws {
        let event = try PaymentEvent(
            parsing: Samples.capture([
                "not_before": "2026-11-24T11:00:00+01:00", "deadline_at": "2026-11-30T00:00:00Z",
                "correlation_id": "c-1", "causation_id": "evt_1", "generation": 3,
                "later": ["kept": true],
            ]))
        #expect(event.eventID.text == "0190a1b2-1234-7123-8123-123456789abc")
        #expect(event.type == .captureRequested)
        #expect(event.schemaVersion == 1)
        #expect(event.tenant == "acme-us")
        #expect(event.source == "sfcc:RefArch")
        #expect(event.idempotencyKey.rawValue == "ship-00000410-1")
        #expect(Timestamp.text(event.occurredAt) == "2026-11-24T10:00:00.000000Z")
        #expect(event.notBefore == event.occurredAt)
        #expect(event.deadlineAt == Timestamp.parse("2026-11-30T00:00:00Z"))
        #expect(event.operationID?.text == Samples.operationID)
        #expect(event.generation == 3)
        #expect(event.correlationID == "c-1")
        #expect(event.causationID == "evt_1")
        #expect(event.money?.description == "19.99 USD")
        #expect(event[id: .paymentIntent] == "pi_3Mtw")
        #expect(event[id: .charge] == nil)
        #expect(event.data == ["final_capture": true, "note": "Grüße"])
        #expect(event.unknownFields == ["later": ["kept": true]])
        #expect(event.definition.operation == "capture")
    }

    @Test func `the door fills in id, tenant and source`() throws {
        let id = UUID()
        let event = try PaymentEvent(
            parsing: Samples.capture(["event_id": nil, "tenant": nil, "source": nil]),
            defaults: EventDefaults(eventID: { id }, tenant: "acme-us", source: "api:key-1"))
        #expect(event.eventID == id)
        #expect(event.tenant == "acme-us")
        #expect(event.source == "api:key-1")
    }

    @Test func `the event's own source wins over the door's`() throws {
        let event = try PaymentEvent(
            parsing: Samples.capture([:]), defaults: EventDefaults(source: "api:key-1"))
        #expect(event.source == "sfcc:RefArch")
    }

    @Test func `an absent operation id is derived, always the same, from tenant, source and key`()
        throws
    {
        func operation(_ changes: [String: JSONValue?]) throws -> UUID? {
            var changes = changes
            changes["operation_id"] = .some(nil)
            changes["event_id"] = .some(nil)
            return try PaymentEvent(parsing: Samples.capture(changes)).operationID
        }
        let derived = try operation([:])
        #expect(derived != nil)
        #expect(try operation([:]) == derived)
        #expect(try operation(["money": ["amount_minor": 1, "currency": "USD"]]) == derived)
        #expect(try operation(["tenant": "acme-eu"]) != derived)
        #expect(try operation(["source": "sfcc:Other"]) != derived)
        #expect(try operation(["idempotency_key": "ship-00000410-2"]) != derived)
    }

    @Test func `the derived operation id never changes between releases`() throws {
        // A change here would give every stored command a second effect at Stripe.
        let key = try IdempotencyKey(validating: "ship-00000410-1")
        #expect(
            PaymentEvent.deriveOperationID(tenant: "acme-us", source: "sfcc:RefArch", key: key).text
                == "734994f9-150d-5b92-996c-dcc1f224a79a")
    }

    @Test func `a fact has no operation`() throws {
        let event = try PaymentEvent(parsing: .object(Samples.refundSucceeded))
        #expect(event.operationID == nil)
        #expect(try event.operationKey(environment: "live", account: "acct_1") == nil)
    }

    @Test func `ordering keys follow the destination`() throws {
        let capture = try PaymentEvent(parsing: Samples.capture([:]))
        #expect(capture.destinations == [.stripe])
        #expect(capture.orderingKey(for: .stripe)?.rawValue == "payment_intent:pi_3Mtw")
        #expect(capture.orderingKey(for: .commerceCloud) == nil)
        let refund = try PaymentEvent(parsing: .object(Samples.refundSucceeded))
        #expect(refund.destinations == [.commerceCloud])
        #expect(refund.orderingKey(for: .commerceCloud)?.rawValue == "order:RefArch/00000410")
    }

    @Test func `a command names its operation at Stripe`() throws {
        let event = try PaymentEvent(parsing: Samples.capture([:]))
        #expect(
            try event.operationKey(environment: "test", account: "acct_1")?.rawValue
                == "cw1:test:acct_1:capture:\(Samples.operationID):g1")
    }

    @Test func `encoding is canonical and leaves absent values out`() throws {
        let event = try PaymentEvent(parsing: .object(Samples.refundSucceeded), defaults: fixedID)
        #expect(
            String(decoding: event.encoded(), as: UTF8.self) == """
                {"data":{},"event_id":"0190a1b2-1234-7123-8123-123456789abc","generation":1,\
                "idempotency_key":"k1","ids":{"order_no":"00000410","payment_intent":"pi_3Mtw",\
                "refund":"re_1","site_id":"RefArch"},"money":{"amount_minor":500,"currency":"EUR"},\
                "occurred_at":"2026-11-24T10:00:00.000000Z","schema_version":1,\
                "source":"stripe:acct_1","tenant":"acme-us","type":"payment.refund.succeeded"}
                """)
    }

    @Test func `the content fingerprint ignores the telling and nothing else`() throws {
        let base = try PaymentEvent(parsing: Samples.capture([:])).contentFingerprint
        let retellings: [[String: JSONValue?]] = [
            ["event_id": .some(nil)], ["occurred_at": "2026-11-24T10:00:01Z"],
            ["correlation_id": "c"], ["causation_id": "evt_2"],
        ]
        for changes in retellings {
            let event = try PaymentEvent(parsing: Samples.capture(changes))
            #expect(event.contentFingerprint == base)
        }
        let others: [[String: JSONValue?]] = [
            ["money": ["amount_minor": 2000, "currency": "USD"]], ["data": .some(nil)],
            ["generation": 2], ["later": true], ["not_before": "2026-11-25T00:00:00Z"],
        ]
        for changes in others {
            let event = try PaymentEvent(parsing: Samples.capture(changes))
            #expect(event.contentFingerprint != base)
        }
    }

    @Test func `a draft is checked like a document`() throws {
        var draft = EventDraft(
            type: .voidRequested, tenant: "acme-us", source: "sfcc:RefArch", idempotencyKey: "v1",
            occurredAt: Date(timeIntervalSince1970: 1_795_514_400.123_456_78),
            ids: ["payment_intent": "pi_1"])
        let event = try PaymentEvent(draft, defaults: fixedID)
        #expect(try PaymentEvent(parsing: event.encoded()) == event)

        draft.ids = [:]
        draft.tenant = "Acme"
        let error = #expect(throws: EventRejection.self) { try PaymentEvent(draft) }
        #expect(
            error?.violations.map(Finding.init)
                == [Finding("/tenant", .format), Finding("/ids/payment_intent", .required)])
    }

    @Test func `a draft that could not be stored and read again is refused`() throws {
        let valid = EventDraft(
            type: .voidRequested, tenant: "acme-us", source: "s", idempotencyKey: "v1",
            occurredAt: Date(timeIntervalSince1970: 1), ids: ["payment_intent": "pi_1"])
        func findings(_ change: (inout EventDraft) -> Void) -> [Finding] {
            var draft = valid
            change(&draft)
            do throws(EventRejection) {
                _ = try PaymentEvent(draft)
                return []
            } catch {
                return error.violations.map(Finding.init)
            }
        }
        var deep: JSONValue = 1
        for _ in 0..<64 { deep = [deep] }
        #expect(findings { $0.data["a"] = deep }.first?.rule == .jsonDepth)
        #expect(findings { $0.data["a"] = "\0" } == [Finding("/data/a", .nulCharacter)])
        #expect(findings { $0.unknownFields["a"] = ["\0"] } == [Finding("/a/0", .nulCharacter)])
        #expect(findings { $0.unknownFields["money"] = 1 } == [Finding("/money", .notAllowed)])
        #expect(findings { $0.unknownFields["a\n"] = 1 } == [Finding("/a\n", .format)])
        #expect(findings { $0.occurredAt = .distantFuture } == [Finding("/occurred_at", .range)])
        #expect(findings { $0.notBefore = .distantPast } == [Finding("/not_before", .range)])
        #expect(findings { $0.ids["x"] = "a\0" } == [Finding("/ids/x", .format)])
    }

    private var fixedID: EventDefaults {
        EventDefaults(eventID: { UUID(text: "0190a1b2-1234-7123-8123-123456789abc") ?? UUID() })
    }
}
