-- A page of refused input, newest first, below a given number.
SELECT r.rejected_id, r.rejected_at, r.tenant, r.source, r.owner_team, r.acknowledge_by, r.rule,
    r.pointer, r.reason, r.violation_count, r.content_type, octet_length(r.body) AS body_bytes
FROM clearway.rejected_event r
WHERE r.rejected_id < $1::bigint
    AND ($2::text IS NULL OR r.tenant = $2)
    AND ($3::text IS NULL OR r.owner_team = $3)
    AND ($4::interval IS NULL OR r.rejected_at >= clock_timestamp() - $4)
ORDER BY r.rejected_id DESC
LIMIT $5::integer
