-- What operators read, and what they may change.

CREATE VIEW clearway.v_message_state AS
WITH state_change AS (
    SELECT t.tenant_id, t.destination_id, t.currency, s.state, s.message_count, s.amount_minor
    FROM clearway.tally t
    CROSS JOIN LATERAL (VALUES
        (0, t.accepted_count, t.accepted_minor), (1, t.ready_count, t.ready_minor),
        (2, t.scheduled_count, t.scheduled_minor), (3, t.unknown_count, t.unknown_minor),
        (4, t.held_count, t.held_minor), (5, t.dead_count, t.dead_minor),
        (6, t.delivered_count, t.delivered_minor), (7, t.discarded_count, t.discarded_minor))
        AS s (state, message_count, amount_minor)
    UNION ALL
    SELECT c.tenant_id, c.destination_id, c.currency, c.to_state, c.message_count, c.amount_minor
    FROM clearway.tally_change c
    UNION ALL
    SELECT c.tenant_id, c.destination_id, c.currency, c.from_state,
        CASE WHEN c.from_state = 0 THEN c.message_count ELSE -c.message_count END,
        CASE WHEN c.from_state = 0 THEN c.amount_minor ELSE -c.amount_minor END
    FROM clearway.tally_change c
)
SELECT tenant_id, destination_id, currency, state,
    sum(message_count)::bigint AS message_count, sum(amount_minor) AS amount_minor
FROM state_change
GROUP BY tenant_id, destination_id, currency, state;
COMMENT ON VIEW clearway.v_message_state IS
    'How many messages and how much money lie in each state, exactly, from kept counts. State 0 is accepted.';

CREATE VIEW clearway.v_depth AS
WITH leased AS (
    SELECT l.tenant_id, l.destination_id, sum(l.in_flight_count)::bigint AS message_count
    FROM clearway.lane l
    WHERE l.lease_expires_at >= clock_timestamp()
    GROUP BY l.tenant_id, l.destination_id
), kept AS (
    SELECT v.tenant_id, v.destination_id,
        sum(v.message_count) FILTER (WHERE v.state = 0) AS accepted,
        sum(v.message_count) FILTER (WHERE v.state = 1) AS ready,
        sum(v.message_count) FILTER (WHERE v.state = 2) AS scheduled,
        sum(v.message_count) FILTER (WHERE v.state = 3) AS unknown,
        sum(v.message_count) FILTER (WHERE v.state = 4) AS held,
        sum(v.message_count) FILTER (WHERE v.state = 5) AS dead,
        sum(v.message_count) FILTER (WHERE v.state = 6) AS delivered,
        sum(v.message_count) FILTER (WHERE v.state = 7) AS discarded
    FROM clearway.v_message_state v
    GROUP BY v.tenant_id, v.destination_id
)
SELECT t.name AS tenant, d.name AS destination,
    coalesce(k.ready, 0) - least(coalesce(l.message_count, 0), coalesce(k.ready, 0)) AS ready,
    least(coalesce(l.message_count, 0), coalesce(k.ready, 0)) AS leased,
    coalesce(k.scheduled, 0) AS scheduled, coalesce(k.held, 0) AS held,
    coalesce(k.unknown, 0) AS unknown, coalesce(k.dead, 0) AS dead,
    coalesce(k.delivered, 0) AS delivered, coalesce(k.discarded, 0) AS discarded,
    coalesce(k.accepted, 0) AS accepted,
    c.is_paused
FROM clearway.channel c
JOIN clearway.tenant t USING (tenant_id)
JOIN clearway.destination d USING (destination_id)
LEFT JOIN kept k USING (tenant_id, destination_id)
LEFT JOIN leased l USING (tenant_id, destination_id);
COMMENT ON VIEW clearway.v_depth IS
    'How deep is each channel, by state? Kept, not counted; leased is what workers last reported.';

CREATE VIEW clearway.v_conservation AS
SELECT t.name AS tenant, d.name AS destination, v.currency,
    sum(v.message_count) FILTER (WHERE v.state = 0) AS accepted_count,
    sum(v.message_count) FILTER (WHERE v.state = 0)
        - coalesce(sum(v.message_count) FILTER (WHERE v.state > 0), 0) AS residual_count,
    sum(v.amount_minor) FILTER (WHERE v.state = 0) AS accepted_minor,
    sum(v.amount_minor) FILTER (WHERE v.state = 0)
        - coalesce(sum(v.amount_minor) FILTER (WHERE v.state > 0), 0) AS residual_minor
FROM clearway.v_message_state v
JOIN clearway.tenant t USING (tenant_id)
JOIN clearway.destination d USING (destination_id)
GROUP BY t.name, d.name, v.currency;
COMMENT ON VIEW clearway.v_conservation IS
    'Is accepted minus the sum of all states 0, in count and in money? Guarantee 2; anything else is a page.';

CREATE FUNCTION clearway.audit_conservation()
RETURNS TABLE (state text, kept_count bigint, counted_count bigint, kept_minor numeric, counted_minor numeric)
LANGUAGE sql STABLE
SET search_path = clearway, pg_temp
AS $$
    WITH counted AS (
        SELECT 1 AS state, count(*) AS n, coalesce(sum(amount_minor), 0) AS a
        FROM clearway.message
        UNION ALL
        SELECT CASE WHEN is_unknown THEN 3 ELSE 2 END, count(*), coalesce(sum(amount_minor), 0)
        FROM clearway.scheduled_message GROUP BY is_unknown
        UNION ALL
        SELECT 4, count(*), coalesce(sum(amount_minor), 0) FROM clearway.held_message
        UNION ALL
        SELECT 5, count(*), coalesce(sum(amount_minor), 0) FROM clearway.dead_letter
    ), kept AS (
        SELECT v.state, sum(v.message_count)::bigint AS n, sum(v.amount_minor) AS a
        FROM clearway.v_message_state v
        WHERE v.state BETWEEN 1 AND 5
        GROUP BY v.state
    )
    SELECT s.name, coalesce(k.n, 0), coalesce(c.n, 0)::bigint, coalesce(k.a, 0), coalesce(c.a, 0)
    FROM (VALUES (1, 'ready'), (2, 'scheduled'), (3, 'unknown'), (4, 'held'), (5, 'dead'))
        AS s (state, name)
    LEFT JOIN kept k USING (state)
    LEFT JOIN counted c USING (state)
    ORDER BY s.state
$$;
COMMENT ON FUNCTION clearway.audit_conservation IS
    'Counts every row and compares with the kept counts. Scans the queue: for audits and tests, not dashboards.';

CREATE FUNCTION clearway.fold_tally(batch integer DEFAULT 10000)
RETURNS integer
LANGUAGE plpgsql
SET search_path = clearway, pg_temp
AS $$
DECLARE
    folded integer;
BEGIN
    WITH gone AS (
        DELETE FROM clearway.tally_change c
        WHERE c.tally_id IN (
            SELECT n.tally_id
            FROM clearway.tally_change n
            ORDER BY n.tally_id
            LIMIT batch
            FOR UPDATE SKIP LOCKED)
        RETURNING c.*
    ), flat AS (
        SELECT g.tenant_id, g.destination_id, g.currency, g.to_state AS state,
            g.message_count::bigint AS n, g.amount_minor AS a
        FROM gone g
        UNION ALL
        SELECT g.tenant_id, g.destination_id, g.currency, g.from_state,
            CASE WHEN g.from_state = 0 THEN g.message_count ELSE -g.message_count END,
            CASE WHEN g.from_state = 0 THEN g.amount_minor ELSE -g.amount_minor END
        FROM gone g
    ), summed AS (
        SELECT f.tenant_id, f.destination_id, f.currency,
            coalesce(sum(n) FILTER (WHERE state = 0), 0) AS n0,
            coalesce(sum(a) FILTER (WHERE state = 0), 0) AS a0,
            coalesce(sum(n) FILTER (WHERE state = 1), 0) AS n1,
            coalesce(sum(a) FILTER (WHERE state = 1), 0) AS a1,
            coalesce(sum(n) FILTER (WHERE state = 2), 0) AS n2,
            coalesce(sum(a) FILTER (WHERE state = 2), 0) AS a2,
            coalesce(sum(n) FILTER (WHERE state = 3), 0) AS n3,
            coalesce(sum(a) FILTER (WHERE state = 3), 0) AS a3,
            coalesce(sum(n) FILTER (WHERE state = 4), 0) AS n4,
            coalesce(sum(a) FILTER (WHERE state = 4), 0) AS a4,
            coalesce(sum(n) FILTER (WHERE state = 5), 0) AS n5,
            coalesce(sum(a) FILTER (WHERE state = 5), 0) AS a5,
            coalesce(sum(n) FILTER (WHERE state = 6), 0) AS n6,
            coalesce(sum(a) FILTER (WHERE state = 6), 0) AS a6,
            coalesce(sum(n) FILTER (WHERE state = 7), 0) AS n7,
            coalesce(sum(a) FILTER (WHERE state = 7), 0) AS a7
        FROM flat f
        GROUP BY f.tenant_id, f.destination_id, f.currency
    )
    INSERT INTO clearway.tally AS t (
        tenant_id, destination_id, currency, accepted_count, accepted_minor, ready_count,
        ready_minor, scheduled_count, scheduled_minor, unknown_count, unknown_minor, held_count,
        held_minor, dead_count, dead_minor, delivered_count, delivered_minor, discarded_count,
        discarded_minor)
    SELECT s.tenant_id, s.destination_id, s.currency, n0, a0, n1, a1, n2, a2, n3, a3, n4, a4, n5,
        a5, n6, a6, n7, a7
    FROM summed s
    ORDER BY s.tenant_id, s.destination_id, s.currency
    ON CONFLICT (tenant_id, destination_id, currency) DO UPDATE
    SET accepted_count = t.accepted_count + EXCLUDED.accepted_count,
        accepted_minor = t.accepted_minor + EXCLUDED.accepted_minor,
        ready_count = t.ready_count + EXCLUDED.ready_count,
        ready_minor = t.ready_minor + EXCLUDED.ready_minor,
        scheduled_count = t.scheduled_count + EXCLUDED.scheduled_count,
        scheduled_minor = t.scheduled_minor + EXCLUDED.scheduled_minor,
        unknown_count = t.unknown_count + EXCLUDED.unknown_count,
        unknown_minor = t.unknown_minor + EXCLUDED.unknown_minor,
        held_count = t.held_count + EXCLUDED.held_count,
        held_minor = t.held_minor + EXCLUDED.held_minor,
        dead_count = t.dead_count + EXCLUDED.dead_count,
        dead_minor = t.dead_minor + EXCLUDED.dead_minor,
        delivered_count = t.delivered_count + EXCLUDED.delivered_count,
        delivered_minor = t.delivered_minor + EXCLUDED.delivered_minor,
        discarded_count = t.discarded_count + EXCLUDED.discarded_count,
        discarded_minor = t.discarded_minor + EXCLUDED.discarded_minor;
    GET DIAGNOSTICS folded = ROW_COUNT;
    RETURN folded;
END
$$;
COMMENT ON FUNCTION clearway.fold_tally IS
    'Adds changes to the kept counts and removes them, in one statement: readers see either, never both.';

CREATE FUNCTION clearway.add_tenant(name text, lane_count smallint DEFAULT 16)
RETURNS integer
LANGUAGE plpgsql
SET search_path = clearway, pg_temp
AS $$
DECLARE
    id integer;
BEGIN
    INSERT INTO clearway.tenant (name) VALUES (add_tenant.name)
    ON CONFLICT ON CONSTRAINT tenant_name_key DO NOTHING;
    SELECT t.tenant_id INTO STRICT id FROM clearway.tenant t WHERE t.name = add_tenant.name;
    INSERT INTO clearway.channel (tenant_id, destination_id, lane_count)
    SELECT id, d.destination_id, add_tenant.lane_count FROM clearway.destination d
    ON CONFLICT DO NOTHING;
    INSERT INTO clearway.lane (tenant_id, destination_id, lane)
    SELECT c.tenant_id, c.destination_id, n.lane::smallint
    FROM clearway.channel c
    CROSS JOIN LATERAL generate_series(0, c.lane_count - 1) AS n (lane)
    WHERE c.tenant_id = id
    ON CONFLICT DO NOTHING;
    RETURN id;
END
$$;
COMMENT ON FUNCTION clearway.add_tenant IS
    'Makes a tenant with its channels and lanes; again with the same name changes nothing.';

CREATE FUNCTION clearway.replay_dead_letters(tenant integer, ids bigint[], reason text, subject text)
RETURNS integer
LANGUAGE plpgsql
SET search_path = clearway, pg_temp
AS $$
DECLARE
    replayed integer;
BEGIN
    PERFORM pg_current_xact_id();
    WITH gone AS (
        DELETE FROM clearway.dead_letter d
        WHERE d.tenant_id = tenant AND d.message_id = ANY (ids)
        RETURNING d.*
    ), ready AS (
        INSERT INTO clearway.message (
            tenant_id, destination_id, lane, type_id, priority, attempt_count, must_look,
            recorded_on, position, message_id, event_seq, key_hash, accepted_at, deadline_at,
            amount_minor, currency)
        SELECT o.tenant_id, o.destination_id, o.lane, o.type_id, o.priority, 0,
            EXISTS (
                SELECT FROM clearway.intent i
                WHERE i.tenant_id = o.tenant_id AND i.message_id = o.message_id),
            o.recorded_on, nextval('clearway.message_id_seq'), o.message_id, o.event_seq,
            o.key_hash, o.accepted_at, NULL, o.amount_minor, o.currency
        FROM (SELECT * FROM gone ORDER BY message_id) o
    ), history AS (
        INSERT INTO clearway.attempt (
            tenant_id, message_id, duration_us, destination_id, type_id, attempt, outcome, code)
        SELECT tenant_id, message_id, 0, destination_id, type_id, attempt_count, 6, 'replayed'
        FROM gone
    ), tallied AS (
        INSERT INTO clearway.tally_change (
            tenant_id, destination_id, from_state, to_state, message_count, currency, amount_minor)
        SELECT tenant_id, destination_id, 5, 1, count(*), coalesce(currency, ''),
            coalesce(sum(amount_minor), 0)
        FROM gone
        GROUP BY tenant_id, destination_id, coalesce(currency, '')
    ), signalled AS (
        INSERT INTO clearway.lane_signal (tenant_id, destination_id, lane)
        SELECT DISTINCT g.tenant_id, g.destination_id, g.lane
        FROM gone g
        WHERE current_setting('transaction_isolation') <> 'read committed' OR NOT EXISTS (
            SELECT FROM clearway.lane_signal s
            WHERE s.tenant_id = g.tenant_id
                AND s.destination_id = g.destination_id
                AND s.lane = g.lane)
    ), audited AS (
        INSERT INTO clearway.operator_action (
            action, reason, tenant_id, subject, before_state, after_state)
        SELECT 'replay', reason, tenant, subject,
            jsonb_build_object('state', 'dead', 'message_ids', jsonb_agg(message_id)),
            jsonb_build_object('state', 'ready', 'message_count', count(*))
        FROM gone
        HAVING count(*) > 0
    )
    SELECT count(*) INTO replayed FROM gone;
    PERFORM pg_notify('clearway_wake', '');
    RETURN replayed;
END
$$;
COMMENT ON FUNCTION clearway.replay_dead_letters IS
    'Makes dead letters ready again, audited; those sent before are looked at before they are sent again.';

DO $$
DECLARE
    role text;
BEGIN
    FOREACH role IN ARRAY ARRAY[
        'clearway_producer', 'clearway_worker', 'clearway_operator', 'clearway_dashboard']
    LOOP
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = role) THEN
            EXECUTE format('CREATE ROLE %I NOLOGIN', role);
        END IF;
    END LOOP;
EXCEPTION WHEN duplicate_object OR unique_violation THEN
    NULL; -- another database of the same server is being migrated at the same time
END
$$;

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA clearway FROM PUBLIC;
GRANT USAGE ON SCHEMA clearway
    TO clearway_producer, clearway_worker, clearway_operator, clearway_dashboard;
GRANT EXECUTE ON FUNCTION clearway.enqueue, clearway.enqueue_batch TO clearway_producer;
GRANT SELECT ON clearway.tenant, clearway.event_type, clearway.destination, clearway.team,
    clearway.schema_migration TO clearway_producer;
GRANT INSERT ON clearway.rejected_event TO clearway_producer;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA clearway TO clearway_worker;
REVOKE INSERT, UPDATE, DELETE ON clearway.operator_action, clearway.event_type,
    clearway.destination, clearway.tenant, clearway.schema_migration FROM clearway_worker;
GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA clearway TO clearway_worker;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA clearway TO clearway_worker;
GRANT SELECT ON ALL TABLES IN SCHEMA clearway TO clearway_operator, clearway_dashboard;
GRANT INSERT, UPDATE, DELETE ON clearway.replay_plan, clearway.replay_plan_item,
    clearway.dead_letter, clearway.message, clearway.lane_signal, clearway.tally_change,
    clearway.attempt, clearway.blocked_key, clearway.held_message, clearway.channel,
    clearway.budget, clearway.tenant, clearway.lane, clearway.rejected_event TO clearway_operator;
GRANT INSERT ON clearway.operator_action TO clearway_operator;
GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA clearway TO clearway_operator;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA clearway TO clearway_operator;
