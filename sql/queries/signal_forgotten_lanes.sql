-- Signals lanes that have messages, no holder and no signal: none should exist, and none may stay.
INSERT INTO clearway.lane_signal (tenant_id, destination_id, lane)
SELECT l.tenant_id, l.destination_id, l.lane
FROM clearway.lane l
WHERE l.holder IS NULL
    AND NOT EXISTS (
        SELECT FROM clearway.lane_signal s
        WHERE s.tenant_id = l.tenant_id
            AND s.destination_id = l.destination_id
            AND s.lane = l.lane)
    AND EXISTS (
        SELECT FROM clearway.message m
        WHERE m.tenant_id = l.tenant_id
            AND m.destination_id = l.destination_id
            AND m.lane = l.lane
            AND m.position > l.floor_position)
