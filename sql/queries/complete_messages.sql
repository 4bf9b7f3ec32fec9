-- Acknowledges delivered messages of lanes whose epoch still is ours: gone from the queue, in the history, tallied.
WITH input AS MATERIALIZED (
    SELECT * FROM unnest(
        $1::integer[], $2::smallint[], $3::smallint[], $4::bigint[], $5::bigint[], $6::integer[],
        $7::smallint[], $8::text[], $9::text[])
        AS u (tenant_id, destination_id, lane, epoch, position, duration_us, http_status,
            request_id, object_id)
), fence AS MATERIALIZED (
    SELECT l.tenant_id, l.destination_id, l.lane
    FROM clearway.lane l
    WHERE (l.tenant_id, l.destination_id, l.lane, l.epoch) IN (
        SELECT DISTINCT i.tenant_id, i.destination_id, i.lane, i.epoch FROM input i)
    ORDER BY l.tenant_id, l.destination_id, l.lane
    FOR SHARE
), gone AS (
    DELETE FROM clearway.message m
    USING input i
    JOIN fence f USING (tenant_id, destination_id, lane)
    WHERE m.tenant_id = i.tenant_id
        AND m.destination_id = i.destination_id
        AND m.lane = i.lane
        AND m.position = i.position
    RETURNING m.tenant_id, m.destination_id, m.message_id, m.type_id, m.attempt_count,
        m.amount_minor, m.currency, i.duration_us, i.http_status, i.request_id, i.object_id
), history AS (
    INSERT INTO clearway.attempt (
        tenant_id, message_id, duration_us, destination_id, type_id, attempt, outcome,
        http_status, request_id, object_id)
    SELECT g.tenant_id, g.message_id, g.duration_us, g.destination_id, g.type_id,
        g.attempt_count + 1, 1, g.http_status, g.request_id, g.object_id
    FROM gone g
), tallied AS (
    INSERT INTO clearway.tally_change (
        tenant_id, destination_id, from_state, to_state, message_count, currency, amount_minor)
    SELECT g.tenant_id, g.destination_id, 1, 6, count(*), coalesce(g.currency, ''),
        coalesce(sum(g.amount_minor), 0)
    FROM gone g
    GROUP BY g.tenant_id, g.destination_id, coalesce(g.currency, '')
)
SELECT count(*)::integer FROM gone
