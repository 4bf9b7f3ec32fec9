import Delivery
import Foundation
import PaymentEvents
import StripeConnector
import Testing

/// The proof table of §6.4, row by row.
@Suite struct StripeSightTests {
    private static func look(
        for event: PaymentEvent, _ answers: @escaping @Sendable (StubCall) -> StubAnswer
    ) async throws -> Sighting {
        try await withStub({ call, _ in answers(call) }) { url, log in
            let handler = StripeHandler(
                client: StripeClient(http: transport, baseURL: url, deadline: .seconds(5)),
                account: { _ in Samples.account })
            let request = try handler.request(for: event)
            let sighting = await handler.look(
                for: event, request: request, firstSentAt: Date(timeIntervalSince1970: 0))
            #expect(log.all.allSatisfy { $0.method == "GET" })
            return sighting
        }
    }

    private static func intent(
        _ status: String, received: Int = 0, author: String? = nil, reason: String? = nil
    ) -> StubAnswer {
        let metadata = author.map { #"{"connector_op_id":"\#($0)"}"# } ?? "{}"
        let reason = reason.map { "\"\($0)\"" } ?? "null"
        return StubAnswer(
            status: 200,
            body: #"{"id":"pi_3Test","status":"\#(status)","amount_received":\#(received),"#
                + #""metadata":\#(metadata),"cancellation_reason":\#(reason)}"#)
    }

    @Test(
        arguments: [
            ("succeeded", 1999, Samples.operationID, nil, "effectFound"),
            ("succeeded", 1999, nil, nil, "effectFound"),
            ("succeeded", 1999, "another", nil, "impossible business_rejected"),
            ("succeeded", 1500, Samples.operationID, nil, "impossible business_rejected"),
            ("succeeded", 1500, nil, nil, "impossible business_rejected"),
            ("requires_capture", 0, nil, nil, "noEffect"),
            ("requires_payment_method", 0, nil, nil, "noEffect"),
            ("canceled", 0, nil, "requested_by_customer", "impossible business_rejected"),
            ("canceled", 0, nil, "automatic", "impossible expired"),
            ("processing", 0, nil, nil, "cannotTell outcome_unknown"),
            ("a_state_of_tomorrow", 0, nil, nil, "cannotTell outcome_unknown"),
        ] as [(String, Int, String?, String?, String)])
    func `a single capture is proven by state and amount`(
        status: String, received: Int, author: String?, reason: String?, expected: String
    ) async throws {
        let event = try Samples.event(.captureRequested)
        let sighting = try await Self.look(for: event) { _ in
            Self.intent(status, received: received, author: author, reason: reason)
        }
        #expect(sighting.kind == expected)
    }

    @Test(
        arguments: [
            ("requires_capture", 1999, Samples.operationID, "effectFound"),
            ("requires_capture", 0, nil, "noEffect"),
            ("requires_capture", 1999, "another", "cannotTell outcome_unknown"),
            ("succeeded", 5000, Samples.operationID, "effectFound"),
            ("succeeded", 5000, "another", "impossible business_rejected"),
        ] as [(String, Int, String?, String)])
    func `one of several captures is proven only by its operation`(
        status: String, received: Int, author: String?, expected: String
    ) async throws {
        let event = try Samples.event(.captureRequested, data: ["final_capture": false])
        let sighting = try await Self.look(for: event) { _ in
            Self.intent(status, received: received, author: author)
        }
        #expect(sighting.kind == expected)
    }

    @Test(arguments: [
        ("canceled", "effectFound"), ("requires_capture", "noEffect"),
        ("requires_action", "noEffect"), ("succeeded", "impossible business_rejected"),
        ("a_state_of_tomorrow", "cannotTell outcome_unknown"),
    ])
    func `a void is proven by the state`(status: String, expected: String) async throws {
        let event = try Samples.event(.voidRequested, amount: nil)
        let sighting = try await Self.look(for: event) { _ in Self.intent(status) }
        #expect(sighting.kind == expected)
    }

    @Test func `a refund is found on the last page of the list`() async throws {
        let event = try Samples.event(.refundRequested)
        let sighting = try await Self.look(for: event) { call in
            guard call.path.hasSuffix("&starting_after=re_1") else {
                return StubAnswer(
                    status: 200, body: #"{"data":[{"id":"re_1","metadata":{}}],"has_more":true}"#)
            }
            return Self.refunds(#""status":"pending","amount":1999"#)
        }
        guard case .effectFound(let receipt) = sighting else {
            Issue.record("\(sighting)")
            return
        }
        #expect(receipt.objectID == "re_2")
        #expect(receipt.wasAlreadyDone)
    }

    private static func refunds(_ members: String) -> StubAnswer {
        StubAnswer(
            status: 200,
            body: #"{"data":[{"id":"re_2",\#(members),"metadata":"#
                + #"{"connector_op_id":"\#(Samples.operationID)"}}],"has_more":false}"#)
    }

    @Test(arguments: [
        (#""status":"succeeded","amount":1999"#, "effectFound"),
        (#""status":"failed","amount":1999"#, "impossible business_rejected"),
        (#""status":"succeeded","amount":5"#, "impossible code_defect"),
    ])
    func `a refund of ours is judged by state and amount`(
        members: String, expected: String
    ) async throws {
        let event = try Samples.event(.refundRequested)
        let sighting = try await Self.look(for: event) { _ in Self.refunds(members) }
        #expect(sighting.kind == expected)
    }

    @Test(arguments: [
        (
            #"{"data":[{"id":"re_9","metadata":{"connector_op_id":"x"}}],"has_more":false}"#,
            "noEffect"
        ),
        (#"{"data":[],"has_more":true}"#, "cannotTell outcome_unknown"),
        (#"{"data":[]}"#, "cannotTell outcome_unknown"),
        (#"{"data":[{"id":"re_1"}],"has_more":true}"#, "cannotTell outcome_unknown"),
    ])
    func `no refund counts as absent before the whole list is read`(
        body: String, expected: String
    ) async throws {
        let event = try Samples.event(.refundRequested)
        let sighting = try await Self.look(for: event) { _ in
            StubAnswer(status: 200, body: body)
        }
        #expect(sighting.kind == expected)
    }

    @Test(arguments: [
        (404, "impossible reference_missing"), (401, "cannotTell authentication"),
        (429, "cannotTell throttled"), (500, "cannotTell outcome_unknown"),
    ])
    func `a look that fails proves nothing`(status: Int, expected: String) async throws {
        let event = try Samples.event(.captureRequested)
        let sighting = try await Self.look(for: event) { _ in StubAnswer(status: status) }
        #expect(sighting.kind == expected)
    }
}

extension Sighting {
    /// The case and the cause, for comparisons.
    var kind: String {
        switch self {
        case .effectFound: "effectFound"
        case .noEffect: "noEffect"
        case .impossible(let failure): "impossible \(failure.cause.rawValue)"
        case .cannotTell(let failure): "cannotTell \(failure.cause.rawValue)"
        }
    }
}

extension Outcome {
    var kind: String {
        switch self {
        case .delivered: "delivered"
        case .retry: "retry"
        case .throttled: "throttled"
        case .unknown: "unknown"
        case .dead: "dead"
        case .channelDown: "channelDown"
        case .deferred: "deferred"
        }
    }

    var failure: Failure? {
        switch self {
        case .delivered: nil
        case .retry(let failure), .throttled(let failure, _), .unknown(let failure),
            .dead(let failure), .channelDown(let failure), .deferred(let failure, _):
            failure
        }
    }

    var retryAfter: Duration? {
        switch self {
        case .throttled(_, let duration): duration
        case .deferred(_, let duration): duration
        default: nil
        }
    }
}
