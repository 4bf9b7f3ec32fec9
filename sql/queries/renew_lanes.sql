-- Extends our leases and says which lanes are still ours; a lane not returned belongs to somebody else.
WITH mine AS (
    SELECT l.tenant_id, l.destination_id, l.lane, u.floor_position, u.in_flight_count,
        u.is_healthy
    FROM clearway.lane l
    JOIN unnest($1::integer[], $2::smallint[], $3::smallint[], $4::bigint[], $5::bigint[],
        $6::integer[], $7::boolean[])
        AS u (tenant_id, destination_id, lane, epoch, floor_position, in_flight_count,
            is_healthy)
        USING (tenant_id, destination_id, lane)
    WHERE l.epoch = u.epoch
        AND l.holder = $8
    ORDER BY l.tenant_id, l.destination_id, l.lane
    FOR NO KEY UPDATE OF l
)
UPDATE clearway.lane l
SET lease_expires_at = clock_timestamp() + $9,
    floor_position = greatest(l.floor_position, m.floor_position),
    in_flight_count = m.in_flight_count,
    crash_count = CASE WHEN m.is_healthy THEN 0 ELSE l.crash_count END,
    suspect_id = CASE WHEN m.is_healthy THEN NULL ELSE l.suspect_id END
FROM mine m
WHERE l.tenant_id = m.tenant_id
    AND l.destination_id = m.destination_id
    AND l.lane = m.lane
RETURNING l.tenant_id, l.destination_id, l.lane, l.epoch
