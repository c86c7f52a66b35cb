-- +goose Up
-- The owner migrates; the application works under a role that can't rewrite
-- what happened. An operator who may not let migrations make roles makes
-- 'traveldoc_app' beforehand.

-- +goose StatementBegin
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'traveldoc_app') THEN
        CREATE ROLE traveldoc_app NOLOGIN;
    END IF;
EXCEPTION
    -- Another database of the same server was migrated at the same moment.
    WHEN duplicate_object OR unique_violation THEN NULL;
END
$$;
-- +goose StatementEnd

GRANT USAGE ON SCHEMA traveldoc TO traveldoc_app;

GRANT SELECT, INSERT, UPDATE ON
    persons, person_details, orders, order_details, requests, commands, command_texts, document_numbers,
    outbox, holds, dispatches, recalls, custody_clocks, deadlines, escalations, notices, messages, mailboxes,
    issuers, directory
TO traveldoc_app;

-- What happened is added to and read, nothing else.
GRANT SELECT, INSERT ON events, legal_events, mail_events, alarms TO traveldoc_app;
GRANT UPDATE (settled_at) ON alarms TO traveldoc_app;

-- Deadlines are derived: a new derivation replaces the old.
GRANT DELETE ON deadlines TO traveldoc_app;

GRANT SELECT ON stage_intervals TO traveldoc_app;
