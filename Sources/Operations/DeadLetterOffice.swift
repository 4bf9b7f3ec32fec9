package import MessageQueue
package import PaymentEvents
package import Postgres

/// Where a person looks up what will not go on by itself: dead letters and refused input.
///
/// Bodies leave it only redacted.
package struct DeadLetterOffice: Sendable {
    private let queue: MessageQueue

    package init(queue: MessageQueue) {
        self.queue = queue
    }

    /// A page of dead letters, oldest message first.
    package func list(
        _ filter: DeadLetterFilter, after cursor: MessageQueue.DeadLetterCursor = .start,
        limit: Int
    ) async throws(PostgresError) -> [DeadLetter] {
        try await queue.listDeadLetters(filter, after: cursor, limit: limit)
    }

    /// A dead letter with its attempts; several when tenants share the number.
    package func show(
        _ messageID: Int64, tenant: String? = nil
    ) async throws(PostgresError) -> [MessageQueue.DeadLetterDetail] {
        try await queue.showDeadLetters(messageID: messageID, tenant: tenant)
    }

    /// A page of refused input, newest first.
    package func listRejected(
        tenant: String? = nil, owner: String? = nil, since: Duration? = nil,
        below cursor: Int64 = .max, limit: Int
    ) async throws(PostgresError) -> [RejectedEvent] {
        try await queue.listRejectedEvents(
            tenant: tenant, owner: owner, since: since, below: cursor, limit: limit)
    }

    package func showRejected(_ id: Int64) async throws(PostgresError) -> RejectedEvent? {
        try await queue.showRejectedEvent(id)
    }
}

extension DeadLetter {
    /// The form of lists and of `-o json`.
    package var json: JSONValue {
        var members: [String: JSONValue] = [
            "message_id": .int(messageID), "tenant": .string(tenant),
            "destination": .string(destination), "type": .string(type),
            "dead_at": .string(Timestamp.text(deadAt)), "owner": .string(owner),
            "acknowledge_by": .string(Timestamp.text(acknowledgeBy)), "cause": .string(cause),
            "code": .string(code), "message": .string(Redaction.safe(message)),
            "attempts": .int(Int64(attemptCount)), "signature": .string(signature),
        ]
        members["pointer"] = pointer.map { .string($0) }
        members["http_status"] = httpStatus.map { .int(Int64($0)) }
        members["request_id"] = requestID.map { .string($0) }
        if let amountMinor, let currency {
            members["money"] = ["amount_minor": .int(amountMinor), "currency": .string(currency)]
        }
        return .object(members)
    }
}

extension MessageQueue.DeadLetterDetail {
    /// Everything, with the event redacted.
    package var json: JSONValue {
        guard case .object(var members) = letter.json else { return letter.json }
        members["accepted_at"] = .string(Timestamp.text(acceptedAt))
        members["held_behind"] = .int(Int64(heldCount))
        if let firstSentAt {
            members["intent"] = .object([
                "idempotency_key": idempotencyKey.map { .string($0) } ?? .null,
                "first_sent_at": .string(Timestamp.text(firstSentAt)),
                "key_age_seconds": .int(keyAge?.components.seconds ?? 0),
            ])
        }
        members["history"] = .array(attempts.map(\.json))
        members["event"] = event
        return .object(members)
    }

    /// The event without personal data; a string when it is no JSON.
    package var event: JSONValue {
        (try? JSONValue(parsing: body)).map(Redaction.redacted) ?? .string(Redaction.safe(body))
    }
}

extension Attempt {
    package var json: JSONValue {
        var members: [String: JSONValue] = [
            "attempt": .int(Int64(number)), "outcome": .string(outcome),
            "finished_at": .string(Timestamp.text(finishedAt)),
            "duration_ms": .int(
                duration.components.seconds * 1000
                    + duration.components.attoseconds / 1_000_000_000_000_000),
        ]
        members["http_status"] = httpStatus.map { .int(Int64($0)) }
        members["code"] = code.map { .string($0) }
        members["message"] = message.map { .string(Redaction.safe($0)) }
        members["request_id"] = requestID.map { .string($0) }
        members["object_id"] = objectID.map { .string($0) }
        return .object(members)
    }
}

extension RejectedEvent {
    package var json: JSONValue {
        var members: [String: JSONValue] = [
            "rejected_id": .int(rejectedID), "rejected_at": .string(Timestamp.text(rejectedAt)),
            "source": .string(source), "owner": .string(owner),
            "acknowledge_by": .string(Timestamp.text(acknowledgeBy)), "rule": .string(rule),
            "pointer": .string(pointer), "reason": .string(reason),
            "violation_count": .int(Int64(violationCount)),
            "body_bytes": .int(Int64(bodyByteCount)),
        ]
        members["tenant"] = tenant.map { .string($0) }
        members["content_type"] = contentType.map { .string($0) }
        members["body"] = redactedBody
        return .object(members)
    }

    /// The input without personal data; a string when it is no JSON, `nil` in lists.
    package var redactedBody: JSONValue? {
        guard let body else { return nil }
        if let document = try? JSONValue(parsing: body) { return Redaction.redacted(document) }
        return .string(Redaction.safe(String(decoding: body, as: UTF8.self)))
    }
}

extension ChannelDepth {
    package var json: JSONValue {
        [
            "tenant": .string(tenant), "destination": .string(destination),
            "accepted": .int(accepted), "ready": .int(ready), "leased": .int(leased),
            "scheduled": .int(scheduled), "held": .int(held), "unknown": .int(unknown),
            "dead": .int(dead), "delivered": .int(delivered), "discarded": .int(discarded),
            "is_paused": .bool(isPaused),
        ]
    }
}
