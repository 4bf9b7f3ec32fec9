/// An ISO 4217 currency and how many decimals its minor unit has at Stripe.
///
/// The exponent is Stripe's, because amounts come from Stripe and go there unconverted. It differs
/// from ISO's in three places: ISK and UGX have no decimals in ISO and two (always `00`) at Stripe,
/// MGA has two in ISO and none at Stripe. Source: docs.stripe.com/currencies.
package struct Currency: Sendable, Hashable, CustomStringConvertible {
    /// Three upper-case letters.
    package let code: String

    /// Takes an upper-case code of the active list; `nil` for anything else.
    package init?(_ code: String) {
        guard Self.active.contains(code) else { return nil }
        self.code = code
    }

    /// Takes Stripe's lower-case spelling.
    package init?(stripeCode: String) {
        guard stripeCode.utf8.allSatisfy({ (0x61...0x7A).contains($0) }) else { return nil }
        self.init(stripeCode.uppercased())
    }

    /// The spelling in Stripe's API.
    package var stripeCode: String { code.lowercased() }

    /// The decimals of the minor unit: 0, 2 or 3.
    package var exponent: Int {
        if Self.zeroDecimal.contains(code) { return 0 }
        return Self.threeDecimal.contains(code) ? 3 : 2
    }

    /// The minor units in one major unit: 1, 100 or 1,000.
    package var minorUnitsPerMajorUnit: Int64 {
        switch exponent {
        case 0: 1
        case 3: 1000
        default: 100
        }
    }

    /// Stripe takes only multiples of this many minor units: 10 where there are three decimals (the
    /// last digit must be 0), 100 for ISK and UGX (the two decimals must be `00`), otherwise 1.
    package var stripeStep: Int64 {
        if Self.threeDecimal.contains(code) { return 10 }
        return Self.wholeUnitsOnly.contains(code) ? 100 : 1
    }

    package var description: String { code }

    private static let zeroDecimal: Set<String> = [
        "BIF", "CLP", "DJF", "GNF", "JPY", "KMF", "KRW", "MGA", "PYG", "RWF", "VND", "VUV", "XAF",
        "XOF", "XPF",
    ]
    private static let threeDecimal: Set<String> = [
        "BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND",
    ]
    private static let wholeUnitsOnly: Set<String> = ["ISK", "UGX"]

    /// ISO 4217's active national currencies, without funds, metals and test codes.
    private static let active = Set(
        """
        AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP \
        BYN BZD CAD CDF CHF CLP CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP \
        GEL GHS GIP GMD GNF GTQ GYD HKD HNL HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR \
        KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK \
        MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR \
        SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS \
        UAH UGX USD UYU UZS VED VES VND VUV WST XAF XCD XCG XOF XPF YER ZAR ZMW ZWG
        """.split(separator: " ").map(String.init))

    /// Every code that `init(_:)` takes, sorted.
    package static var allCodes: [String] { active.sorted() }
}
