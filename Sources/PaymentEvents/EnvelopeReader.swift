import Foundation

/// Turns a JSON document into an `EventDraft`, collecting what has the wrong shape.
///
/// It checks presence and JSON types only; `EventValidator` checks values. A field with a violation
/// gets a harmless value, and the validator stays silent about places that were reported here.
struct EnvelopeReader {
    private(set) var violations: [ContractViolation] = []
    private var members: [String: JSONValue] = [:]
    /// The start of 1970: stands in for an instant that could not be read.
    private static let noInstant = Date(timeIntervalSince1970: 0)

    init(_ document: JSONValue) {
        guard case .object(let members) = document else {
            add([], .valueType, "an event must be an object, is \(document.typeName)")
            return
        }
        self.members = members
    }

    /// Reads all fields; call once.
    mutating func read(defaults: EventDefaults) -> EventDraft {
        guard violations.isEmpty else {
            return EventDraft(
                type: EventType(""), tenant: "", source: "", idempotencyKey: "",
                occurredAt: Self.noInstant)
        }
        let tenant = text("tenant", default: defaults.tenant)
        if let signedIn = defaults.tenant, let tenant, tenant != signedIn {
            add(["tenant"], .tenantMismatch, "must be \(signedIn), the tenant that signed in")
        }
        let eventID = uuid("event_id")
        let type = text("type")
        let schemaVersion = integer("schema_version", isRequired: true)
        let draft = EventDraft(
            eventID: eventID, type: EventType(type ?? ""), schemaVersion: schemaVersion ?? 1,
            tenant: tenant ?? "", source: text("source", default: defaults.source) ?? "",
            idempotencyKey: text("idempotency_key") ?? "",
            occurredAt: instant("occurred_at", isRequired: true) ?? Self.noInstant,
            notBefore: instant("not_before"), deadlineAt: instant("deadline_at"),
            operationID: uuid("operation_id"), generation: integer("generation") ?? 1,
            correlationID: optionalText("correlation_id"),
            causationID: optionalText("causation_id"), money: money(), ids: ids(),
            data: object("data") ?? [:], unknownFields: [:])
        var complete = draft
        // Every known field has been taken out; what is left is unknown and kept.
        complete.unknownFields = members
        return complete
    }

    private mutating func add(
        _ tokens: [String], _ rule: ContractViolation.Rule, _ reason: String
    ) {
        violations.append(
            ContractViolation(pointer: JSONPointer(tokens: tokens), rule: rule, reason: reason))
    }

    /// Removes a member and returns it; null counts as absent.
    private mutating func take(_ name: String) -> JSONValue? {
        guard let value = members.removeValue(forKey: name), !value.isNull else { return nil }
        return value
    }

    private mutating func text(_ name: String, default fallback: String? = nil) -> String? {
        if let value = optionalText(name) { return value }
        if violations.last?.pointer.tokens == [name] { return nil }
        guard let fallback else {
            add([name], .required, "every event needs it")
            return nil
        }
        return fallback
    }

    private mutating func optionalText(_ name: String) -> String? {
        guard let value = take(name) else { return nil }
        guard case .string(let text) = value else {
            add([name], .valueType, "must be a string, is \(value.typeName)")
            return nil
        }
        return text
    }

    private mutating func uuid(_ name: String) -> UUID? {
        guard let text = optionalText(name) else { return nil }
        guard let uuid = UUID(text: text) else {
            add([name], .format, "must be a UUID with dashes")
            return nil
        }
        return uuid
    }

    private mutating func instant(_ name: String, isRequired: Bool = false) -> Date? {
        guard let text = isRequired ? text(name) : optionalText(name) else { return nil }
        guard let instant = Timestamp.parse(text) else {
            add([name], .format, Timestamp.requirement)
            return nil
        }
        return instant
    }

    private mutating func integer(_ name: String, isRequired: Bool = false) -> Int? {
        guard let value = take(name) else {
            if isRequired { add([name], .required, "every event needs it") }
            return nil
        }
        guard case .int(let number) = value else {
            add([name], .valueType, "must be a whole number, is \(value.typeName)")
            return nil
        }
        return Int(number)
    }

    private mutating func object(_ name: String) -> [String: JSONValue]? {
        guard let value = take(name) else { return nil }
        guard case .object(let members) = value else {
            add([name], .valueType, "must be an object, is \(value.typeName)")
            return nil
        }
        return members
    }

    private mutating func money() -> Money? {
        guard var fields = object("money") else { return nil }
        var amount: Int64?
        switch fields.removeValue(forKey: "amount_minor") {
        case .int(let number): amount = number
        case nil, .null: add(["money", "amount_minor"], .required, "money needs it")
        case .number:
            add(["money", "amount_minor"], .valueType, "must be a whole number of minor units")
        case let other?:
            add(["money", "amount_minor"], .valueType, "must be a number, is \(other.typeName)")
        }
        var currency: Currency?
        switch fields.removeValue(forKey: "currency") {
        case .string(let code):
            currency = Currency(code)
            if currency == nil {
                add(["money", "currency"], .currency, "must be an upper-case ISO 4217 code")
            }
        case nil, .null: add(["money", "currency"], .required, "money needs it")
        case let other?:
            add(["money", "currency"], .valueType, "must be a string, is \(other.typeName)")
        }
        for name in fields.keys.sorted() {
            add(["money", name], .notAllowed, "money has amount_minor and currency only")
        }
        guard let amount, let currency else { return nil }
        return Money(minorUnits: amount, currency: currency)
    }

    private mutating func ids() -> [String: String] {
        var ids: [String: String] = [:]
        for (name, value) in object("ids") ?? [:] {
            switch value {
            case .string(let text): ids[name] = text
            case .null: continue
            default: add(["ids", name], .valueType, "must be a string, is \(value.typeName)")
            }
        }
        return ids
    }
}
