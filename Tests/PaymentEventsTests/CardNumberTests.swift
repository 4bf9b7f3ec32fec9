import Foundation
import Testing

@testable import PaymentEvents

struct CardNumberTests {
    @Test(arguments: [
        "4242424242424242", "4242 4242 4242 4242", "4242-4242-4242-4242", "378282246310005",
        "5555555555554444", "6011000990139424", "3566002020360505", "4222222222222",
        "6304000000000000000", "card 4111111111111111, exp 12/30", "(4242424242424242)",
        "ref:4242424242424242.", "first 12 then 4242424242424242",
    ])
    func `a card number is found alone and in a sentence`(text: String) {
        #expect(CardNumber.isFound(in: text))
    }

    @Test(arguments: [
        "", "4242424242424241", "424242424242", "42424242424242424242", "0000000000000000",
        "pi_4242424242424242", "4242424242424242x", "é4242424242424242", "4242  4242  4242  4242",
        "4242.4242.4242.4242", "2026-11-24T10:00:00.000000Z",
        "42424242-4242-4242-8424-242424242424", "order 00000410",
    ])
    func `other numbers and words are left alone`(text: String) {
        #expect(!CardNumber.isFound(in: text))
    }

    @Test func `values of identifier members are not searched`() {
        let number: JSONValue = "4242424242424242"
        let ids: JSONValue = [
            "payment_intent": "pi_1", "order_no": number, "tracking_number": number,
        ]
        let found = Samples.violations(
            Samples.capture(["ids": ids, "data": ["lines": [["sku": number, "imei": number]]]]))
        #expect(found.isEmpty)
    }

    @Test func `a card number is found in ids, data and unknown fields, however deep`() {
        let number: JSONValue = "4242424242424242"
        let found = Samples.violations(
            Samples.capture([
                "ids": ["payment_intent": "pi_1", "other": number],
                "data": ["a": [["b": number]], "n": 4_242_424_242_424_242], "new": ["c": number],
            ]))
        #expect(
            Set(found.map(Finding.init)) == [
                Finding("/ids/other", .cardNumber), Finding("/data/a/0/b", .cardNumber),
                Finding("/data/n", .cardNumber), Finding("/new/c", .cardNumber),
            ])
    }

    @Test func `instants in milliseconds and microseconds are no cards`() {
        var random = SplitMix64.seeded(for: "instants are no cards")
        for _ in 0..<1000 {
            let milliseconds = Int64.random(
                in: 1_700_000_000_000...1_999_999_999_999, using: &random)
            #expect(!CardNumber.isCardNumber(milliseconds))
            #expect(!CardNumber.isCardNumber(milliseconds * 1000))
        }
        #expect(CardNumber.isCardNumber(4_242_424_242_424_242))
        #expect(!CardNumber.isCardNumber(-4_242_424_242_424_242))
        #expect(!CardNumber.isCardNumber(.min))
    }

    @Test func `every number with a right check digit is found and no other`() {
        var random = SplitMix64.seeded(for: "check digits")
        for _ in 0..<500 {
            var digits = (0..<(12 + random.below(7))).map { _ in UInt8(0x30 + random.below(10)) }
            digits[0] = 0x34
            let right = (UInt8(0x30)...0x39).filter { CardNumber.passesLuhn(digits + [$0]) }
            #expect(right.count == 1)
            for digit in UInt8(0x30)...0x39 {
                let text = String(decoding: digits + [digit], as: UTF8.self)
                #expect(CardNumber.isFound(in: text) == right.contains(digit))
            }
        }
    }
}
