package import Foundation
import Postgres

/// A message that will not be tried again without a person.
package struct DeadLetter: Sendable {
    package let tenantID: Int32
    package let messageID: Int64
    package let tenant: String
    package let destination: String
    package let type: String
    package let deadAt: Date
    package let owner: String
    /// By when the owner must have acknowledged it.
    package let acknowledgeBy: Date
    package let cause: String
    package let code: String
    package let message: String
    package let pointer: String?
    package let httpStatus: Int?
    package let requestID: String?
    package let attemptCount: Int
    package let amountMinor: Int64?
    package let currency: String?
    package let signature: String

    init(_ row: Row) throws(PostgresError) {
        tenantID = try row.decode("tenant_id")
        messageID = try row.decode("message_id")
        tenant = try row.decode("tenant")
        destination = try row.decode("destination")
        type = try row.decode("type")
        deadAt = try row.decode("dead_at")
        owner = try row.decode("owner_team")
        acknowledgeBy = try row.decode("acknowledge_by")
        cause = try row.decode("cause")
        code = try row.decode("code")
        message = try row.decode("error_message")
        pointer = try row.decode("pointer")
        httpStatus = try row.decode("http_status", as: Int16?.self).map(Int.init)
        requestID = try row.decode("request_id")
        attemptCount = Int(try row.decode("attempt_count", as: Int16.self))
        amountMinor = try row.decode("amount_minor")
        currency = try row.decode("currency")
        signature = try row.decode("signature")
    }
}

/// Which dead letters are meant. A field that is `nil` restricts nothing.
package struct DeadLetterFilter: Sendable, Equatable {
    package var tenant: String?
    package var destination: String?
    package var owner: String?
    package var cause: String?
    package var code: String?
    package var signature: String?
    package var type: String?
    /// Died no longer ago than this.
    package var since: Duration?

    package init(
        tenant: String? = nil, destination: String? = nil, owner: String? = nil,
        cause: String? = nil, code: String? = nil, signature: String? = nil, type: String? = nil,
        since: Duration? = nil
    ) {
        self.tenant = tenant
        self.destination = destination
        self.owner = owner
        self.cause = cause
        self.code = code
        self.signature = signature
        self.type = type
        self.since = since
    }
}

/// One try at delivering a message, as it ended.
package struct Attempt: Sendable {
    package let finishedAt: Date
    package let duration: Duration
    package let number: Int
    /// `delivered`, `retry`, `unknown`, `dead`, `discarded` or `replayed`.
    package let outcome: String
    package let httpStatus: Int?
    package let code: String?
    package let message: String?
    package let requestID: String?
    package let objectID: String?

    private static let outcomes = [
        "delivered", "retry", "unknown", "dead", "discarded", "replayed",
    ]

    init(_ row: Row) throws(PostgresError) {
        let (finishedAt, duration, number, outcome, status, code, message, requestID, objectID) =
            try row.decode(
                (Date, Int32, Int16, Int16, Int16?, String?, String?, String?, String?).self)
        self.finishedAt = finishedAt
        self.duration = .microseconds(Int64(duration))
        self.number = Int(number)
        let index = Int(outcome) - 1
        self.outcome = Self.outcomes.indices.contains(index) ? Self.outcomes[index] : "\(outcome)"
        httpStatus = status.map(Int.init)
        self.code = code
        self.message = message
        self.requestID = requestID
        self.objectID = objectID
    }
}
