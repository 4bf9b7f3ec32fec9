import Foundation

/// A form-encoded body or query as Stripe reads it: `a[b]=c` names a member, `a[]`, `a[0]` a list.
struct FormBody: Sendable {
    /// Name and value, decoded, in the order of the body.
    let pairs: [(name: String, value: String)]
    private let first: [String: String]

    /// Parses `text`; `nil` when a percent escape is broken.
    init?(parsing text: some StringProtocol) {
        var pairs: [(name: String, value: String)] = []
        for part in text.split(separator: "&") {
            let halves = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard
                let name = Self.decode(halves[0]),
                let value = halves.count > 1 ? Self.decode(halves[1]) : ""
            else { return nil }
            pairs.append((name, value))
        }
        self.pairs = pairs
        first = Dictionary(pairs.map { ($0.name, $0.value) }, uniquingKeysWith: { one, _ in one })
    }

    subscript(_ name: String) -> String? { first[name] }

    /// The members `name[…]` of an object such as metadata; an empty value deletes a member.
    func members(of name: String) -> [String: String] {
        var members: [String: String] = [:]
        for pair in pairs where pair.name.hasPrefix(name + "[") && pair.name.hasSuffix("]") {
            members[String(pair.name.dropFirst(name.count + 1).dropLast())] = pair.value
        }
        return members
    }

    /// The elements of the list `name[]`, `name[0]`, ….
    func elements(of name: String) -> [String] {
        pairs.filter { $0.name.hasPrefix(name + "[") }.map(\.value)
    }

    /// The same for bodies that say the same, whatever the order of their parameters.
    var canonical: String {
        pairs.map { "\($0.name.count):\($0.name)=\($0.value)" }.sorted().joined(separator: "&")
    }

    private static func decode(_ text: some StringProtocol) -> String? {
        guard text.utf8.contains(where: { $0 == UInt8(ascii: "%") || $0 == UInt8(ascii: "+") })
        else { return String(text) }
        return String(text).replacing("+", with: " ").removingPercentEncoding
    }
}
