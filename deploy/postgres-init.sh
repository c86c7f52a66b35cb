#!/bin/sh
# Runs once, when the database volume is empty: roles and database for
# traveldoc, one role and two databases for Temporal. The login that owns the
# tables is for migrations alone; it may make no roles, so those that its
# migrations grant rights to are made here. Those of the processes are their
# members and own nothing: RESET ROLE gives them nothing back.
set -eu
psql -v ON_ERROR_STOP=1 --username "$POSTGRES_USER" \
    -v owner="$TRAVELDOC_DB_PASSWORD" -v api="$TRAVELDOC_API_DB_PASSWORD" -v worker="$TRAVELDOC_WORKER_DB_PASSWORD" \
    -v temporal="$TEMPORAL_DB_PASSWORD" <<'SQL'
CREATE ROLE traveldoc LOGIN PASSWORD :'owner';
CREATE ROLE traveldoc_app NOLOGIN;
CREATE ROLE traveldoc_sequencer NOLOGIN;
CREATE ROLE traveldoc_api LOGIN PASSWORD :'api';
CREATE ROLE traveldoc_worker LOGIN PASSWORD :'worker';
GRANT traveldoc_app TO traveldoc_api, traveldoc_worker;
GRANT traveldoc_sequencer TO traveldoc_worker;
CREATE DATABASE traveldoc OWNER traveldoc;
CREATE ROLE temporal LOGIN PASSWORD :'temporal';
CREATE DATABASE temporal OWNER temporal;
CREATE DATABASE temporal_visibility OWNER temporal;
SQL
