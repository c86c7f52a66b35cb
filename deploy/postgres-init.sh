#!/bin/sh
# Runs once, when the database volume is empty: one role and database for
# traveldoc, one role and two databases for Temporal. traveldoc's login may make
# no roles, so those that its migrations grant rights to are made here; it works
# under them and owns the tables all the same.
set -eu
psql -v ON_ERROR_STOP=1 --username "$POSTGRES_USER" \
    -v traveldoc="$TRAVELDOC_DB_PASSWORD" -v temporal="$TEMPORAL_DB_PASSWORD" <<'SQL'
CREATE ROLE traveldoc LOGIN PASSWORD :'traveldoc';
CREATE ROLE traveldoc_app NOLOGIN;
CREATE ROLE traveldoc_sequencer NOLOGIN;
GRANT traveldoc_app, traveldoc_sequencer TO traveldoc;
CREATE DATABASE traveldoc OWNER traveldoc;
CREATE ROLE temporal LOGIN PASSWORD :'temporal';
CREATE DATABASE temporal OWNER temporal;
CREATE DATABASE temporal_visibility OWNER temporal;
SQL
