/// The name of an identifier in `ids`, and the form its value must have where Clearway knows it.
package struct IDName: RawRepresentable, Sendable, Hashable, CustomStringConvertible {
    package let rawValue: String

    package init(rawValue: String) {
        self.rawValue = rawValue
    }

    package static let orderNo = IDName(rawValue: "order_no")
    package static let siteID = IDName(rawValue: "site_id")
    package static let paymentIntent = IDName(rawValue: "payment_intent")
    package static let charge = IDName(rawValue: "charge")
    package static let refund = IDName(rawValue: "refund")

    package var description: String { rawValue }

    /// Why `value` cannot be this id; `nil` when it can.
    ///
    /// Prefixes catch the commonest mapping mistake, one kind of id in another's place, before a
    /// call is spent on it. `site_id` has no `/`, which keeps `order:<site_id>/<order_no>` unique.
    func objection(to value: String) -> String? {
        if let prefixes = Self.prefixes[rawValue] {
            guard let prefix = prefixes.first(where: { value.hasPrefix($0) }),
                value.utf8.count > prefix.utf8.count, value.utf8.allSatisfy(Self.isWordByte)
            else {
                return "must be \(prefixes.joined(separator: " or ")) and letters, digits or '_'"
            }
            return nil
        }
        if self == .siteID {
            guard value.utf8.count <= 32,
                value.utf8.allSatisfy({ Self.isWordByte($0) || $0 == UInt8(ascii: "-") })
            else { return "must be 1 to 32 letters, digits, '_' or '-'" }
        }
        return nil
    }

    private static let prefixes: [String: [String]] = [
        "payment_intent": ["pi_"], "charge": ["ch_", "py_"], "refund": ["re_", "pyr_"],
    ]

    private static func isWordByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
            true
        default: false
        }
    }
}
