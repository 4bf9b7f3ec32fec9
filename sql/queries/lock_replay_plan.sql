-- Takes a plan for this transaction alone, so that it is applied once.
SELECT p.tenant_id, t.name AS tenant, p.reason, p.message_count, p.row_hash, p.money::text AS money,
    p.applied_at, p.expires_at, p.expires_at < clock_timestamp() AS is_expired
FROM clearway.replay_plan p
JOIN clearway.tenant t USING (tenant_id)
WHERE p.plan_id = $1::uuid
FOR UPDATE OF p
