/// Makes payloads safe for logs, lists and exports.
package enum Redaction {
    /// Stands where something was taken out.
    package static let mark = "[redacted]"

    /// The same document without personal data and secrets.
    ///
    /// Values of members that name a person, a place, a way to reach someone or a secret are
    /// replaced whole, whatever is below them. In all other strings, e-mail addresses, secrets of
    /// Stripe and card numbers are replaced where they stand; of a card number the last four digits
    /// stay. `last4`, brands, ids and amounts stay, because operators need them.
    package static func redacted(_ value: JSONValue) -> JSONValue {
        switch value {
        case .object(let members):
            var redactedMembers: [String: JSONValue] = [:]
            for (name, member) in members {
                let isHidden = isSensitive(name) && !member.isNull
                redactedMembers[safe(name)] = isHidden ? .string(mark) : redacted(member)
            }
            return .object(redactedMembers)
        case .array(let elements):
            return .array(elements.map(redacted))
        case .string(let text):
            return .string(safe(text))
        case .int(let number):
            return CardNumber.isCardNumber(number) ? .string(safe(String(number))) : value
        case .null, .bool, .number:
            return value
        }
    }

    /// The same text with e-mail addresses, Stripe's secrets and card numbers replaced.
    package static func safe(_ text: String) -> String {
        guard text.utf8.count >= 5 else { return text }
        let withoutCards = hideCardNumbers(text)
        guard withoutCards.utf8.contains(where: { $0 == 0x40 || $0 == 0x5F }) else {
            return withoutCards
        }
        var result = ""
        var word = ""
        for character in withoutCards {
            if isWordCharacter(character) {
                word.append(character)
            } else {
                result += isSecretWord(word) ? mark : word
                result.append(character)
                word = ""
            }
        }
        return result + (isSecretWord(word) ? mark : word)
    }

    private static func hideCardNumbers(_ text: String) -> String {
        let ranges = CardNumber.ranges(in: text)
        guard !ranges.isEmpty else { return text }
        let bytes = Array(text.utf8)
        var result: [UInt8] = []
        var position = 0
        for range in ranges {
            result += bytes[position..<range.lowerBound]
            let lastFour = bytes[range].filter { $0 >= 0x30 && $0 <= 0x39 }.suffix(4)
            result += Array("[card ".utf8) + lastFour + Array("]".utf8)
            position = range.upperBound
        }
        result += bytes[position...]
        return String(decoding: result, as: UTF8.self)
    }

    private static func isWordCharacter(_ character: Character) -> Bool {
        character.isLetter || character.isNumber || "@._-+%".contains(character)
    }

    private static func isSecretWord(_ word: String) -> Bool {
        if let at = word.firstIndex(of: "@"), at != word.startIndex,
            word.index(after: at) != word.endIndex
        {
            return true
        }
        return word.contains("_secret_")
            || ["sk_live_", "sk_test_", "rk_live_", "rk_test_", "whsec_"].contains {
                word.hasPrefix($0)
            }
    }

    /// Compares names without case, `_` and `-`, so that `firstName` and `first_name` are one.
    private static func isSensitive(_ name: String) -> Bool {
        let plain = String(
            decoding: name.utf8.filter { $0 != 0x5F && $0 != 0x2D }.map {
                (0x41...0x5A).contains($0) ? $0 | 0x20 : $0
            }, as: UTF8.self)
        return sensitiveNames.contains(plain) || sensitiveEndings.contains { plain.hasSuffix($0) }
    }

    private static let sensitiveNames: Set<String> = [
        "name", "salutation", "line1", "line2", "street", "city", "postalcode",
        "zip", "zipcode", "postcode", "statecode", "dob", "dateofbirth", "birthday",
        "ip", "useragent", "authorization", "cvc", "cvv", "iban", "taxid", "vatid", "pan",
        "accountnumber", "routingnumber", "number", "fingerprint",
    ]

    private static let sensitiveEndings = [
        "email", "phone", "mobile", "address", "address1", "address2", "firstname", "lastname",
        "fullname", "customername", "cardholder", "holdername", "secret", "password", "token",
        "apikey", "ipaddress",
    ]
}
