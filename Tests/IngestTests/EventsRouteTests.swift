import HTTPTypes
import MessageQueue
import PaymentEvents
import Testing

@Suite struct EventsRouteTests {
    @Test func `an event is accepted with its number and is in the queue`() async throws {
        try await withDoor { door in
            let answer = try await door.post(capture())
            #expect(answer.status == 202)
            #expect(answer.body["status"] == "accepted")
            #expect((answer.body["event_seq"]?.intValue ?? 0) > 0)
            #expect(try await door.count("message") == 1)
        }
    }

    @Test func `the same event again is a success with the first one's number`() async throws {
        try await withDoor { door in
            let first = try await door.post(capture())
            let second = try await door.post(capture())
            #expect(second.status == 200)
            #expect(second.body["status"] == "duplicate")
            #expect(second.body["event_seq"] == first.body["event_seq"])
            #expect(try await door.count("message") == 1)
        }
    }

    @Test func `the same key with another payload is a conflict and changes nothing`() async throws
    {
        try await withDoor { door in
            _ = try await door.post(capture(amount: 1999))
            let answer = try await door.post(capture(amount: 2000))
            #expect(answer.status == 409)
            #expect(answer.body["type"] == "urn:clearway:problem:idempotency-conflict")
            #expect(answer.headers[.contentType] == "application/problem+json")
            #expect(try await door.count("message") == 1)
        }
    }

    @Test func `malformed JSON is refused with its place and kept for its owner`() async throws {
        try await withDoor { door in
            let answer = try await door.post(#"{"type":"payment.capture.requested""#)
            #expect(answer.status == 422)
            #expect(answer.body["violations"]?.arrayValue?.first?["rule"] == "json-syntax")
            let number = try #require(answer.body["rejected_id"]?.intValue)
            let stored = try #require(try await door.queue.showRejectedEvent(number))
            #expect(stored.owner == "integration")
            #expect(stored.body == Array(#"{"type":"payment.capture.requested""#.utf8))
        }
    }

    @Test func `every violation is named with its pointer`() async throws {
        try await withDoor { door in
            let body = capture().replacing("1999", with: "-5").replacing("USD", with: "usd")
                .replacing(#""payment_intent":"pi_1""#, with: #""payment_intent":"""#)
            let answer = try await door.post(body)
            #expect(answer.status == 422)
            let pointers = answer.body["violations"]?.arrayValue?.compactMap {
                $0["pointer"]?.stringValue
            }
            #expect(pointers?.contains("/money/currency") == true)
            #expect(pointers?.contains("/ids/payment_intent") == true)
            let number = try #require(answer.body["rejected_id"]?.intValue)
            let stored = try #require(try await door.queue.showRejectedEvent(number))
            #expect(stored.owner == "oms")
            #expect(stored.tenant == "acme-us")
        }
    }

    @Test func `a tenant that does not exist is a violation at its place`() async throws {
        try await withDoor { door in
            let answer = try await door.post(capture(tenant: "nobody"))
            #expect(answer.status == 422)
            #expect(answer.firstViolation == "/tenant")
            #expect(try await door.count("rejected_event") == 1)
        }
    }

    @Test func `a type that does not exist is a violation at its place`() async throws {
        try await withDoor { door in
            let answer = try await door.post(capture(type: "payment.nonsense"))
            #expect(answer.status == 422)
            #expect(answer.firstViolation == "/type")
        }
    }

    @Test func `a card number is refused and not stored`() async throws {
        try await withDoor { door in
            let body = capture().replacing(
                #""data":{}"#, with: #""data":{"note":"4242 4242 4242 4242"}"#)
            let answer = try await door.post(body)
            #expect(answer.status == 422)
            let number = try #require(answer.body["rejected_id"]?.intValue)
            let stored = try #require(try await door.queue.showRejectedEvent(number))
            let text = String(decoding: stored.body ?? [], as: UTF8.self)
            #expect(!text.contains("4242 4242"))
            #expect(text.contains("ship-1"))
        }
    }

    @Test func `one bad event of an array does not hold back the others`() async throws {
        try await withDoor { door in
            let array = """
                [\(capture(key: "a")), {"type":"x"}, \(capture(key: "b", tenant: "nobody")), \
                \(capture(key: "c"))]
                """
            let answer = try await door.post(array)
            #expect(answer.status == 422)
            let statuses = answer.body["events"]?.arrayValue?.compactMap {
                $0["status"]?.stringValue
            }
            #expect(statuses == ["accepted", "rejected", "rejected", "accepted"])
            #expect(try await door.count("message") == 2)
            #expect(try await door.count("rejected_event") == 2)
        }
    }

    @Test func `lines of JSON are taken one by one`() async throws {
        try await withDoor { door in
            let answer = try await door.post(
                "\(capture(key: "a"))\n\n\(capture(key: "b"))\r\n", type: "application/x-ndjson")
            #expect(answer.status == 202)
            #expect(answer.body["events"]?.arrayValue?.count == 2)
        }
    }

    @Test func `an empty array is refused`() async throws {
        try await withDoor { door in
            let answer = try await door.post("[]")
            #expect(answer.status == 422)
        }
    }

    @Test func `more than a thousand events are refused as a whole`() async throws {
        try await withDoor { door in
            let answer = try await door.post(
                "[\(Array(repeating: "0", count: 1001).joined(separator: ","))]")
            #expect(answer.status == 422)
            #expect(try await door.count("rejected_event") == 1)
        }
    }
}
