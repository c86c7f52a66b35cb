#!/bin/sh
# Creates the namespace and the one search attribute. Safe to run again.
set -eu
temporal operator namespace describe -n traveldoc >/dev/null 2>&1 ||
    temporal operator namespace create -n traveldoc --retention 720h
temporal operator search-attribute list -n traveldoc | grep -q TdrStage ||
    temporal operator search-attribute create -n traveldoc --name TdrStage --type Keyword
