-- Says which of our lanes have blocked keys, in a snapshot of its own: the one of the claim may be older than the last holder's work.
SELECT u.ordinal
FROM unnest($1::integer[], $2::smallint[], $3::smallint[])
    WITH ORDINALITY AS u (tenant_id, destination_id, lane, ordinal)
WHERE EXISTS (
    SELECT FROM clearway.blocked_key b
    WHERE b.tenant_id = u.tenant_id
        AND b.destination_id = u.destination_id
        AND b.lane = u.lane)
