-- Reserves the next moments at which calls may leave, evenly spaced at the budget's rate, for one worker alone.
UPDATE clearway.budget b
SET next_call_at = greatest(b.next_call_at, clock_timestamp())
        + make_interval(secs => $3::numeric / b.calls_per_second),
    granted_count = b.granted_count + $3
WHERE b.tenant_id = $1
    AND b.destination_id = $2
    AND b.next_call_at < clock_timestamp() + $4
RETURNING
    (extract(epoch FROM b.next_call_at - clock_timestamp()) * 1000000)::bigint
        - ($3::bigint * 1000000 / b.calls_per_second) AS first_in_us,
    1000000 / b.calls_per_second AS spacing_us
