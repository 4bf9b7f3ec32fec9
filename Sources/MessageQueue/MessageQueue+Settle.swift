package import Postgres
import QueueSQL

/// Where a message lies, with the right to change it: its lane, the lease's epoch, its position.
package struct Claim: Sendable, Hashable {
    package let lane: LaneID
    package let epoch: Int64
    package let position: Int64

    package init(lane: LaneID, epoch: Int64, position: Int64) {
        self.lane = lane
        self.epoch = epoch
        self.position = position
    }
}

extension MessageQueue {
    private static let completeMessagesStatement = Statement(
        name: "complete_messages", sql: QueueSQL.completeMessages)
    private static let forgetIntentsStatement = Statement(
        name: "forget_intents", sql: QueueSQL.forgetIntents)
    private static let postponeMessagesStatement = Statement(
        name: "postpone_messages",
        sql: """
            SELECT * FROM clearway.postpone_messages(
                $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
            """)
    private static let holdMessagesStatement = Statement(
        name: "hold_messages", sql: "SELECT * FROM clearway.hold_messages($1, $2, $3, $4, $5)")
    private static let buryMessagesStatement = Statement(
        name: "bury_messages",
        sql: """
            SELECT * FROM clearway.bury_messages(
                $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
            """)
    private static let advanceKeysStatement = Statement(
        name: "advance_keys", sql: "SELECT clearway.advance_keys($1, $2, $3, $4, $5)")

    /// A delivered message and its proof.
    package struct Completion: Sendable {
        package var claim: Claim
        package var messageID: Int64
        package var keyHash: Int64
        package var durationMicroseconds: Int32
        package var httpStatus: Int16?
        package var requestID: String?
        package var objectID: String?
        package var hasIntent: Bool
        /// The message is the last one its blocked key allowed: the next ones may go.
        package var advancesKey: Bool

        package init(
            claim: Claim, messageID: Int64, keyHash: Int64, durationMicroseconds: Int32,
            httpStatus: Int16? = nil, requestID: String? = nil, objectID: String? = nil,
            hasIntent: Bool = false, advancesKey: Bool = false
        ) {
            self.claim = claim
            self.messageID = messageID
            self.keyHash = keyHash
            self.durationMicroseconds = durationMicroseconds
            self.httpStatus = httpStatus
            self.requestID = requestID
            self.objectID = objectID
            self.hasIntent = hasIntent
            self.advancesKey = advancesKey
        }
    }

    /// Acknowledges delivered messages in one transaction.
    ///
    /// - Returns: how many were still ours. Fewer than given means that a lease was lost; those
    ///   messages were not touched.
    package func complete(_ completions: [Completion]) async throws -> Int {
        let claims = completions.map(\.claim)
        let parameters: [any PostgresEncodable] =
            Self.columns(claims) + [
                completions.map(\.durationMicroseconds), completions.map(\.httpStatus),
                completions.map(\.requestID), completions.map(\.objectID),
            ]
        let advancing = completions.filter(\.advancesKey)
        let intents = completions.filter(\.hasIntent)
        if advancing.isEmpty && intents.isEmpty {
            let rows = try await pool.query(Self.completeMessagesStatement, parameters)
            return Int(try rows[0].decode(column: 0, as: Int32.self))
        }
        return try await pool.withTransaction { connection in
            let rows = try await connection.query(Self.completeMessagesStatement, parameters)
            let count = Int(try rows[0].decode(column: 0, as: Int32.self))
            guard count > 0 else { return count }
            if !intents.isEmpty {
                _ = try await connection.query(
                    Self.forgetIntentsStatement,
                    [intents.map(\.claim.lane.tenantID), intents.map(\.messageID)])
            }
            if !advancing.isEmpty {
                _ = try await connection.query(
                    Self.advanceKeysStatement,
                    [
                        advancing.map(\.claim.lane.tenantID),
                        advancing.map(\.claim.lane.destinationID),
                        advancing.map(\.claim.lane.lane), advancing.map(\.keyHash),
                        advancing.map(\.messageID),
                    ])
            }
            guard count == completions.count else {
                // Part of the batch is not ours any more, and which part decides whose intents and
                // keys may change. Nothing is kept; the caller settles lane by lane.
                throw LeaseLost(remaining: count)
            }
            return count
        }
    }

    /// A message set aside until a delay has passed.
    package struct Postponement: Sendable {
        package var claim: Claim
        package var delay: Duration
        package var isUnknown: Bool
        /// Whether the attempt counts against the limit; one that never left the machine does not.
        package var isCounted: Bool
        package var durationMicroseconds: Int32
        package var code: String
        package var errorMessage: String
        package var httpStatus: Int16?
        package var requestID: String?

        package init(
            claim: Claim, delay: Duration, isUnknown: Bool, isCounted: Bool,
            durationMicroseconds: Int32, code: String, errorMessage: String,
            httpStatus: Int16? = nil, requestID: String? = nil
        ) {
            self.claim = claim
            self.delay = delay
            self.isUnknown = isUnknown
            self.isCounted = isCounted
            self.durationMicroseconds = durationMicroseconds
            self.code = code
            self.errorMessage = errorMessage
            self.httpStatus = httpStatus
            self.requestID = requestID
        }
    }

    /// Sets messages aside and blocks their keys; returns how many were still ours.
    package func postpone(_ items: [Postponement]) async throws(PostgresError) -> Int {
        try await pool.query(
            Self.postponeMessagesStatement,
            Self.columns(items.map(\.claim)) + [
                items.map(\.delay), items.map(\.isUnknown), items.map(\.isCounted),
                items.map(\.durationMicroseconds), items.map(\.code), items.map(\.errorMessage),
                items.map(\.httpStatus), items.map(\.requestID),
            ]
        ).count
    }

    /// Moves messages behind their blocked keys; returns the positions that were moved.
    ///
    /// One that is not returned may go: its key has become free, or the lane is lost.
    package func hold(_ claims: [Claim]) async throws(PostgresError) -> Set<Int64> {
        let rows = try await pool.query(Self.holdMessagesStatement, Self.columns(claims))
        var positions = Set<Int64>()
        for row in rows { positions.insert(try row.decode(column: 0, as: Int64.self)) }
        return positions
    }

    /// A message that needs a person now.
    package struct Burial: Sendable {
        package var claim: Claim
        package var durationMicroseconds: Int32
        package var cause: String
        package var code: String
        package var errorMessage: String
        package var pointer: String?
        package var httpStatus: Int16?
        package var requestID: String?

        package init(
            claim: Claim, durationMicroseconds: Int32, cause: String, code: String,
            errorMessage: String, pointer: String? = nil, httpStatus: Int16? = nil,
            requestID: String? = nil
        ) {
            self.claim = claim
            self.durationMicroseconds = durationMicroseconds
            self.cause = cause
            self.code = code
            self.errorMessage = errorMessage
            self.pointer = pointer
            self.httpStatus = httpStatus
            self.requestID = requestID
        }
    }

    /// Makes messages dead letters and lets the keys go on whose type says so, in one transaction.
    ///
    /// - Returns: how many were still ours.
    package func bury(_ items: [Burial]) async throws -> Int {
        try await pool.withTransaction { connection in
            let rows = try await connection.query(
                Self.buryMessagesStatement,
                Self.columns(items.map(\.claim)) + [
                    items.map(\.durationMicroseconds), items.map(\.cause), items.map(\.code),
                    items.map(\.errorMessage), items.map(\.pointer), items.map(\.httpStatus),
                    items.map(\.requestID),
                ])
            var going: [(Int32, Int16, Int16, Int64, Int64)] = []
            for row in rows {
                let (tenant, destination, lane, hash, message, isHolding) = try row.decode(
                    (Int32, Int16, Int16, Int64, Int64, Bool).self)
                if !isHolding { going.append((tenant, destination, lane, hash, message)) }
            }
            if !going.isEmpty {
                _ = try await connection.query(
                    Self.advanceKeysStatement,
                    [
                        going.map(\.0), going.map(\.1), going.map(\.2), going.map(\.3),
                        going.map(\.4),
                    ])
            }
            return rows.count
        }
    }

    private static func columns(_ claims: [Claim]) -> [any PostgresEncodable] {
        [
            claims.map(\.lane.tenantID), claims.map(\.lane.destinationID), claims.map(\.lane.lane),
            claims.map(\.epoch), claims.map(\.position),
        ]
    }
}

/// Some lanes of a batch were no longer held; the whole batch was rolled back.
package struct LeaseLost: Error, Sendable {
    package let remaining: Int
}
