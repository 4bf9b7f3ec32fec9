import Foundation
import PaymentEvents
import Testing

@testable import StripeConnector

@Suite struct StripeErrorTableTests {
    @Test(.enabled(if: Samples.hasContracts))
    func `every code of Stripe's contract is classed and no other`() throws {
        let file = Samples.contracts(
            "stripe/contract-2026-10-28.endive/error-codes.json")
        let document = try JSONValue(parsing: Array(Data(contentsOf: file)))
        let codes = try #require(document["codes"]?.arrayValue).compactMap(\.stringValue)
        #expect(codes.count == 209)
        #expect(codes.filter { StripeErrorTable.listedClass(of: $0) == nil } == [])
        let listed = StripeErrorTable.codes.flatMap(\.codes)
        #expect(Set(listed).subtracting(codes) == [])
        #expect(listed.count == codes.count)
    }

    @Test(
        arguments: [
            (429, "invalid_request_error", "rate_limit", StripeErrorClass.throttled),
            (429, "invalid_request_error", nil, .throttled),
            (429, "invalid_request_error", "lock_timeout", .locked),
            (409, "invalid_request_error", "idempotency_key_in_use", .inFlight),
            (409, nil, nil, .inFlight),
            (401, "invalid_request_error", nil, .channelDown),
            (403, "invalid_request_error", "resource_missing", .channelDown),
            (400, "invalid_request_error", "livemode_mismatch", .channelDown),
            (302, nil, nil, .channelDown),
            (400, "invalid_request_error", "payment_intent_unexpected_state", .converged),
            (400, "invalid_request_error", "charge_already_captured", .converged),
            (400, "invalid_request_error", "charge_already_refunded", .converged),
            (402, "card_error", "card_declined", .business),
            (402, "card_error", "a_code_of_tomorrow", .business),
            (400, "invalid_request_error", "charge_disputed", .business),
            (400, "invalid_request_error", "amount_too_large", .business),
            (400, "invalid_request_error", "charge_expired_for_capture", .expired),
            (400, "idempotency_error", nil, .defect),
            (400, "invalid_request_error", "parameter_missing", .defect),
            (400, "invalid_request_error", "a_code_of_tomorrow", .defect),
            (418, nil, nil, .defect),
            (404, "invalid_request_error", "resource_missing", .referenceMissing),
            (400, "invalid_request_error", "balance_insufficient", .deferred(hours: 25)),
            (
                429, "invalid_request_error", "payment_intent_rate_limit_exceeded",
                .deferred(hours: 1)
            ),
            (424, "api_error", nil, .transient),
            (500, "api_error", nil, .unknown),
            (502, nil, nil, .unknown),
            (503, "api_error", nil, .unknown),
            (504, "card_error", "card_declined", .unknown),
        ] as [(Int, String?, String?, StripeErrorClass)])
    func `an error has its class`(
        status: Int, type: String?, code: String?, expected: StripeErrorClass
    ) {
        #expect(StripeErrorTable.classify(status: status, type: type, code: code) == expected)
    }

    @Test func `a success has no class`() {
        #expect(StripeErrorTable.classify(status: 200, type: nil, code: nil) == nil)
    }

    @Test func `a 500 is tried again only when Stripe says so and it is no replay`() {
        func classOf(_ shouldRetry: Bool?, isReplayed: Bool = false) -> StripeErrorClass? {
            StripeErrorTable.classify(
                status: 500, type: "api_error", code: nil, shouldRetry: shouldRetry,
                isReplayed: isReplayed)
        }
        #expect(classOf(true) == .transient)
        #expect(classOf(false) == .unknown)
        #expect(classOf(nil) == .unknown)
        #expect(classOf(true, isReplayed: true) == .unknown)
    }

    @Test func `a 503 is unknown even when Stripe says to retry`() {
        #expect(
            StripeErrorTable.classify(status: 503, type: nil, code: nil, shouldRetry: true)
                == .unknown)
    }
}
