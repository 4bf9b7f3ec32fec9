/// A JSON document with exact numbers.
///
/// Integers that fit are `Int64`; every other number keeps its text, so no amount ever passes
/// through binary floating point. Objects have no order: their canonical form sorts the names.
package enum JSONValue: Sendable, Hashable {
    case null
    case bool(Bool)
    case int(Int64)
    case number(ExactNumber)
    case string(String)
    case array([JSONValue])
    case object([String: JSONValue])
}

/// How much JSON is accepted.
package struct JSONLimits: Sendable, Hashable {
    /// The largest document, in bytes.
    package var bytesMax: Int
    /// How deep arrays and objects may nest. At most 64: the parser uses a stack frame per level.
    package var depthMax: Int

    package init(bytesMax: Int = 512 * 1024, depthMax: Int = 64) {
        self.bytesMax = bytesMax
        self.depthMax = min(depthMax, 64)
    }
}

extension JSONValue {
    /// Reads one JSON document and nothing after it.
    package init(
        parsing bytes: [UInt8], limits: JSONLimits = JSONLimits()
    ) throws(ContractViolation) {
        var parser = JSONParser(bytes, limits: limits)
        self = try parser.parseDocument()
    }

    /// Reads one JSON document from text.
    package init(
        parsing text: String, limits: JSONLimits = JSONLimits()
    ) throws(ContractViolation) {
        try self.init(parsing: Array(text.utf8), limits: limits)
    }

    /// The value at a place, or `nil` when the document has no such place.
    package subscript(pointer pointer: JSONPointer) -> JSONValue? {
        var value = self
        for token in pointer.tokens {
            switch value {
            case .object(let members):
                guard let member = members[token] else { return nil }
                value = member
            case .array(let elements):
                guard let index = Int(token), elements.indices.contains(index),
                    String(index) == token
                else { return nil }
                value = elements[index]
            default:
                return nil
            }
        }
        return value
    }

    /// A member of an object; `nil` when absent or when this is not an object.
    package subscript(name: String) -> JSONValue? {
        guard case .object(let members) = self else { return nil }
        return members[name]
    }

    package var stringValue: String? {
        guard case .string(let value) = self else { return nil }
        return value
    }

    package var intValue: Int64? {
        guard case .int(let value) = self else { return nil }
        return value
    }

    package var boolValue: Bool? {
        guard case .bool(let value) = self else { return nil }
        return value
    }

    package var arrayValue: [JSONValue]? {
        guard case .array(let value) = self else { return nil }
        return value
    }

    package var objectValue: [String: JSONValue]? {
        guard case .object(let value) = self else { return nil }
        return value
    }

    package var isNull: Bool { self == .null }

    /// The JSON type's name, for a sentence about what was found.
    var typeName: String {
        switch self {
        case .null: "null"
        case .bool: "a boolean"
        case .int, .number: "a number"
        case .string: "a string"
        case .array: "an array"
        case .object: "an object"
        }
    }
}

extension JSONValue: ExpressibleByNilLiteral, ExpressibleByBooleanLiteral,
    ExpressibleByIntegerLiteral, ExpressibleByStringLiteral, ExpressibleByArrayLiteral,
    ExpressibleByDictionaryLiteral
{
    package init(nilLiteral: ()) { self = .null }
    package init(booleanLiteral value: Bool) { self = .bool(value) }
    package init(integerLiteral value: Int64) { self = .int(value) }
    package init(stringLiteral value: String) { self = .string(value) }
    package init(arrayLiteral elements: JSONValue...) { self = .array(elements) }

    /// Traps on a name given twice, as a dictionary literal does.
    package init(dictionaryLiteral elements: (String, JSONValue)...) {
        self = .object(Dictionary(uniqueKeysWithValues: elements))
    }
}
