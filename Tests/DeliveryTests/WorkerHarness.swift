import Foundation
import Logging
import MessageQueue
import NIOConcurrencyHelpers
import Postgres
import TestSupport
import Testing

@testable import Delivery

/// Something that happened once and stays so.
final class Flag: Sendable {
    private let value = NIOLockedValueBox(false)
    var isSet: Bool { value.withLockedValue { $0 } }
    func set() { value.withLockedValue { $0 = true } }
}

/// A migrated database with one tenant.
func withQueue<R>(_ body: (MigratedDatabase) async throws -> R) async throws -> R {
    try await withMigratedDatabase { database in
        _ = try await database.queue.addTenant("acme", laneCount: 4)
        return try await body(database)
    }
}

/// Runs workers while `body` runs; afterwards they drain and return.
func withWorkers(
    _ count: Int, on database: MigratedDatabase, courier: any Courier,
    _ body: () async throws -> Void
) async throws {
    var settings = WorkerSettings()
    settings.lease = .seconds(5)
    settings.retry = RetryPolicy(base: .milliseconds(10), cap: .milliseconds(50))
    settings.idleInterval = .milliseconds(50)
    settings.linger = .milliseconds(50)
    settings.concurrency = 8
    let pool = ConnectionPool(
        database.configuration, maximumConnections: 6 * count, logger: MigratedDatabase.logger)
    try await withThrowingTaskGroup(of: Void.self) { group in
        for index in 0..<count {
            let worker = Worker(
                name: "worker-\(index)", queue: MessageQueue(pool: pool),
                wakeUps: WakeUps(
                    configuration: database.configuration, logger: MigratedDatabase.logger),
                courier: courier, destinations: [1, 2], settings: settings,
                logger: MigratedDatabase.logger)
            group.addTask {
                do {
                    try await worker.run()
                } catch {
                    // A worker that is told to stop before it has started may say so.
                    if !Task.isCancelled { throw error }
                }
            }
        }
        do {
            try await body()
        } catch {
            group.cancelAll()
            throw error
        }
        group.cancelAll()
        try await group.waitForAll()
    }
    await pool.close()
}

extension MigratedDatabase {
    /// Captures with keys `tag-0…`, accepted in order; returns their message ids.
    @discardableResult
    func produce(
        count: Int, keys: Int, tag: String = "k", in connection: Connection? = nil
    ) async throws -> [Int64] {
        let events = (0..<count).map { index in
            NewEvent(
                tenant: "acme", type: "payment.capture.requested", eventID: UUID(),
                source: "test", idempotencyKey: "\(tag)-\(index)",
                orderingKey: "\(tag)-\(index % keys)", body: "{\"n\":\(index)}", amountMinor: 100,
                currency: "USD")
        }
        let results =
            if let connection {
                try await queue.enqueue(events, in: connection)
            } else {
                try await queue.enqueue(events)
            }
        return results.map(\.eventSequence)
    }

    func run(_ sql: String) async throws {
        try await pool.withConnection { try await $0.run(script: sql) }
    }

    func text(_ sql: String) async throws -> String {
        let rows = try await pool.query(Statement(name: "", sql: sql))
        return try rows[0].decode(column: 0, as: String.self)
    }

    struct States {
        var delivered = 0
        var dead = 0
        var held = 0
        var accepted = 0
    }

    func states() async throws -> States {
        let rows = try await pool.query(
            Statement(
                name: "",
                sql: """
                    SELECT sum(delivered)::bigint, sum(dead)::bigint, sum(held)::bigint,
                        sum(accepted)::bigint
                    FROM clearway.v_depth
                    """))
        let (delivered, dead, held, accepted) = try rows[0].decode(
            (Int64, Int64, Int64, Int64).self)
        return States(
            delivered: Int(delivered), dead: Int(dead), held: Int(held), accepted: Int(accepted))
    }

    func untilSettled(accepted: Int) async throws {
        try await eventually("all \(accepted) are delivered", within: .seconds(60)) {
            try await states().delivered == accepted
        }
    }

    func replay(_ ids: [Int64]) async throws -> Int32 {
        let rows = try await pool.query(
            Statement(
                name: "", sql: "SELECT clearway.replay_dead_letters(1, $1, 'cause fixed', 'test')"),
            [ids])
        return try rows[0].decode(column: 0, as: Int32.self)
    }

    /// Guarantee 2, by the kept counts and by counting every row.
    func expectConserved(sourceLocation: SourceLocation = #_sourceLocation) async throws {
        let residual = try await text(
            """
            SELECT coalesce(sum(abs(residual_count)) + sum(abs(residual_minor)), 0)::text
            FROM clearway.v_conservation
            """)
        #expect(residual == "0", sourceLocation: sourceLocation)
        let differing = try await text(
            """
            SELECT coalesce(string_agg(state, ','), '') FROM clearway.audit_conservation()
            WHERE kept_count <> counted_count OR kept_minor <> counted_minor
            """)
        #expect(differing == "", sourceLocation: sourceLocation)
    }
}
