import Foundation
import Logging
import NIOConcurrencyHelpers
import PaymentEvents
import Postgres

/// What the producers have been told so far.
struct DemoTally: Sendable {
    /// Business intentions that a door acknowledged, each counted once.
    var accepted = 0
    /// Sendings of something that had been acknowledged before.
    var repeated = 0
    /// Poison that a door refused, as it should.
    var refused = 0
    /// Authorizations made by the storefront.
    var authorized = 0
    /// What a door answered against expectation.
    var surprises: [String] = []
}

/// The producers: an HTTP client that signs, an application on the same database, and a file.
struct DemoProducers: Sendable {
    let stack: DemoStack
    let commands: DemoCommands
    let tally: NIOLockedValueBox<DemoTally>

    /// Produces the commands of authorized orders, each through its order's door.
    func produce(_ orders: [(order: DemoPlan.Order, paymentIntent: String)]) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for producer in DemoPlan.Producer.allCases {
                let mine = orders.filter { $0.order.producer == producer }
                guard !mine.isEmpty else { continue }
                group.addTask {
                    switch producer {
                    case .http: try await forEach(mine, width: 4) { try await post($0) }
                    case .sql: try await forEach(mine, width: 2) { try await insert($0) }
                    case .file: try await importFile(mine)
                    }
                }
            }
            try await group.waitForAll()
        }
    }

    // One after the other: a refund must be accepted after its capture.
    private func post(_ item: (order: DemoPlan.Order, paymentIntent: String)) async throws {
        for event in try commands.events(of: item.order, paymentIntent: item.paymentIntent) {
            let body = event.encoded()
            for round in 0..<(item.order.isRepeated ? 2 : 1) {
                let answer = try await stack.postEvent(body)
                if (200..<300).contains(answer.status) {
                    note { round == 0 ? ($0.accepted += 1) : ($0.repeated += 1) }
                } else {
                    note { $0.surprises.append("POST /v1/events: \(answer.status) \(answer.text)") }
                }
            }
        }
    }

    /// The producer's own row and its event commit together; a transaction that fails leaves neither.
    private func insert(_ item: (order: DemoPlan.Order, paymentIntent: String)) async throws {
        for event in try commands.events(of: item.order, paymentIntent: item.paymentIntent) {
            for round in 0..<(item.order.isRepeated ? 2 : 1) {
                if round == 0, item.order.isRepeated { try await rollBack(event) }
                try await stack.pool.withTransaction { connection in
                    try await Self.insert(event, on: connection)
                }
                note { round == 0 ? ($0.accepted += 1) : ($0.repeated += 1) }
            }
        }
    }

    private func rollBack(_ event: PaymentEvent) async throws {
        do {
            try await stack.pool.withTransaction { connection in
                try await Self.insert(event, on: connection)
                throw DemoRollback()
            }
        } catch is DemoRollback {}
    }

    private static func insert(_ event: PaymentEvent, on connection: Connection) async throws {
        _ = try await connection.query(
            insertStatement,
            [
                event.idempotencyKey.rawValue, event.tenant, event.type.rawValue,
                JSON(String(decoding: event.encoded(), as: UTF8.self)),
                event.orderingKey(for: event.destinations[0])?.rawValue, event.source,
                event.money?.minorUnits, event.money?.currency.code,
            ])
    }

    private static let insertStatement = Statement(
        name: "demo_shipment",
        sql: """
            WITH shipped AS (
                INSERT INTO shop.shipment (reference) VALUES ($1::text) ON CONFLICT DO NOTHING
            )
            SELECT clearway.enqueue(
                tenant => $2::text, type => $3::text, idempotency_key => $1::text,
                body => $4::jsonb, ordering_key => $5::text, source => $6::text,
                amount_minor => $7::bigint, currency => $8::text)
            """)

    private func importFile(
        _ items: [(order: DemoPlan.Order, paymentIntent: String)]
    ) async throws {
        var lines: [[UInt8]] = []
        var count = 0
        for item in items {
            let events = try commands.events(of: item.order, paymentIntent: item.paymentIntent)
            count += events.count
            lines += events.map { $0.encoded() }
            if item.order.isRepeated { lines += events.map { $0.encoded() } }
        }
        let (accepted, repeated) = (count, lines.count - count)
        try await stack.enqueueLines(lines)
        note {
            $0.accepted += accepted
            $0.repeated += repeated
        }
    }

    /// Knocks with what must not come in, and expects to be told so.
    func poison(
        _ item: (order: DemoPlan.Order, paymentIntent: String), variant: Int
    ) async throws {
        var expected = 422
        let good = try commands.events(of: item.order, paymentIntent: item.paymentIntent)[0]
        var text = String(decoding: good.encoded(), as: UTF8.self)
        switch variant % 5 {
        case 0: text.removeLast(20)
        case 1: text = text.replacing("payment.", with: "paymnet.")
        case 2: text = text.replacing("\"pi_", with: "\"ch_")
        case 3: text = text.replacing("\"schema_version\":1", with: "\"schema_version\":99")
        default:
            // The same intention with another content; only its first sending decides.
            expected = 409
            text = text.replacing(
                "\"data\":{", with: "\"data\":{\"note\":\"changed\"\(good.data.isEmpty ? "" : ",")")
            _ = try await stack.postEvent(good.encoded())
        }
        let answer = try await stack.postEvent(Array(text.utf8))
        note {
            if answer.status == expected {
                $0.refused += 1
            } else {
                $0.surprises.append("poison \(variant): \(answer.status) \(answer.text)")
            }
        }
    }

    private func note(_ change: (inout DemoTally) -> Void) {
        tally.withLockedValue { change(&$0) }
    }
}

private struct DemoRollback: Error {}
