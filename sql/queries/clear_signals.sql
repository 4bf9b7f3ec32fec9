-- Takes back the signals of lanes found empty; whoever enqueues after this commits sees none and signals anew.
WITH seen AS (
    SELECT s.tenant_id, s.destination_id, s.lane, s.signal_id
    FROM clearway.lane_signal s
    JOIN unnest($1::integer[], $2::smallint[], $3::smallint[]) AS u (tenant_id, destination_id, lane)
        USING (tenant_id, destination_id, lane)
    ORDER BY s.tenant_id, s.destination_id, s.lane, s.signal_id
    FOR UPDATE OF s SKIP LOCKED
)
DELETE FROM clearway.lane_signal s
USING seen
WHERE s.tenant_id = seen.tenant_id
    AND s.destination_id = seen.destination_id
    AND s.lane = seen.lane
    AND s.signal_id = seen.signal_id
