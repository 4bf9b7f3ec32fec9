import Testing

@testable import PaymentEvents

struct MoneyTests {
    private func currency(_ code: String) throws -> Currency { try #require(Currency(code)) }

    @Test(arguments: [
        ("USD", 2, 1), ("EUR", 2, 1), ("JPY", 0, 1), ("KRW", 0, 1), ("MGA", 0, 1), ("ISK", 2, 100),
        ("UGX", 2, 100), ("HUF", 2, 1), ("BHD", 3, 10), ("JOD", 3, 10), ("KWD", 3, 10),
        ("OMR", 3, 10), ("TND", 3, 10),
    ])
    func `a currency has Stripe's decimals and step`(
        code: String, exponent: Int, step: Int64
    ) throws {
        let currency = try currency(code)
        #expect(currency.exponent == exponent)
        #expect(currency.stripeStep == step)
        #expect(currency.stripeCode == code.lowercased())
        #expect(Currency(stripeCode: code.lowercased()) == currency)
    }

    @Test(arguments: ["", "usd", "Usd", "US", "USDX", "XXX", "XAU", "ÜSD", "U D"])
    func `a code that is no active currency is refused`(code: String) {
        #expect(Currency(code) == nil)
        #expect(Currency(stripeCode: code) == nil || code == "usd")
    }

    @Test func `every code is three upper-case letters`() {
        #expect(Currency.allCodes.count > 140)
        for code in Currency.allCodes {
            #expect(code.utf8.count == 3 && code.utf8.allSatisfy { (0x41...0x5A).contains($0) })
        }
    }

    @Test(arguments: [
        ("19.99", "USD", 1999), ("0.5", "USD", 50), ("7", "USD", 700), ("-0.01", "USD", -1),
        ("1.500", "USD", 150), ("1234", "JPY", 1234), ("12.0", "JPY", 12), ("1.234", "KWD", 1234),
        ("92233720368547758.07", "USD", Int64.max), ("-92233720368547758.08", "USD", .min),
        ("007", "USD", 700), ("-0", "USD", 0),
    ])
    func `major units are read exactly`(text: String, code: String, minorUnits: Int64) throws {
        let money = try Money(majorUnits: text, currency: currency(code))
        #expect(money.minorUnits == minorUnits)
    }

    @Test(arguments: [
        "", "-", ".", "1.", ".5", "1,5", "1e2", "+1", " 1", "1 ", "1.2.3", "--1", "١", "0x1", "1_0",
    ])
    func `what is no decimal is refused`(text: String) throws {
        let usd = try currency("USD")
        #expect(throws: MoneyError.notADecimal) { try Money(majorUnits: text, currency: usd) }
    }

    @Test func `decimals the currency does not have are refused, not rounded`() throws {
        let usd = try currency("USD")
        let jpy = try currency("JPY")
        #expect(throws: MoneyError.tooManyDecimals(usd)) {
            try Money(majorUnits: "1.001", currency: usd)
        }
        #expect(throws: MoneyError.tooManyDecimals(jpy)) {
            try Money(majorUnits: "1.5", currency: jpy)
        }
    }

    @Test(arguments: ["92233720368547758.08", "-92233720368547758.09", "99999999999999999999"])
    func `an amount beyond Int64 is refused`(text: String) throws {
        let usd = try currency("USD")
        #expect(throws: MoneyError.overflow) { try Money(majorUnits: text, currency: usd) }
    }

    @Test(arguments: [
        (1999, "USD", "19.99", "19.99 USD"), (5, "USD", "0.05", "0.05 USD"),
        (-5, "USD", "-0.05", "-0.05 USD"), (123_456_789, "USD", "1234567.89", "1,234,567.89 USD"),
        (-100_000, "JPY", "-100000", "-100,000 JPY"), (0, "KWD", "0.000", "0.000 KWD"),
        (1_234_567, "KWD", "1234.567", "1,234.567 KWD"),
        (Int64.min, "USD", "-92233720368547758.08", "-92,233,720,368,547,758.08 USD"),
        (Int64.min, "JPY", "-9223372036854775808", "-9,223,372,036,854,775,808 JPY"),
    ])
    func `an amount is written for machines and for people`(
        minorUnits: Int64, code: String, text: String, description: String
    ) throws {
        let money = Money(minorUnits: minorUnits, currency: try currency(code))
        #expect(money.majorUnitsText == text)
        #expect(money.description == description)
    }

    @Test func `arithmetic refuses overflow and another currency`() throws {
        let usd = try currency("USD")
        let eur = try currency("EUR")
        let one = Money(minorUnits: 1, currency: usd)
        #expect(try one.adding(one).minorUnits == 2)
        #expect(try one.subtracting(one).minorUnits == 0)
        #expect(throws: MoneyError.overflow) {
            try Money(minorUnits: .max, currency: usd).adding(one)
        }
        #expect(throws: MoneyError.overflow) {
            try Money(minorUnits: .min, currency: usd).subtracting(one)
        }
        let other = Money(minorUnits: 1, currency: eur)
        #expect(throws: MoneyError.currencyMismatch(usd, eur)) { try one.adding(other) }
        #expect(throws: MoneyError.currencyMismatch(usd, eur)) { try one.subtracting(other) }
        #expect(throws: MoneyError.currencyMismatch(usd, eur)) { try one.isLess(than: other) }
        #expect(try one.isLess(than: Money(minorUnits: 2, currency: usd)))
    }

    @Test func `a sign that the rule forbids is refused`() throws {
        let usd = try currency("USD")
        for (minorUnits, sign) in [(0, AmountSign.positive), (-1, .positive), (-1, .nonNegative)] {
            #expect(throws: MoneyError.signForbidden(sign)) {
                try Money(minorUnits: Int64(minorUnits), currency: usd, sign: sign)
            }
        }
        #expect(try Money(minorUnits: 0, currency: usd, sign: .nonNegative).minorUnits == 0)
        #expect(try Money(minorUnits: -1, currency: usd, sign: .any).minorUnits == -1)
    }

    @Test func `no unit is lost on the way through text or arithmetic`() throws {
        var random = SplitMix64.seeded(for: "no unit is lost")
        let codes = Currency.allCodes
        for _ in 0..<2000 {
            let currency = try currency(codes[random.below(codes.count)])
            let bits = random.next() >> UInt64(random.below(64))
            let money = Money(minorUnits: Int64(bitPattern: bits), currency: currency)
            #expect(try Money(majorUnits: money.majorUnitsText, currency: currency) == money)

            let part = Money(minorUnits: Int64(bitPattern: random.next()) / 2, currency: currency)
            let whole = Money(minorUnits: Int64(bitPattern: random.next()) / 2, currency: currency)
            #expect(try whole.subtracting(part).adding(part) == whole)
        }
    }
}
