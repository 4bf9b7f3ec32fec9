import Foundation

/// Checks a draft against the envelope's rules and its type's definition, collecting everything.
struct EventValidator {
    private let draft: EventDraft
    private(set) var violations: [ContractViolation]
    /// Places with a violation already: one finding per place is enough.
    private var reported: Set<JSONPointer>

    init(_ draft: EventDraft, found violations: [ContractViolation]) {
        self.draft = draft
        self.violations = violations
        reported = Set(violations.map(\.pointer))
    }

    /// Returns the definition when the type is known.
    mutating func validate(catalogue: Catalogue) -> EventDefinition? {
        // A document that is no object at all has been reported whole.
        guard !reported.contains(.root) else { return nil }
        validateEnvelope()
        let definition = catalogue[draft.type]
        if let definition {
            validate(by: definition)
        } else {
            add(["type"], .unknownType, "the catalogue has no such type")
        }
        validateIDs(definition)
        validateContent()
        return definition
    }

    private mutating func add(
        _ tokens: [String], _ rule: ContractViolation.Rule, _ reason: String
    ) {
        let pointer = JSONPointer(tokens: tokens)
        guard reported.insert(pointer).inserted else { return }
        violations.append(ContractViolation(pointer: pointer, rule: rule, reason: reason))
    }
}

// MARK: - The envelope

extension EventValidator {
    private mutating func validateEnvelope() {
        if !ContractLimits.isTenant(draft.tenant) {
            add(["tenant"], .format, "must be 1 to 63 of a-z, 0-9 and '-', not starting with '-'")
        }
        validateText(draft.source, "source")
        do throws(ContractViolation) {
            _ = try IdempotencyKey(validating: draft.idempotencyKey)
        } catch {
            add(["idempotency_key"], error.rule, error.reason)
        }
        if let text = draft.correlationID { validateText(text, "correlation_id") }
        if let text = draft.causationID { validateText(text, "causation_id") }
        if !(1...OperationKey.generationMax).contains(draft.generation) {
            add(["generation"], .range, "must be 1 to \(OperationKey.generationMax)")
        }
        if let notBefore = draft.notBefore, let deadline = draft.deadlineAt, notBefore >= deadline {
            add(["not_before"], .range, "must be before deadline_at")
        }
    }

    private mutating func validateText(_ text: String, _ names: String...) {
        if !(1...ContractLimits.identifierBytes).contains(text.utf8.count) {
            add(
                names, .length,
                "has \(text.utf8.count) bytes; give 1 to \(ContractLimits.identifierBytes)")
        } else if !ContractLimits.isPrintable(text) {
            add(names, .format, "may not hold control characters")
        }
    }
}

// MARK: - What the type asks for

extension EventValidator {
    private mutating func validate(by definition: EventDefinition) {
        if !(1...definition.schemaVersion).contains(draft.schemaVersion) {
            add(
                ["schema_version"], .schemaVersion,
                "this release knows versions 1 to \(definition.schemaVersion)")
        }
        validateMoney(definition)
        switch definition.deadline {
        case .forbidden where draft.deadlineAt != nil:
            add(["deadline_at"], .notAllowed, "this type of event has no deadline")
        case .required where draft.deadlineAt == nil:
            add(["deadline_at"], .required, "this type of event needs it")
        default: break
        }
        if definition.kind == .fact {
            if draft.operationID != nil {
                add(["operation_id"], .notAllowed, "only commands have an operation")
            }
            if draft.generation != 1 {
                add(["generation"], .notAllowed, "only commands have generations")
            }
        }
        for field in definition.dataFields {
            guard let violation = field.violation(of: draft.data[field.name]) else { continue }
            add(violation.pointer.tokens, violation.rule, violation.reason)
        }
    }

    private mutating func validateMoney(_ definition: EventDefinition) {
        let sign: AmountSign
        switch (definition.money, draft.money) {
        case (.required, nil):
            // Silent when a part of money was reported: it is there, but broken.
            if !reported.contains(where: { $0.tokens.first == "money" }) {
                add(["money"], .required, "this type of event needs it")
            }
            return
        case (.forbidden, .some):
            add(["money"], .notAllowed, "this type of event carries no money")
            return
        case (_, nil): return
        case (.required(let allowed), .some), (.optional(let allowed), .some): sign = allowed
        }
        guard let money = draft.money else { return }
        if !sign.allows(money.minorUnits) {
            add(["money", "amount_minor"], .amount, "must be \(sign.requirement)")
        } else if definition.kind == .command, definition.destinations.contains(.stripe),
            !money.isMultipleOfStripeStep
        {
            add(
                ["money", "amount_minor"], .amountStep,
                "Stripe takes \(money.currency) in multiples of \(money.currency.stripeStep)")
        }
    }
}

// MARK: - Ids, data and what may be in neither

extension EventValidator {
    private mutating func validateIDs(_ definition: EventDefinition?) {
        if draft.ids.count > ContractLimits.ids {
            add(["ids"], .length, "has \(draft.ids.count) ids, the limit is \(ContractLimits.ids)")
            return
        }
        for (name, value) in draft.ids.sorted(by: { $0.key < $1.key }) {
            if !ContractLimits.isIDName(name) {
                add(["ids", name], .format, "an id's name is 1 to 63 of a-z, 0-9 and '_'")
            }
            validateText(value, "ids", name)
            if let objection = IDName(rawValue: name).objection(to: value) {
                add(["ids", name], .format, objection)
            }
        }
        guard let definition else { return }
        let needed = definition.requiredIDs + definition.routes.flatMap(\.ordering.ids)
        for name in needed where draft.ids[name.rawValue] == nil {
            add(["ids", name.rawValue], .required, "this type of event needs it")
        }
    }

    private mutating func validateContent() {
        let size = JSONValue.object(draft.data).canonicalByteCount
        if size > ContractLimits.dataBytes {
            add(["data"], .length, "has \(size) bytes, the limit is \(ContractLimits.dataBytes)")
        }
        for place in CardNumber.places(in: draft) {
            add(place.tokens, .cardNumber, "looks like a card number; send Stripe's id instead")
        }
    }
}

/// The sizes and alphabets of the envelope, in one place.
enum ContractLimits {
    /// Ids, source, correlation and causation.
    static let identifierBytes = 255
    static let dataBytes = 256 * 1024
    /// How many ids one event carries.
    static let ids = 32

    static func isTenant(_ text: String) -> Bool {
        (1...63).contains(text.utf8.count) && text.utf8.first != UInt8(ascii: "-")
            && text.utf8.allSatisfy { isLowerAlphanumeric($0) || $0 == UInt8(ascii: "-") }
    }

    static func isIDName(_ text: String) -> Bool {
        (1...63).contains(text.utf8.count)
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
