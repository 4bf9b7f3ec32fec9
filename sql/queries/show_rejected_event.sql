-- One refused input with its bytes.
SELECT r.rejected_id, r.rejected_at, r.tenant, r.source, r.owner_team, r.acknowledge_by, r.rule,
    r.pointer, r.reason, r.violation_count, r.content_type, octet_length(r.body) AS body_bytes,
    r.body
FROM clearway.rejected_event r
WHERE r.rejected_id = $1::bigint
