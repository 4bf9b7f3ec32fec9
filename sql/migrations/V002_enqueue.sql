-- Accepting events. All producers go through these functions, so that the rules below hold:
--
-- 1. A transaction has its xid before it takes an id. A reader that does not see the xid running
--    therefore knows that no smaller id can still appear (see Delivery's LaneCursor).
-- 2. A lane that gets a message has a signal: an older one that is visible, or a new one.
-- 3. NOTIFY is sent only together with a new signal, which is only when the lane was idle:
--    a busy queue's commits are never serialised by it.

CREATE FUNCTION clearway.ensure_partitions(ahead_weeks integer DEFAULT 2)
RETURNS integer
LANGUAGE plpgsql
SET search_path = clearway, pg_temp
AS $$
DECLARE
    monday date := date_trunc('week', now() AT TIME ZONE 'UTC')::date;
    week date;
    made integer := 0;
BEGIN
    FOR ahead IN -1 .. ahead_weeks LOOP
        week := monday + 7 * ahead;
        IF to_regclass(format('clearway.event_%s', to_char(week, 'YYYYMMDD'))) IS NULL THEN
            EXECUTE format(
                'CREATE TABLE clearway.%I PARTITION OF clearway.event FOR VALUES FROM (%L) TO (%L)',
                'event_' || to_char(week, 'YYYYMMDD'), week, week + 7);
            made := made + 1;
        END IF;
        IF to_regclass(format('clearway.attempt_%s', to_char(week, 'YYYYMMDD'))) IS NULL THEN
            EXECUTE format(
                'CREATE TABLE clearway.%I PARTITION OF clearway.attempt FOR VALUES FROM (%L) TO (%L)',
                'attempt_' || to_char(week, 'YYYYMMDD'),
                week::timestamp AT TIME ZONE 'UTC', (week + 7)::timestamp AT TIME ZONE 'UTC');
            made := made + 1;
        END IF;
    END LOOP;
    RETURN made;
END
$$;
COMMENT ON FUNCTION clearway.ensure_partitions IS
    'Makes the weekly partitions of last, this and the coming weeks; says how many it made.';

SELECT clearway.ensure_partitions();

CREATE FUNCTION clearway.fingerprint(content text)
RETURNS uuid
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
AS $$ SELECT encode(substring(sha256(convert_to(content, 'UTF8')) FROM 1 FOR 16), 'hex')::uuid $$;
COMMENT ON FUNCTION clearway.fingerprint IS
    'What makes two contents the same: the first 128 bits of the SHA-256.';

CREATE FUNCTION clearway.enqueue(
    tenant text,
    type text,
    idempotency_key text,
    body jsonb,
    ordering_key text DEFAULT NULL,
    source text DEFAULT 'sql',
    not_before timestamptz DEFAULT NULL,
    deadline_at timestamptz DEFAULT NULL,
    priority integer DEFAULT NULL,
    amount_minor bigint DEFAULT NULL,
    currency text DEFAULT NULL)
RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = clearway, pg_temp
AS $$
DECLARE
    kind record;
    seq bigint;
    content text := body::text;
    print uuid;
    hash bigint;
    home smallint;
    existing record;
BEGIN
    SELECT t.tenant_id, y.type_id, y.destination_id, y.priority, c.lane_count
    INTO kind
    FROM clearway.tenant t
    JOIN clearway.event_type y ON y.name = enqueue.type
    JOIN clearway.channel c ON c.tenant_id = t.tenant_id AND c.destination_id = y.destination_id
    WHERE t.name = enqueue.tenant;
    IF NOT FOUND THEN
        PERFORM clearway.refuse_unknown(enqueue.tenant, enqueue.type);
    END IF;
    IF not_before > now() + interval '400 days' THEN
        RAISE EXCEPTION 'not_before is %, limit 400 days ahead', not_before
            USING ERRCODE = 'check_violation', CONSTRAINT = 'event_not_before_limit';
    END IF;
    print := clearway.fingerprint(content);
    PERFORM pg_current_xact_id();
    seq := nextval('clearway.message_id_seq');
    INSERT INTO clearway.event_key
    VALUES (kind.tenant_id, enqueue.source, enqueue.idempotency_key, seq, print)
    ON CONFLICT DO NOTHING;
    IF NOT FOUND THEN
        SELECT k.event_seq, k.fingerprint INTO STRICT existing
        FROM clearway.event_key k
        WHERE k.tenant_id = kind.tenant_id
            AND k.source = enqueue.source
            AND k.idempotency_key = enqueue.idempotency_key;
        IF existing.fingerprint <> print THEN
            RAISE EXCEPTION 'idempotency key "%" of source "%" was used before with another body',
                enqueue.idempotency_key, enqueue.source
                USING ERRCODE = 'unique_violation', CONSTRAINT = 'event_key_conflict',
                    HINT = 'Send the same body for the same business intention, or a new key for a new one.';
        END IF;
        RETURN existing.event_seq;
    END IF;
    hash := hashtextextended(coalesce(enqueue.ordering_key, seq::text), 0);
    home := (((hash % kind.lane_count) + kind.lane_count) % kind.lane_count)::smallint;
    INSERT INTO clearway.event (
        tenant_id, recorded_on, event_seq, type_id, event_id, source, idempotency_key,
        ordering_key, body)
    VALUES (
        kind.tenant_id, (now() AT TIME ZONE 'UTC')::date, seq, kind.type_id, gen_random_uuid(),
        enqueue.source, enqueue.idempotency_key, enqueue.ordering_key, content::json);
    IF not_before > now() THEN
        INSERT INTO clearway.scheduled_message (
            tenant_id, destination_id, lane, type_id, priority, attempt_count, recorded_on,
            message_id, event_seq, key_hash, accepted_at, deadline_at, amount_minor, currency,
            due_at)
        VALUES (
            kind.tenant_id, kind.destination_id, home, kind.type_id,
            coalesce(enqueue.priority, kind.priority), 0, (now() AT TIME ZONE 'UTC')::date,
            seq, seq, hash, now(), enqueue.deadline_at, enqueue.amount_minor, enqueue.currency,
            enqueue.not_before);
    ELSE
        INSERT INTO clearway.message (
            tenant_id, destination_id, lane, type_id, priority, recorded_on, position, message_id,
            event_seq, key_hash, accepted_at, deadline_at, amount_minor, currency)
        VALUES (
            kind.tenant_id, kind.destination_id, home, kind.type_id,
            coalesce(enqueue.priority, kind.priority), (now() AT TIME ZONE 'UTC')::date, seq, seq,
            seq, hash, now(), enqueue.deadline_at, enqueue.amount_minor, enqueue.currency);
        -- Under a fixed snapshot an old signal proves nothing: it may have been taken back since.
        IF current_setting('transaction_isolation') <> 'read committed' OR NOT EXISTS (
            SELECT FROM clearway.lane_signal s
            WHERE s.tenant_id = kind.tenant_id
                AND s.destination_id = kind.destination_id
                AND s.lane = home)
        THEN
            INSERT INTO clearway.lane_signal (tenant_id, destination_id, lane)
            VALUES (kind.tenant_id, kind.destination_id, home);
            PERFORM pg_notify('clearway_wake', '');
        END IF;
    END IF;
    INSERT INTO clearway.tally_change (
        tenant_id, destination_id, from_state, to_state, message_count, currency, amount_minor)
    VALUES (
        kind.tenant_id, kind.destination_id, 0,
        CASE WHEN not_before > now() THEN 2 ELSE 1 END, 1,
        coalesce(enqueue.currency, ''), coalesce(enqueue.amount_minor, 0));
    RETURN seq;
END
$$;
COMMENT ON FUNCTION clearway.enqueue IS
    'Accepts one event in the caller''s transaction and returns its number; the same key and body again returns the first one''s.';

CREATE FUNCTION clearway.refuse_unknown(tenant text, type text)
RETURNS void
LANGUAGE plpgsql
SET search_path = clearway, pg_temp
AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM clearway.tenant t WHERE t.name = refuse_unknown.tenant) THEN
        RAISE EXCEPTION 'unknown tenant "%"', tenant
            USING ERRCODE = 'foreign_key_violation', CONSTRAINT = 'event_tenant_known',
                HINT = 'Add it with: clearway tenant add ' || coalesce(tenant, 'NAME');
    ELSIF NOT EXISTS (SELECT FROM clearway.event_type y WHERE y.name = refuse_unknown.type) THEN
        RAISE EXCEPTION 'unknown event type "%"', type
            USING ERRCODE = 'foreign_key_violation', CONSTRAINT = 'event_type_known',
                HINT = 'List the known types with: SELECT name FROM clearway.event_type';
    END IF;
    RAISE EXCEPTION 'tenant "%" has no channel to the destination of "%"', tenant, type
        USING ERRCODE = 'foreign_key_violation', CONSTRAINT = 'event_channel_known',
            HINT = 'Add it with: clearway tenant add ' || tenant;
END
$$;

CREATE FUNCTION clearway.enqueue_batch(
    tenants text[],
    types text[],
    event_ids uuid[],
    sources text[],
    idempotency_keys text[],
    fingerprints uuid[],
    ordering_keys text[],
    bodies text[],
    starts timestamptz[],
    deadlines timestamptz[],
    priorities smallint[],
    amounts bigint[],
    currencies text[])
RETURNS TABLE (ordinal bigint, seq bigint, status smallint)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = clearway, pg_temp
SET enable_nestloop = off -- array sizes are unknown to the planner: nested loops would be quadratic
AS $$
DECLARE
    refused record;
    fresh_ordinals bigint[];
    fresh_numbers bigint[];
    signal_count integer;
BEGIN
    PERFORM pg_current_xact_id();
    SELECT u.tenant, u.type INTO refused
    FROM (SELECT DISTINCT * FROM unnest(tenants, types) AS d (tenant, type)) u
    WHERE NOT EXISTS (
        SELECT FROM clearway.tenant t
        JOIN clearway.event_type y ON y.name = u.type
        JOIN clearway.channel c
            ON c.tenant_id = t.tenant_id AND c.destination_id = y.destination_id
        WHERE t.name = u.tenant)
    LIMIT 1;
    IF FOUND THEN
        PERFORM clearway.refuse_unknown(refused.tenant, refused.type);
    END IF;
    WITH kind AS MATERIALIZED (
        SELECT u.tenant, u.type, t.tenant_id, y.type_id, y.destination_id,
            y.priority AS type_priority, c.lane_count
        FROM (SELECT DISTINCT * FROM unnest(tenants, types) AS d (tenant, type)) u
        JOIN clearway.tenant t ON t.name = u.tenant
        JOIN clearway.event_type y ON y.name = u.type
        JOIN clearway.channel c
            ON c.tenant_id = t.tenant_id AND c.destination_id = y.destination_id
    ), numbered AS MATERIALIZED (
        SELECT u.*, nextval('clearway.message_id_seq') AS event_seq
        FROM unnest(
            tenants, types, event_ids, sources, idempotency_keys, fingerprints, ordering_keys,
            bodies, starts, deadlines, priorities, amounts, currencies)
            WITH ORDINALITY AS u (
                tenant, type, event_id, source, idempotency_key, fingerprint, ordering_key,
                body, starts_at, deadline_at, priority, amount_minor, currency, ord)
    ), input AS MATERIALIZED (
        SELECT n.*, k.tenant_id, k.type_id, k.destination_id, k.type_priority, k.lane_count,
            hashtextextended(coalesce(n.ordering_key, n.event_seq::text), 0) AS key_hash
        FROM numbered n
        JOIN kind k ON k.tenant = n.tenant AND k.type = n.type
    ), keyed AS (
        INSERT INTO clearway.event_key (
            tenant_id, source, idempotency_key, event_seq, fingerprint)
        SELECT i.tenant_id, i.source, i.idempotency_key, i.event_seq, i.fingerprint
        FROM input i
        ORDER BY i.tenant_id, i.source, i.idempotency_key, i.ord
        ON CONFLICT DO NOTHING
        RETURNING event_key.event_seq
    ), fresh AS MATERIALIZED (
        SELECT i.*,
            (((i.key_hash % i.lane_count) + i.lane_count) % i.lane_count)::smallint AS lane,
            coalesce(i.starts_at > now(), false) AS is_scheduled
        FROM input i
        JOIN keyed k ON k.event_seq = i.event_seq
    ), written AS (
        INSERT INTO clearway.event (
            tenant_id, recorded_on, event_seq, type_id, event_id, source, idempotency_key,
            ordering_key, body)
        SELECT f.tenant_id, (now() AT TIME ZONE 'UTC')::date, f.event_seq, f.type_id, f.event_id,
            f.source, f.idempotency_key, f.ordering_key, f.body::json
        FROM fresh f
    ), queued AS (
        INSERT INTO clearway.message (
            tenant_id, destination_id, lane, type_id, priority, recorded_on, position, message_id,
            event_seq, key_hash, accepted_at, deadline_at, amount_minor, currency)
        SELECT f.tenant_id, f.destination_id, f.lane, f.type_id,
            coalesce(f.priority, f.type_priority), (now() AT TIME ZONE 'UTC')::date, f.event_seq,
            f.event_seq, f.event_seq, f.key_hash, now(), f.deadline_at, f.amount_minor, f.currency
        FROM fresh f
        WHERE NOT f.is_scheduled
    ), delayed AS (
        INSERT INTO clearway.scheduled_message (
            tenant_id, destination_id, lane, type_id, priority, attempt_count, recorded_on,
            message_id, event_seq, key_hash, accepted_at, deadline_at, amount_minor, currency,
            due_at)
        SELECT f.tenant_id, f.destination_id, f.lane, f.type_id,
            coalesce(f.priority, f.type_priority), 0, (now() AT TIME ZONE 'UTC')::date,
            f.event_seq, f.event_seq, f.key_hash, now(), f.deadline_at, f.amount_minor,
            f.currency, f.starts_at
        FROM fresh f
        WHERE f.is_scheduled
    ), tallied AS (
        INSERT INTO clearway.tally_change (
            tenant_id, destination_id, from_state, to_state, message_count, currency, amount_minor)
        SELECT f.tenant_id, f.destination_id, 0, CASE WHEN f.is_scheduled THEN 2 ELSE 1 END,
            count(*), coalesce(f.currency, ''), coalesce(sum(f.amount_minor), 0)
        FROM fresh f
        GROUP BY f.tenant_id, f.destination_id, f.is_scheduled, coalesce(f.currency, '')
    ), signalled AS (
        INSERT INTO clearway.lane_signal (tenant_id, destination_id, lane)
        SELECT DISTINCT f.tenant_id, f.destination_id, f.lane
        FROM fresh f
        WHERE NOT f.is_scheduled
            AND (current_setting('transaction_isolation') <> 'read committed' OR NOT EXISTS (
                SELECT FROM clearway.lane_signal s
                WHERE s.tenant_id = f.tenant_id
                    AND s.destination_id = f.destination_id
                    AND s.lane = f.lane))
        RETURNING 1
    )
    SELECT array_agg(f.ord ORDER BY f.ord), array_agg(f.event_seq ORDER BY f.ord),
        (SELECT count(*) FROM signalled)
    INTO fresh_ordinals, fresh_numbers, signal_count
    FROM fresh f;
    IF signal_count > 0 THEN
        PERFORM pg_notify('clearway_wake', '');
    END IF;
    RETURN QUERY SELECT u.ord, u.event_seq, 1::smallint
    FROM unnest(fresh_ordinals, fresh_numbers) AS u (ord, event_seq);
    IF coalesce(cardinality(fresh_ordinals), 0) < cardinality(tenants) THEN
        RETURN QUERY
        SELECT u.ord, k.event_seq,
            CASE WHEN k.fingerprint = u.fingerprint THEN 2 ELSE 3 END::smallint
        FROM unnest(tenants, sources, idempotency_keys, fingerprints)
            WITH ORDINALITY AS u (tenant, source, idempotency_key, fingerprint, ord)
        JOIN clearway.tenant t ON t.name = u.tenant
        JOIN clearway.event_key k
            ON k.tenant_id = t.tenant_id
            AND k.source = u.source
            AND k.idempotency_key = u.idempotency_key
        LEFT JOIN unnest(fresh_ordinals) AS f (ord) ON f.ord = u.ord
        WHERE f.ord IS NULL;
    END IF;
END
$$;
COMMENT ON FUNCTION clearway.enqueue_batch IS
    'Accepts many events at once. Status: 1 accepted, 2 duplicate, 3 the key was used with another body.';
