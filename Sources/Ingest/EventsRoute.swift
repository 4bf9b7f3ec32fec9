import Foundation
import HTTPTypes
import Hummingbird
import Logging
import MessageQueue
import PaymentEvents
import Postgres

/// `POST /v1/events`.
///
/// Events of one request are judged one by one: a bad one is refused and stored for its owner, the
/// others are accepted. The status is that of the worst: 503 when something could not be stored,
/// 422 refused, 409 conflict, 202 accepted, 200 when all were known already. The body says what
/// became of each, so that sending everything again is safe and sending only the rest is possible.
struct EventsRoute: Sendable {
    let settings: IngestSettings
    let group: EnqueueGroup
    let desk: RejectionDesk
    let logger: Logger

    /// What became of one event.
    fileprivate enum Verdict {
        case stored(EnqueueResult, eventID: UUID)
        case refused(violations: [ContractViolation], rejectedID: Int64)
    }

    func respond(headers: HTTPFields, body: [UInt8]) async throws(Problem) -> Response {
        do {
            try CallerSignature.verify(
                header: HTTPField.Name(CallerSignature.headerName).flatMap { headers[$0] },
                body: body, secrets: settings.secrets(), now: settings.now())
        } catch {
            logger.notice("signature not accepted", metadata: ["reason": "\(error)"])
            throw .signature(error)
        }
        let contentType = headers[.contentType]
        guard let form = EventReader.Form(contentType: contentType) else {
            throw .unsupportedMediaType(contentType)
        }
        let reader = EventReader(
            bodyBytesMax: settings.bodyBytesMax, defaults: EventDefaults(source: "http"))
        let events: [OfferedEvent]
        let isSingle: Bool
        do throws(EventRejection) {
            (events, isSingle) = try reader.read(body, form: form)
        } catch {
            let number = try await refuse(
                error.violations, document: nil, bytes: body, contentType: contentType)
            throw .refused([.refused(violations: error.violations, rejectedID: number)], true)
        }
        let verdicts = try await judge(events, contentType: contentType)
        return try answer(verdicts, isSingle: isSingle)
    }

    private func judge(
        _ events: [OfferedEvent], contentType: String?
    ) async throws(Problem) -> [Verdict] {
        let good = events.compactMap { offered in
            (try? offered.content.get()).map { (offered.index, $0) }
        }
        guard let outcomes = await group.enqueue(good.map { NewEvent($0.1) }) else {
            throw .overloaded()
        }
        var verdicts: [Int: Verdict] = [:]
        for ((index, event), outcome) in zip(good, outcomes) {
            switch outcome {
            case .success(let result):
                verdicts[index] = .stored(result, eventID: event.eventID)
            case .failure(let error):
                guard let violation = ContractViolation(error) else {
                    logger.error("event not stored", metadata: ["error": "\(error)"])
                    throw .unavailable()
                }
                let number = try await refuse(
                    [violation], document: events[index].document, bytes: events[index].bytes,
                    contentType: contentType)
                verdicts[index] = .refused(violations: [violation], rejectedID: number)
            }
        }
        for offered in events {
            guard case .failure(let rejection) = offered.content else { continue }
            let number = try await refuse(
                rejection.violations, document: offered.document, bytes: offered.bytes,
                contentType: contentType)
            verdicts[offered.index] = .refused(
                violations: rejection.violations, rejectedID: number)
        }
        return events.compactMap { verdicts[$0.index] }
    }

    private func refuse(
        _ violations: [ContractViolation], document: JSONValue?, bytes: [UInt8],
        contentType: String?
    ) async throws(Problem) -> Int64 {
        do {
            return try await desk.store(
                violations, document: document, bytes: bytes, source: "http",
                contentType: contentType)
        } catch {
            logger.error("refused event not stored", metadata: ["error": "\(error)"])
            throw .unavailable()
        }
    }

    private func answer(
        _ verdicts: [Verdict], isSingle: Bool
    ) throws(Problem) -> Response {
        if verdicts.contains(where: \.isRefused) { throw .refused(verdicts, isSingle) }
        if verdicts.contains(where: \.isConflict) { throw .conflict(verdicts, isSingle) }
        let status: HTTPResponse.Status = verdicts.contains(where: \.isNew) ? .accepted : .ok
        let body: JSONValue =
            isSingle && verdicts.count == 1
            ? verdicts[0].json : ["events": .array(verdicts.map(\.json))]
        return Response(
            status: status, headers: [.contentType: "application/json"], body: .init(json: body))
    }
}

extension EventsRoute.Verdict {
    fileprivate var isRefused: Bool {
        if case .refused = self { true } else { false }
    }

    fileprivate var isConflict: Bool {
        if case .stored(let result, _) = self { result.status == .conflict } else { false }
    }

    fileprivate var isNew: Bool {
        if case .stored(let result, _) = self { result.status == .accepted } else { false }
    }

    fileprivate var json: JSONValue {
        switch self {
        case .stored(let result, let eventID):
            var members: [String: JSONValue] = [
                "status": .string("\(result.status)"), "event_seq": .int(result.eventSequence),
            ]
            if result.status == .accepted { members["event_id"] = .string(eventID.text) }
            return .object(members)
        case .refused(let violations, let number):
            return [
                "status": "rejected", "rejected_id": .int(number),
                "violations": .array(violations.map(\.json)),
            ]
        }
    }
}

extension Problem {
    fileprivate static func refused(
        _ verdicts: [EventsRoute.Verdict], _ isSingle: Bool
    ) -> Problem {
        let count = verdicts.count(where: \.isRefused)
        var problem = Problem(
            status: .unprocessableContent, kind: "contract-violation",
            title: "Contract violation",
            detail: isSingle
                ? "the event was not accepted; correct what violations names and send it again"
                : "\(count) of \(verdicts.count) events were not accepted; "
                    + "the others are stored, sending them again does no harm")
        if isSingle, case .object(let members) = verdicts[0].json {
            problem.members["violations"] = members["violations"]
            problem.members["rejected_id"] = members["rejected_id"]
        } else {
            problem.members["events"] = .array(verdicts.map(\.json))
        }
        return problem
    }

    fileprivate static func conflict(
        _ verdicts: [EventsRoute.Verdict], _ isSingle: Bool
    ) -> Problem {
        var problem = Problem(
            status: .conflict, kind: "idempotency-conflict", title: "Idempotency key conflict",
            detail: "this idempotency key was used before with another content; send the same "
                + "content for the same business intention, or a new key for a new one")
        if isSingle, case .object(let members) = verdicts[0].json {
            problem.members["event_seq"] = members["event_seq"]
        } else {
            problem.members["events"] = .array(verdicts.map(\.json))
        }
        return problem
    }
}
