/// One way in which a document breaks the contract: where, which rule, and why, in a sentence.
///
/// The reason names the limit and the next step. It never repeats the offending value, which may be
/// a card number, a secret or personal data; names of members and sizes are all it may show.
package struct ContractViolation: Error, Sendable, Hashable, CustomStringConvertible {
    /// The rules of the contract. The raw value is what a producer sees and an owner searches for.
    package enum Rule: String, Sendable, CaseIterable {
        /// The bytes are not JSON (RFC 8259).
        case jsonSyntax = "json-syntax"
        /// The document has more bytes than the limit.
        case jsonSize = "json-size"
        /// Arrays and objects are nested deeper than the limit.
        case jsonDepth = "json-depth"
        /// A string is not valid UTF-8 or holds half of a surrogate pair.
        case jsonEncoding = "json-encoding"
        /// A string holds U+0000, which PostgreSQL cannot store.
        case nulCharacter = "nul-character"
        /// A number has more digits or a larger exponent than `ExactNumber` allows.
        case numberRange = "number-range"
        /// An object names a member twice.
        case duplicateKey = "duplicate-key"
        /// A member that the contract needs is absent or null.
        case required
        /// A member has the wrong JSON type.
        case valueType = "value-type"
        /// A string or object is longer than its limit, or empty where it may not be.
        case length
        /// A string does not have the form the contract gives it.
        case format
        /// A number or instant lies outside its range.
        case range
        /// A value is not one of those the contract lists.
        case oneOf = "one-of"
        /// A member is present that this type of event may not carry.
        case notAllowed = "not-allowed"
        /// The catalogue has no such type.
        case unknownType = "unknown-type"
        /// The catalogue knows the type but not this version of it.
        case schemaVersion = "schema-version"
        /// The event names another tenant than the one its producer signed in as.
        case tenantMismatch = "tenant-mismatch"
        /// The currency is not an upper-case ISO 4217 code that Clearway knows.
        case currency
        /// The amount's sign is forbidden for this type.
        case amount
        /// Stripe takes only multiples of 10 or 100 minor units in this currency.
        case amountStep = "amount-step"
        /// A string or number looks like a card number. The value is never repeated.
        case cardNumber = "card-number"
    }

    package var pointer: JSONPointer
    package var rule: Rule
    package var reason: String

    package init(pointer: JSONPointer, rule: Rule, reason: String) {
        self.pointer = pointer
        self.rule = rule
        self.reason = reason
    }

    package var description: String {
        "\(pointer.tokens.isEmpty ? "(document)" : pointer.description): \(rule.rawValue): \(reason)"
    }

    /// The form in answers to producers and in the table of refused events.
    package var json: JSONValue {
        [
            "pointer": .string(pointer.description), "rule": .string(rule.rawValue),
            "reason": .string(reason),
        ]
    }

    /// The same violation, seen from the document that holds this one under `name`.
    func under(_ name: String) -> ContractViolation {
        ContractViolation(pointer: pointer.under(name), rule: rule, reason: reason)
    }
}

/// Why an event was refused: every violation that was found, wrong shapes before wrong values.
///
/// Pointers are made safe to show: a member name that holds a card number or an address is replaced,
/// a long one is cut. Such a pointer no longer resolves, which costs less than a leak.
package struct EventRejection: Error, Sendable, Hashable, CustomStringConvertible {
    /// More are not collected: a hostile document must not make a large answer.
    package static let violationsMax = 100

    /// Never empty.
    package let violations: [ContractViolation]

    package init(_ violations: [ContractViolation]) {
        precondition(!violations.isEmpty, "a rejection needs a violation")
        self.violations = violations.prefix(Self.violationsMax).map { violation in
            var shown = violation
            shown.pointer = JSONPointer(tokens: violation.pointer.tokens.map(Self.shown))
            return shown
        }
    }

    package var description: String {
        violations.map(\.description).joined(separator: "; ")
    }

    private static func shown(_ token: String) -> String {
        let safe = Redaction.safe(token)
        return safe.utf8.count <= 80 ? safe : String(safe.prefix(40)) + "…"
    }
}
