package import Foundation

/// The fields of an event before they are checked.
///
/// Translators and producers in Swift fill one in and hand it to `PaymentEvent(_:)`; the parser
/// fills one in from JSON. Names and units are those of the envelope.
package struct EventDraft: Sendable, Hashable {
    /// Made at the door when absent.
    package var eventID: UUID?
    package var type: EventType
    package var schemaVersion: Int
    package var tenant: String
    /// The system the event comes from, such as `sfcc:RefArch` or `stripe:acct_1`.
    package var source: String
    package var idempotencyKey: String
    package var occurredAt: Date
    package var notBefore: Date?
    package var deadlineAt: Date?
    /// Commands only; derived from tenant, source and idempotency key when absent.
    package var operationID: UUID?
    package var generation: Int
    package var correlationID: String?
    package var causationID: String?
    package var money: Money?
    package var ids: [String: String]
    package var data: [String: JSONValue]
    /// Members of the envelope that this release does not know; kept and written back.
    package var unknownFields: [String: JSONValue]

    package init(
        eventID: UUID? = nil, type: EventType, schemaVersion: Int = 1, tenant: String,
        source: String, idempotencyKey: String, occurredAt: Date, notBefore: Date? = nil,
        deadlineAt: Date? = nil, operationID: UUID? = nil, generation: Int = 1,
        correlationID: String? = nil, causationID: String? = nil, money: Money? = nil,
        ids: [String: String] = [:], data: [String: JSONValue] = [:],
        unknownFields: [String: JSONValue] = [:]
    ) {
        self.eventID = eventID
        self.type = type
        self.schemaVersion = schemaVersion
        self.tenant = tenant
        self.source = source
        self.idempotencyKey = idempotencyKey
        self.occurredAt = occurredAt
        self.notBefore = notBefore
        self.deadlineAt = deadlineAt
        self.operationID = operationID
        self.generation = generation
        self.correlationID = correlationID
        self.causationID = causationID
        self.money = money
        self.ids = ids
        self.data = data
        self.unknownFields = unknownFields
    }
}

/// What the door fills in where an event does not say.
package struct EventDefaults: Sendable {
    /// Makes the id of an event that brings none.
    package var eventID: @Sendable () -> UUID
    /// The tenant the producer signed in as. An event that names another one is refused.
    package var tenant: String?
    /// Used when the event names no source.
    package var source: String?

    package init(
        eventID: @escaping @Sendable () -> UUID = { EventIDGenerator.system.next() },
        tenant: String? = nil, source: String? = nil
    ) {
        self.eventID = eventID
        self.tenant = tenant
        self.source = source
    }
}
