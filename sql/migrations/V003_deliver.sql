-- Moving messages between states. Each function moves rows whole: deleted in one table, inserted
-- in another and tallied, in one statement, so that no message is ever in two states or in none.
-- States: 1 ready, 2 scheduled, 3 unknown, 4 held, 5 dead, 6 delivered, 7 discarded.
--
-- Those that a worker calls take the lanes it believes to hold with their epochs, lock them FOR
-- SHARE in order, and touch only messages of lanes whose epoch still is the one given. A lane
-- claimed by somebody else in the meantime has another epoch: its messages are left alone and
-- not returned (guarantee 5).

CREATE FUNCTION clearway.postpone_messages(
    tenants integer[], destinations smallint[], lanes smallint[], epochs bigint[],
    positions bigint[], delays interval[], unknowns boolean[], is_counted boolean[],
    durations_us integer[], codes text[], error_messages text[], http_statuses smallint[],
    request_ids text[])
RETURNS SETOF bigint
LANGUAGE sql
SET search_path = clearway, pg_temp
AS $$
    WITH input AS MATERIALIZED (
        SELECT * FROM unnest(
            tenants, destinations, lanes, epochs, positions, delays, unknowns, is_counted,
            durations_us, codes, error_messages, http_statuses, request_ids)
            AS u (tenant_id, destination_id, lane, epoch, position, delay, is_unknown, is_counted,
                duration_us, code, error_message, http_status, request_id)
    ), fence AS MATERIALIZED (
        SELECT l.tenant_id, l.destination_id, l.lane
        FROM clearway.lane l
        WHERE (l.tenant_id, l.destination_id, l.lane, l.epoch) IN (
            SELECT i.tenant_id, i.destination_id, i.lane, i.epoch FROM input i)
        ORDER BY l.tenant_id, l.destination_id, l.lane
        FOR SHARE
    ), gone AS (
        DELETE FROM clearway.message m
        USING input i
        JOIN fence f USING (tenant_id, destination_id, lane)
        WHERE m.tenant_id = i.tenant_id
            AND m.destination_id = i.destination_id
            AND m.lane = i.lane
            AND m.position = i.position
        RETURNING m.*, i.delay, i.is_unknown, i.is_counted, i.duration_us, i.code,
            i.error_message, i.http_status, i.request_id
    ), waiting AS (
        INSERT INTO clearway.scheduled_message (
            tenant_id, destination_id, lane, type_id, priority, attempt_count, recorded_on,
            message_id, event_seq, key_hash, accepted_at, deadline_at, amount_minor, currency,
            due_at, is_unknown)
        SELECT tenant_id, destination_id, lane, type_id, priority,
            attempt_count + CASE WHEN is_counted THEN 1 ELSE 0 END, recorded_on, message_id,
            event_seq, key_hash, accepted_at, deadline_at, amount_minor, currency,
            clock_timestamp() + delay, is_unknown OR must_look
        FROM gone
    ), blocked AS (
        INSERT INTO clearway.blocked_key (
            tenant_id, destination_id, lane, key_hash, blocked_by, through_id)
        SELECT DISTINCT ON (tenant_id, destination_id, lane, key_hash)
            tenant_id, destination_id, lane, key_hash, message_id, message_id
        FROM gone
        ORDER BY tenant_id, destination_id, lane, key_hash, message_id
        ON CONFLICT (tenant_id, destination_id, lane, key_hash)
            DO UPDATE SET blocked_by = EXCLUDED.blocked_by, through_id = EXCLUDED.through_id
    ), history AS (
        INSERT INTO clearway.attempt (
            tenant_id, message_id, duration_us, destination_id, type_id, attempt, outcome,
            http_status, code, error_message, request_id)
        SELECT tenant_id, message_id, duration_us, destination_id, type_id, attempt_count + 1,
            CASE WHEN is_unknown THEN 3 ELSE 2 END, http_status, code, error_message, request_id
        FROM gone
        WHERE is_counted
    ), tallied AS (
        INSERT INTO clearway.tally_change (
            tenant_id, destination_id, from_state, to_state, message_count, currency, amount_minor)
        SELECT tenant_id, destination_id, 1, CASE WHEN is_unknown OR must_look THEN 3 ELSE 2 END,
            count(*), coalesce(currency, ''), coalesce(sum(amount_minor), 0)
        FROM gone
        GROUP BY tenant_id, destination_id, is_unknown OR must_look, coalesce(currency, '')
    )
    SELECT message_id FROM gone
$$;
COMMENT ON FUNCTION clearway.postpone_messages IS
    'Sets messages aside until a delay has passed and blocks their ordering keys meanwhile.';

CREATE FUNCTION clearway.hold_messages(
    tenants integer[], destinations smallint[], lanes smallint[], epochs bigint[],
    positions bigint[])
RETURNS SETOF bigint
LANGUAGE sql
SET search_path = clearway, pg_temp
AS $$
    WITH input AS MATERIALIZED (
        SELECT * FROM unnest(tenants, destinations, lanes, epochs, positions)
            AS u (tenant_id, destination_id, lane, epoch, position)
    ), fence AS MATERIALIZED (
        SELECT l.tenant_id, l.destination_id, l.lane
        FROM clearway.lane l
        WHERE (l.tenant_id, l.destination_id, l.lane, l.epoch) IN (
            SELECT i.tenant_id, i.destination_id, i.lane, i.epoch FROM input i)
        ORDER BY l.tenant_id, l.destination_id, l.lane
        FOR SHARE
    ), blocked AS MATERIALIZED (
        SELECT b.*
        FROM clearway.blocked_key b
        WHERE (b.tenant_id, b.destination_id, b.lane, b.key_hash) IN (
            SELECT m.tenant_id, m.destination_id, m.lane, m.key_hash
            FROM clearway.message m
            JOIN input i USING (tenant_id, destination_id, lane, position))
        ORDER BY b.tenant_id, b.destination_id, b.lane, b.key_hash
        FOR SHARE
    ), gone AS (
        DELETE FROM clearway.message m
        USING input i
        JOIN fence f USING (tenant_id, destination_id, lane)
        JOIN blocked b USING (tenant_id, destination_id, lane)
        WHERE m.tenant_id = i.tenant_id
            AND m.destination_id = i.destination_id
            AND m.lane = i.lane
            AND m.position = i.position
            AND m.key_hash = b.key_hash
            AND m.message_id > b.through_id
        RETURNING m.*
    ), held AS (
        INSERT INTO clearway.held_message (
            tenant_id, destination_id, lane, type_id, priority, attempt_count, recorded_on,
            message_id, event_seq, key_hash, accepted_at, deadline_at, amount_minor, currency,
            must_look)
        SELECT tenant_id, destination_id, lane, type_id, priority, attempt_count, recorded_on,
            message_id, event_seq, key_hash, accepted_at, deadline_at, amount_minor, currency,
            must_look
        FROM gone
    ), tallied AS (
        INSERT INTO clearway.tally_change (
            tenant_id, destination_id, from_state, to_state, message_count, currency, amount_minor)
        SELECT tenant_id, destination_id, 1, 4, count(*), coalesce(currency, ''),
            coalesce(sum(amount_minor), 0)
        FROM gone
        GROUP BY tenant_id, destination_id, coalesce(currency, '')
    )
    SELECT position FROM gone
$$;
COMMENT ON FUNCTION clearway.hold_messages IS
    'Moves messages behind their blocked ordering keys; those whose key is free by now stay ready and are not returned.';

CREATE FUNCTION clearway.bury_messages(
    tenants integer[], destinations smallint[], lanes smallint[], epochs bigint[],
    positions bigint[], durations_us integer[], causes text[], codes text[],
    error_messages text[], pointers text[], http_statuses smallint[], request_ids text[])
RETURNS TABLE (
    tenant_id integer, destination_id smallint, lane smallint, key_hash bigint,
    message_id bigint, is_holding boolean)
LANGUAGE sql
SET search_path = clearway, pg_temp
AS $$
    WITH input AS MATERIALIZED (
        SELECT * FROM unnest(
            tenants, destinations, lanes, epochs, positions, durations_us, causes, codes,
            error_messages, pointers, http_statuses, request_ids)
            AS u (tenant_id, destination_id, lane, epoch, position, duration_us, cause, code,
                error_message, pointer, http_status, request_id)
    ), fence AS MATERIALIZED (
        SELECT l.tenant_id, l.destination_id, l.lane
        FROM clearway.lane l
        WHERE (l.tenant_id, l.destination_id, l.lane, l.epoch) IN (
            SELECT i.tenant_id, i.destination_id, i.lane, i.epoch FROM input i)
        ORDER BY l.tenant_id, l.destination_id, l.lane
        FOR SHARE
    ), gone AS (
        DELETE FROM clearway.message m
        USING input i
        JOIN fence f USING (tenant_id, destination_id, lane)
        WHERE m.tenant_id = i.tenant_id
            AND m.destination_id = i.destination_id
            AND m.lane = i.lane
            AND m.position = i.position
        RETURNING m.*, i.duration_us, i.cause, i.code, i.error_message, i.pointer,
            i.http_status, i.request_id
    ), judged AS (
        SELECT g.*, y.owner_team, y.successor_policy = 'hold' AS is_holding, y.name AS type_name
        FROM gone g
        JOIN clearway.event_type y ON y.type_id = g.type_id
    ), buried AS (
        INSERT INTO clearway.dead_letter (
            tenant_id, destination_id, lane, type_id, priority, attempt_count, recorded_on,
            message_id, event_seq, key_hash, accepted_at, deadline_at, amount_minor, currency,
            owner_team, acknowledge_by, cause, code, error_message, pointer, http_status,
            request_id, signature, body)
        SELECT j.tenant_id, j.destination_id, j.lane, j.type_id, j.priority, j.attempt_count + 1,
            j.recorded_on, j.message_id, j.event_seq, j.key_hash, j.accepted_at, j.deadline_at,
            j.amount_minor, j.currency, j.owner_team,
            now() + CASE WHEN j.amount_minor IS NULL THEN interval '4 hours'
                ELSE interval '1 hour' END,
            j.cause, j.code, j.error_message, j.pointer, j.http_status, j.request_id,
            'v1:' || substring(encode(sha256(convert_to(concat_ws(
                '|', j.destination_id, j.type_name, j.cause, j.code, j.http_status / 100,
                j.pointer), 'UTF8')), 'hex') FROM 1 FOR 16),
            coalesce(
                (SELECT e.body
                FROM clearway.event e
                WHERE e.tenant_id = j.tenant_id
                    AND e.recorded_on = j.recorded_on
                    AND e.event_seq = j.event_seq),
                'null'::json)
        FROM judged j
    ), blocked AS (
        INSERT INTO clearway.blocked_key (
            tenant_id, destination_id, lane, key_hash, blocked_by, through_id)
        SELECT DISTINCT ON (tenant_id, destination_id, lane, key_hash)
            tenant_id, destination_id, lane, key_hash, message_id, message_id
        FROM judged
        WHERE is_holding
        ORDER BY tenant_id, destination_id, lane, key_hash, message_id
        ON CONFLICT (tenant_id, destination_id, lane, key_hash)
            DO UPDATE SET blocked_by = EXCLUDED.blocked_by, through_id = EXCLUDED.through_id
    ), history AS (
        INSERT INTO clearway.attempt (
            tenant_id, message_id, duration_us, destination_id, type_id, attempt, outcome,
            http_status, code, error_message, request_id)
        SELECT tenant_id, message_id, duration_us, destination_id, type_id, attempt_count + 1, 4,
            http_status, code, error_message, request_id
        FROM judged
    ), tallied AS (
        INSERT INTO clearway.tally_change (
            tenant_id, destination_id, from_state, to_state, message_count, currency, amount_minor)
        SELECT tenant_id, destination_id, 1, 5, count(*), coalesce(currency, ''),
            coalesce(sum(amount_minor), 0)
        FROM judged
        GROUP BY tenant_id, destination_id, coalesce(currency, '')
    )
    SELECT j.tenant_id, j.destination_id, j.lane, j.key_hash, j.message_id, j.is_holding
    FROM judged j
$$;
COMMENT ON FUNCTION clearway.bury_messages IS
    'Makes messages dead letters: with owner, clock, signature and payload, in the transaction that ends delivery.';

CREATE FUNCTION clearway.signal_lane(tenant integer, destination smallint, lane_no smallint)
RETURNS void
LANGUAGE sql
SET search_path = clearway, pg_temp
AS $$
    INSERT INTO clearway.lane_signal (tenant_id, destination_id, lane)
    SELECT tenant, destination, lane_no
    WHERE current_setting('transaction_isolation') <> 'read committed' OR NOT EXISTS (
        SELECT FROM clearway.lane_signal s
        WHERE s.tenant_id = tenant AND s.destination_id = destination AND s.lane = lane_no)
$$;
COMMENT ON FUNCTION clearway.signal_lane IS 'Says that a lane may have work, unless that is known.';

CREATE FUNCTION clearway.advance_keys(
    tenants integer[], destinations smallint[], lanes smallint[], hashes bigint[],
    message_ids bigint[], batch integer DEFAULT 100)
RETURNS integer
LANGUAGE plpgsql
SET search_path = clearway, pg_temp
AS $$
DECLARE
    item record;
    keeper bigint;
    last_moved bigint;
    moved_count integer;
    total integer := 0;
BEGIN
    FOR item IN
        SELECT b.tenant_id, b.destination_id, b.lane, b.key_hash
        FROM clearway.blocked_key b
        JOIN unnest(tenants, destinations, lanes, hashes, message_ids)
            AS u (tenant_id, destination_id, lane, key_hash, message_id)
            USING (tenant_id, destination_id, lane, key_hash)
        WHERE b.through_id = u.message_id
        ORDER BY b.tenant_id, b.destination_id, b.lane, b.key_hash
        FOR UPDATE OF b
    LOOP
        -- A dead message that holds its successors keeps the key, whatever older one was tried since.
        SELECT min(d.message_id) INTO keeper
        FROM clearway.dead_letter d
        JOIN clearway.event_type y ON y.type_id = d.type_id AND y.successor_policy = 'hold'
        WHERE d.tenant_id = item.tenant_id
            AND d.destination_id = item.destination_id
            AND d.lane = item.lane
            AND d.key_hash = item.key_hash;
        WITH moved AS (
            DELETE FROM clearway.held_message h
            WHERE h.tenant_id = item.tenant_id
                AND h.destination_id = item.destination_id
                AND h.lane = item.lane
                AND h.key_hash = item.key_hash
                AND h.message_id IN (
                    SELECT n.message_id
                    FROM clearway.held_message n
                    WHERE n.tenant_id = item.tenant_id
                        AND n.destination_id = item.destination_id
                        AND n.lane = item.lane
                        AND n.key_hash = item.key_hash
                        AND (keeper IS NULL OR n.message_id < keeper)
                    ORDER BY n.message_id
                    LIMIT batch)
            RETURNING h.*
        ), ready AS (
            INSERT INTO clearway.message (
                tenant_id, destination_id, lane, type_id, priority, attempt_count, recorded_on,
                position, message_id, event_seq, key_hash, accepted_at, deadline_at, amount_minor,
                currency, must_look)
            SELECT o.tenant_id, o.destination_id, o.lane, o.type_id, o.priority, o.attempt_count,
                o.recorded_on, nextval('clearway.message_id_seq'), o.message_id, o.event_seq,
                o.key_hash, o.accepted_at, o.deadline_at, o.amount_minor, o.currency,
                o.must_look
            FROM (SELECT * FROM moved ORDER BY message_id) o
        ), tallied AS (
            INSERT INTO clearway.tally_change (
                tenant_id, destination_id, from_state, to_state, message_count, currency,
                amount_minor)
            SELECT m.tenant_id, m.destination_id, 4, 1, count(*), coalesce(m.currency, ''),
                coalesce(sum(m.amount_minor), 0)
            FROM moved m
            GROUP BY m.tenant_id, m.destination_id, coalesce(m.currency, '')
        )
        SELECT max(m.message_id), count(*) INTO last_moved, moved_count FROM moved m;
        IF moved_count > 0 THEN
            UPDATE clearway.blocked_key b
            SET blocked_by = NULL, through_id = last_moved
            WHERE b.tenant_id = item.tenant_id
                AND b.destination_id = item.destination_id
                AND b.lane = item.lane
                AND b.key_hash = item.key_hash;
            PERFORM clearway.signal_lane(item.tenant_id, item.destination_id, item.lane);
            total := total + moved_count;
        ELSIF keeper IS NOT NULL THEN
            UPDATE clearway.blocked_key b
            SET blocked_by = keeper, through_id = keeper
            WHERE b.tenant_id = item.tenant_id
                AND b.destination_id = item.destination_id
                AND b.lane = item.lane
                AND b.key_hash = item.key_hash;
        ELSE
            DELETE FROM clearway.blocked_key b
            WHERE b.tenant_id = item.tenant_id
                AND b.destination_id = item.destination_id
                AND b.lane = item.lane
                AND b.key_hash = item.key_hash;
        END IF;
    END LOOP;
    RETURN total;
END
$$;
COMMENT ON FUNCTION clearway.advance_keys IS
    'Lets the next held messages of a key go once the last one allowed is done; frees the key when none is left.';

CREATE FUNCTION clearway.promote_due(batch integer DEFAULT 500)
RETURNS integer
LANGUAGE plpgsql
SET search_path = clearway, pg_temp
AS $$
DECLARE
    promoted integer;
BEGIN
    IF NOT EXISTS (
        SELECT FROM clearway.scheduled_message WHERE due_at <= clock_timestamp())
    THEN
        RETURN 0;
    END IF;
    -- The xid comes before the look at the signals, which the next statement takes anew.
    PERFORM pg_current_xact_id();
    WITH due AS (
        DELETE FROM clearway.scheduled_message s
        WHERE (s.tenant_id, s.message_id) IN (
            SELECT d.tenant_id, d.message_id
            FROM clearway.scheduled_message d
            WHERE d.due_at <= clock_timestamp()
            ORDER BY d.due_at
            LIMIT batch
            FOR UPDATE SKIP LOCKED)
        RETURNING s.*
    ), ready AS (
        INSERT INTO clearway.message (
            tenant_id, destination_id, lane, type_id, priority, attempt_count, must_look,
            recorded_on, position, message_id, event_seq, key_hash, accepted_at, deadline_at,
            amount_minor, currency)
        SELECT o.tenant_id, o.destination_id, o.lane, o.type_id, o.priority, o.attempt_count,
            o.is_unknown, o.recorded_on, nextval('clearway.message_id_seq'), o.message_id,
            o.event_seq, o.key_hash, o.accepted_at, o.deadline_at, o.amount_minor, o.currency
        FROM (SELECT * FROM due ORDER BY message_id) o
    ), tallied AS (
        INSERT INTO clearway.tally_change (
            tenant_id, destination_id, from_state, to_state, message_count, currency, amount_minor)
        SELECT tenant_id, destination_id, CASE WHEN is_unknown THEN 3 ELSE 2 END, 1, count(*),
            coalesce(currency, ''), coalesce(sum(amount_minor), 0)
        FROM due
        GROUP BY tenant_id, destination_id, is_unknown, coalesce(currency, '')
    ), signalled AS (
        INSERT INTO clearway.lane_signal (tenant_id, destination_id, lane)
        SELECT DISTINCT d.tenant_id, d.destination_id, d.lane
        FROM due d
        WHERE NOT EXISTS (
            SELECT FROM clearway.lane_signal s
            WHERE s.tenant_id = d.tenant_id
                AND s.destination_id = d.destination_id
                AND s.lane = d.lane)
    )
    SELECT count(*) INTO promoted FROM due;
    RETURN promoted;
END
$$;
COMMENT ON FUNCTION clearway.promote_due IS
    'Appends messages whose time has come to their lanes, earliest first, at most so many; says how many.';
