import Foundation
import HTTPTypes
import Hummingbird
import Logging
import MessageQueue
import PaymentEvents
import Postgres

/// `POST /webhooks/stripe/{account}`.
///
/// 2xx means stored: as an event, as a duplicate of one, or as refused input with an owner. What
/// Stripe cannot correct is not answered with an error, or Stripe would send it for three days and
/// then switch the endpoint off. Errors are for what a later try can mend.
struct WebhookRoute: Sendable {
    let settings: IngestSettings
    let group: EnqueueGroup
    let desk: RejectionDesk
    let logger: Logger

    func respond(
        account: String, headers: HTTPFields, body: [UInt8]
    ) async throws(Problem) -> Response {
        guard let translator = settings.webhooks[account] else {
            throw .notFound(
                "no webhook endpoint is configured for this account; see CLEARWAY_STRIPE_ACCOUNT")
        }
        do {
            try translator.verify(
                header: HTTPField.Name("Stripe-Signature").flatMap { headers[$0] }, body: body,
                now: settings.now())
        } catch {
            logger.notice(
                "webhook signature not accepted",
                metadata: ["account": "\(account)", "reason": "\(error)"])
            throw .signature(error)
        }
        let source = "stripe:\(account)"
        switch translator.translate(body) {
        case .ignored(let reason):
            return Self.answer(["status": "ignored", "reason": .string(reason)])
        case .refused(let violations):
            return try await refuse(violations, body: body, source: source)
        case .events(let events):
            return try await store(events, body: body, source: source)
        }
    }

    private func store(
        _ events: [PaymentEvent], body: [UInt8], source: String
    ) async throws(Problem) -> Response {
        guard let outcomes = await group.enqueue(events.map { NewEvent($0) }) else {
            throw .overloaded()
        }
        var results: [EnqueueResult] = []
        for outcome in outcomes {
            do throws(PostgresError) {
                results.append(try outcome.get())
            } catch {
                logger.error(
                    "webhook not stored", metadata: ["source": "\(source)", "error": "\(error)"])
                throw .unavailable(retryAfter: ContractViolation(error) == nil ? 5 : 60)
            }
        }
        // One object state with two contents: nobody can correct it by sending it again.
        if results.contains(where: { $0.status == .conflict }) {
            let violation = ContractViolation(
                pointer: JSONPointer(tokens: ["idempotency_key"]), rule: .notAllowed,
                reason: "the same state of this object was accepted before with another content")
            return try await refuse([violation], body: body, source: source)
        }
        let list = results.map { result -> JSONValue in
            ["status": .string("\(result.status)"), "event_seq": .int(result.eventSequence)]
        }
        return Self.answer(list.count == 1 ? list[0] : ["events": .array(list)])
    }

    private func refuse(
        _ violations: [ContractViolation], body: [UInt8], source: String
    ) async throws(Problem) -> Response {
        do {
            // Kept without a document: a webhook holds personal data, which must not be stored raw.
            let document = (try? JSONValue(parsing: body)).map(Redaction.redacted)
            let number = try await desk.store(
                violations, document: nil,
                bytes: document?.canonicalBytes() ?? body, source: source,
                contentType: "application/json")
            return Self.answer([
                "status": "rejected", "rejected_id": .int(number),
                "violations": .array(violations.map(\.json)),
            ])
        } catch {
            logger.error(
                "refused webhook not stored",
                metadata: ["source": "\(source)", "error": "\(error)"])
            throw .unavailable()
        }
    }

    private static func answer(_ body: JSONValue) -> Response {
        Response(status: .ok, headers: [.contentType: "application/json"], body: .init(json: body))
    }
}
