import Foundation

/// What a double says back: status, headers and body, without any HTTP library in it.
struct Answer: Sendable, Equatable {
    var status: Int
    var headers: [String: String] = [:]
    var body: [UInt8] = []

    init(status: Int, headers: [String: String] = [:], body: [UInt8] = []) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    init(status: Int, headers: [String: String] = [:], json: JSON) {
        self.init(status: status, headers: headers, body: json.bytes)
        self.headers["Content-Type"] = self.headers["Content-Type"] ?? "application/json"
    }

    /// A copy with more headers; the new ones win.
    func adding(_ more: [String: String]) -> Answer {
        var copy = self
        copy.headers.merge(more) { _, new in new }
        return copy
    }
}

/// How a call to a double ends on the wire.
enum Reaction: Sendable, Equatable {
    case answer(Answer)
    /// The TCP connection is closed without a response.
    case drop
}

/// One call as a double sees it.
struct Call: Sendable {
    var method: String
    /// The path without the query, percent-decoded segments kept as sent.
    var path: String
    var query: String
    /// Lower-case names.
    var headers: [String: String]
    var body: [UInt8]

    subscript(header name: String) -> String? { headers[name] }

    /// The credential of `Authorization: Bearer …`.
    var bearer: String? {
        guard let value = headers["authorization"], value.lowercased().hasPrefix("bearer ") else {
            return nil
        }
        return String(value.dropFirst(7))
    }

    /// User and password of `Authorization: Basic …`.
    var basicCredentials: (user: String, password: String)? {
        guard
            let value = headers["authorization"], value.lowercased().hasPrefix("basic "),
            let data = Data(base64Encoded: String(value.dropFirst(6)))
        else { return nil }
        let halves = String(decoding: data, as: UTF8.self)
            .split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        guard halves.count == 2 else { return nil }
        return (String(halves[0]), String(halves[1]))
    }
}
