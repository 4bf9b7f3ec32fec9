-- Replays what a plan names, in order, and marks the plan; run after it was locked and inspected.
WITH marked AS (
    UPDATE clearway.replay_plan p
    SET applied_at = clock_timestamp()
    WHERE p.tenant_id = $1::integer
        AND p.plan_id = $2::uuid
        AND p.applied_at IS NULL
    RETURNING p.tenant_id, p.reason
)
SELECT clearway.replay_dead_letters(m.tenant_id, $3::bigint[], m.reason, 'plan:' || $2::uuid)
FROM marked m
