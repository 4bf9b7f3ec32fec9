-- Makes the exact requests durable before they are sent, only for lanes that are still ours; an earlier one stays as it was.
WITH input AS MATERIALIZED (
    SELECT * FROM unnest(
        $1::integer[], $2::smallint[], $3::smallint[], $4::bigint[], $5::bigint[], $6::text[],
        $7::bytea[])
        AS u (tenant_id, destination_id, lane, epoch, message_id, idempotency_key, request)
), fence AS MATERIALIZED (
    SELECT l.tenant_id, l.destination_id, l.lane
    FROM clearway.lane l
    WHERE (l.tenant_id, l.destination_id, l.lane, l.epoch) IN (
        SELECT DISTINCT i.tenant_id, i.destination_id, i.lane, i.epoch FROM input i)
    ORDER BY l.tenant_id, l.destination_id, l.lane
    FOR SHARE
), stored AS (
    INSERT INTO clearway.intent (tenant_id, message_id, idempotency_key, request)
    SELECT i.tenant_id, i.message_id, i.idempotency_key, i.request
    FROM input i
    JOIN fence f USING (tenant_id, destination_id, lane)
    ON CONFLICT DO NOTHING
    RETURNING tenant_id, message_id, first_sent_at, request
)
SELECT tenant_id, message_id, 0::bigint AS age_ms, request, first_sent_at, true AS is_new
FROM stored
UNION ALL
SELECT n.tenant_id, n.message_id,
    (extract(epoch FROM clock_timestamp() - n.first_sent_at) * 1000)::bigint, n.request,
    n.first_sent_at, false
FROM clearway.intent n
JOIN input i ON i.tenant_id = n.tenant_id AND i.message_id = n.message_id
JOIN fence f
    ON f.tenant_id = i.tenant_id AND f.destination_id = i.destination_id AND f.lane = i.lane
