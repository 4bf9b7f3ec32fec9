/// An exact amount in a currency's minor units (Stripe's, see `Currency`).
///
/// There is no floating point anywhere on its way. The sign is free, because fees, differences and
/// reversals are negative; a type of event says which signs it takes (`AmountSign`).
package struct Money: Sendable, Hashable, CustomStringConvertible {
    package let minorUnits: Int64
    package let currency: Currency

    package init(minorUnits: Int64, currency: Currency) {
        self.minorUnits = minorUnits
        self.currency = currency
    }

    /// Takes the amount only when its sign is one that `sign` allows.
    package init(
        minorUnits: Int64, currency: Currency, sign: AmountSign
    ) throws(MoneyError) {
        guard sign.allows(minorUnits) else { throw .signForbidden(sign) }
        self.init(minorUnits: minorUnits, currency: currency)
    }

    /// Reads an amount in major units, such as `19.99` or `-0.5`, exactly.
    ///
    /// ASCII digits with at most one point and no more decimals than the currency has (trailing
    /// zeros beyond them are accepted). No grouping, no exponent, no sign but `-`.
    package init(majorUnits text: String, currency: Currency) throws(MoneyError) {
        let isNegative = text.utf8.first == UInt8(ascii: "-")
        let unsigned = text.utf8.dropFirst(isNegative ? 1 : 0)
        let parts = unsigned.split(
            separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard (1...2).contains(parts.count), parts.allSatisfy({ !$0.isEmpty }),
            parts.allSatisfy({ $0.allSatisfy { (0x30...0x39).contains($0) } })
        else { throw .notADecimal }

        let decimals = parts.count == 2 ? Array(parts[1]) : []
        let kept = decimals.prefix(currency.exponent)
        guard decimals.dropFirst(currency.exponent).allSatisfy({ $0 == UInt8(ascii: "0") }) else {
            throw .tooManyDecimals(currency)
        }
        let padding = repeatElement(UInt8(ascii: "0"), count: currency.exponent - kept.count)
        var minorUnits: Int64 = 0
        for digit in Array(parts[0]) + kept + padding {
            // Accumulated below zero, where Int64 has room for one more value.
            let (product, overflowed) = minorUnits.multipliedReportingOverflow(by: 10)
            let (next, overflowedNext) = product.subtractingReportingOverflow(Int64(digit - 0x30))
            guard !overflowed, !overflowedNext else { throw .overflow }
            minorUnits = next
        }
        guard isNegative || minorUnits != .min else { throw .overflow }
        self.init(minorUnits: isNegative ? minorUnits : -minorUnits, currency: currency)
    }

    /// The amount in major units with all decimals of the currency: `1234.50`.
    package var majorUnitsText: String {
        let perMajor = currency.minorUnitsPerMajorUnit
        let (whole, rest) = minorUnits.quotientAndRemainder(dividingBy: perMajor)
        let sign = minorUnits < 0 ? "-" : ""
        guard currency.exponent > 0 else { return "\(sign)\(whole.magnitude)" }
        let digits = String(rest.magnitude)
        let zeros = String(repeating: "0", count: currency.exponent - digits.count)
        return "\(sign)\(whole.magnitude).\(zeros)\(digits)"
    }

    /// For people: `1,234.50 USD`.
    package var description: String {
        let parts = majorUnitsText.split(separator: ".")
        let digits = parts[0].drop { $0 == "-" }
        var text = minorUnits < 0 ? "-" : ""
        for (index, digit) in digits.enumerated() {
            if index > 0, (digits.count - index).isMultiple(of: 3) { text += "," }
            text.append(digit)
        }
        if parts.count == 2 { text += ".\(parts[1])" }
        return "\(text) \(currency.code)"
    }

    /// The sum; refuses another currency and a sum beyond `Int64`.
    package func adding(_ other: Money) throws(MoneyError) -> Money {
        try requireSameCurrency(other)
        let (sum, overflowed) = minorUnits.addingReportingOverflow(other.minorUnits)
        guard !overflowed else { throw .overflow }
        return Money(minorUnits: sum, currency: currency)
    }

    /// The difference; refuses another currency and a difference beyond `Int64`.
    package func subtracting(_ other: Money) throws(MoneyError) -> Money {
        try requireSameCurrency(other)
        let (difference, overflowed) = minorUnits.subtractingReportingOverflow(other.minorUnits)
        guard !overflowed else { throw .overflow }
        return Money(minorUnits: difference, currency: currency)
    }

    /// Whether this amount is the smaller one; refuses another currency.
    package func isLess(than other: Money) throws(MoneyError) -> Bool {
        try requireSameCurrency(other)
        return minorUnits < other.minorUnits
    }

    /// Whether Stripe takes this amount in this currency; see `Currency.stripeStep`.
    package var isMultipleOfStripeStep: Bool {
        minorUnits.isMultiple(of: currency.stripeStep)
    }

    /// `{"amount_minor":1999,"currency":"USD"}`, the form in the envelope.
    package var json: JSONValue {
        ["amount_minor": .int(minorUnits), "currency": .string(currency.code)]
    }

    private func requireSameCurrency(_ other: Money) throws(MoneyError) {
        guard currency == other.currency else {
            throw .currencyMismatch(currency, other.currency)
        }
    }
}

/// The signs that a type of event takes.
package enum AmountSign: String, Sendable, Hashable {
    case positive
    case nonNegative
    case any

    package func allows(_ minorUnits: Int64) -> Bool {
        switch self {
        case .positive: minorUnits > 0
        case .nonNegative: minorUnits >= 0
        case .any: true
        }
    }

    /// Ends the sentence "the amount must be …".
    var requirement: String {
        switch self {
        case .positive: "greater than zero"
        case .nonNegative: "zero or more"
        case .any: "any whole number"
        }
    }
}

/// Why an amount could not be made.
package enum MoneyError: Error, Sendable, Hashable {
    case signForbidden(AmountSign)
    case notADecimal
    case tooManyDecimals(Currency)
    case overflow
    case currencyMismatch(Currency, Currency)
}
