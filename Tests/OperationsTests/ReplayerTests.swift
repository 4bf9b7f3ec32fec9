import Foundation
import MessageQueue
import Operations
import PaymentEvents
import Postgres
import TestSupport
import Testing

@Suite struct ReplayerTests {
    /// A database with `count` captures that died for the same reason.
    private func withDeadLetters<R>(
        _ count: Int, _ body: (MigratedDatabase) async throws -> R
    ) async throws -> R {
        try await withMigratedDatabase { database in
            _ = try await database.queue.addTenant("acme-us")
            let events = try (1...count).map { number in
                NewEvent(
                    try PaymentEvent(
                        EventDraft(
                            type: .captureRequested, tenant: "acme-us", source: "test",
                            idempotencyKey: "k\(number)", occurredAt: Date(),
                            money: Money(
                                minorUnits: 100, currency: try #require(Currency("USD"))),
                            ids: [
                                "payment_intent": "pi_\(number)", "order_no": "\(number)",
                                "site_id": "RefArch",
                            ], data: ["shipping": ["first_name": "Ada"]])))
            }
            _ = try await database.queue.enqueue(events)
            try await Self.buryAll(database)
            return try await body(database)
        }
    }

    private static func buryAll(_ database: MigratedDatabase) async throws {
        _ = try await database.pool.query(
            Statement(
                name: "",
                sql: """
                    SELECT clearway.bury_messages(
                        array_agg(m.tenant_id), array_agg(m.destination_id), array_agg(m.lane),
                        array_agg(l.epoch), array_agg(m.position), array_agg(1000),
                        array_agg('business_rejected'::text), array_agg('charge_disputed'::text),
                        array_agg('the charge is disputed'::text), array_agg(NULL::text),
                        array_agg(400::smallint), array_agg('req_1'::text))
                    FROM clearway.message m
                    JOIN clearway.lane l USING (tenant_id, destination_id, lane)
                    """))
    }

    private let filter = DeadLetterFilter(tenant: "acme-us", code: "charge_disputed")

    @Test func `a plan names the rows and the money, applying it makes them ready`() async throws {
        try await withDeadLetters(3) { database in
            let replayer = Replayer(queue: database.queue)
            let plan = try #require(
                try await replayer.plan(filter, limit: 10, reason: "dispute was withdrawn"))
            #expect(plan.messageCount == 3)
            #expect(try JSONValue(parsing: plan.money) == ["USD": 300])
            #expect(!plan.hasMore)
            #expect(try await replayer.apply(plan.planID).replayedCount == 3)
            let depth = try await database.queue.readDepth()
            let stripe = try #require(depth.first { $0.destination == "stripe" })
            #expect(stripe.ready == 3 && stripe.dead == 0)
            #expect(
                try await database.queue.readConservation().allSatisfy { $0.residualCount == 0 })
        }
    }

    @Test func `a replay is audited with the session's user, the reason and the plan`()
        async throws
    {
        try await withDeadLetters(1) { database in
            let replayer = Replayer(queue: database.queue)
            let plan = try #require(try await replayer.plan(filter, limit: 1, reason: "as agreed"))
            _ = try await replayer.apply(plan.planID)
            let rows = try await database.pool.query(
                Statement(
                    name: "",
                    sql: """
                        SELECT actor = session_user, reason, subject
                        FROM clearway.operator_action
                        """))
            let (isActor, reason, subject) = try #require(rows.first).decode(
                (Bool, String, String).self)
            #expect(isActor)
            #expect(reason == "as agreed")
            #expect(subject == "plan:\(plan.planID.text)")
        }
    }

    @Test func `a second application says that it was applied`() async throws {
        try await withDeadLetters(1) { database in
            let replayer = Replayer(queue: database.queue)
            let plan = try #require(try await replayer.plan(filter, limit: 1, reason: "twice"))
            _ = try await replayer.apply(plan.planID)
            await #expect {
                _ = try await replayer.apply(plan.planID)
            } throws: { error in
                if case .alreadyApplied = error as? ReplayRefusal { true } else { false }
            }
        }
    }

    @Test func `a plan whose dead letter is gone is refused and names it`() async throws {
        try await withDeadLetters(3) { database in
            let replayer = Replayer(queue: database.queue)
            let plan = try #require(
                try await replayer.plan(filter, limit: 10, reason: "all of them"))
            let one = try #require(plan.examples.first)
            let other = try #require(
                try await replayer.plan(filter, messageIDs: [one], limit: 1, reason: "just one"))
            _ = try await replayer.apply(other.planID)
            await #expect(
                throws: ReplayRefusal.drifted(planned: 3, goneIDs: [one], changedIDs: [])
            ) {
                _ = try await replayer.apply(plan.planID)
            }
            let letters = try await database.queue.listDeadLetters(filter, limit: 10)
            #expect(letters.count == 2)
        }
    }

    @Test func `a plan whose dead letter died again is refused and names it`() async throws {
        try await withDeadLetters(1) { database in
            let replayer = Replayer(queue: database.queue)
            let plan = try #require(try await replayer.plan(filter, limit: 10, reason: "before"))
            let other = try #require(try await replayer.plan(filter, limit: 10, reason: "between"))
            _ = try await replayer.apply(other.planID)
            try await Self.buryAll(database)
            await #expect(
                throws: ReplayRefusal.drifted(
                    planned: 1, goneIDs: [], changedIDs: plan.examples)
            ) {
                _ = try await replayer.apply(plan.planID)
            }
        }
    }

    @Test func `an expired plan is refused`() async throws {
        try await withDeadLetters(1) { database in
            let replayer = Replayer(queue: database.queue)
            let plan = try #require(try await replayer.plan(filter, limit: 1, reason: "too late"))
            _ = try await database.pool.query(
                Statement(
                    name: "",
                    sql: "UPDATE clearway.replay_plan SET expires_at = now() - interval '1 s'"))
            await #expect {
                _ = try await replayer.apply(plan.planID)
            } throws: { error in
                if case .expired = error as? ReplayRefusal { true } else { false }
            }
        }
    }

    @Test func `an unknown plan is refused and an empty match makes none`() async throws {
        try await withDeadLetters(1) { database in
            let replayer = Replayer(queue: database.queue)
            let id = UUID()
            await #expect(throws: ReplayRefusal.unknownPlan(id)) {
                _ = try await replayer.apply(id)
            }
            var other = filter
            other.code = "another"
            let plan = try await replayer.plan(other, limit: 1, reason: "nothing")
            #expect(plan == nil)
        }
    }

    @Test func `a plan's limit takes the oldest and says that there are more`() async throws {
        try await withDeadLetters(3) { database in
            let plan = try #require(
                try await Replayer(queue: database.queue).plan(filter, limit: 2, reason: "some"))
            #expect(plan.messageCount == 2)
            #expect(plan.hasMore)
        }
    }

    @Test func `pages of dead letters meet without gap or overlap`() async throws {
        try await withDeadLetters(5) { database in
            let office = DeadLetterOffice(queue: database.queue)
            var cursor = MessageQueue.DeadLetterCursor.start
            var seen: [Int64] = []
            while let last = try await office.list(filter, after: cursor, limit: 2).last {
                let page = try await office.list(filter, after: cursor, limit: 2)
                seen += page.map(\.messageID)
                cursor = .init(tenantID: last.tenantID, messageID: last.messageID)
            }
            #expect(seen.count == 5)
            #expect(seen == seen.sorted())
        }
    }

    @Test func `a dead letter is shown with its attempt and without personal data`() async throws {
        try await withDeadLetters(1) { database in
            let office = DeadLetterOffice(queue: database.queue)
            let id = try #require(try await office.list(filter, limit: 1).first).messageID
            let detail = try #require(try await office.show(id).first)
            #expect(detail.attempts.map(\.outcome) == ["dead"])
            #expect(detail.letter.owner == "oms")
            #expect(!detail.json.canonicalText.contains("Ada"))
            #expect(detail.json["event"]?["ids"]?["payment_intent"] == "pi_1")
        }
    }
}
