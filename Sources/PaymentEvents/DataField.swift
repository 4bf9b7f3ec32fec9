/// A field of `data` that the contract describes.
package struct DataField: Sendable, Hashable {
    package enum Form: Sendable, Hashable {
        case text(bytesMax: Int)
        case oneOf([String])
        case boolean
        case integer(ClosedRange<Int64>)
        case timestamp
    }

    package var name: String
    package var form: Form
    package var isRequired: Bool

    package init(_ name: String, _ form: Form, isRequired: Bool = false) {
        self.name = name
        self.form = form
        self.isRequired = isRequired
    }

    /// What `value` breaks, if anything. Null counts as absent.
    func violation(of value: JSONValue?) -> ContractViolation? {
        let pointer = JSONPointer(tokens: ["data", name])
        guard let value, !value.isNull else {
            guard isRequired else { return nil }
            return ContractViolation(
                pointer: pointer, rule: .required, reason: "this type of event needs it")
        }
        func violated(_ rule: ContractViolation.Rule, _ reason: String) -> ContractViolation {
            ContractViolation(pointer: pointer, rule: rule, reason: reason)
        }
        switch (form, value) {
        case (.text(let bytesMax), .string(let text)):
            guard (1...bytesMax).contains(text.utf8.count) else {
                return violated(.length, "has \(text.utf8.count) bytes; give 1 to \(bytesMax)")
            }
        case (.oneOf(let choices), .string(let text)):
            guard choices.contains(text) else {
                return violated(.oneOf, "must be one of \(choices.joined(separator: ", "))")
            }
        case (.boolean, .bool):
            break
        case (.integer(let range), .int(let number)):
            guard range.contains(number) else {
                return violated(
                    .range, "must be \(range.lowerBound) to \(range.upperBound)")
            }
        case (.timestamp, .string(let text)):
            guard Timestamp.parse(text) != nil else {
                return violated(.format, Timestamp.requirement)
            }
        default:
            return violated(.valueType, "must be \(form.typeName), is \(value.typeName)")
        }
        return nil
    }
}

extension DataField.Form {
    fileprivate var typeName: String {
        switch self {
        case .text, .oneOf, .timestamp: "a string"
        case .boolean: "a boolean"
        case .integer: "a whole number below 2^63"
        }
    }
}
