import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Ingest
import Logging
import MessageQueue
import NIOCore
import PaymentEvents
import Postgres
import TestSupport

/// Ingest over a database of its own, and a caller that signs.
struct Door: Sendable {
    static let secret = "current-secret"
    static let oldSecret = "secret-being-rolled"
    static let webhookSecret = "whsec_test"
    static let account = "acct_1"
    static let now = Date(timeIntervalSince1970: 1_795_000_000)

    let client: any TestClientProtocol
    let queue: MessageQueue

    /// An answer taken apart.
    struct Answer {
        let status: Int
        let body: JSONValue
        let headers: HTTPFields

        var firstViolation: String? {
            body["violations"]?.arrayValue?.first?["pointer"]?.stringValue
        }
    }

    func post(
        _ body: String, path: String = "/v1/events", type: String? = "application/json",
        secret: String = Door.secret, at date: Date = Door.now, isSigned: Bool = true
    ) async throws -> Answer {
        var headers = HTTPFields()
        if let type { headers[.contentType] = type }
        let header = path.hasPrefix("/webhooks") ? "Stripe-Signature" : CallerSignature.headerName
        if isSigned, let name = HTTPField.Name(header) {
            headers[name] = CallerSignature.header(body: Array(body.utf8), secret: secret, at: date)
        }
        return try await send(.post, path, headers: headers, body: body)
    }

    func send(
        _ method: HTTPRequest.Method, _ path: String, headers: HTTPFields = [:], body: String = ""
    ) async throws -> Answer {
        try await client.execute(
            uri: path, method: method, headers: headers, body: ByteBuffer(string: body)
        ) { response in
            Answer(
                status: response.status.code,
                body: try JSONValue(parsing: Array(response.body.readableBytesView)),
                headers: response.headers)
        }
    }

    func count(_ table: StaticString) async throws -> Int {
        let rows = try await queue.pool.query(
            Statement(name: "", sql: "SELECT count(*) FROM clearway.\(table)"))
        return try rows[0].decode(column: 0, as: Int.self)
    }
}

/// Opens a door on a migrated database with the tenant `acme-us`.
func withDoor<R: Sendable>(
    bodyBytesMax: Int = 64 * 1024, _ body: @Sendable (Door) async throws -> R
) async throws -> R {
    try await withMigratedDatabase { database in
        _ = try await database.queue.addTenant("acme-us")
        return try await withDoor(to: database.queue, bodyBytesMax: bodyBytesMax, body)
    }
}

func withDoor<R: Sendable>(
    to queue: MessageQueue, bodyBytesMax: Int = 64 * 1024,
    _ body: @Sendable (Door) async throws -> R
) async throws -> R {
    var settings = IngestSettings(
        secrets: { [Door.secret, Door.oldSecret] },
        webhooks: [
            Door.account: StripeWebhooks(
                tenant: "acme-us", account: Door.account, secrets: { [Door.webhookSecret] })
        ], now: { Door.now })
    settings.bodyBytesMax = bodyBytesMax
    let server = IngestServer(
        queue: queue, settings: settings, logger: MigratedDatabase.logger)
    let application = Application(
        responder: server.responder, logger: MigratedDatabase.logger)
    return try await application.test(.router) { client in
        try await body(Door(client: client, queue: queue))
    }
}

/// A capture that keeps the contract.
func capture(
    key: String = "ship-1", amount: Int = 1999, tenant: String = "acme-us",
    type: String = "payment.capture.requested"
) -> String {
    """
    {"type":"\(type)","schema_version":1,"tenant":"\(tenant)","source":"sfcc:RefArch",\
    "idempotency_key":"\(key)","occurred_at":"2026-11-24T10:00:00.000Z",\
    "money":{"amount_minor":\(amount),"currency":"USD"},\
    "ids":{"order_no":"00000410","site_id":"RefArch","payment_intent":"pi_1"},"data":{}}
    """
}
