-- Like fetch_messages, for lanes with blocked keys: also says up to which message each key may go.
SELECT l.ordinal, s.snapshot, m.position, m.message_id, m.event_seq, m.type_id, m.priority,
    m.attempt_count, m.must_look, m.key_hash, m.through_id, m.is_expired, m.accepted_at, m.body
FROM (SELECT pg_current_snapshot()::text AS snapshot) s
CROSS JOIN unnest($1::integer[], $2::smallint[], $3::smallint[], $4::bigint[], $5::bigint[],
    $6::integer[]) WITH ORDINALITY
    AS l (tenant_id, destination_id, lane, after_position, through_position, quota, ordinal)
LEFT JOIN LATERAL (
    SELECT r.position, r.message_id, r.event_seq, r.type_id, r.priority, r.attempt_count,
        r.must_look, r.key_hash, b.through_id,
        r.deadline_at IS NOT NULL AND r.deadline_at < clock_timestamp() AS is_expired,
        r.accepted_at, e.body
    FROM (
        SELECT *
        FROM clearway.message r
        WHERE r.tenant_id = l.tenant_id
            AND r.destination_id = l.destination_id
            AND r.lane = l.lane
            AND r.position > l.after_position
            AND r.position <= l.through_position
        ORDER BY r.position
        LIMIT l.quota
    ) r
    LEFT JOIN clearway.blocked_key b
        ON b.tenant_id = r.tenant_id
        AND b.destination_id = r.destination_id
        AND b.lane = r.lane
        AND b.key_hash = r.key_hash
    LEFT JOIN clearway.event e
        ON e.tenant_id = r.tenant_id
        AND e.recorded_on = r.recorded_on
        AND e.event_seq = r.event_seq
) m ON true
