-- Locks the dead letters that a plan names and says what became of each since it was planned.
WITH locked AS MATERIALIZED (
    SELECT d.tenant_id, d.message_id, d.dead_at, d.attempt_count
    FROM clearway.dead_letter d
    JOIN clearway.replay_plan_item i USING (tenant_id, message_id)
    WHERE i.tenant_id = $1::integer
        AND i.plan_id = $2::uuid
    ORDER BY d.message_id
    FOR UPDATE OF d
)
SELECT coalesce(array_agg(l.message_id ORDER BY l.message_id)
        FILTER (WHERE l.message_id IS NOT NULL), '{}') AS present_ids,
    coalesce(array_agg(i.message_id ORDER BY i.message_id)
        FILTER (WHERE l.message_id IS NULL), '{}') AS gone_ids,
    coalesce(array_agg(l.message_id ORDER BY l.message_id)
        FILTER (WHERE l.dead_at > p.planned_at), '{}') AS changed_ids,
    coalesce(encode(sha256(convert_to(string_agg(
        concat_ws(':', l.message_id, l.attempt_count, extract(epoch FROM l.dead_at)), ','
        ORDER BY l.message_id) FILTER (WHERE l.message_id IS NOT NULL), 'UTF8')), 'hex'), '')
        AS row_hash
FROM clearway.replay_plan_item i
JOIN clearway.replay_plan p USING (tenant_id, plan_id)
LEFT JOIN locked l USING (tenant_id, message_id)
WHERE i.tenant_id = $1::integer
    AND i.plan_id = $2::uuid
