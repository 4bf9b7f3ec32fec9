internal import Crypto

/// SHA-256 over the state of a provider's object, in hexadecimal.
///
/// Stripe sometimes sends two events for one occurrence, and one object sends many events of one
/// type. `(type, object id)` alone would drop the second partial refund's `charge.refunded`; with the
/// fingerprint of status, cumulative amounts and changed fields twins are equal and steps differ.
package struct StateFingerprint: Sendable, Hashable, CustomStringConvertible {
    /// 64 lower-case hexadecimal digits.
    package let hex: String

    /// Hashes the canonical form of the fields, so their order does not matter.
    package init(_ fields: [String: JSONValue]) {
        self.init(bytes: JSONValue.object(fields).canonicalBytes())
    }

    init(bytes: [UInt8]) {
        hex = Hexadecimal.text(SHA256.hash(data: bytes))
    }

    package var description: String { hex }
}
