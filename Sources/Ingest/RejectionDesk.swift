import Logging
import MessageQueue
import PaymentEvents
import Postgres

/// Stores refused input for its owner, in a form that may be kept.
struct RejectionDesk: Sendable {
    /// The first bytes are kept; a person needs to see what was sent, not all of it.
    private static let bodyBytesKept = 65_536

    let queue: MessageQueue
    let logger: Logger

    /// Returns the number under which the input is kept.
    func store(
        _ violations: [ContractViolation], document: JSONValue?, bytes: [UInt8], source: String,
        tenant: String? = nil, contentType: String?
    ) async throws(PostgresError) -> Int64 {
        let type = document?["type"]?.stringValue.map { EventType($0) }
        let definition = type.flatMap { Catalogue.standard[$0] }
        let number = try await queue.reject(
            MessageQueue.Rejection(
                tenant: tenant ?? document?["tenant"]?.stringValue.flatMap(Self.storable),
                source: document?["source"]?.stringValue.flatMap(Self.storable) ?? source,
                owner: definition?.owner ?? .integration, violations: violations,
                contentType: contentType.flatMap(Self.storable),
                body: Self.body(violations, document: document, bytes: bytes)))
        logger.notice(
            "event refused",
            metadata: [
                "rejected_id": "\(number)", "source": "\(source)",
                "rule": "\(violations.first?.rule.rawValue ?? "")",
                "pointer": "\(violations.first?.pointer.description ?? "")",
            ])
        return number
    }

    /// Text that fits a column of its kind, or nothing: it is the sender's and may be anything.
    private static func storable(_ text: String) -> String? {
        text.utf8.count <= 128 && !text.unicodeScalars.contains("\0") ? text : nil
    }

    /// No card number is ever stored: what holds one, or cannot be read, is kept redacted.
    private static func body(
        _ violations: [ContractViolation], document: JSONValue?, bytes: [UInt8]
    ) -> [UInt8] {
        if let document {
            let isSafe = !violations.contains { $0.rule == .cardNumber }
            return isSafe
                ? bytes : Array(Redaction.redacted(document).canonicalBytes())
        }
        let text = String(decoding: bytes.prefix(bodyBytesKept), as: UTF8.self)
        return Array(Redaction.safe(text).utf8)
    }
}
