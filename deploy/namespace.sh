#!/bin/sh
# Creates the namespace and the one search attribute. Safe to run again.
set -eu
# The port answers before the server does its work.
tries=30
until temporal operator cluster health >/dev/null 2>&1; do
    tries=$((tries - 1))
    [ "$tries" -gt 0 ] || { echo "Temporal at $TEMPORAL_ADDRESS is not well after two minutes; look into its log." >&2; exit 1; }
    sleep 4
done
temporal operator namespace describe -n traveldoc >/dev/null 2>&1 ||
    temporal operator namespace create -n traveldoc --retention 720h
temporal operator search-attribute list -n traveldoc | grep -q TdrStage ||
    temporal operator search-attribute create -n traveldoc --name TdrStage --type Keyword
