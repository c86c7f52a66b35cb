#!/bin/sh
# Creates or upgrades Temporal's two databases. Safe to run again: the setup
# leaves a version above 0.0 alone.
set -eu
tool="temporal-sql-tool --plugin postgres12_pgx --ep postgres -p 5432 -u temporal"
for database in temporal temporal_visibility; do
    kind=${database#temporal_}
    $tool --db "$database" setup-schema -v 0.0
    $tool --db "$database" update-schema -d "/etc/temporal/schema/postgresql/v12/$kind/versioned"
done
