/// A strict parser of RFC 8259, and the reason it is ours.
///
/// Foundation's decoder gives no exact numbers (a 20-digit integer becomes a `Double`), accepts a
/// member named twice, and names no place in JSON Pointer form; the contract needs all three. In
/// exchange this one does less: one document, from memory, into one value.
///
/// It reads only inside `bytes` (every access is bounds-checked by the array), descends at most
/// `JSONLimits.depthMax` levels, and throws on every input that it does not accept.
struct JSONParser {
    private let bytes: [UInt8]
    private let limits: JSONLimits
    private var index = 0

    init(_ bytes: [UInt8], limits: JSONLimits) {
        self.bytes = bytes
        self.limits = limits
    }

    mutating func parseDocument() throws(ContractViolation) -> JSONValue {
        guard bytes.count <= limits.bytesMax else {
            throw violation(
                .jsonSize, "the document has \(bytes.count) bytes, the limit is \(limits.bytesMax)")
        }
        skipWhitespace()
        let value = try parseValue(depth: 0)
        skipWhitespace()
        guard index == bytes.count else {
            throw syntax("expected the end of the document")
        }
        return value
    }

    private mutating func parseValue(depth: Int) throws(ContractViolation) -> JSONValue {
        guard index < bytes.count else { throw syntax("the document ends where a value belongs") }
        switch bytes[index] {
        case UInt8(ascii: "\""):
            return .string(try parseString())
        case UInt8(ascii: "{"):
            return .object(try parseObject(depth: depth + 1))
        case UInt8(ascii: "["):
            return .array(try parseArray(depth: depth + 1))
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"):
            return try parseNumber()
        case UInt8(ascii: "t"):
            try parseWord("true")
            return .bool(true)
        case UInt8(ascii: "f"):
            try parseWord("false")
            return .bool(false)
        case UInt8(ascii: "n"):
            try parseWord("null")
            return .null
        default:
            throw syntax("expected a value")
        }
    }

    private mutating func parseObject(
        depth: Int
    ) throws(ContractViolation) -> [String: JSONValue] {
        try descend(to: depth)
        if take(UInt8(ascii: "}")) { return [:] }
        // Room for a small object at once: growing from nothing costs an eighth of the whole parse.
        var members = [String: JSONValue](minimumCapacity: 6)
        while true {
            guard index < bytes.count, bytes[index] == UInt8(ascii: "\"") else {
                throw syntax("expected a member name in double quotes")
            }
            let name = try parseString()
            skipWhitespace()
            guard take(UInt8(ascii: ":")) else { throw syntax("expected ':' after a member name") }
            do throws(ContractViolation) {
                let value = try parseValue(depth: depth)
                guard members.updateValue(value, forKey: name) == nil else {
                    throw violation(.duplicateKey, "the object names this member twice")
                }
            } catch {
                throw error.under(name)
            }
            skipWhitespace()
            if take(UInt8(ascii: "}")) { return members }
            guard take(UInt8(ascii: ",")) else { throw syntax("expected ',' or '}' in an object") }
        }
    }

    private mutating func parseArray(depth: Int) throws(ContractViolation) -> [JSONValue] {
        try descend(to: depth)
        var elements: [JSONValue] = []
        if take(UInt8(ascii: "]")) { return elements }
        while true {
            do throws(ContractViolation) {
                elements.append(try parseValue(depth: depth))
            } catch {
                throw error.under(String(elements.count))
            }
            skipWhitespace()
            if take(UInt8(ascii: "]")) { return elements }
            guard take(UInt8(ascii: ",")) else { throw syntax("expected ',' or ']' in an array") }
        }
    }

    private mutating func descend(to depth: Int) throws(ContractViolation) {
        guard depth <= limits.depthMax else {
            throw violation(
                .jsonDepth, "arrays and objects nest deeper than \(limits.depthMax) levels")
        }
        index += 1
        skipWhitespace()
    }

    private mutating func parseWord(_ word: StaticString) throws(ContractViolation) {
        for offset in 0..<word.utf8CodeUnitCount {
            // The offset stays below the literal's own length.
            guard index < bytes.count, bytes[index] == word.utf8Start[offset] else {
                throw syntax("expected '\(word)'")
            }
            index += 1
        }
    }
}

// MARK: - Numbers

extension JSONParser {
    private mutating func parseNumber() throws(ContractViolation) -> JSONValue {
        let start = index
        let isNegative = bytes[index] == UInt8(ascii: "-")
        if isNegative { index += 1 }
        let integerStart = index
        // Accumulated below zero, where Int64 has room for one more value.
        var accumulated: Int64 = 0
        var fits = true
        while let digit = takeDigit() {
            let (product, overflowed) = accumulated.multipliedReportingOverflow(by: 10)
            let (next, overflowedNext) = product.subtractingReportingOverflow(Int64(digit))
            fits = fits && !overflowed && !overflowedNext
            accumulated = next
        }
        guard index > integerStart else { throw syntax("expected a digit") }
        if bytes[integerStart] == UInt8(ascii: "0"), index > integerStart + 1 {
            throw syntax("a number may not begin with 0 and another digit")
        }
        var isInteger = true
        if index < bytes.count, bytes[index] == UInt8(ascii: ".") {
            isInteger = false
            index += 1
            guard takeDigit() != nil else { throw syntax("expected a digit after '.'") }
            while takeDigit() != nil {}
        }
        if index < bytes.count, bytes[index] | 0x20 == UInt8(ascii: "e") {
            isInteger = false
            try parseExponent()
        }
        if isInteger, fits, isNegative || accumulated != .min {
            return .int(isNegative ? accumulated : -accumulated)
        }
        guard index - start <= ExactNumber.bytesMax else {
            throw violation(
                .numberRange, "a number may have at most \(ExactNumber.bytesMax) characters")
        }
        let text = String(decoding: bytes[start..<index], as: UTF8.self)
        return .number(ExactNumber(checked: text))
    }

    private mutating func parseExponent() throws(ContractViolation) {
        index += 1
        if index < bytes.count,
            bytes[index] == UInt8(ascii: "+") || bytes[index] == UInt8(ascii: "-")
        {
            index += 1
        }
        guard let first = takeDigit() else { throw syntax("expected a digit in the exponent") }
        var exponent = Int(first)
        while let digit = takeDigit() {
            exponent = min(exponent * 10 + Int(digit), ExactNumber.exponentMax + 1)
        }
        guard exponent <= ExactNumber.exponentMax else {
            throw violation(
                .numberRange, "an exponent may be at most \(ExactNumber.exponentMax)")
        }
    }

    private mutating func takeDigit() -> UInt8? {
        guard index < bytes.count else { return nil }
        let digit = bytes[index] &- UInt8(ascii: "0")
        guard digit < 10 else { return nil }
        index += 1
        return digit
    }
}

// MARK: - Strings

extension JSONParser {
    /// Reads a string whose opening quote is at `index`.
    private mutating func parseString() throws(ContractViolation) -> String {
        index += 1
        let start = index
        var allBits: UInt8 = 0
        while index < bytes.count {
            let byte = bytes[index]
            allBits |= byte
            if byte == UInt8(ascii: "\"") {
                let text =
                    allBits < 0x80
                    // ASCII needs no validation, which is the slower way by a third of the parse.
                    ? String(decoding: bytes[start..<index], as: UTF8.self)
                    : String(validating: bytes[start..<index], as: UTF8.self)
                guard let text else { throw notUTF8 }
                index += 1
                return text
            }
            if byte == UInt8(ascii: "\\") { return try parseEscapedString(from: start) }
            guard byte >= 0x20 else {
                throw syntax("a control character in a string must be escaped")
            }
            index += 1
        }
        throw syntax("the document ends inside a string")
    }

    private mutating func parseEscapedString(
        from start: Int
    ) throws(ContractViolation) -> String {
        var unescaped = Array(bytes[start..<index])
        while index < bytes.count {
            let byte = bytes[index]
            index += 1
            switch byte {
            case UInt8(ascii: "\""):
                guard let text = String(validating: unescaped, as: UTF8.self) else { throw notUTF8 }
                return text
            case UInt8(ascii: "\\"):
                try parseEscape(into: &unescaped)
            case 0x20...:
                unescaped.append(byte)
            default:
                throw syntax("a control character in a string must be escaped")
            }
        }
        throw syntax("the document ends inside a string")
    }

    private mutating func parseEscape(into text: inout [UInt8]) throws(ContractViolation) {
        guard index < bytes.count else { throw syntax("the document ends inside an escape") }
        let byte = bytes[index]
        index += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(byte)
        case UInt8(ascii: "b"): text.append(0x08)
        case UInt8(ascii: "f"): text.append(0x0C)
        case UInt8(ascii: "n"): text.append(0x0A)
        case UInt8(ascii: "r"): text.append(0x0D)
        case UInt8(ascii: "t"): text.append(0x09)
        case UInt8(ascii: "u"):
            let scalar = try parseUnicodeEscape()
            text.append(contentsOf: String(Character(scalar)).utf8)
        default: throw syntax("unknown escape in a string")
        }
    }

    private mutating func parseUnicodeEscape() throws(ContractViolation) -> Unicode.Scalar {
        let first = try parseHexQuad()
        guard first != 0 else {
            throw violation(.nulCharacter, "a string may not hold U+0000: it cannot be stored")
        }
        if let scalar = Unicode.Scalar(first) { return scalar }
        guard first < 0xDC00, index + 1 < bytes.count, bytes[index] == UInt8(ascii: "\\"),
            bytes[index + 1] == UInt8(ascii: "u")
        else { throw loneSurrogate }
        index += 2
        let second = try parseHexQuad()
        guard (0xDC00...0xDFFF).contains(second),
            let scalar = Unicode.Scalar(0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00))
        else { throw loneSurrogate }
        return scalar
    }

    private mutating func parseHexQuad() throws(ContractViolation) -> UInt32 {
        var value: UInt32 = 0
        for _ in 0..<4 {
            guard index < bytes.count, let digit = Hexadecimal.value(of: bytes[index]) else {
                throw syntax("expected four hexadecimal digits after '\\u'")
            }
            value = value << 4 | UInt32(digit)
            index += 1
        }
        return value
    }
}

// MARK: - Between values

extension JSONParser {
    private mutating func skipWhitespace() {
        while index < bytes.count {
            switch bytes[index] {
            case 0x20, 0x0A, 0x0D, 0x09: index += 1
            default: return
            }
        }
    }

    /// Steps over `byte` and the white space after it, when it is next.
    private mutating func take(_ byte: UInt8) -> Bool {
        guard index < bytes.count, bytes[index] == byte else { return false }
        index += 1
        skipWhitespace()
        return true
    }

    private func violation(
        _ rule: ContractViolation.Rule, _ reason: String
    ) -> ContractViolation {
        ContractViolation(pointer: .root, rule: rule, reason: "\(reason) (byte \(index))")
    }

    private func syntax(_ reason: String) -> ContractViolation {
        violation(.jsonSyntax, reason)
    }

    private var notUTF8: ContractViolation {
        violation(.jsonEncoding, "a string is not valid UTF-8")
    }

    private var loneSurrogate: ContractViolation {
        violation(.jsonEncoding, "a string holds half of a surrogate pair")
    }
}
