-- All dead letters with one message number (one per tenant) with what was sent and what it holds back.
SELECT d.tenant_id, d.message_id, t.name AS tenant, n.name AS destination, y.name AS type,
    d.dead_at, d.owner_team, d.acknowledge_by, d.cause, d.code, d.error_message, d.pointer,
    d.http_status, d.request_id, d.attempt_count, d.amount_minor, d.currency, d.signature,
    d.accepted_at, i.idempotency_key, i.first_sent_at, clock_timestamp() - i.first_sent_at AS age,
    (SELECT count(*)
    FROM clearway.held_message h
    WHERE h.tenant_id = d.tenant_id
        AND h.destination_id = d.destination_id
        AND h.lane = d.lane
        AND h.key_hash = d.key_hash) AS held_count,
    d.body::text AS body
FROM clearway.dead_letter d
JOIN clearway.tenant t USING (tenant_id)
JOIN clearway.destination n USING (destination_id)
JOIN clearway.event_type y USING (type_id)
LEFT JOIN clearway.intent i
    ON i.tenant_id = d.tenant_id AND i.message_id = d.message_id
WHERE d.message_id = $1::bigint
    AND ($2::text IS NULL OR t.name = $2)
ORDER BY d.tenant_id
LIMIT 2
