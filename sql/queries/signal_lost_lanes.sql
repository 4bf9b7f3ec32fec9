-- Signals lanes whose holder let the lease run out, so that they are claimed even if their signal is gone.
INSERT INTO clearway.lane_signal (tenant_id, destination_id, lane)
SELECT l.tenant_id, l.destination_id, l.lane
FROM clearway.lane l
WHERE l.lease_expires_at < clock_timestamp()
    AND NOT EXISTS (
        SELECT FROM clearway.lane_signal s
        WHERE s.tenant_id = l.tenant_id
            AND s.destination_id = l.destination_id
            AND s.lane = l.lane)
