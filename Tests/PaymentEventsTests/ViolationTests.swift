import Foundation
import Testing

@testable import PaymentEvents

/// Each rule of the contract, broken on purpose.
struct ViolationTests {
    /// A change to the valid capture, and all that must be found.
    struct Case: Sendable, CustomTestStringConvertible {
        var changes: [String: JSONValue?]
        var expected: [Finding]

        init(_ name: String, _ value: JSONValue?, _ pointer: String, _ rule: ContractViolation.Rule)
        {
            changes = [name: value]
            expected = [Finding(pointer, rule)]
        }

        var testDescription: String { "\(expected) by \(changes.keys.sorted())" }
    }

    static let long = JSONValue.string(String(repeating: "x", count: 256))

    static func ids(_ changes: [String: JSONValue]) -> JSONValue {
        .object(
            ["payment_intent": "pi_1", "order_no": "1", "site_id": "R"].merging(changes) { $1 })
    }

    static let envelope: [Case] = [
        Case("type", nil, "/type", .required),
        Case("type", 1, "/type", .valueType),
        Case("type", "payment.capture.reqested", "/type", .unknownType),
        Case("type", "", "/type", .unknownType),
        Case("schema_version", nil, "/schema_version", .required),
        Case("schema_version", "1", "/schema_version", .valueType),
        Case("schema_version", 2, "/schema_version", .schemaVersion),
        Case("schema_version", 0, "/schema_version", .schemaVersion),
        Case("event_id", "abc", "/event_id", .format),
        Case("event_id", 1, "/event_id", .valueType),
        Case("tenant", nil, "/tenant", .required),
        Case("tenant", [], "/tenant", .valueType),
        Case("tenant", "", "/tenant", .format),
        Case("tenant", "Acme", "/tenant", .format),
        Case("tenant", "-acme", "/tenant", .format),
        Case("tenant", .string(String(repeating: "a", count: 64)), "/tenant", .format),
        Case("source", nil, "/source", .required),
        Case("source", "", "/source", .length),
        Case("source", long, "/source", .length),
        Case("source", "a\nb", "/source", .format),
        Case("idempotency_key", nil, "/idempotency_key", .required),
        Case("idempotency_key", "", "/idempotency_key", .length),
        Case("idempotency_key", long, "/idempotency_key", .length),
        Case("idempotency_key", "ü", "/idempotency_key", .format),
        Case("occurred_at", nil, "/occurred_at", .required),
        Case("occurred_at", 1, "/occurred_at", .valueType),
        Case("occurred_at", "yesterday", "/occurred_at", .format),
        Case("not_before", "2026-11-24", "/not_before", .format),
        Case("deadline_at", "2026-11-24", "/deadline_at", .format),
        Case("operation_id", "x", "/operation_id", .format),
        Case("generation", 0, "/generation", .range),
        Case("generation", 1000, "/generation", .range),
        Case("generation", true, "/generation", .valueType),
        Case("correlation_id", long, "/correlation_id", .length),
        Case("correlation_id", 5, "/correlation_id", .valueType),
        Case("causation_id", "", "/causation_id", .length),
    ]

    static let content: [Case] = [
        Case("money", nil, "/money", .required),
        Case("money", 5, "/money", .valueType),
        Case("money", ["currency": "USD"], "/money/amount_minor", .required),
        Case("money", ["amount_minor": 1], "/money/currency", .required),
        Case("money", ["amount_minor": "1", "currency": "USD"], "/money/amount_minor", .valueType),
        Case("money", ["amount_minor": 1, "currency": 840], "/money/currency", .valueType),
        Case("money", ["amount_minor": 1, "currency": "usd"], "/money/currency", .currency),
        Case("money", ["amount_minor": 0, "currency": "USD"], "/money/amount_minor", .amount),
        Case("money", ["amount_minor": -1, "currency": "USD"], "/money/amount_minor", .amount),
        Case("money", ["amount_minor": 5, "currency": "KWD"], "/money/amount_minor", .amountStep),
        Case(
            "money", ["amount_minor": 150, "currency": "ISK"], "/money/amount_minor", .amountStep),
        Case(
            "money", ["amount_minor": 1, "currency": "USD", "exponent": 2], "/money/exponent",
            .notAllowed),
        Case("ids", nil, "/ids/payment_intent", .required),
        Case("ids", ids(["payment_intent": nil]), "/ids/payment_intent", .required),
        Case("ids", ids(["payment_intent": "ch_1"]), "/ids/payment_intent", .format),
        Case("ids", ids(["payment_intent": "pi_"]), "/ids/payment_intent", .format),
        Case("ids", ids(["payment_intent": "pi_1/2"]), "/ids/payment_intent", .format),
        Case("ids", ids(["charge": "re_1"]), "/ids/charge", .format),
        Case("ids", ids(["refund": "ch_1"]), "/ids/refund", .format),
        Case("ids", ids(["site_id": "a/b"]), "/ids/site_id", .format),
        Case("ids", ids(["order_no": ""]), "/ids/order_no", .length),
        Case("ids", ids(["order_no": long]), "/ids/order_no", .length),
        Case("ids", ids(["order_no": "1\u{7f}"]), "/ids/order_no", .format),
        Case("ids", ids(["order_no": 410]), "/ids/order_no", .valueType),
        Case("ids", ids(["Order": "1"]), "/ids/Order", .format),
        Case("ids", ids(["9x": "1"]), "/ids/9x", .format),
        Case(
            "ids",
            ids(
                Dictionary(
                    uniqueKeysWithValues: (0..<30).map { ("id\($0)", JSONValue.string("1")) })),
            "/ids", .length),
        Case("data", "text", "/data", .valueType),
        Case("data", ["final_capture": "yes"], "/data/final_capture", .valueType),
        Case(
            "data", ["statement_descriptor_suffix": .string(String(repeating: "x", count: 23))],
            "/data/statement_descriptor_suffix", .length),
        Case(
            "data", ["big": .string(String(repeating: "x", count: 256 * 1024))], "/data", .length),
        Case("data", ["pan": "4242 4242 4242 4242"], "/data/pan", .cardNumber),
        Case("later", ["pan": [4_242_424_242_424_242]], "/later/pan/0", .cardNumber),
        Case("later", .string(String(repeating: "x", count: 64 * 1024)), "", .length),
    ]

    @Test(arguments: envelope + content)
    func `a broken field is found, alone, with its pointer`(_ broken: Case) {
        let found = Samples.violations(Samples.capture(broken.changes))
        #expect(found.map(Finding.init) == broken.expected)
    }

    @Test func `an amount that is no whole number is refused, never rounded`() throws {
        for amount in ["19.99", "1e3", "9223372036854775808", "1999.0"] {
            let document = try JSONValue(
                parsing: #"{"amount_minor":\#(amount),"currency":"USD"}"#)
            #expect(
                Samples.violations(Samples.capture(["money": document])).map(Finding.init)
                    == [Finding("/money/amount_minor", .valueType)])
        }
    }

    @Test func `not_before lies before deadline_at`() {
        let found = Samples.violations(
            Samples.capture([
                "not_before": "2026-11-25T00:00:00Z", "deadline_at": "2026-11-25T00:00:00Z",
            ]))
        #expect(found.map(Finding.init) == [Finding("/not_before", .range)])
    }

    @Test func `a fact has no deadline, operation or generation`() {
        let found = Samples.violations(
            Samples.changed(
                Samples.refundSucceeded,
                [
                    "deadline_at": "2026-11-25T00:00:00Z",
                    "operation_id": .string(Samples.operationID), "generation": 2,
                ]))
        #expect(
            Set(found.map(Finding.init)) == [
                Finding("/deadline_at", .notAllowed), Finding("/operation_id", .notAllowed),
                Finding("/generation", .notAllowed),
            ])
    }

    @Test func `an event of another tenant is refused`() {
        let found = Samples.violations(
            Samples.capture([:]), defaults: EventDefaults(tenant: "acme-eu"))
        #expect(found.map(Finding.init) == [Finding("/tenant", .tenantMismatch)])
    }

    @Test func `a choice outside the list is refused`() {
        let found = Samples.violations(
            Samples.capture([
                "type": "payment.refund.requested", "data": ["reason": "because"],
            ]))
        #expect(found.map(Finding.init) == [Finding("/data/reason", .oneOf)])
    }

    @Test func `all violations are found at once`() {
        let found = Samples.violations(
            Samples.capture([
                "tenant": .some(nil), "occurred_at": "x", "generation": -1,
                "money": ["amount_minor": -5, "currency": "USD"],
                "ids": ["payment_intent": "ch_1", "a b": "1"],
                "data": ["final_capture": 1, "x": ["4111-1111-1111-1111"]],
            ]))
        #expect(
            Set(found.map(Finding.init)) == [
                Finding("/tenant", .required), Finding("/occurred_at", .format),
                Finding("/generation", .range), Finding("/money/amount_minor", .amount),
                Finding("/ids/payment_intent", .format), Finding("/ids/a b", .format),
                Finding("/data/final_capture", .valueType), Finding("/data/x/0", .cardNumber),
            ])
        #expect(found.count == Set(found).count)
    }

    @Test(arguments: [JSONValue.null, 1, "x", [[:]], true])
    func `what is no object is refused whole`(document: JSONValue) {
        #expect(Samples.violations(document).map(Finding.init) == [Finding("", .valueType)])
    }

    @Test(arguments: [
        ("{", Finding("", .jsonSyntax)), (#"{"a":{"b":1,"b":2}}"#, Finding("/a/b", .duplicateKey)),
        (#"{"a":"\u0000"}"#, Finding("/a", .nulCharacter)),
        (#"{"a":"\ud800"}"#, Finding("/a", .jsonEncoding)),
        (#"{"a":1e999}"#, Finding("/a", .numberRange)),
    ])
    func `bytes that are no good JSON are refused with one violation`(
        text: String, finding: Finding
    ) {
        #expect(Samples.violations(bytes: Array(text.utf8)).map(Finding.init) == [finding])
    }

    @Test func `size and depth are limited`() {
        let limits = JSONLimits(bytesMax: 10, depthMax: 2)
        #expect(
            Samples.violations(bytes: Array("{\"a\":[[[]]]}".utf8), limits: limits).map(\.rule)
                == [.jsonSize])
        #expect(
            Samples.violations(bytes: Array("{\"a\":[[]]}".utf8), limits: limits).map(\.rule)
                == [.jsonDepth])
    }

    @Test func `rules of a type come from its definition`() {
        var definition = EventDefinition(
            type: EventType("test.fact"), schemaVersion: 3, kind: .fact,
            direction: .stripeToFinance,
            routes: [.init(.finance, ordering: .object(IDName(rawValue: "payout")))],
            dedupe: .operation, priority: 9, successors: .goOn, money: .forbidden,
            deadline: .required,
            dataFields: [
                DataField("at", .timestamp, isRequired: true), DataField("n", .integer(1...3)),
            ], owner: .treasury)
        let document = Samples.capture([
            "type": "test.fact", "schema_version": 2, "operation_id": .some(nil),
            "ids": ["order_no": "1"], "data": ["n": 4],
        ])
        #expect(
            Set(Samples.violations(document, catalogue: Catalogue([definition])).map(Finding.init))
                == [
                    Finding("/money", .notAllowed), Finding("/deadline_at", .required),
                    Finding("/ids/payout", .required), Finding("/data/at", .required),
                    Finding("/data/n", .range),
                ])
        definition.money = .optional(.nonNegative)
        definition.deadline = .optional
        definition.routes = [.init(.finance, ordering: .object(.orderNo))]
        definition.dataFields = [DataField("n", .integer(1...4)), DataField("at", .timestamp)]
        #expect(Samples.violations(document, catalogue: Catalogue([definition])).isEmpty)
    }

    @Test func `a violation is shown without the offending value`() throws {
        let violations = Samples.violations(
            Samples.capture([
                "data": [
                    "4242424242424242": 1, "x": "5555555555554444", "4111 1111 1111 1111": [],
                ],
                "ids": ["payment_intent": "pi_1", "4242 4242 4242 4242": "1"],
                "idempotency_key": "secret-ü", "a@example.com": ["pan": "4242424242424242"],
            ]))
        #expect(violations.count >= 4)
        let shown = violations.map { $0.description + $0.json.canonicalText }.joined()
        for leak in [
            "4242424242424242", "5555555555554444", "4111 1111", "4242 4242", "secret",
            "example.com",
        ] {
            #expect(!shown.contains(leak), "\(leak)")
        }
        let first = try #require(violations.first { $0.rule == .cardNumber })
        #expect(first.json["rule"] == "card-number")
    }

    @Test func `a hostile document gets a short answer`() throws {
        let names = (0..<500).map {
            ("x\($0)-" + String(repeating: "y", count: 500), JSONValue.int(1))
        }
        let found = Samples.violations(
            Samples.capture(["money": .object(Dictionary(uniqueKeysWithValues: names))]))
        #expect(found.count == EventRejection.violationsMax)
        #expect(found.allSatisfy { $0.pointer.description.utf8.count < 200 })
    }

    @Test func `every rule has a case here`() {
        let others: Set<ContractViolation.Rule> = [
            .tenantMismatch, .oneOf, .jsonSyntax, .jsonSize, .jsonDepth, .jsonEncoding,
            .nulCharacter, .numberRange, .duplicateKey, .notAllowed,
        ]
        let covered = Set((Self.envelope + Self.content).flatMap(\.expected).map(\.rule))
        #expect(covered.union(others) == Set(ContractViolation.Rule.allCases))
    }
}
