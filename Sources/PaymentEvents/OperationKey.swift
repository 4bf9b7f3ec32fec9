package import Foundation

/// The key that a command carries to the destination, the same for every try of one generation.
///
/// `cw1:live:acct_1:capture:0190…:g1`, below Stripe's 255 characters. It names the business
/// intention only: never an amount, a time or anything random per attempt. Stripe saves declines
/// too, so a true second attempt needs the next generation, which a person or a policy chooses and
/// the retry loop never does.
package struct OperationKey: RawRepresentable, Sendable, Hashable, CustomStringConvertible {
    /// Generations run from 1 to this.
    package static let generationMax = 999
    package static let bytesMax = 254

    package let rawValue: String

    /// Refuses an environment, account or operation that is empty, over 64 bytes or holds anything
    /// but letters, digits, `_`, `-` and `.`, and a generation out of range.
    package init(
        environment: String, account: String, operation: String, operationID: UUID,
        generation: Int
    ) throws(ContractViolation) {
        for (name, part) in [
            ("environment", environment), ("account", account), ("operation", operation),
        ] where !(1...64).contains(part.utf8.count) || !part.utf8.allSatisfy(Self.isPlain) {
            throw ContractViolation(
                pointer: .root, rule: .format,
                reason: "\(name) must be 1 to 64 letters, digits, '_', '-' or '.'")
        }
        guard (1...Self.generationMax).contains(generation) else {
            throw ContractViolation(
                pointer: JSONPointer(tokens: ["generation"]), rule: .range,
                reason: "generation must be 1 to \(Self.generationMax)")
        }
        rawValue =
            "cw1:\(environment):\(account):\(operation):\(operationID.text):g\(generation)"
    }

    /// Takes a stored key back; `nil` when it does not begin with `cw1:` or is too long.
    package init?(rawValue: String) {
        guard rawValue.hasPrefix("cw1:"), rawValue.utf8.count <= Self.bytesMax else { return nil }
        self.rawValue = rawValue
    }

    package var description: String { rawValue }

    private static func isPlain(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"),
            UInt8(ascii: "."):
            true
        default: false
        }
    }
}
