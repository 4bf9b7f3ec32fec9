/// The SQL that only benchmarks need: filling the queue, and the bare queue it is compared with.
///
/// Published so that other queues can be given the same work: 500-byte JSON payloads, one
/// ordering key per message unless told otherwise, an outcome row per message.
enum BenchSQL {
    static let fillFunction = """
        CREATE OR REPLACE FUNCTION bench_fill(n integer, tag text, per_key integer)
        RETURNS bigint LANGUAGE sql AS $$
            SELECT count(*)
            FROM (
                SELECT array_agg('bench'::text) AS tenants,
                    array_agg('payment.capture.requested'::text) AS types,
                    array_agg(gen_random_uuid()) AS ids, array_agg('bench'::text) AS sources,
                    array_agg(tag || i) AS keys, array_agg(gen_random_uuid()) AS prints,
                    array_agg('payment_intent:' || tag || (i / per_key)) AS ordering,
                    array_agg('{"p":"' || repeat('x', 491) || '"}') AS bodies,
                    array_agg(NULL::timestamptz) AS nothing,
                    array_agg(NULL::smallint) AS priorities, array_agg(1000::bigint) AS amounts,
                    array_agg('USD'::text) AS currencies
                FROM generate_series(1, n) AS i
            ) a
            CROSS JOIN LATERAL clearway.enqueue_batch(
                a.tenants, a.types, a.ids, a.sources, a.keys, a.prints, a.ordering, a.bodies,
                a.nothing, a.nothing, a.priorities, a.amounts, a.currencies) e
            WHERE e.status = 1
        $$
        """

    static func bareQueue(count: Int) -> [String] {
        [
            """
            CREATE TABLE bare_queue (
                id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
                state smallint NOT NULL DEFAULT 0,
                payload text NOT NULL)
            """,
            """
            INSERT INTO bare_queue (payload)
            SELECT '{"p":"' || repeat('x', 491) || '"}' FROM generate_series(1, \(count))
            """,
            "CREATE INDEX bare_queue_ready ON bare_queue (id) WHERE state = 0",
            "VACUUM ANALYZE bare_queue", "CHECKPOINT",
        ]
    }

    /// Claim 100, commit, delete them by id, commit.
    static let bareClaim = """
        WITH claimed AS (
            UPDATE bare_queue SET state = 1
            WHERE id IN (
                SELECT id FROM bare_queue WHERE state = 0 ORDER BY id LIMIT 100
                FOR UPDATE SKIP LOCKED)
            RETURNING id, payload)
        SELECT coalesce(array_agg(id), '{}') AS ids, coalesce(sum(length(payload)), 0) AS size
        FROM claimed \\gset
        DELETE FROM bare_queue WHERE id = ANY (:ids::bigint[]);
        """
}
