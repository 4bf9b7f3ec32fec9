-- Leases lanes that may have work and that nobody holds, oldest signal first; see LaneLease.swift.
WITH wanted AS (
    SELECT s.tenant_id, s.destination_id, s.lane, min(s.signal_id) AS signal_id
    FROM clearway.lane_signal s
    WHERE s.signal_id > $4
    GROUP BY s.tenant_id, s.destination_id, s.lane
), free AS (
    SELECT l.tenant_id, l.destination_id, l.lane, l.holder IS NOT NULL AS was_lost
    FROM wanted w
    JOIN clearway.lane l USING (tenant_id, destination_id, lane)
    JOIN clearway.channel c USING (tenant_id, destination_id)
    WHERE (l.holder IS NULL OR l.lease_expires_at < clock_timestamp())
        AND NOT c.is_paused
        AND l.destination_id = ANY ($5)
    ORDER BY w.signal_id
    LIMIT $3
    FOR UPDATE OF l SKIP LOCKED
)
UPDATE clearway.lane l
SET holder = $1,
    epoch = nextval('clearway.epoch_seq'),
    lease_expires_at = clock_timestamp() + $2,
    crash_count = CASE WHEN f.was_lost THEN least(l.crash_count + 1, 1000) ELSE l.crash_count END
FROM free f
WHERE l.tenant_id = f.tenant_id
    AND l.destination_id = f.destination_id
    AND l.lane = f.lane
RETURNING l.tenant_id, l.destination_id, l.lane, l.epoch, l.floor_position, l.crash_count,
    l.suspect_id
