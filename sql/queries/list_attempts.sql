-- How one message was tried, oldest first; at most the last hundred.
SELECT *
FROM (
    SELECT a.finished_at, a.duration_us, a.attempt, a.outcome, a.http_status, a.code,
        a.error_message, a.request_id, a.object_id
    FROM clearway.attempt a
    WHERE a.tenant_id = $1::integer
        AND a.message_id = $2::bigint
    ORDER BY a.finished_at DESC, a.attempt DESC
    LIMIT 100
) recent
ORDER BY recent.finished_at, recent.attempt
