import Foundation

/// One Event object of the Stripe double.
struct StripeEvent: Sendable {
    /// How far an event got on its way to the account's endpoint.
    enum Progress: Sendable, Equatable {
        /// There was no endpoint when it happened.
        case unwatched
        case pending
        /// Never sent: only `GET /v1/events?delivery_success=false` shows it.
        case lost
        case delivered
    }

    var id: String
    var account: String
    var type: String
    var created: Date
    var apiVersion: String
    var requestID: String?
    var idempotencyKey: String?
    /// `data`, written when the event happened: a snapshot, not a view.
    var data: [UInt8]
    var progress: Progress

    var json: JSON {
        [
            "api_version": .string(apiVersion),
            "created": .seconds(created),
            "data": .rendered(data),
            "id": .string(id),
            "livemode": false,
            "object": "event",
            "pending_webhooks": progress == .pending || progress == .lost ? 1 : 0,
            "request": [
                "id": .string(orNull: requestID),
                "idempotency_key": .string(orNull: idempotencyKey),
            ],
            "type": .string(type),
        ]
    }
}

/// What happened, before it becomes one Event object or two.
struct StripeOccurrence: Sendable {
    var type: String
    var object: JSON
    /// Only on `*.updated`.
    var previousAttributes: JSON?
    /// Whether a request caused it; Stripe's own later steps carry no request and no key.
    var isByRequest = true

    var data: JSON {
        var members: [String: JSON] = ["object": object]
        if let previousAttributes { members["previous_attributes"] = previousAttributes }
        return .object(members)
    }
}
