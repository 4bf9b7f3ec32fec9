/// Messages with the same key, in one channel, are delivered one at a time and in order.
///
/// `payment_intent:pi_…` towards Stripe, `order:RefArch/00000410` towards SFCC.
package struct OrderingKey: RawRepresentable, Sendable, Hashable, CustomStringConvertible {
    package static let bytesMax = 320

    package let rawValue: String

    package init(validating text: String) throws(ContractViolation) {
        guard !text.isEmpty, text.utf8.count <= Self.bytesMax else {
            throw ContractViolation(
                pointer: .root, rule: .length,
                reason: "an ordering key has \(text.utf8.count) bytes; give 1 to \(Self.bytesMax)")
        }
        guard ContractLimits.isPrintable(text) else {
            throw ContractViolation(
                pointer: .root, rule: .format,
                reason: "an ordering key may not hold control characters")
        }
        rawValue = text
    }

    package init?(rawValue: String) {
        try? self.init(validating: rawValue)
    }

    package var description: String { rawValue }
}
