-- +goose Up
-- Every time is business time handed in by the caller's clock; nothing here calls now().
-- Columns commented 'personal' hold personal data and are read and written only through the personal store.
-- The schema is made, and named in the search path, by whoever migrates. There is no way down: what is on
-- record stays on record.

-- A person and the fence that every send and every hold about them goes through.
CREATE TABLE persons (
    person_id  uuid PRIMARY KEY,
    fence      bigint NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL
);

CREATE TABLE person_details (
    person_id   uuid PRIMARY KEY REFERENCES persons,
    family_name text NOT NULL,
    given_names text NOT NULL,
    birth_date  date NOT NULL,
    a_number    text NOT NULL DEFAULT ''
);
COMMENT ON COLUMN person_details.family_name IS 'personal';
COMMENT ON COLUMN person_details.given_names IS 'personal';
COMMENT ON COLUMN person_details.birth_date IS 'personal';
COMMENT ON COLUMN person_details.a_number IS 'personal';
CREATE UNIQUE INDEX person_by_a_number ON person_details (a_number) WHERE a_number <> '';

-- The removal order (or voluntary departure) on record, one row for each; the newest of a request counts.
CREATE TABLE orders (
    order_id     uuid PRIMARY KEY,
    person_id    uuid NOT NULL REFERENCES persons,
    request_id   uuid NOT NULL,
    type         text NOT NULL,
    dated        date NOT NULL,
    source_sha256 text NOT NULL,
    country      text NOT NULL,
    recorded_at  timestamptz NOT NULL,
    recorded_by  text NOT NULL
);
CREATE INDEX orders_of_request ON orders (request_id);


-- The order's number identifies a person's proceeding.
CREATE TABLE order_details (
    order_id uuid PRIMARY KEY REFERENCES orders,
    number   text NOT NULL
);
COMMENT ON COLUMN order_details.number IS 'personal';

-- Read model of a request, true as of seq; 0 means that it was taken in and its workflow has not started.
CREATE TABLE requests (
    request_id      uuid PRIMARY KEY,
    code            text NOT NULL UNIQUE,
    person_id       uuid NOT NULL REFERENCES persons,
    country         text NOT NULL,
    post            text NOT NULL,
    field_office    text NOT NULL,
    officer         text NOT NULL,
    predecessor     uuid,
    high_harm       boolean NOT NULL DEFAULT false,
    pack_version    integer NOT NULL,
    pack_hash       text NOT NULL,
    seq             bigint NOT NULL DEFAULT 0,
    material_seq    bigint NOT NULL DEFAULT 0,
    stage           text NOT NULL,                 -- 'opening' before seq 1
    stage_since     timestamptz NOT NULL,
    owner           text NOT NULL DEFAULT '',
    outcome         text NOT NULL DEFAULT '',
    opened_at       timestamptz NOT NULL,
    closed_at       timestamptz,
    waiting_since   timestamptz,
    last_contact_at timestamptz,
    first_issued_at timestamptz,
    valid_to        date,
    detained        boolean NOT NULL DEFAULT false,
    level           integer NOT NULL DEFAULT -1,
    next_due_at     timestamptz,
    next_due_kind   text NOT NULL DEFAULT '',
    live            boolean NOT NULL DEFAULT true  -- false once closed, or when opening failed
);
CREATE UNIQUE INDEX one_live_request ON requests (person_id, country) WHERE live;
CREATE INDEX requests_by_opening ON requests (opened_at DESC, request_id DESC);
CREATE INDEX requests_by_due ON requests (next_due_at, request_id) WHERE live;
CREATE INDEX requests_by_person ON requests (person_id);

-- What happened. Appended only; the role that the application runs under may not change or delete.
CREATE TABLE events (
    request_id  uuid NOT NULL REFERENCES requests,
    seq         bigint NOT NULL CHECK (seq > 0),
    type        text NOT NULL,
    occurred_at timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL,
    actor       text NOT NULL,
    actor_roles text[] NOT NULL,
    command_id  uuid,
    data        jsonb NOT NULL,
    content_sha256 bytea NOT NULL,                 -- over the event's canonical JSON
    PRIMARY KEY (request_id, seq)
);
CREATE INDEX events_by_type ON events (type, occurred_at);

-- An intact history never has two contents at one seq; what contradicts one is kept here and alarmed.
CREATE TABLE alarms (
    alarm_id   bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind       text NOT NULL,
    request_id uuid,
    person_id  uuid,
    detail     jsonb NOT NULL,                     -- codes, ids and numbers only
    raised_at  timestamptz NOT NULL,
    settled_at timestamptz,
    UNIQUE NULLS NOT DISTINCT (kind, request_id, person_id, detail)
);

-- Every POST before it acts. Its id is the caller's Idempotency-Key.
CREATE TABLE commands (
    command_id    uuid PRIMARY KEY,
    principal     text NOT NULL,
    operation     text NOT NULL,
    fingerprint   bytea NOT NULL,                  -- SHA-256 over operation, path, principal and body
    request_id    uuid,
    person_id     uuid,
    input         jsonb NOT NULL,                  -- what it takes to carry the command on, nothing personal
    status        text NOT NULL CHECK (status IN ('stored', 'done', 'refused')),
    answer_status integer,
    answer        bytea,                           -- as it was first given, byte for byte
    answer_headers jsonb,
    stored_at     timestamptz NOT NULL,
    done_at       timestamptz,
    tried_at      timestamptz,
    tries         integer NOT NULL DEFAULT 0
);
CREATE INDEX commands_unfinished ON commands (stored_at) WHERE status = 'stored';

-- What people wrote with a command; it goes no further than this table.
CREATE TABLE command_texts (
    command_id uuid PRIMARY KEY REFERENCES commands,
    request_id uuid,
    text       text NOT NULL
);
COMMENT ON COLUMN command_texts.text IS 'personal';

-- Numbers of travel documents, under the reference that events carry.
CREATE TABLE document_numbers (
    reference  uuid PRIMARY KEY,
    request_id uuid NOT NULL,
    number     text NOT NULL
);
COMMENT ON COLUMN document_numbers.number IS 'personal';

-- Facts for workflows that start in SQL: drained by signal, at least once.
CREATE TABLE outbox (
    outbox_id   bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    workflow_id text NOT NULL,
    signal      text NOT NULL,
    start       boolean NOT NULL DEFAULT false,    -- signal-with-start
    payload     jsonb NOT NULL,
    created_at  timestamptz NOT NULL,
    done_at     timestamptz,
    tries       integer NOT NULL DEFAULT 0
);
CREATE INDEX outbox_waiting ON outbox (workflow_id, outbox_id) WHERE done_at IS NULL;

CREATE TABLE holds (
    hold_id       uuid PRIMARY KEY,
    person_id     uuid NOT NULL REFERENCES persons,
    scope         text NOT NULL CHECK (scope IN ('person', 'country', 'request')),
    country       text,
    request_id    uuid,
    kind          text NOT NULL,
    authority     text NOT NULL,                   -- who alone may lift it: counsel, court, bia, ice, headquarters
    source_sha256 text NOT NULL,
    dated         date NOT NULL,
    review_by     date,
    placed_by     text NOT NULL,
    placed_at     timestamptz NOT NULL,
    fence         bigint NOT NULL,                 -- the person's fence version that the placing made
    lifted_by     text,
    lifted_command uuid,                           -- so that lifting twice by one command is lifting once
    lifted_at     timestamptz,
    lift_source_sha256 text,
    lift_reason   text,                            -- a code
    CHECK ((scope = 'country') = (country IS NOT NULL)),
    CHECK ((scope = 'request') = (request_id IS NOT NULL))
);
CREATE INDEX holds_standing ON holds (person_id) WHERE lifted_at IS NULL;

-- One row for each thing that may leave. 'sending' is the moment from which it may have left.
CREATE TABLE dispatches (
    dispatch_id  uuid PRIMARY KEY,                 -- the command id
    request_id   uuid NOT NULL REFERENCES requests,
    person_id    uuid NOT NULL REFERENCES persons,
    kind         text NOT NULL,                    -- send, answer_information
    channel      text NOT NULL,
    post         text NOT NULL,
    content      text NOT NULL,
    status       text NOT NULL CHECK (status IN ('sending', 'sent', 'stopped')),
    fence        bigint NOT NULL,
    authorised_at timestamptz NOT NULL,
    authorised_by text NOT NULL,
    sent_at      timestamptz,
    stopped_at   timestamptz
);
CREATE INDEX dispatches_of_person ON dispatches (person_id, status);

CREATE TABLE recalls (
    recall_id   uuid PRIMARY KEY,
    dispatch_id uuid NOT NULL REFERENCES dispatches,
    request_id  uuid NOT NULL,
    hold_id     uuid REFERENCES holds,             -- whose placing opened it; null when the request closed
    opened_at   timestamptz NOT NULL,
    closed_at   timestamptz,
    UNIQUE (dispatch_id)
);

-- Legal facts about a person; corrections are rows that name the corrected one.
CREATE TABLE legal_events (
    legal_event_id uuid PRIMARY KEY,
    person_id      uuid NOT NULL REFERENCES persons,
    ordinal        bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    kind           text NOT NULL,
    dated          date NOT NULL,
    office         text NOT NULL,                  -- whose local dates they are
    source_type    text NOT NULL,
    source_sha256  text NOT NULL,
    corrects       uuid REFERENCES legal_events,
    hold_id        uuid REFERENCES holds,          -- a court stay is a hold too; its end names the same hold
    recorded_at    timestamptz NOT NULL,
    recorded_by    text NOT NULL
);
CREATE INDEX legal_events_of_person ON legal_events (person_id, ordinal);

-- The custody clock as last derived, so that it can be read with the engine away.
CREATE TABLE custody_clocks (
    person_id  uuid PRIMARY KEY REFERENCES persons,
    office     text NOT NULL,
    rules      integer NOT NULL,
    detained   boolean NOT NULL,
    clock      jsonb NOT NULL,
    derived_at timestamptz NOT NULL
);

-- Every coming deadline, of requests and of persons.
CREATE TABLE deadlines (
    subject    text NOT NULL,                      -- 'request/<uuid>' or 'custody/<uuid>'
    name       text NOT NULL,                      -- unique in the subject: 'ladder_level/3', 'milestone/r0+90'
    request_id uuid,
    person_id  uuid NOT NULL,
    kind       text NOT NULL,
    level      integer,
    legal      boolean NOT NULL DEFAULT false,
    due_at     timestamptz,
    suspended  boolean NOT NULL DEFAULT false,
    met_at     timestamptz,                        -- custody milestones: when its notice was filed
    seq        bigint NOT NULL,
    why        jsonb NOT NULL,
    PRIMARY KEY (subject, name)
);
CREATE INDEX deadlines_by_time ON deadlines (due_at, subject, name) WHERE met_at IS NULL AND NOT suspended;

CREATE TABLE escalations (
    escalation_id  uuid PRIMARY KEY,               -- name-based on request and local id
    request_id     uuid NOT NULL REFERENCES requests,
    local_id       text NOT NULL,                  -- the core's id, 'L2-17'
    level          integer NOT NULL,
    trigger        text NOT NULL,
    status         text NOT NULL,
    asked_at       timestamptz NOT NULL,
    acknowledge_by timestamptz,
    acknowledged_by text NOT NULL DEFAULT '',
    next_until     timestamptz,
    unreachable_at timestamptz,
    closed_at      timestamptz,
    seq            bigint NOT NULL,
    UNIQUE (request_id, local_id)
);
CREATE UNIQUE INDEX one_open_escalation ON escalations (request_id, level) WHERE status <> 'closed';

-- What a recipient is to be told. The key makes it unique.
CREATE TABLE notices (
    notice_id   uuid PRIMARY KEY,
    key         text NOT NULL UNIQUE,              -- '<filed_under>/<recipient>'
    filed_under text NOT NULL,                     -- the same for everyone who is told of one thing
    recipient   text NOT NULL,                     -- directory id; empty means that nobody was found
    request_id  uuid,
    person_id   uuid,
    kind        text NOT NULL,
    level       integer,
    escalation  text,
    country     text,
    data        jsonb NOT NULL,                    -- codes and dates for the wording
    status      text NOT NULL CHECK (status IN ('waiting', 'bundled', 'sent', 'moot', 'failed', 'no_addressee')),
    message_id  uuid,
    filed_at    timestamptz NOT NULL
);
CREATE INDEX notices_waiting ON notices (recipient) WHERE status = 'waiting';
CREATE INDEX notices_of_request ON notices (request_id);
CREATE INDEX notices_filed ON notices (filed_under);
CREATE INDEX notices_of_message ON notices (message_id);

-- One row for each mail, claimed before it is sent.
CREATE TABLE messages (
    message_id  uuid PRIMARY KEY,                  -- custom argument of the mail
    recipient   text NOT NULL,
    address     text NOT NULL,
    token       text NOT NULL UNIQUE,              -- /a/{token}
    kind        text NOT NULL,
    subject     text NOT NULL,
    status      text NOT NULL CHECK (status IN ('claimed', 'sending', 'accepted', 'unknown', 'delivered', 'bounced', 'dropped', 'rejected')),
    repeat_of   uuid REFERENCES messages,
    provider_id text NOT NULL DEFAULT '',          -- the provider's id, which late bounces name alone
    error_code  text NOT NULL DEFAULT '',
    claimed_at  timestamptz NOT NULL,
    sending_at  timestamptz,
    settled_at  timestamptz
);
CREATE INDEX messages_unsettled ON messages (recipient) WHERE status IN ('claimed', 'sending', 'unknown');
CREATE INDEX messages_by_provider ON messages (provider_id) WHERE provider_id <> '';
CREATE UNIQUE INDEX repeated_once ON messages (repeat_of);

-- One poke of a mailbox is outstanding at most.
CREATE TABLE mailboxes (
    recipient text PRIMARY KEY,
    poked_at  timestamptz                          -- null: none outstanding
);

CREATE TABLE mail_events (
    dedupe_key  text PRIMARY KEY,
    message_id  uuid NOT NULL,
    event       text NOT NULL,
    at          timestamptz NOT NULL,
    reason      text NOT NULL DEFAULT '',          -- a code
    received_at timestamptz NOT NULL
);

-- Verified issuing authorities of a post, with validity dates.
CREATE TABLE issuers (
    issuer     text NOT NULL,
    post       text NOT NULL,
    valid_from date NOT NULL,
    valid_to   date,
    source     text NOT NULL,
    PRIMARY KEY (issuer, post, valid_from)
);

-- The directory, one row for each record of the seed, as loaded; versions by load.
CREATE TABLE directory (
    loaded_at timestamptz PRIMARY KEY,
    sha256    text NOT NULL,
    content   jsonb NOT NULL
);

CREATE INDEX deadlines_of_request ON deadlines (request_id) WHERE request_id IS NOT NULL;
CREATE INDEX recalls_of_request ON recalls (request_id);
