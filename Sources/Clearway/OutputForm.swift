import ArgumentParser
import Foundation
import PaymentEvents

/// How lists are printed.
enum OutputForm: String, ExpressibleByArgument, CaseIterable {
    case table
    case json
    case jsonl
}

/// Prints one page of documents.
func printPage(_ documents: [JSONValue], as form: OutputForm, table: () -> TextTable, none: String)
{
    switch form {
    case .json: print(JSONValue.array(documents).canonicalText)
    case .jsonl: for document in documents { print(document.canonicalText) }
    case .table: print(documents.isEmpty ? none : table().text)
    }
}

/// A time span such as `90s`, `15m`, `2h` or `7d`.
struct TimeSpan: ExpressibleByArgument {
    let duration: Duration

    init?(argument: String) {
        let units: [Character: Int64] = ["s": 1, "m": 60, "h": 3600, "d": 86400]
        guard let last = argument.last, let unit = units[last],
            let count = Int64(argument.dropLast()), (1...1_000_000).contains(count)
        else { return nil }
        duration = .seconds(count * unit)
    }
}

/// Money for a person, in the currency's own digits.
func moneyText(_ amountMinor: Int64?, _ currency: String?) -> String {
    guard let amountMinor, let currency else { return "" }
    guard let known = Currency(currency) else { return "\(amountMinor) \(currency)" }
    return Money(minorUnits: amountMinor, currency: known).description
}

/// The sums of a plan, as it stores them.
func moneyText(_ json: String) -> String {
    guard let sums = try? JSONValue(parsing: json).objectValue, !sums.isEmpty else {
        return "no money"
    }
    return sums.sorted { $0.key < $1.key }
        .map { moneyText($0.value.intValue, $0.key) }
        .joined(separator: ", ")
}
