internal import Foundation

/// Finds card numbers, which Clearway does not accept anywhere.
///
/// A card number is 13 to 19 digits, alone or with single spaces or dashes between them, not part of
/// a longer word, whose Luhn check digit is right. One in ten other numbers of that length passes
/// the check as well, so members that hold such numbers by nature are left alone by name.
package enum CardNumber {
    /// Names of members whose values are not searched: identifiers that are long numbers.
    package static let identifierNames: Set<String> = [
        "order_no", "invoice_no", "shipment_no", "return_no", "case_no", "customer_no",
        "tracking_number", "ean", "gtin", "upc", "sku", "barcode", "imei", "arn", "rrn",
        "trace_id", "network_transaction_id",
    ]

    /// The places of card numbers in an event, sorted; never the numbers.
    static func places(in draft: EventDraft) -> [JSONPointer] {
        var places: [JSONPointer] = []
        for (name, value) in draft.ids where !identifierNames.contains(name) {
            if !ranges(in: value).isEmpty { places.append(JSONPointer(tokens: ["ids", name])) }
        }
        var path = ["data"]
        collect(.object(draft.data), at: &path, into: &places)
        path = []
        collect(.object(draft.unknownFields), at: &path, into: &places)
        return places.sorted { $0.tokens.lexicographicallyPrecedes($1.tokens) }
    }

    /// Whether the text holds a card number.
    package static func isFound(in text: String) -> Bool {
        !ranges(in: text).isEmpty
    }

    private static func collect(
        _ value: JSONValue, at path: inout [String], into places: inout [JSONPointer]
    ) {
        switch value {
        case .object(let members):
            for (name, member) in members where !identifierNames.contains(name) {
                path.append(name)
                // A name is data too when a producer keys an object by it.
                if isFound(in: name) {
                    // The pointer would repeat the number: name the object instead.
                    places.append(JSONPointer(tokens: Array(path.dropLast())))
                } else {
                    collect(member, at: &path, into: &places)
                }
                path.removeLast()
            }
        case .array(let elements):
            for (index, element) in elements.enumerated() {
                path.append(String(index))
                collect(element, at: &path, into: &places)
                path.removeLast()
            }
        case .string(let text):
            if isFound(in: text) { places.append(JSONPointer(tokens: path)) }
        case .int(let number):
            if isCardNumber(number) { places.append(JSONPointer(tokens: path)) }
        case .null, .bool, .number:
            break
        }
    }

    /// Whole numbers count only when they begin as cards do (2 to 6): instants in milliseconds and
    /// microseconds have the same length and begin with 1.
    static func isCardNumber(_ number: Int64) -> Bool {
        guard number >= 2_000_000_000_000 else { return false }
        let digits = Array(String(number).utf8)
        return (UInt8(ascii: "2")...UInt8(ascii: "6")).contains(digits[0]) && passesLuhn(digits)
    }

    /// Where card numbers stand in the text, as ranges of UTF-8 offsets.
    static func ranges(in text: String) -> [Range<Int>] {
        guard text.utf8.count >= 13, UUID(text: text) == nil else { return [] }
        var found: [Range<Int>] = []
        let bytes = Array(text.utf8)
        var index = 0
        while index < bytes.count {
            guard isDigit(bytes[index]) else {
                index += 1
                continue
            }
            let start = index
            var digits: [UInt8] = []
            var end = index
            while index < bytes.count {
                if isDigit(bytes[index]) {
                    digits.append(bytes[index])
                    index += 1
                    end = index
                } else if isSeparator(bytes[index]), index + 1 < bytes.count,
                    isDigit(bytes[index + 1])
                {
                    index += 1
                } else {
                    break
                }
            }
            let startsWord = start == 0 || !isWordByte(bytes[start - 1])
            let endsWord = end == bytes.count || !isWordByte(bytes[end])
            if startsWord, endsWord, passesLuhn(digits) { found.append(start..<end) }
        }
        return found
    }

    static func passesLuhn(_ digits: [UInt8]) -> Bool {
        guard (13...19).contains(digits.count) else { return false }
        var sum = 0
        for (index, digit) in digits.reversed().enumerated() {
            let value = Int(digit - UInt8(ascii: "0"))
            let doubled = index.isMultiple(of: 2) ? value : value * 2
            sum += doubled > 9 ? doubled - 9 : doubled
        }
        return sum.isMultiple(of: 10) && digits.contains { $0 != UInt8(ascii: "0") }
    }

    private static func isDigit(_ byte: UInt8) -> Bool {
        byte &- UInt8(ascii: "0") < 10
    }

    private static func isSeparator(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: " ") || byte == UInt8(ascii: "-")
    }

    private static func isWordByte(_ byte: UInt8) -> Bool {
        let lower = byte | 0x20
        return isDigit(byte) || byte == UInt8(ascii: "_") || byte >= 0x80
            || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(lower)
    }
}
