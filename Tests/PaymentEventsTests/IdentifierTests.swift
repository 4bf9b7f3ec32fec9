import Foundation
import Testing

@testable import PaymentEvents

struct IdentifierTests {
    @Test func `version 5 gives the UUID of RFC 9562's example`() throws {
        let dns = try #require(UUID(text: "6ba7b810-9dad-11d1-80b4-00c04fd430c8"))
        #expect(
            UUID.version5(namespace: dns, name: "www.example.com").text
                == "2ed6657d-e927-568b-95e1-2665a8aea6a2")
    }

    @Test func `version 7 holds the milliseconds, the version and the variant`() throws {
        var random = SplitMix64(seed: 1)
        // RFC 9562's example: 2022-02-22T19:22:22Z is 0x017F22E279B0.
        let instant = try #require(Timestamp.parse("2022-02-22T19:22:22Z"))
        for _ in 0..<100 {
            let text = UUID.version7(at: instant, using: &random).text
            #expect(text.hasPrefix("017f22e2-79b0-7"))
            #expect("89ab".contains(text.dropFirst(19).prefix(1)))
        }
    }

    @Test func `ids made later sort later and repeat with the clock and the seed`() {
        let clock = Timestamp.date(microseconds: 1_795_514_400_000_000)
        let ids = (0..<100).map { step in
            EventIDGenerator(
                now: { clock.addingTimeInterval(Double(step) / 100) }, random: { UInt64(step) }
            ).next().text
        }
        #expect(ids == ids.sorted())
        #expect(Set(ids).count == 100)
        #expect(EventIDGenerator.system.next() != EventIDGenerator.system.next())
    }

    @Test func `a UUID is read in either case and written in lower case`() {
        let text = "0190a1b2-1234-7123-8123-123456789abc"
        #expect(UUID(text: text)?.text == text)
        #expect(UUID(text: text.uppercased())?.text == text)
        for bad in [
            "", String(text.dropLast()), text + "0", "{\(text)}",
            "0190a1b212347123812312345678" + "9abc0000",
            text.replacing("-", with: "_"), text.replacing("c", with: "g"),
        ] {
            #expect(UUID(text: bad) == nil, "\(bad)")
        }
    }

    @Test func `an idempotency key is printable ASCII up to 255 bytes`() throws {
        #expect(try IdempotencyKey(validating: "ship 00000410/1").rawValue == "ship 00000410/1")
        #expect(IdempotencyKey(rawValue: String(repeating: "k", count: 255)) != nil)
        for bad in ["", String(repeating: "k", count: 256), " a", "a ", "a\n", "ü", "a\u{7f}"] {
            #expect(IdempotencyKey(rawValue: bad) == nil, "\(bad)")
        }
    }

    @Test func `an ordering key is one printable line`() {
        #expect(OrderingKey(rawValue: "order:RefArch/00000410") != nil)
        for bad in ["", "a\nb", "a\u{2028}", String(repeating: "k", count: 321)] {
            #expect(OrderingKey(rawValue: bad) == nil, "\(bad)")
        }
    }

    @Test func `an operation key names environment, account, operation, id and generation`() throws
    {
        let id = try #require(UUID(text: Samples.operationID))
        let key = try OperationKey(
            environment: "live", account: "acct_1", operation: "capture", operationID: id,
            generation: 2)
        #expect(key.rawValue == "cw1:live:acct_1:capture:\(Samples.operationID):g2")
        #expect(OperationKey(rawValue: key.rawValue) == key)
        #expect(OperationKey(rawValue: "sfs1:x") == nil)
    }

    @Test func `the longest operation key stays below Stripe's 255`() throws {
        let part = String(repeating: "x", count: 64)
        let key = try OperationKey(
            environment: part, account: part, operation: part, operationID: UUID(), generation: 999)
        #expect(key.rawValue.utf8.count < 255)
    }

    @Test(arguments: [
        ("", 1), ("a:b", 1), ("a b", 1), (String(repeating: "x", count: 65), 1), ("ok", 0),
        ("ok", 1000),
    ])
    func `a part that could blur an operation key is refused`(account: String, generation: Int) {
        #expect(throws: ContractViolation.self) {
            try OperationKey(
                environment: "live", account: account, operation: "capture", operationID: UUID(),
                generation: generation)
        }
    }

    @Test func `a fingerprint is SHA-256 of the canonical fields, in any order`() throws {
        #expect(
            StateFingerprint([:]).hex
                == "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a")
        let one = StateFingerprint(["status": "succeeded", "amount_refunded": 500])
        #expect(one == StateFingerprint(["amount_refunded": 500, "status": "succeeded"]))
        #expect(one != StateFingerprint(["amount_refunded": 501, "status": "succeeded"]))
    }
}
