-- Gives lanes back, so that somebody else may claim them at once; only those still ours.
WITH mine AS (
    SELECT l.tenant_id, l.destination_id, l.lane, u.floor_position
    FROM clearway.lane l
    JOIN unnest($1::integer[], $2::smallint[], $3::smallint[], $4::bigint[], $5::bigint[])
        AS u (tenant_id, destination_id, lane, epoch, floor_position)
        USING (tenant_id, destination_id, lane)
    WHERE l.epoch = u.epoch
        AND l.holder = $6
    ORDER BY l.tenant_id, l.destination_id, l.lane
    FOR NO KEY UPDATE OF l
)
UPDATE clearway.lane l
SET holder = NULL,
    lease_expires_at = NULL,
    in_flight_count = 0,
    crash_count = 0,
    suspect_id = NULL,
    floor_position = greatest(l.floor_position, m.floor_position)
FROM mine m
WHERE l.tenant_id = m.tenant_id
    AND l.destination_id = m.destination_id
    AND l.lane = m.lane
RETURNING l.tenant_id, l.destination_id, l.lane, l.epoch
