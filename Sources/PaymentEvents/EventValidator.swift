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
        guard validateStorability() else { return nil }
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
    /// Whether what the draft carries can be written and parsed again. Everything else relies on it.
    private mutating func validateStorability() -> Bool {
        // One level for the envelope itself.
        let depth = JSONLimits().depthMax - 1
        if let objection = JSONValue.object(draft.data).storageObjection(depth: depth) {
            let found = objection.under("data")
            add(found.pointer.tokens, found.rule, found.reason)
            return false
        }
        for (name, value) in draft.unknownFields.sorted(by: { $0.key < $1.key }) {
            if let objection = value.storageObjection(depth: depth) {
                let found = objection.under(name)
                add(found.pointer.tokens, found.rule, found.reason)
                return false
            }
            if ContractLimits.envelopeFields.contains(name) {
                add([name], .notAllowed, "a field of the envelope cannot be an unknown one")
            } else if !(1...ContractLimits.identifierBytes).contains(name.utf8.count)
                || !ContractLimits.isPrintable(name)
            {
                add([name], .format, "a field's name is 1 to 255 bytes without control characters")
            }
        }
        return true
    }

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
        for (name, instant) in [
            ("occurred_at", draft.occurredAt), ("not_before", draft.notBefore),
            ("deadline_at", draft.deadlineAt),
        ] {
            if let instant, !Timestamp.range.contains(instant) {
                add([name], .range, "must lie in the years 1970 to 2261")
            }
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
                add(
                    ["ids", name], .format,
                    "an id's name is 1 to 63 of a-z, 0-9 and '_', from a letter on")
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
        if JSONValue.object(draft.data).exceeds(canonicalBytes: ContractLimits.dataBytes) {
            add(["data"], .length, "has more than \(ContractLimits.dataBytes) bytes")
        }
        let unknown = JSONValue.object(draft.unknownFields)
        if unknown.exceeds(canonicalBytes: ContractLimits.unknownBytes) {
            add(
                [], .length,
                "fields this release does not know have more than \(ContractLimits.unknownBytes) bytes"
            )
        }
        for place in CardNumber.places(in: draft) {
            add(place.tokens, .cardNumber, "looks like a card number; send Stripe's id instead")
        }
    }
}
