package import PaymentEvents
package import Postgres

extension NewEvent {
    /// The queue's view of a canonical event.
    package init(_ event: PaymentEvent) {
        let destination = event.destinations[0]
        self.init(
            tenant: event.tenant, type: event.type.rawValue, eventID: event.eventID,
            source: event.source, idempotencyKey: event.idempotencyKey.rawValue,
            fingerprint: Self.fingerprint(of: event.contentFingerprint),
            orderingKey: event.orderingKey(for: destination)?.rawValue,
            body: String(decoding: event.encoded(), as: UTF8.self), notBefore: event.notBefore,
            deadlineAt: event.deadlineAt, amountMinor: event.money?.minorUnits,
            currency: event.money?.currency.code)
    }
}

extension MessageQueue {
    private static let enqueueBatchStatement = Statement(
        name: "enqueue_batch",
        sql: """
            SELECT * FROM clearway.enqueue_batch(
                $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
            """)

    /// Accepts events in one transaction: all of them, or none when an error is thrown.
    ///
    /// Returning is the acknowledgement: the transaction has been committed (guarantee 1).
    ///
    /// - Returns: one result per event, in order. A duplicate is a success; a conflict changed
    ///   nothing and must be reported to the producer.
    package func enqueue(_ events: [NewEvent]) async throws(PostgresError) -> [EnqueueResult] {
        guard !events.isEmpty else { return [] }
        return try Self.results(
            await pool.query(Self.enqueueBatchStatement, Self.parameters(events)),
            count: events.count)
    }

    /// Accepts events in the caller's transaction.
    package func enqueue(
        _ events: [NewEvent], in connection: Connection
    ) async throws(PostgresError) -> [EnqueueResult] {
        guard !events.isEmpty else { return [] }
        return try Self.results(
            await connection.query(Self.enqueueBatchStatement, Self.parameters(events)),
            count: events.count)
    }

    private static func parameters(_ events: [NewEvent]) -> [any PostgresEncodable] {
        [
            events.map(\.tenant), events.map(\.type), events.map(\.eventID), events.map(\.source),
            events.map(\.idempotencyKey), events.map(\.fingerprint), events.map(\.orderingKey),
            events.map(\.body), events.map(\.notBefore), events.map(\.deadlineAt),
            events.map(\.priority), events.map(\.amountMinor), events.map(\.currency),
        ]
    }

    private static func results(
        _ rows: Rows, count: Int
    ) throws(PostgresError) -> [EnqueueResult] {
        var results = [EnqueueResult?](repeating: nil, count: count)
        for row in rows {
            let (ordinal, sequence, status) = try row.decode((Int64, Int64, Int16).self)
            results[Int(ordinal) - 1] = EnqueueResult(
                status: EnqueueResult.Status(rawValue: status) ?? .conflict,
                eventSequence: sequence)
        }
        return try results.enumerated().map { index, result throws(PostgresError) in
            guard let result else {
                throw PostgresError(
                    .decodingFailed, "enqueue_batch said nothing about event \(index + 1)")
            }
            return result
        }
    }

    /// Input that was refused at the door.
    package struct Rejection: Sendable {
        package var tenant: String?
        package var source: String
        package var owner: OwnerTeam
        package var violations: [ContractViolation]
        package var contentType: String?
        package var body: [UInt8]

        package init(
            tenant: String?, source: String, owner: OwnerTeam, violations: [ContractViolation],
            contentType: String?, body: [UInt8]
        ) {
            self.tenant = tenant
            self.source = source
            self.owner = owner
            self.violations = violations
            self.contentType = contentType
            self.body = body
        }
    }

    private static let rejectEventStatement = Statement(
        name: "reject_event",
        sql: """
            INSERT INTO clearway.rejected_event (
                tenant, source, owner_team, rule, pointer, reason, violation_count, content_type,
                body)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
            RETURNING rejected_id
            """)

    /// Stores refused input for its owner to see, with the first violation as its reason.
    ///
    /// - Returns: its number, which is told to the producer.
    package func reject(_ rejection: Rejection) async throws(PostgresError) -> Int64 {
        let first = rejection.violations.first
        let rows = try await pool.query(
            Self.rejectEventStatement,
            [
                rejection.tenant, rejection.source, rejection.owner.rawValue,
                first?.rule.rawValue ?? "unreadable", first?.pointer.description ?? "",
                first?.reason ?? "the input could not be read",
                Int32(max(1, rejection.violations.count)), rejection.contentType, rejection.body,
            ])
        return try rows[0].decode(column: 0, as: Int64.self)
    }
}
