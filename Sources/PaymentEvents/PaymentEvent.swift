package import Foundation

/// One immutable canonical payment event that keeps the contract.
///
/// There is no way to make one that does not: every initializer checks the whole contract and
/// reports every violation. What comes out of the database is parsed by the same code.
package struct PaymentEvent: Sendable, Hashable {
    package let eventID: UUID
    package let type: EventType
    package let schemaVersion: Int
    package let tenant: String
    package let source: String
    package let idempotencyKey: IdempotencyKey
    package let occurredAt: Date
    /// Not delivered before this instant.
    package let notBefore: Date?
    /// Not worth delivering from this instant on (`capture_before`, `due_by`).
    package let deadlineAt: Date?
    /// Names the business intention; `nil` for facts, never for commands.
    package let operationID: UUID?
    package let generation: Int
    package let correlationID: String?
    package let causationID: String?
    package let money: Money?
    package let ids: [String: String]
    package let data: [String: JSONValue]
    package let unknownFields: [String: JSONValue]
    /// What the catalogue says about the type.
    package let definition: EventDefinition

    /// Reads an event from JSON bytes.
    package init(
        parsing bytes: [UInt8], defaults: EventDefaults = EventDefaults(),
        catalogue: Catalogue = .standard, limits: JSONLimits = JSONLimits()
    ) throws(EventRejection) {
        let document: JSONValue
        do {
            document = try JSONValue(parsing: bytes, limits: limits)
        } catch {
            throw EventRejection([error])
        }
        try self.init(parsing: document, defaults: defaults, catalogue: catalogue)
    }

    /// Reads an event from a JSON document.
    package init(
        parsing document: JSONValue, defaults: EventDefaults = EventDefaults(),
        catalogue: Catalogue = .standard
    ) throws(EventRejection) {
        var reader = EnvelopeReader(document)
        let draft = reader.read(defaults: defaults)
        try self.init(
            draft, violations: reader.violations, defaults: defaults, catalogue: catalogue)
    }

    /// Checks a draft.
    package init(
        _ draft: EventDraft, defaults: EventDefaults = EventDefaults(),
        catalogue: Catalogue = .standard
    ) throws(EventRejection) {
        try self.init(draft, violations: [], defaults: defaults, catalogue: catalogue)
    }

    private init(
        _ draft: EventDraft, violations: [ContractViolation], defaults: EventDefaults,
        catalogue: Catalogue
    ) throws(EventRejection) {
        var validator = EventValidator(draft, found: violations)
        let definition = validator.validate(catalogue: catalogue)
        guard validator.violations.isEmpty, let definition,
            let key = IdempotencyKey(rawValue: draft.idempotencyKey)
        else {
            throw EventRejection(validator.violations)
        }
        eventID = draft.eventID ?? defaults.eventID()
        type = draft.type
        schemaVersion = draft.schemaVersion
        tenant = draft.tenant
        source = draft.source
        idempotencyKey = key
        occurredAt = Timestamp.rounded(draft.occurredAt)
        notBefore = draft.notBefore.map(Timestamp.rounded)
        deadlineAt = draft.deadlineAt.map(Timestamp.rounded)
        operationID =
            definition.kind == .fact
            ? nil
            : draft.operationID
                ?? Self.deriveOperationID(tenant: draft.tenant, source: draft.source, key: key)
        generation = draft.generation
        correlationID = draft.correlationID
        causationID = draft.causationID
        money = draft.money
        ids = draft.ids
        data = draft.data
        unknownFields = draft.unknownFields
        self.definition = definition
    }

    /// An identifier, by its known name.
    package subscript(id name: IDName) -> String? { ids[name.rawValue] }

    package var destinations: [Destination] { definition.destinations }

    /// The key that orders this event's message to a destination; `nil` when none goes there.
    package func orderingKey(for destination: Destination) -> OrderingKey? {
        guard let route = definition.routes.first(where: { $0.destination == destination }) else {
            return nil
        }
        switch route.ordering {
        case .object(let name):
            return ids[name.rawValue].flatMap { OrderingKey(rawValue: "\(name):\($0)") }
        case .order:
            guard let site = self[id: .siteID], let order = self[id: .orderNo] else { return nil }
            return OrderingKey(rawValue: "order:\(site)/\(order)")
        }
    }

    /// The key this command carries to Stripe; `nil` for facts.
    package func operationKey(
        environment: String, account: String
    ) throws(ContractViolation) -> OperationKey? {
        guard let operation = definition.operation, let operationID else { return nil }
        return try OperationKey(
            environment: environment, account: account, operation: operation,
            operationID: operationID, generation: generation)
    }

    /// UUIDv5 over tenant, source and idempotency key, one per line, so that a producer that sends
    /// no `operation_id` gets the same one every time.
    package static func deriveOperationID(
        tenant: String, source: String, key: IdempotencyKey
    ) -> UUID {
        UUID.version5(
            namespace: operationNamespace, name: "\(tenant)\n\(source)\n\(key.rawValue)")
    }

    /// Drawn once at random; changing it would give every stored command another operation.
    private static let operationNamespace = UUID(
        uuid: (
            0x6c, 0x1e, 0x0a, 0x5b, 0x9d, 0x42, 0x4f, 0x3e, 0x8b, 0x77, 0x2f, 0xd1, 0x60, 0xc4,
            0x95, 0xea
        ))
}
