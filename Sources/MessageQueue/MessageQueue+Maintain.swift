package import Foundation
package import Postgres

extension MessageQueue {
    private static let promoteDueStatement = Statement(
        name: "promote_due", sql: "SELECT clearway.promote_due($1)")
    private static let foldTallyStatement = Statement(
        name: "fold_tally",
        sql: """
            SELECT CASE WHEN EXISTS (SELECT FROM clearway.tally_change)
                THEN clearway.fold_tally() ELSE 0 END
            """)
    private static let ensurePartitionsStatement = Statement(
        name: "ensure_partitions", sql: "SELECT clearway.ensure_partitions()")
    private static let reportWorkerStatement = Statement(
        name: "report_worker",
        sql: """
            INSERT INTO clearway.worker AS w (worker_id, name, lane_count, is_hungry)
            VALUES ($1, $2, $3, $4)
            ON CONFLICT (worker_id) DO UPDATE
            SET seen_at = now(), lane_count = EXCLUDED.lane_count, is_hungry = EXCLUDED.is_hungry
            """)
    private static let workerSharesStatement = Statement(
        name: "worker_shares",
        sql: """
            SELECT count(*), count(*) FILTER (WHERE is_hungry), coalesce(sum(lane_count), 0)
            FROM clearway.worker
            WHERE seen_at > clock_timestamp() - $1
            """)
    private static let forgetWorkerStatement = Statement(
        name: "forget_worker",
        sql: """
            DELETE FROM clearway.worker
            WHERE worker_id = $1 OR seen_at < clock_timestamp() - interval '1 day'
            """)

    /// Appends messages whose time has come to their lanes; returns how many.
    package func promoteDue(limit: Int = 500) async throws(PostgresError) -> Int {
        try await Int(
            pool.query(Self.promoteDueStatement, [Int32(limit)])[0].decode(
                column: 0, as: Int32.self))
    }

    /// Adds recent changes to the kept counts. Writes nothing when there are none.
    package func foldTally() async throws(PostgresError) {
        _ = try await pool.query(Self.foldTallyStatement)
    }

    /// Makes the partitions of the coming weeks. Safe when several workers do it at once.
    package func ensurePartitions() async throws {
        try await pool.withTransaction { connection in
            _ = try await connection.query(
                Statement(name: "", sql: "SELECT pg_advisory_xact_lock(8310477003)"))
            _ = try await connection.query(Self.ensurePartitionsStatement)
        }
    }

    /// How the lanes are shared between the workers that have or want any.
    package struct WorkerShares: Sendable {
        package let workerCount: Int
        package let hungryCount: Int
        package let heldLaneCount: Int
    }

    /// Notes what a worker has and wants, and tells how lanes are shared.
    package func reportWorker(
        _ worker: UUID, name: String, laneCount: Int, isHungry: Bool, within lease: Duration
    ) async throws(PostgresError) -> WorkerShares {
        _ = try await pool.query(
            Self.reportWorkerStatement, [worker, name, Int32(laneCount), isHungry])
        return try await workerShares(within: lease)
    }

    /// How lanes are shared between workers seen lately.
    package func workerShares(within lease: Duration) async throws(PostgresError) -> WorkerShares {
        let rows = try await pool.query(Self.workerSharesStatement, [lease])
        let (workers, hungry, lanes) = try rows[0].decode((Int64, Int64, Int64).self)
        return WorkerShares(
            workerCount: Int(workers), hungryCount: Int(hungry), heldLaneCount: Int(lanes))
    }

    private static let currentSnapshotStatement = Statement(
        name: "current_snapshot", sql: "SELECT pg_current_snapshot()::text")

    /// Which transactions are running now.
    package func currentSnapshot() async throws(PostgresError) -> Snapshot {
        let rows = try await pool.query(Self.currentSnapshotStatement)
        return try Snapshot(rows[0].decode(column: 0, as: String.self))
    }

    package func forgetWorker(_ worker: UUID) async throws(PostgresError) {
        _ = try await pool.query(Self.forgetWorkerStatement, [worker])
    }
}
