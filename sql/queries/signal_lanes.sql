-- Signals lanes that turned out to have work after their signals were taken back.
SELECT count(clearway.signal_lane(u.tenant_id, u.destination_id, u.lane)::text)
FROM unnest($1::integer[], $2::smallint[], $3::smallint[]) AS u (tenant_id, destination_id, lane)
