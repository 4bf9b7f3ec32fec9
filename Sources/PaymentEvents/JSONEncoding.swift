extension JSONValue {
    /// The canonical form: names sorted by their UTF-8 bytes, no white space, minimal escapes.
    ///
    /// Two documents that differ in the order of members or in white space give the same bytes, so
    /// the bytes can be hashed, compared and stored.
    package func canonicalBytes() -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(1024)
        write(to: &bytes)
        return bytes
    }

    /// The canonical form as text.
    package var canonicalText: String {
        String(decoding: canonicalBytes(), as: UTF8.self)
    }

    /// Whether the canonical form is longer than `limit` bytes.
    func exceeds(canonicalBytes limit: Int) -> Bool {
        byteCountCeiling > limit && canonicalBytes().count > limit
    }

    /// No canonical form is longer than this: six bytes for every one that might be escaped.
    private var byteCountCeiling: Int {
        switch self {
        case .null, .bool: 5
        case .int: 20
        case .number(let number): number.text.utf8.count
        case .string(let text): text.utf8.count * 6 + 2
        case .array(let elements): elements.reduce(2) { $0 + $1.byteCountCeiling + 1 }
        case .object(let members):
            members.reduce(2) { $0 + $1.key.utf8.count * 6 + $1.value.byteCountCeiling + 4 }
        }
    }

    /// What keeps a value that was put together in memory from being stored and parsed again:
    /// nesting beyond `depth` levels, or U+0000 in a string. Parsed values never have either.
    func storageObjection(depth: Int) -> ContractViolation? {
        switch self {
        case .null, .bool, .int, .number: return nil
        case .string(let text): return Self.nulObjection(text)
        case .array(let elements):
            guard depth > 0 else { return Self.depthObjection }
            for (index, element) in elements.enumerated() {
                if let objection = element.storageObjection(depth: depth - 1) {
                    return objection.under(String(index))
                }
            }
        case .object(let members):
            guard depth > 0 else { return Self.depthObjection }
            for (name, member) in members {
                if let objection = Self.nulObjection(name) { return objection }
                if let objection = member.storageObjection(depth: depth - 1) {
                    return objection.under(name)
                }
            }
        }
        return nil
    }

    private static func nulObjection(_ text: String) -> ContractViolation? {
        guard text.utf8.contains(0) else { return nil }
        return ContractViolation(
            pointer: .root, rule: .nulCharacter,
            reason: "a string may not hold U+0000: it cannot be stored")
    }

    private static let depthObjection = ContractViolation(
        pointer: .root, rule: .jsonDepth, reason: "arrays and objects nest too deep")

    private func write(to bytes: inout [UInt8]) {
        switch self {
        case .null: bytes.append(contentsOf: "null".utf8)
        case .bool(let value): bytes.append(contentsOf: (value ? "true" : "false").utf8)
        case .int(let value): bytes.append(contentsOf: String(value).utf8)
        case .number(let value): bytes.append(contentsOf: value.text.utf8)
        case .string(let value): Self.write(value, to: &bytes)
        case .array(let elements):
            bytes.append(UInt8(ascii: "["))
            for (index, element) in elements.enumerated() {
                if index > 0 { bytes.append(UInt8(ascii: ",")) }
                element.write(to: &bytes)
            }
            bytes.append(UInt8(ascii: "]"))
        case .object(let members):
            bytes.append(UInt8(ascii: "{"))
            var isFirst = true
            for (name, value) in members.sorted(by: { Self.precedes($0.key, $1.key) }) {
                if !isFirst { bytes.append(UInt8(ascii: ",")) }
                isFirst = false
                Self.write(name, to: &bytes)
                bytes.append(UInt8(ascii: ":"))
                value.write(to: &bytes)
            }
            bytes.append(UInt8(ascii: "}"))
        }
    }

    /// Byte order, not Swift's order of strings, which follows the Unicode tables of a release.
    private static func precedes(_ left: String, _ right: String) -> Bool {
        left.utf8.lexicographicallyPrecedes(right.utf8)
    }

    private static func write(_ text: String, to bytes: inout [UInt8]) {
        bytes.append(UInt8(ascii: "\""))
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"):
                bytes.append(UInt8(ascii: "\\"))
                bytes.append(byte)
            case 0x20...: bytes.append(byte)
            case 0x08: bytes.append(contentsOf: "\\b".utf8)
            case 0x09: bytes.append(contentsOf: "\\t".utf8)
            case 0x0A: bytes.append(contentsOf: "\\n".utf8)
            case 0x0C: bytes.append(contentsOf: "\\f".utf8)
            case 0x0D: bytes.append(contentsOf: "\\r".utf8)
            default:
                bytes.append(contentsOf: "\\u00".utf8)
                Hexadecimal.append(byte, to: &bytes)
            }
        }
        bytes.append(UInt8(ascii: "\""))
    }
}
