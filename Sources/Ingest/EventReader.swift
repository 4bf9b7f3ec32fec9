import Foundation
import PaymentEvents

/// One event of a request: what it says, or every way in which it breaks the contract.
struct OfferedEvent {
    /// Its place in the request, from 0.
    var index: Int
    var content: Result<PaymentEvent, EventRejection>
    /// What is kept of it when it is refused.
    var document: JSONValue?
    var bytes: [UInt8]
}

/// Takes a body apart into events: one JSON object, an array of them, or one per line.
struct EventReader {
    static let eventsMax = 1000

    let bodyBytesMax: Int
    let defaults: EventDefaults

    enum Form {
        case json
        case lines

        init?(contentType: String?) {
            let type = contentType?.split(separator: ";").first?
                .trimmingCharacters(in: .whitespaces).lowercased()
            switch type {
            case "application/json": self = .json
            case "application/x-ndjson", "application/jsonl": self = .lines
            default: return nil
            }
        }
    }

    /// Throws only when the body as a whole cannot be taken; each event has its own result.
    func read(_ body: [UInt8], form: Form) throws(EventRejection) -> (
        events: [OfferedEvent], isSingle: Bool
    ) {
        switch form {
        case .json: return try readDocument(body)
        case .lines: return (try readLines(body), false)
        }
    }

    private func readDocument(
        _ body: [UInt8]
    ) throws(EventRejection) -> ([OfferedEvent], Bool) {
        let document: JSONValue
        do {
            document = try JSONValue(
                parsing: body, limits: JSONLimits(bytesMax: bodyBytesMax))
        } catch {
            throw EventRejection([error])
        }
        guard let elements = document.arrayValue else {
            return ([offered(document, index: 0, bytes: body)], true)
        }
        try check(elements.count)
        let events = elements.enumerated().map { index, element in
            offered(element, index: index, bytes: nil)
        }
        return (events, false)
    }

    private func readLines(_ body: [UInt8]) throws(EventRejection) -> [OfferedEvent] {
        let lines = body.split(separator: 0x0A)
            .filter { !$0.allSatisfy { $0 == 0x20 || $0 == 0x09 || $0 == 0x0D } }
        try check(lines.count)
        return lines.enumerated().map { index, line in
            let bytes = Array(line)
            do throws(ContractViolation) {
                return offered(try JSONValue(parsing: bytes), index: index, bytes: bytes)
            } catch {
                return OfferedEvent(
                    index: index, content: .failure(EventRejection([error])), document: nil,
                    bytes: bytes)
            }
        }
    }

    private func check(_ count: Int) throws(EventRejection) {
        guard (1...Self.eventsMax).contains(count) else {
            throw EventRejection([
                ContractViolation(
                    pointer: .root, rule: .length,
                    reason: "the request has \(count) events; send 1 to \(Self.eventsMax)")
            ])
        }
    }

    private func offered(_ document: JSONValue, index: Int, bytes: [UInt8]?) -> OfferedEvent {
        let content: Result<PaymentEvent, EventRejection>
        do throws(EventRejection) {
            content = .success(try PaymentEvent(parsing: document, defaults: defaults))
        } catch {
            content = .failure(error)
        }
        return OfferedEvent(
            index: index, content: content, document: document,
            bytes: bytes ?? document.canonicalBytes())
    }
}
