-- A page of dead letters in order of tenant and message, past a given one; no page is scanned twice.
SELECT d.tenant_id, d.message_id, t.name AS tenant, n.name AS destination, y.name AS type,
    d.dead_at, d.owner_team, d.acknowledge_by, d.cause, d.code, d.error_message, d.pointer,
    d.http_status, d.request_id, d.attempt_count, d.amount_minor, d.currency, d.signature
FROM clearway.dead_letter d
JOIN clearway.tenant t USING (tenant_id)
JOIN clearway.destination n USING (destination_id)
JOIN clearway.event_type y USING (type_id)
WHERE (d.tenant_id, d.message_id) > ($1::integer, $2::bigint)
    AND ($3::text IS NULL OR t.name = $3)
    AND ($4::text IS NULL OR n.name = $4)
    AND ($5::text IS NULL OR d.owner_team = $5)
    AND ($6::text IS NULL OR d.cause = $6)
    AND ($7::text IS NULL OR d.code = $7)
    AND ($8::text IS NULL OR d.signature = $8)
    AND ($9::text IS NULL OR y.name = $9)
    AND ($10::interval IS NULL OR d.dead_at >= clock_timestamp() - $10)
ORDER BY d.tenant_id, d.message_id
LIMIT $11::integer
