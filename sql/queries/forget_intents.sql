-- Removes the stored requests of delivered messages; a delivered message is never sent again.
DELETE FROM clearway.intent i
USING unnest($1::integer[], $2::bigint[]) AS u (tenant_id, message_id)
WHERE i.tenant_id = u.tenant_id
    AND i.message_id = u.message_id
