extension PaymentEvent {
    /// The canonical bytes: sorted names, no white space, unknown fields included.
    ///
    /// Absent values are left out rather than written as null. Parsing the bytes gives an equal
    /// event.
    package func encoded() -> [UInt8] {
        json.canonicalBytes()
    }

    /// The envelope as a document.
    package var json: JSONValue {
        var members = content
        members["event_id"] = .string(eventID.text)
        members["occurred_at"] = .string(Timestamp.text(occurredAt))
        members["correlation_id"] = correlationID.map { .string($0) }
        members["causation_id"] = causationID.map { .string($0) }
        return .object(members)
    }

    /// Tells whether two events under one idempotency key ask for the same thing: hexadecimal
    /// SHA-256 of everything but the ids and the time of the telling.
    ///
    /// `event_id`, `occurred_at`, `correlation_id` and `causation_id` are left out, because a
    /// producer that tries again may draw new ones. A translator that wants twins of a webhook to
    /// count as one puts the provider's event id into `causation_id`, not into `data`.
    package var contentFingerprint: String {
        StateFingerprint(bytes: JSONValue.object(content).canonicalBytes()).hex
    }

    private var content: [String: JSONValue] {
        var members = unknownFields
        members["type"] = .string(type.rawValue)
        members["schema_version"] = .int(Int64(schemaVersion))
        members["tenant"] = .string(tenant)
        members["source"] = .string(source)
        members["idempotency_key"] = .string(idempotencyKey.rawValue)
        members["not_before"] = notBefore.map { .string(Timestamp.text($0)) }
        members["deadline_at"] = deadlineAt.map { .string(Timestamp.text($0)) }
        members["operation_id"] = operationID.map { .string($0.text) }
        members["generation"] = .int(Int64(generation))
        members["money"] = money?.json
        members["ids"] = .object(ids.mapValues { .string($0) })
        members["data"] = .object(data)
        return members
    }
}
