-- Notes which message a lane on probation is about to deliver, so that a crash can be laid to it.
UPDATE clearway.lane l
SET suspect_id = $6,
    crash_count = CASE WHEN l.suspect_id = $6 THEN l.crash_count ELSE least(l.crash_count, 2) END
WHERE l.tenant_id = $1
    AND l.destination_id = $2
    AND l.lane = $3
    AND l.epoch = $4
    AND l.holder = $5
RETURNING l.crash_count
