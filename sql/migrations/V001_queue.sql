-- The queue: who it serves, what was accepted, and the one place where each message lies.
-- Every key leads with the tenant, so that a tenant's rows can live together on one shard.

CREATE TABLE clearway.tenant (
    tenant_id integer GENERATED ALWAYS AS IDENTITY,
    name text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT tenant_pkey PRIMARY KEY (tenant_id),
    CONSTRAINT tenant_name_key UNIQUE (name),
    CONSTRAINT tenant_name_shape CHECK (name ~ '^[a-z0-9][a-z0-9-]{0,62}$')
);
COMMENT ON TABLE clearway.tenant IS
    'Which merchants use this queue: one pairing of an SFCC instance with a Stripe account each.';

CREATE TABLE clearway.team (
    team text NOT NULL,
    contact text,
    CONSTRAINT team_pkey PRIMARY KEY (team),
    CONSTRAINT team_shape CHECK (team ~ '^[a-z0-9][a-z0-9_-]{0,62}$')
);
COMMENT ON TABLE clearway.team IS 'Which teams can own a dead letter or a rejected event.';

CREATE TABLE clearway.destination (
    destination_id smallint NOT NULL,
    name text NOT NULL,
    CONSTRAINT destination_pkey PRIMARY KEY (destination_id),
    CONSTRAINT destination_name_key UNIQUE (name)
);
COMMENT ON TABLE clearway.destination IS 'Which systems messages can be bound for.';
INSERT INTO clearway.destination VALUES (1, 'stripe'), (2, 'commerce_cloud'), (3, 'finance');

CREATE TABLE clearway.event_type (
    type_id smallint GENERATED ALWAYS AS IDENTITY,
    name text NOT NULL,
    kind text NOT NULL,
    schema_version integer NOT NULL,
    destination_id smallint NOT NULL,
    priority smallint NOT NULL,
    successor_policy text NOT NULL,
    attempt_limit smallint NOT NULL,
    owner_team text NOT NULL,
    CONSTRAINT event_type_pkey PRIMARY KEY (type_id),
    CONSTRAINT event_type_name_key UNIQUE (name),
    CONSTRAINT event_type_kind CHECK (kind IN ('command', 'fact')),
    CONSTRAINT event_type_priority CHECK (priority BETWEEN 0 AND 9),
    CONSTRAINT event_type_successor_policy CHECK (successor_policy IN ('hold', 'go_on')),
    CONSTRAINT event_type_attempt_limit CHECK (attempt_limit BETWEEN 1 AND 1000),
    CONSTRAINT event_type_destination_fkey
        FOREIGN KEY (destination_id) REFERENCES clearway.destination,
    CONSTRAINT event_type_owner_fkey FOREIGN KEY (owner_team) REFERENCES clearway.team
);
COMMENT ON TABLE clearway.event_type IS
    'What each type of event means to the queue. Written by clearway migrate from the catalogue.';
COMMENT ON COLUMN clearway.event_type.successor_policy IS
    'Do later messages of the same ordering key wait (hold) when one is dead, or go on?';

CREATE TABLE clearway.channel (
    tenant_id integer NOT NULL,
    destination_id smallint NOT NULL,
    lane_count smallint NOT NULL DEFAULT 16,
    is_paused boolean NOT NULL DEFAULT false,
    CONSTRAINT channel_pkey PRIMARY KEY (tenant_id, destination_id),
    CONSTRAINT channel_lane_count CHECK (lane_count BETWEEN 1 AND 1024),
    CONSTRAINT channel_tenant_fkey FOREIGN KEY (tenant_id) REFERENCES clearway.tenant,
    CONSTRAINT channel_destination_fkey
        FOREIGN KEY (destination_id) REFERENCES clearway.destination
);
COMMENT ON TABLE clearway.channel IS
    'One tenant''s way to one destination: the unit of claims, budgets and pauses.';

CREATE SEQUENCE clearway.epoch_seq;
COMMENT ON SEQUENCE clearway.epoch_seq IS
    'Epochs of leases. Taken from a sequence so that an epoch never comes back.';

CREATE TABLE clearway.lane (
    tenant_id integer NOT NULL,
    destination_id smallint NOT NULL,
    lane smallint NOT NULL,
    epoch bigint NOT NULL DEFAULT 0,
    holder uuid,
    lease_expires_at timestamptz,
    floor_position bigint NOT NULL DEFAULT 0,
    in_flight_count integer NOT NULL DEFAULT 0,
    crash_count smallint NOT NULL DEFAULT 0,
    suspect_id bigint,
    CONSTRAINT lane_pkey PRIMARY KEY (tenant_id, destination_id, lane),
    CONSTRAINT lane_channel_fkey FOREIGN KEY (tenant_id, destination_id)
        REFERENCES clearway.channel,
    CONSTRAINT lane_lease_whole CHECK ((holder IS NULL) = (lease_expires_at IS NULL))
) WITH (fillfactor = 40, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 500);
COMMENT ON TABLE clearway.lane IS
    'Who may deliver which hash bucket of ordering keys, until when. The epoch fences older holders.';
COMMENT ON COLUMN clearway.lane.floor_position IS
    'Up to which position is nothing left and can nothing appear any more? Where readers start.';
COMMENT ON COLUMN clearway.lane.crash_count IS
    'How many holders in a row lost this lane without giving it back? Resets on delivery.';
COMMENT ON COLUMN clearway.lane.suspect_id IS
    'Which message was being delivered alone, on probation after crashes?';

CREATE SEQUENCE clearway.message_id_seq AS bigint;
COMMENT ON SEQUENCE clearway.message_id_seq IS
    'Ids of events and messages. Taken only after the transaction has its xid; see enqueue_batch.';

CREATE TABLE clearway.event_key (
    tenant_id integer NOT NULL,
    source text NOT NULL,
    idempotency_key text NOT NULL,
    event_seq bigint NOT NULL,
    fingerprint uuid NOT NULL,
    CONSTRAINT event_key_pkey PRIMARY KEY (tenant_id, source, idempotency_key),
    CONSTRAINT event_key_source_length CHECK (length(source) BETWEEN 1 AND 128),
    CONSTRAINT event_key_length CHECK (length(idempotency_key) BETWEEN 1 AND 255)
);
COMMENT ON TABLE clearway.event_key IS
    'Has this business intention been accepted already, and with the same content?';
COMMENT ON COLUMN clearway.event_key.fingerprint IS
    'First 128 bits of the SHA-256 of the content: same means duplicate, different means conflict.';

CREATE TABLE clearway.event (
    tenant_id integer NOT NULL,
    recorded_on date NOT NULL,
    event_seq bigint NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT now(),
    type_id smallint NOT NULL,
    event_id uuid NOT NULL,
    source text NOT NULL,
    idempotency_key text NOT NULL,
    ordering_key text,
    body json NOT NULL,
    CONSTRAINT event_pkey PRIMARY KEY (tenant_id, recorded_on, event_seq),
    CONSTRAINT event_ordering_key_length CHECK (length(ordering_key) BETWEEN 1 AND 320),
    CONSTRAINT event_body_size CHECK (octet_length(body::text) <= 1048576)
) PARTITION BY RANGE (recorded_on);
COMMENT ON TABLE clearway.event IS
    'What was accepted, word for word. Inserted once, never changed, dropped by the week.';

CREATE TABLE clearway.message (
    tenant_id integer NOT NULL,
    destination_id smallint NOT NULL,
    lane smallint NOT NULL,
    type_id smallint NOT NULL,
    priority smallint NOT NULL,
    attempt_count smallint NOT NULL DEFAULT 0,
    must_look boolean NOT NULL DEFAULT false,
    recorded_on date NOT NULL,
    position bigint NOT NULL,
    message_id bigint NOT NULL,
    event_seq bigint NOT NULL,
    key_hash bigint NOT NULL,
    accepted_at timestamptz NOT NULL,
    deadline_at timestamptz,
    amount_minor bigint,
    currency text,
    CONSTRAINT message_pkey PRIMARY KEY (tenant_id, destination_id, lane, position),
    CONSTRAINT message_priority CHECK (priority BETWEEN 0 AND 9),
    CONSTRAINT message_money_whole CHECK ((amount_minor IS NULL) = (currency IS NULL))
) WITH (autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_threshold = 10000);
COMMENT ON TABLE clearway.message IS
    'What can be delivered now: ready, or leased through its lane. Inserted and deleted, never updated.';
COMMENT ON COLUMN clearway.message.position IS
    'Where in the lane? Always appended: a message that becomes ready again gets a new position.';
COMMENT ON COLUMN clearway.message.must_look IS
    'May the effect exist already? Then the destination is asked before anything is sent.';
COMMENT ON COLUMN clearway.message.key_hash IS
    'Hash of the ordering key; messages with the same one go one at a time, in order of message_id.';

CREATE TABLE clearway.scheduled_message (
    tenant_id integer NOT NULL,
    destination_id smallint NOT NULL,
    lane smallint NOT NULL,
    type_id smallint NOT NULL,
    priority smallint NOT NULL,
    attempt_count smallint NOT NULL,
    recorded_on date NOT NULL,
    message_id bigint NOT NULL,
    event_seq bigint NOT NULL,
    key_hash bigint NOT NULL,
    accepted_at timestamptz NOT NULL,
    deadline_at timestamptz,
    amount_minor bigint,
    currency text,
    due_at timestamptz NOT NULL,
    is_unknown boolean NOT NULL DEFAULT false,
    CONSTRAINT scheduled_message_pkey PRIMARY KEY (tenant_id, message_id),
    CONSTRAINT scheduled_message_money_whole CHECK ((amount_minor IS NULL) = (currency IS NULL))
);
CREATE INDEX scheduled_message_due ON clearway.scheduled_message (due_at);
COMMENT ON INDEX clearway.scheduled_message_due IS 'Which messages have become due?';
COMMENT ON TABLE clearway.scheduled_message IS
    'What waits for a time: a retry, a look at an unknown outcome, or a start set by the producer.';
COMMENT ON COLUMN clearway.scheduled_message.is_unknown IS
    'Is the outcome of the last attempt unknown? Then the next one looks before it acts.';

CREATE TABLE clearway.held_message (
    tenant_id integer NOT NULL,
    destination_id smallint NOT NULL,
    lane smallint NOT NULL,
    type_id smallint NOT NULL,
    priority smallint NOT NULL,
    attempt_count smallint NOT NULL,
    recorded_on date NOT NULL,
    message_id bigint NOT NULL,
    event_seq bigint NOT NULL,
    key_hash bigint NOT NULL,
    accepted_at timestamptz NOT NULL,
    deadline_at timestamptz,
    amount_minor bigint,
    currency text,
    must_look boolean NOT NULL DEFAULT false,
    CONSTRAINT held_message_pkey
        PRIMARY KEY (tenant_id, destination_id, lane, key_hash, message_id),
    CONSTRAINT held_message_money_whole CHECK ((amount_minor IS NULL) = (currency IS NULL))
);
COMMENT ON TABLE clearway.held_message IS
    'What waits behind an earlier message of its ordering key, in order.';

CREATE TABLE clearway.blocked_key (
    tenant_id integer NOT NULL,
    destination_id smallint NOT NULL,
    lane smallint NOT NULL,
    key_hash bigint NOT NULL,
    blocked_by bigint,
    through_id bigint NOT NULL,
    blocked_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT blocked_key_pkey PRIMARY KEY (tenant_id, destination_id, lane, key_hash)
);
COMMENT ON TABLE clearway.blocked_key IS
    'Which ordering keys do not flow freely? Their messages up to through_id may go, later ones are held.';
COMMENT ON COLUMN clearway.blocked_key.blocked_by IS
    'Which waiting or dead message holds the key back? NULL while the held ones drain.';

CREATE TABLE clearway.dead_letter (
    tenant_id integer NOT NULL,
    destination_id smallint NOT NULL,
    lane smallint NOT NULL,
    type_id smallint NOT NULL,
    priority smallint NOT NULL,
    attempt_count smallint NOT NULL,
    recorded_on date NOT NULL,
    message_id bigint NOT NULL,
    event_seq bigint NOT NULL,
    key_hash bigint NOT NULL,
    accepted_at timestamptz NOT NULL,
    deadline_at timestamptz,
    amount_minor bigint,
    currency text,
    dead_at timestamptz NOT NULL DEFAULT now(),
    owner_team text NOT NULL,
    acknowledge_by timestamptz NOT NULL,
    cause text NOT NULL,
    code text NOT NULL,
    error_message text NOT NULL,
    pointer text,
    http_status smallint,
    request_id text,
    signature text NOT NULL,
    body json NOT NULL,
    CONSTRAINT dead_letter_pkey PRIMARY KEY (tenant_id, message_id),
    CONSTRAINT dead_letter_owner_fkey FOREIGN KEY (owner_team) REFERENCES clearway.team,
    CONSTRAINT dead_letter_owner_named CHECK (owner_team <> ''),
    CONSTRAINT dead_letter_money_whole CHECK ((amount_minor IS NULL) = (currency IS NULL))
);
CREATE INDEX dead_letter_key
    ON clearway.dead_letter (tenant_id, destination_id, lane, key_hash, message_id);
COMMENT ON INDEX clearway.dead_letter_key IS 'Does a dead message still hold this ordering key?';
CREATE INDEX dead_letter_signature ON clearway.dead_letter (tenant_id, signature, message_id);
COMMENT ON INDEX clearway.dead_letter_signature IS 'Which dead letters failed in the same way?';
COMMENT ON TABLE clearway.dead_letter IS
    'What will not be tried again without a person. Never without an owner, never trimmed while open.';
COMMENT ON COLUMN clearway.dead_letter.acknowledge_by IS
    'By when must the owner have acknowledged it? The clock starts with the row.';

CREATE TABLE clearway.intent (
    tenant_id integer NOT NULL,
    message_id bigint NOT NULL,
    first_sent_at timestamptz NOT NULL DEFAULT now(),
    idempotency_key text,
    request bytea NOT NULL,
    CONSTRAINT intent_pkey PRIMARY KEY (tenant_id, message_id)
);
COMMENT ON TABLE clearway.intent IS
    'What exactly was sent, under which key, and when first? Stored before the first byte leaves.';

CREATE TABLE clearway.attempt (
    tenant_id integer NOT NULL,
    finished_at timestamptz NOT NULL DEFAULT now(),
    message_id bigint NOT NULL,
    duration_us integer NOT NULL,
    destination_id smallint NOT NULL,
    type_id smallint NOT NULL,
    attempt smallint NOT NULL,
    outcome smallint NOT NULL,
    http_status smallint,
    code text,
    error_message text,
    request_id text,
    object_id text,
    CONSTRAINT attempt_outcome CHECK (outcome BETWEEN 1 AND 6)
) PARTITION BY RANGE (finished_at);
CREATE INDEX attempt_message ON clearway.attempt
    USING brin (message_id) WITH (pages_per_range = 16, autosummarize = on);
COMMENT ON INDEX clearway.attempt_message IS
    'How was this message tried? A block range index: attempts are written nearly in order.';
COMMENT ON TABLE clearway.attempt IS
    'How each try ended. Appended once, dropped by the week.';
COMMENT ON COLUMN clearway.attempt.outcome IS
    '1 delivered, 2 retry, 3 unknown, 4 dead, 5 discarded, 6 replayed.';

CREATE SEQUENCE clearway.signal_id_seq;
CREATE TABLE clearway.lane_signal (
    tenant_id integer NOT NULL,
    destination_id smallint NOT NULL,
    lane smallint NOT NULL,
    signal_id bigint NOT NULL DEFAULT nextval('clearway.signal_id_seq'),
    CONSTRAINT lane_signal_pkey PRIMARY KEY (tenant_id, destination_id, lane, signal_id)
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 500);
CREATE INDEX lane_signal_recent ON clearway.lane_signal (signal_id);
COMMENT ON TABLE clearway.lane_signal IS
    'Which lanes may have work? Inserted by a producer that finds none, deleted by a holder that found the lane empty.';
COMMENT ON INDEX clearway.lane_signal_recent IS
    'Which lanes want a holder, oldest signal first, above a moving lower bound?';

CREATE TABLE clearway.tally (
    tenant_id integer NOT NULL,
    destination_id smallint NOT NULL,
    currency text NOT NULL,
    accepted_count bigint NOT NULL DEFAULT 0,
    accepted_minor numeric NOT NULL DEFAULT 0,
    ready_count bigint NOT NULL DEFAULT 0,
    ready_minor numeric NOT NULL DEFAULT 0,
    scheduled_count bigint NOT NULL DEFAULT 0,
    scheduled_minor numeric NOT NULL DEFAULT 0,
    unknown_count bigint NOT NULL DEFAULT 0,
    unknown_minor numeric NOT NULL DEFAULT 0,
    held_count bigint NOT NULL DEFAULT 0,
    held_minor numeric NOT NULL DEFAULT 0,
    dead_count bigint NOT NULL DEFAULT 0,
    dead_minor numeric NOT NULL DEFAULT 0,
    delivered_count bigint NOT NULL DEFAULT 0,
    delivered_minor numeric NOT NULL DEFAULT 0,
    discarded_count bigint NOT NULL DEFAULT 0,
    discarded_minor numeric NOT NULL DEFAULT 0,
    CONSTRAINT tally_pkey PRIMARY KEY (tenant_id, destination_id, currency)
) WITH (fillfactor = 50);
COMMENT ON TABLE clearway.tally IS
    'How many messages and how much money lie in each state: the folded part of the kept counts.';

CREATE SEQUENCE clearway.tally_id_seq;
CREATE TABLE clearway.tally_change (
    tenant_id integer NOT NULL,
    tally_id bigint NOT NULL DEFAULT nextval('clearway.tally_id_seq'),
    destination_id smallint NOT NULL,
    from_state smallint NOT NULL,
    to_state smallint NOT NULL,
    message_count integer NOT NULL,
    currency text NOT NULL DEFAULT '',
    amount_minor numeric NOT NULL DEFAULT 0,
    CONSTRAINT tally_change_states CHECK (from_state BETWEEN 0 AND 7 AND to_state BETWEEN 1 AND 7)
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000);
CREATE INDEX tally_change_recent ON clearway.tally_change (tally_id);
COMMENT ON INDEX clearway.tally_change_recent IS 'Which changes are not folded yet?';
COMMENT ON TABLE clearway.tally_change IS
    'Which moves between states are not folded into the tally yet? One row a statement, never updated.';
COMMENT ON COLUMN clearway.tally_change.from_state IS
    '0 outside, 1 ready, 2 scheduled, 3 unknown, 4 held, 5 dead, 6 delivered, 7 discarded.';

CREATE TABLE clearway.rejected_event (
    rejected_id bigint GENERATED ALWAYS AS IDENTITY,
    rejected_at timestamptz NOT NULL DEFAULT now(),
    tenant text,
    source text NOT NULL,
    owner_team text NOT NULL,
    acknowledge_by timestamptz NOT NULL DEFAULT now() + interval '4 hours',
    rule text NOT NULL,
    pointer text NOT NULL,
    reason text NOT NULL,
    violation_count integer NOT NULL DEFAULT 1,
    content_type text,
    body bytea NOT NULL,
    CONSTRAINT rejected_event_pkey PRIMARY KEY (rejected_id),
    CONSTRAINT rejected_event_owner_fkey FOREIGN KEY (owner_team) REFERENCES clearway.team
);
COMMENT ON TABLE clearway.rejected_event IS
    'What was refused at the door, whose work is it now, and which rule refused it?';

CREATE TABLE clearway.worker (
    worker_id uuid NOT NULL,
    name text NOT NULL,
    started_at timestamptz NOT NULL DEFAULT now(),
    seen_at timestamptz NOT NULL DEFAULT now(),
    lane_count integer NOT NULL DEFAULT 0,
    is_hungry boolean NOT NULL DEFAULT false,
    CONSTRAINT worker_pkey PRIMARY KEY (worker_id)
) WITH (fillfactor = 50);
COMMENT ON TABLE clearway.worker IS
    'Which workers share the lanes? A row ages while its worker has nothing to do.';

CREATE TABLE clearway.leadership (
    duty text NOT NULL,
    holder uuid,
    epoch bigint NOT NULL DEFAULT 0,
    lease_expires_at timestamptz NOT NULL DEFAULT '-infinity',
    CONSTRAINT leadership_pkey PRIMARY KEY (duty)
) WITH (fillfactor = 50);
COMMENT ON TABLE clearway.leadership IS
    'Which worker does each duty that only one may do, and until when?';

CREATE TABLE clearway.operator_action (
    action_id bigint GENERATED ALWAYS AS IDENTITY,
    acted_at timestamptz NOT NULL DEFAULT now(),
    actor text NOT NULL DEFAULT session_user,
    action text NOT NULL,
    reason text NOT NULL,
    tenant_id integer,
    subject text NOT NULL,
    before_state jsonb,
    after_state jsonb,
    CONSTRAINT operator_action_pkey PRIMARY KEY (action_id),
    CONSTRAINT operator_action_reason_given CHECK (length(reason) BETWEEN 3 AND 2000)
);
COMMENT ON TABLE clearway.operator_action IS
    'What did a person change, why, and what was it before? Written with the change, never altered.';

CREATE TABLE clearway.replay_plan (
    tenant_id integer NOT NULL,
    plan_id uuid NOT NULL,
    planned_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    planned_by text NOT NULL DEFAULT session_user,
    reason text NOT NULL,
    filter jsonb NOT NULL,
    mode text NOT NULL,
    message_count integer NOT NULL,
    row_hash text NOT NULL,
    money jsonb NOT NULL,
    applied_at timestamptz,
    CONSTRAINT replay_plan_pkey PRIMARY KEY (tenant_id, plan_id),
    CONSTRAINT replay_plan_mode CHECK (mode IN ('same_key', 'look_then_act')),
    CONSTRAINT replay_plan_reason_given CHECK (length(reason) BETWEEN 3 AND 2000)
);
COMMENT ON TABLE clearway.replay_plan IS
    'What exactly would this replay do, and has anything changed since it was planned?';

CREATE TABLE clearway.replay_plan_item (
    tenant_id integer NOT NULL,
    plan_id uuid NOT NULL,
    message_id bigint NOT NULL,
    CONSTRAINT replay_plan_item_pkey PRIMARY KEY (tenant_id, plan_id, message_id),
    CONSTRAINT replay_plan_item_plan_fkey FOREIGN KEY (tenant_id, plan_id)
        REFERENCES clearway.replay_plan ON DELETE CASCADE
);
COMMENT ON TABLE clearway.replay_plan_item IS 'Which dead letters does the plan name?';

CREATE TABLE clearway.budget (
    tenant_id integer NOT NULL,
    destination_id smallint NOT NULL,
    calls_per_second integer NOT NULL,
    next_call_at timestamptz NOT NULL DEFAULT '-infinity',
    granted_count bigint NOT NULL DEFAULT 0,
    CONSTRAINT budget_pkey PRIMARY KEY (tenant_id, destination_id),
    CONSTRAINT budget_calls_per_second CHECK (calls_per_second BETWEEN 1 AND 100000),
    CONSTRAINT budget_channel_fkey FOREIGN KEY (tenant_id, destination_id)
        REFERENCES clearway.channel
) WITH (fillfactor = 20, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 500);
COMMENT ON TABLE clearway.budget IS
    'When may the next call to this destination leave? Workers reserve several calls at a time.';
COMMENT ON COLUMN clearway.budget.next_call_at IS
    'The first moment nobody has reserved yet, by the database''s clock.';
