-- +goose Up
-- Who looked into a request beyond their reach, and until when they may. Why is
-- personal text of the command.
CREATE TABLE break_glass (
    command_id uuid PRIMARY KEY,
    subject    text NOT NULL,
    request_id uuid NOT NULL REFERENCES requests,
    opened_at  timestamptz NOT NULL,
    ends_at    timestamptz NOT NULL
);
CREATE INDEX break_glass_of ON break_glass (subject, request_id, ends_at);

GRANT SELECT, INSERT ON break_glass TO traveldoc_app;
