package import Foundation
import Crypto

/// An event on its way into the outbox, with what the queue needs to know about it.
package struct NewEvent: Sendable {
    package var tenant: String
    package var type: String
    package var eventID: UUID
    package var source: String
    package var idempotencyKey: String
    /// What decides between a duplicate and a conflict: the content without what differs by nature
    /// between two sendings of the same thing.
    package var fingerprint: UUID
    package var orderingKey: String?
    package var body: String
    package var notBefore: Date?
    package var deadlineAt: Date?
    package var priority: Int16?
    package var amountMinor: Int64?
    package var currency: String?

    package init(
        tenant: String, type: String, eventID: UUID, source: String, idempotencyKey: String,
        fingerprint: UUID? = nil, orderingKey: String?, body: String, notBefore: Date? = nil,
        deadlineAt: Date? = nil, priority: Int16? = nil, amountMinor: Int64? = nil,
        currency: String? = nil
    ) {
        self.tenant = tenant
        self.type = type
        self.eventID = eventID
        self.source = source
        self.idempotencyKey = idempotencyKey
        self.fingerprint = fingerprint ?? Self.fingerprint(of: body)
        self.orderingKey = orderingKey
        self.body = body
        self.notBefore = notBefore
        self.deadlineAt = deadlineAt
        self.priority = priority
        self.amountMinor = amountMinor
        self.currency = currency
    }

    /// The first 128 bits of the SHA-256 of a content.
    package static func fingerprint(of content: String) -> UUID {
        var digest = SHA256.hash(data: Array(content.utf8)).makeIterator()
        func next() -> UInt8 { digest.next() ?? 0 }
        return UUID(
            uuid: (
                next(), next(), next(), next(), next(), next(), next(), next(),
                next(), next(), next(), next(), next(), next(), next(), next()
            ))
    }
}

/// What became of an event that was offered.
package struct EnqueueResult: Sendable, Equatable {
    package enum Status: Int16, Sendable {
        case accepted = 1
        /// The same key with the same content was accepted before: a success.
        case duplicate = 2
        /// The same key was used with another content: nothing was changed.
        case conflict = 3
    }

    package let status: Status
    /// The number of the event, or of the first one with this key.
    package let eventSequence: Int64
}
