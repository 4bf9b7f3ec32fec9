/// The parameters of a Stripe call, as `application/x-www-form-urlencoded`.
///
/// They keep the order in which they were added and are encoded byte for byte the same every time,
/// because Stripe compares a repeated request with the first one under its idempotency key.
package struct FormParameters: Sendable, Equatable {
    package static let contentType = "application/x-www-form-urlencoded"

    private var pairs: [(name: String, value: String)] = []

    package init() {}

    /// Adds `name=value`.
    package mutating func add(_ name: String, _ value: String) {
        pairs.append((name, value))
    }

    /// Adds `parent[member]=value`.
    package mutating func add(_ parent: String, _ member: String, _ value: String) {
        pairs.append(("\(parent)[\(member)]", value))
    }

    /// The body or query. Everything but RFC 3986's unreserved characters is percent-encoded; the
    /// brackets that Stripe reads as structure stay as they are.
    package var encoded: String {
        pairs.map { name, value in
            "\(Self.percentEncoded(name, keeping: Self.brackets))=\(Self.percentEncoded(value))"
        }.joined(separator: "&")
    }

    /// The text with every byte outside RFC 3986's unreserved set, and outside `kept`, as `%XX`.
    package static func percentEncoded(_ text: String, keeping kept: Set<UInt8> = []) -> String {
        let digits = Array("0123456789ABCDEF".utf8)
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.utf8.count)
        for byte in text.utf8 {
            if isUnreserved(byte) || kept.contains(byte) {
                bytes.append(byte)
            } else {
                bytes.append(contentsOf: [
                    UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 0x0F)],
                ])
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    package static func == (left: FormParameters, right: FormParameters) -> Bool {
        left.encoded == right.encoded
    }

    private static let brackets: Set<UInt8> = [UInt8(ascii: "["), UInt8(ascii: "]")]

    private static func isUnreserved(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."),
            UInt8(ascii: "_"), UInt8(ascii: "~"):
            true
        default: false
        }
    }
}
