-- Writes down exactly which dead letters a replay would take, or nothing when there are none.
WITH candidate AS MATERIALIZED (
    SELECT d.tenant_id, d.message_id, d.dead_at, d.attempt_count, d.amount_minor, d.currency,
        n.name AS destination,
        EXISTS (
            SELECT FROM clearway.intent i
            WHERE i.tenant_id = d.tenant_id AND i.message_id = d.message_id) AS was_sent
    FROM clearway.dead_letter d
    JOIN clearway.tenant t USING (tenant_id)
    JOIN clearway.destination n USING (destination_id)
    JOIN clearway.event_type y USING (type_id)
    WHERE t.name = $1::text
        AND ($2::text IS NULL OR n.name = $2)
        AND ($3::text IS NULL OR d.owner_team = $3)
        AND ($4::text IS NULL OR d.cause = $4)
        AND ($5::text IS NULL OR d.code = $5)
        AND ($6::text IS NULL OR d.signature = $6)
        AND ($7::text IS NULL OR y.name = $7)
        AND ($8::interval IS NULL OR d.dead_at >= clock_timestamp() - $8)
        AND ($9::bigint[] IS NULL OR d.message_id = ANY ($9))
    ORDER BY d.message_id
    LIMIT $10::integer + 1
), chosen AS MATERIALIZED (
    SELECT * FROM candidate ORDER BY message_id LIMIT $10::integer
), total AS (
    SELECT c.currency, sum(c.amount_minor) AS amount_minor
    FROM chosen c
    WHERE c.currency IS NOT NULL
    GROUP BY c.currency
), planned AS (
    INSERT INTO clearway.replay_plan (
        tenant_id, plan_id, planned_at, expires_at, reason, filter, mode, message_count, row_hash,
        money)
    SELECT min(c.tenant_id), $11::uuid, clock_timestamp(),
        clock_timestamp() + interval '15 minutes', $12::text, $13::jsonb, 'look_then_act',
        count(*),
        encode(sha256(convert_to(string_agg(
            concat_ws(':', c.message_id, c.attempt_count, extract(epoch FROM c.dead_at)), ','
            ORDER BY c.message_id), 'UTF8')), 'hex'),
        coalesce(
            (SELECT jsonb_object_agg(o.currency, o.amount_minor) FROM total o), '{}'::jsonb)
    FROM chosen c
    HAVING count(*) > 0
    RETURNING *
), listed AS (
    INSERT INTO clearway.replay_plan_item (tenant_id, plan_id, message_id)
    SELECT c.tenant_id, $11::uuid, c.message_id
    FROM chosen c
)
SELECT p.plan_id, p.expires_at, p.planned_by, p.message_count, p.row_hash, p.money::text AS money,
    (SELECT count(*) FROM chosen c WHERE c.was_sent) AS sent_count,
    (SELECT count(*) FROM candidate) > p.message_count AS has_more,
    (SELECT array_agg(c.message_id ORDER BY c.message_id)
    FROM (SELECT message_id FROM chosen ORDER BY message_id LIMIT 5) c) AS examples
FROM planned p
