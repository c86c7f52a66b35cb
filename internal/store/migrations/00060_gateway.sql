-- +goose Up
-- How what was authorised leaves, and what people record of it on its way.

-- From this instant the effect of a dispatch may have had its way. A dispatch
-- without it certainly has not left.
ALTER TABLE dispatches ADD COLUMN departing_at timestamptz;
CREATE INDEX dispatches_of_post ON dispatches (post, authorised_at DESC, dispatch_id DESC);
CREATE INDEX dispatches_of_request ON dispatches (request_id, authorised_at);

-- Whoever confirms a recall says what became of what was out, so that the post acts on nothing of it.
ALTER TABLE recalls ADD COLUMN confirmed_as text CHECK (confirmed_as IN ('returned', 'destroyed', 'never_arrived'));
ALTER TABLE recalls ADD COLUMN confirmed_by text;
ALTER TABLE recalls ADD COLUMN confirmed_document uuid REFERENCES documents;
ALTER TABLE recalls ADD COLUMN confirmed_with uuid UNIQUE; -- id of the command

-- What a channel let go: from then on a person may hand it over, or enter it in the post's system.
CREATE TABLE releases (
    dispatch_id uuid PRIMARY KEY REFERENCES dispatches,
    channel     text NOT NULL,
    released_at timestamptz NOT NULL
);

-- Who handed a package over to which courier, under which tracking number.
CREATE TABLE hand_overs (
    dispatch_id    uuid PRIMARY KEY REFERENCES dispatches,
    courier        text NOT NULL,                  -- a code
    tracking       text NOT NULL,
    handed_over_by text NOT NULL,
    handed_over_at timestamptz NOT NULL,
    command_id     uuid NOT NULL UNIQUE
);
CREATE UNIQUE INDEX hand_over_by_tracking ON hand_overs (courier, tracking);

-- The courier's word that the post has it, as a document.
CREATE TABLE proofs_of_delivery (
    dispatch_id  uuid PRIMARY KEY REFERENCES dispatches,
    document_id  uuid NOT NULL REFERENCES documents,
    delivered_at timestamptz NOT NULL,
    recorded_by  text NOT NULL,
    recorded_at  timestamptz NOT NULL,
    command_id   uuid NOT NULL UNIQUE
);

-- The number that the post's own system gave. No two packages have one number there.
CREATE TABLE submissions (
    dispatch_id  uuid PRIMARY KEY REFERENCES dispatches,
    system       text NOT NULL,                    -- a code
    number       text NOT NULL,
    submitted_by text NOT NULL,
    submitted_at timestamptz NOT NULL,
    command_id   uuid NOT NULL UNIQUE
);
CREATE UNIQUE INDEX submission_by_number ON submissions (system, number);

-- What was recorded of a departure stays.
GRANT SELECT, INSERT ON releases, hand_overs, proofs_of_delivery, submissions TO traveldoc_app;
