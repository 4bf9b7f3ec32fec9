/// A JSON number that is not an `Int64`, kept as the text it was written with.
///
/// Nothing is rounded: `0.10` stays `0.10` and a 30-digit integer keeps its digits. The limits keep
/// every number within what PostgreSQL's `jsonb` can store.
package struct ExactNumber: Sendable, Hashable, CustomStringConvertible {
    /// The longest text, in bytes.
    package static let bytesMax = 256
    /// The largest exponent, to either side of zero.
    package static let exponentMax = 400

    package let text: String

    /// Takes a number in JSON's grammar; `nil` for anything else.
    package init?(_ text: String) {
        var parser = JSONParser(Array(text.utf8), limits: JSONLimits())
        guard let value = try? parser.parseDocument() else { return nil }
        switch value {
        case .number(let number): self = number
        case .int: self.text = text
        default: return nil
        }
    }

    init(checked text: String) {
        self.text = text
    }

    package var description: String { text }
}
