/// The name of one business intention: the same key never has two effects.
///
/// 1 to 255 printable ASCII characters without a space at either end, so that it survives a header,
/// a form and a log unchanged. Unique within a tenant and source.
package struct IdempotencyKey: RawRepresentable, Sendable, Hashable, CustomStringConvertible {
    package static let bytesMax = 255

    package let rawValue: String

    package init(validating text: String) throws(ContractViolation) {
        guard !text.isEmpty, text.utf8.count <= Self.bytesMax else {
            throw ContractViolation(
                pointer: .root, rule: .length,
                reason: "has \(text.utf8.count) bytes; give 1 to \(Self.bytesMax)")
        }
        guard text.utf8.allSatisfy({ (0x20...0x7E).contains($0) }),
            text.utf8.first != 0x20, text.utf8.last != 0x20
        else {
            throw ContractViolation(
                pointer: .root, rule: .format,
                reason: "must be printable ASCII without a space at either end")
        }
        rawValue = text
    }

    package init?(rawValue: String) {
        try? self.init(validating: rawValue)
    }

    package var description: String { rawValue }
}
