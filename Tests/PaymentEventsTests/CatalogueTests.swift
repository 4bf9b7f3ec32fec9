import Testing

@testable import PaymentEvents

struct CatalogueTests {
    private func definition(_ type: EventType) throws -> EventDefinition {
        try #require(Catalogue.standard[type])
    }

    @Test func `the first six types are there and no other`() {
        #expect(
            Catalogue.standard.definitions.map(\.type) == [
                .authorizationSucceeded, .captureRequested, .captureSucceeded, .refundRequested,
                .refundSucceeded, .voidRequested,
            ])
        #expect(Catalogue.standard[EventType("payment.unknown")] == nil)
    }

    @Test(arguments: Catalogue.standard.definitions)
    func `commands go to Stripe by payment, facts to SFCC by order`(definition: EventDefinition) {
        switch definition.kind {
        case .command:
            #expect(definition.routes == [.init(.stripe, ordering: .object(.paymentIntent))])
            #expect(definition.direction == .commerceToStripe)
            #expect(definition.dedupe == .operation)
            #expect(definition.successors == .hold)
        case .fact:
            #expect(definition.routes == [.init(.commerceCloud, ordering: .order)])
            #expect(definition.direction == .stripeToCommerce)
            #expect(definition.successors == .goOn)
        }
        #expect(definition.attemptsMax > 0)
        #expect(!definition.owner.rawValue.isEmpty)
    }

    @Test func `void goes before capture, capture before refund, refund before facts`() throws {
        let order: [EventType] = [.voidRequested, .captureRequested, .refundRequested]
        let commands = try order.map { try definition($0).priority }
        #expect(commands == commands.sorted() && Set(commands).count == 3)
        let facts = Catalogue.standard.definitions.filter { $0.kind == .fact }.map(\.priority)
        #expect(facts.allSatisfy { $0 > commands[2] })
    }

    @Test func `operations have names of their own`() {
        let operations = Catalogue.standard.definitions.compactMap(\.operation)
        #expect(operations.count == Set(operations).count)
    }

    @Test func `twins of a webhook share a key and successive states do not`() throws {
        let definition = try definition(.refundSucceeded)
        func key(_ state: [String: JSONValue]) throws -> IdempotencyKey {
            try definition.factKey(account: "acct_1", objectID: "re_1", state: state)
        }
        let first = try key(["status": "succeeded", "amount": 500])
        #expect(try key(["amount": 500, "status": "succeeded", "unlisted": 1]) == first)
        #expect(try key(["status": "succeeded", "amount": 501]) != first)
        #expect(try key(["status": "succeeded"]) != first)
        #expect(
            try definition.factKey(
                account: "acct_2", objectID: "re_1", state: ["status": "succeeded", "amount": 500])
                != first)
        #expect(first.rawValue.hasPrefix("acct_1:payment.refund.succeeded:re_1:"))
    }
}
