import Foundation
import MessageQueue
import Postgres
import TestSupport
import Testing

/// Leases, fences and the movements between states, one statement at a time.
@Suite struct LaneLeaseTests {
    private static func withLane(
        messages: Int = 3, keys: Int = 1,
        _ body: (MigratedDatabase, LaneLease, [Int64]) async throws -> Void
    ) async throws {
        try await withMigratedDatabase { database in
            _ = try await database.queue.addTenant("acme", laneCount: 1)
            let results = try await database.queue.enqueue(
                events(messages, keys: keys))
            let leases = try await database.claim()
            #expect(leases.count == 1)
            try await body(database, leases[0], results.map(\.eventSequence))
        }
    }

    static func events(_ count: Int, keys: Int = 1, tag: String = "k") -> [NewEvent] {
        (0..<count).map { index in
            NewEvent(
                tenant: "acme", type: "payment.capture.requested", eventID: UUID(),
                source: "test", idempotencyKey: "\(tag)-\(index)",
                orderingKey: "\(tag)-\(index % keys)", body: "{\"n\":\(index)}", amountMinor: 5,
                currency: "USD")
        }
    }

    @Test func `a held lane is not claimed by another`() async throws {
        try await Self.withLane { database, _, _ in
            let leases = try await database.claim()
            #expect(leases.isEmpty)
        }
    }

    @Test func `an expired lease is taken over with a new epoch`() async throws {
        try await Self.withLane { database, lease, _ in
            try await database.expireLeases()
            let next = try await database.claim()
            #expect(next.count == 1)
            #expect(next[0].epoch > lease.epoch)
            #expect(next[0].crashCount == 1)
        }
    }

    @Test func `a lost lease cannot complete, postpone, hold, bury, renew or release`() async throws
    {
        try await Self.withLane { database, lease, ids in
            let worker = UUID()
            try await database.expireLeases()
            _ = try await database.claim(worker: worker)
            let claim = Claim(lane: lease.id, epoch: lease.epoch, position: ids[0])
            let queue = database.queue
            #expect(try await queue.complete([database.completion(claim, ids[0])]) == 0)
            #expect(try await queue.postpone([database.postponement(claim)]) == 0)
            #expect(try await queue.hold([claim]).isEmpty)
            #expect(try await queue.bury([database.burial(claim)]) == 0)
            let report = MessageQueue.LaneReport(
                id: lease.id, epoch: lease.epoch, floorPosition: 0, inFlightCount: 0,
                isHealthy: true)
            #expect(
                try await queue.renewLanes([report], worker: worker, lease: .seconds(5)).isEmpty)
            #expect(try await queue.releaseLanes([report], worker: worker).isEmpty)
            #expect(
                try await queue.storeIntents([
                    .init(
                        lane: lease.id, epoch: lease.epoch, messageID: ids[0],
                        idempotencyKey: "k", request: [1])
                ]).isEmpty)
            #expect(try await database.number("SELECT count(*) FROM clearway.message") == 3)
            #expect(try await database.number("SELECT count(*) FROM clearway.attempt") == 0)
        }
    }

    @Test func `a completed message is gone, in the history and tallied`() async throws {
        try await Self.withLane { database, lease, ids in
            let claim = Claim(lane: lease.id, epoch: lease.epoch, position: ids[0])
            #expect(
                try await database.queue.complete([database.completion(claim, ids[0])]) == 1)
            #expect(try await database.number("SELECT count(*) FROM clearway.message") == 2)
            #expect(
                try await database.number(
                    "SELECT count(*) FROM clearway.attempt WHERE outcome = 1") == 1)
            #expect(try await database.number("SELECT sum(delivered) FROM clearway.v_depth") == 1)
            try await database.expectConservation()
        }
    }

    @Test func `completing twice changes nothing the second time`() async throws {
        try await Self.withLane { database, lease, ids in
            let claim = Claim(lane: lease.id, epoch: lease.epoch, position: ids[0])
            let completion = database.completion(claim, ids[0])
            let first = try await database.queue.complete([completion])
            let second = try await database.queue.complete([completion])
            let attempts = try await database.number("SELECT count(*) FROM clearway.attempt")
            #expect(first == 1)
            #expect(second == 0)
            #expect(attempts == 1)
        }
    }

    @Test func `a postponed message blocks its key until it is delivered`() async throws {
        try await Self.withLane { database, lease, ids in
            let queue = database.queue
            let first = Claim(lane: lease.id, epoch: lease.epoch, position: ids[0])
            #expect(try await queue.postpone([database.postponement(first)]) == 1)
            let held = try await queue.hold(
                ids.dropFirst().map { Claim(lane: lease.id, epoch: lease.epoch, position: $0) })
            #expect(held == Set(ids.dropFirst()))
            try await database.expectConservation()
            try await database.run("UPDATE clearway.scheduled_message SET due_at = now()")
            #expect(try await queue.promoteDue() == 1)
            let reading = try await database.read(lease)
            #expect(reading.map(\.messageID) == [ids[0]])
            #expect(reading[0].attemptCount == 1)
            #expect(reading[0].throughID == ids[0])
            var done = database.completion(
                Claim(lane: lease.id, epoch: lease.epoch, position: reading[0].position), ids[0])
            done.advancesKey = true
            done.keyHash = reading[0].keyHash
            #expect(try await queue.complete([done]) == 1)
            let next = try await database.read(lease)
            #expect(next.map(\.messageID) == Array(ids.dropFirst()))
            try await database.expectConservation()
        }
    }

    @Test func `what is not behind a blocked key is not held`() async throws {
        try await Self.withLane { database, lease, ids in
            let claims = ids.map { Claim(lane: lease.id, epoch: lease.epoch, position: $0) }
            let held = try await database.queue.hold(claims)
            let ready = try await database.number("SELECT count(*) FROM clearway.message")
            #expect(held.isEmpty)
            #expect(ready == 3)
        }
    }

    @Test func `a dead message keeps its key though an older one is tried after it`() async throws {
        try await Self.withLane { database, lease, ids in
            let queue = database.queue
            func claim(_ position: Int64) -> Claim {
                Claim(lane: lease.id, epoch: lease.epoch, position: position)
            }
            try await database.run(
                "UPDATE clearway.event_type SET successor_policy = 'hold'")
            _ = try await queue.postpone([database.postponement(claim(ids[0]))])
            _ = try await queue.bury([database.burial(claim(ids[1]))])
            _ = try await queue.hold([claim(ids[2])])
            try await database.run(
                """
                UPDATE clearway.blocked_key SET through_id = \(ids[0]), blocked_by = \(ids[0]);
                UPDATE clearway.scheduled_message SET due_at = now();
                """)
            _ = try await queue.promoteDue()
            let first = try await database.read(lease)
            #expect(first.map(\.messageID) == [ids[0]])
            var done = database.completion(claim(first[0].position), ids[0])
            done.keyHash = first[0].keyHash
            done.advancesKey = true
            _ = try await queue.complete([done])
            let ready = try await database.read(lease)
            let keeper = try await database.number("SELECT blocked_by FROM clearway.blocked_key")
            #expect(ready.isEmpty)
            #expect(keeper == ids[1])
            try await database.expectConservation()
        }
    }

    @Test func `a lane that was forgotten is found again`() async throws {
        try await withMigratedDatabase { database in
            _ = try await database.queue.addTenant("acme", laneCount: 1)
            _ = try await database.queue.enqueue(Self.events(1))
            try await database.run("DELETE FROM clearway.lane_signal")
            let unseen = try await database.claim()
            let forgotten = try await database.queue.signalForgottenLanes()
            let found = try await database.claim()
            #expect(unseen.isEmpty)
            #expect(forgotten == 1)
            #expect(found.count == 1)
        }
    }

    @Test func `an event enqueued under a fixed snapshot signals its lane anew`() async throws {
        try await Self.withLane { database, lease, _ in
            try await database.pool.withTransaction(isolation: .repeatableRead) { producer in
                _ = try await producer.query(
                    Statement(name: "", sql: "SELECT count(*) FROM clearway.lane_signal"))
                try await database.queue.clearSignals([lease.id])
                _ = try await database.queue.enqueue(
                    Self.events(1, tag: "late"), in: producer)
            }
            let signals = try await database.number("SELECT count(*) FROM clearway.lane_signal")
            #expect(signals == 1)
        }
    }

    @Test func `the schema refuses a dead letter without an owner`() async throws {
        try await Self.withLane { database, lease, ids in
            let claim = Claim(lane: lease.id, epoch: lease.epoch, position: ids[0])
            let buried = try await database.queue.bury([database.burial(claim)])
            #expect(buried == 1)
            await #expect(throws: PostgresError.self) {
                try await database.run("UPDATE clearway.dead_letter SET owner_team = NULL")
            }
            await #expect(throws: PostgresError.self) {
                try await database.run("UPDATE clearway.dead_letter SET owner_team = 'nobody'")
            }
        }
    }

    @Test func `a duplicate is told from a conflict, within a batch and across`() async throws {
        try await withMigratedDatabase { database in
            _ = try await database.queue.addTenant("acme", laneCount: 1)
            var events = Self.events(2)
            events.append(events[0])
            let first = try await database.queue.enqueue(events)
            #expect(first.map(\.status) == [.accepted, .accepted, .duplicate])
            #expect(first[2].eventSequence == first[0].eventSequence)
            var changed = events[0]
            changed.fingerprint = UUID()
            let second = try await database.queue.enqueue([events[1], changed])
            #expect(second.map(\.status) == [.duplicate, .conflict])
            #expect(try await database.number("SELECT count(*) FROM clearway.message") == 2)
        }
    }

    @Test func `claiming costs the same however many messages wait elsewhere`() async throws {
        try await Self.withLane(messages: 200, keys: 200) { database, lease, _ in
            let before = try await database.readBuffers(lease, quota: 100)
            try await database.run(
                """
                INSERT INTO clearway.scheduled_message (
                    tenant_id, destination_id, lane, type_id, priority, attempt_count,
                    recorded_on, message_id, event_seq, key_hash, accepted_at, due_at)
                SELECT 1, 1, 0, 1, 3, 0, current_date, 1000000 + i, i, i, now(),
                    now() + interval '1 day'
                FROM generate_series(1, 20000) AS i;
                INSERT INTO clearway.held_message (
                    tenant_id, destination_id, lane, type_id, priority, attempt_count,
                    recorded_on, message_id, event_seq, key_hash, accepted_at)
                SELECT 1, 1, 0, 1, 3, 0, current_date, 2000000 + i, i, 7, now()
                FROM generate_series(1, 20000) AS i;
                """)
            let after = try await database.readBuffers(lease, quota: 100)
            #expect(after <= before + 4)
        }
    }

    @Test func `reading past the floor is flat while vacuum is held back`() async throws {
        try await Self.withLane(messages: 5000, keys: 5000) { database, lease, ids in
            let atStart = try await database.readBuffers(lease, quota: 100)
            try await database.pool.withTransaction(isolation: .repeatableRead) { horizon in
                _ = try await horizon.query(
                    Statement(name: "", sql: "SELECT count(*) FROM clearway.message"))
                _ = try await database.queue.complete(
                    ids.prefix(4500).map {
                        database.completion(
                            Claim(lane: lease.id, epoch: lease.epoch, position: $0), $0)
                    })
                let fromFloor = try await database.readBuffers(
                    lease, after: ids[4499], quota: 100)
                let fromZero = try await database.readBuffers(lease, after: 0, quota: 100)
                #expect(fromFloor <= atStart + 10)
                #expect(fromZero > 3 * fromFloor, "the dead rows are not in the way: no test")
            }
        }
    }
}

extension MigratedDatabase {
    func claim(worker: UUID = UUID()) async throws -> [LaneLease] {
        try await queue.claimLanes(
            worker: worker, lease: .seconds(60), limit: 10, afterSignal: 0, destinations: [1, 2, 3])
    }

    func expireLeases() async throws {
        try await run(
            "UPDATE clearway.lane SET lease_expires_at = now() - interval '1 s' WHERE holder IS NOT NULL"
        )
    }

    func run(_ sql: String) async throws {
        try await pool.withConnection { try await $0.run(script: sql) }
    }

    func number(_ sql: String) async throws -> Int64 {
        let rows = try await pool.query(Statement(name: "", sql: "SELECT (\(sql))::bigint"))
        return try rows[0].decode(column: 0, as: Int64.self)
    }

    func read(_ lease: LaneLease) async throws -> [Message] {
        try await queue.fetchMessages(
            [.init(lane: lease.id, after: lease.floorPosition, quota: 1000)], checksKeys: true
        ).messages[0]
    }

    /// How many pages one reading touches, by PostgreSQL's own count.
    func readBuffers(_ lease: LaneLease, after: Int64 = 0, quota: Int) async throws -> Int64 {
        let rows = try await pool.query(
            Statement(
                name: "",
                sql: """
                    EXPLAIN (ANALYZE, BUFFERS, TIMING OFF, FORMAT JSON)
                    SELECT m.position FROM clearway.message m
                    WHERE m.tenant_id = \(lease.id.tenantID)
                        AND m.destination_id = \(lease.id.destinationID)
                        AND m.lane = \(lease.id.lane) AND m.position > \(after)
                    ORDER BY m.position LIMIT \(quota)
                    """))
        let plan = try rows[0].decode(column: 0, as: JSON.self).text
        let pages = plan.split(separator: "\n").filter {
            $0.contains("\"Shared Hit Blocks\"") || $0.contains("\"Shared Read Blocks\"")
        }
        return pages.prefix(2).reduce(0) { sum, line in
            sum + (Int64(line.filter(\.isNumber)) ?? 0)
        }
    }

    func completion(_ claim: Claim, _ messageID: Int64) -> MessageQueue.Completion {
        MessageQueue.Completion(
            claim: claim, messageID: messageID, keyHash: 0, durationMicroseconds: 1)
    }

    func postponement(_ claim: Claim) -> MessageQueue.Postponement {
        MessageQueue.Postponement(
            claim: claim, delay: .seconds(60), isUnknown: false, isCounted: true,
            durationMicroseconds: 1, code: "down", errorMessage: "down")
    }

    func burial(_ claim: Claim) -> MessageQueue.Burial {
        MessageQueue.Burial(
            claim: claim, durationMicroseconds: 1, cause: "contract", code: "no",
            errorMessage: "no")
    }

    func expectConservation(sourceLocation: SourceLocation = #_sourceLocation) async throws {
        let residual = try await number(
            "SELECT coalesce(sum(abs(residual_count)), 0) FROM clearway.v_conservation")
        let differing = try await number(
            """
            SELECT count(*) FROM clearway.audit_conservation()
            WHERE kept_count <> counted_count OR kept_minor <> counted_minor
            """)
        #expect(residual == 0, sourceLocation: sourceLocation)
        #expect(differing == 0, sourceLocation: sourceLocation)
    }
}
