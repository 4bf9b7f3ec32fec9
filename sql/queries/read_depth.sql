-- Each channel's depth by state, from kept counts.
SELECT d.tenant, d.destination, d.accepted::bigint AS accepted, d.ready::bigint AS ready,
    d.leased::bigint AS leased, d.scheduled::bigint AS scheduled, d.held::bigint AS held,
    d.unknown::bigint AS unknown, d.dead::bigint AS dead, d.delivered::bigint AS delivered,
    d.discarded::bigint AS discarded, d.is_paused
FROM clearway.v_depth d
ORDER BY d.tenant, d.destination
