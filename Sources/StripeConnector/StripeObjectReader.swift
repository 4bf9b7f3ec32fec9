import PaymentEvents

/// Takes what a fact needs out of Stripe's object, noting each absence by its place in the webhook.
struct StripeObjectReader {
    private let object: JSONValue
    private(set) var violations: [ContractViolation] = []

    init(_ object: JSONValue) {
        self.object = object
    }

    mutating func text(_ path: String...) -> String? {
        guard let value = object[pointer: JSONPointer(tokens: path)], !value.isNull else {
            add(path, .required, "Clearway needs it to find the order")
            return nil
        }
        guard let text = value.stringValue, !text.isEmpty else {
            add(path, .valueType, "must be a string that is not empty")
            return nil
        }
        return text
    }

    mutating func integer(_ name: String) -> Int64? {
        guard let number = object[name]?.intValue else {
            add([name], .required, "must be a whole number of minor units")
            return nil
        }
        return number
    }

    mutating func money(_ name: String) -> Money? {
        guard let minorUnits = integer(name) else { return nil }
        guard let currency = object["currency"]?.stringValue.flatMap(Currency.init(stripeCode:))
        else {
            add(["currency"], .currency, "must be an ISO 4217 code in lower case")
            return nil
        }
        return Money(minorUnits: minorUnits, currency: currency)
    }

    private mutating func add(
        _ path: [String], _ rule: ContractViolation.Rule, _ reason: String
    ) {
        violations.append(
            ContractViolation(
                pointer: JSONPointer(tokens: ["data", "object"] + path), rule: rule, reason: reason)
        )
    }
}

extension JSONValue {
    /// The id at a place, whether Stripe sent the id or expanded the object there.
    func stripeID(at pointer: String) -> String? {
        guard let place = JSONPointer(pointer), let value = self[pointer: place] else { return nil }
        return value.stringValue ?? value["id"]?.stringValue
    }
}
