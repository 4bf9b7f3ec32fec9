/// The sizes and alphabets of the envelope, in one place.
enum ContractLimits {
    /// Ids, source, correlation and causation.
    static let identifierBytes = 255
    static let dataBytes = 256 * 1024
    /// All members of the envelope that this release does not know, together.
    static let unknownBytes = 64 * 1024
    static let envelopeFields: Set<String> = [
        "event_id", "type", "schema_version", "tenant", "source", "idempotency_key", "occurred_at",
        "not_before", "deadline_at", "operation_id", "generation", "correlation_id",
        "causation_id", "money", "ids", "data",
    ]
    /// How many ids one event carries.
    static let ids = 32

    static func isTenant(_ text: String) -> Bool {
        (1...63).contains(text.utf8.count) && text.utf8.first != UInt8(ascii: "-")
            && text.utf8.allSatisfy { isLowerAlphanumeric($0) || $0 == UInt8(ascii: "-") }
    }

    static func isIDName(_ text: String) -> Bool {
        guard let first = text.utf8.first else { return false }
        return text.utf8.count <= 63 && (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(first)
            && text.utf8.allSatisfy { isLowerAlphanumeric($0) || $0 == UInt8(ascii: "_") }
    }

    static func isPrintable(_ text: String) -> Bool {
        text.unicodeScalars.allSatisfy { scalar in
            switch scalar.value {
            // C0, DEL, C1, and the line and paragraph separators.
            case 0..<0x20, 0x7F..<0xA0, 0x2028, 0x2029: false
            default: true
            }
        }
    }

    private static func isLowerAlphanumeric(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
        default: false
        }
    }
}
