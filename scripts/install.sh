#!/usr/bin/env bash
# Checks for what traveldoc needs on a Debian or Ubuntu machine, and installs
# what apt can install. Says what it installs; a failure is one sentence that
# says what to do.
#
#   scripts/install.sh run     for the standalone
#   scripts/install.sh test    also what the tests need
set -euo pipefail
cd "$(dirname "$0")/.."

oldest_postgres=15

fail() {
	echo "traveldoc: $*" >&2
	exit 1
}

as_root() {
	if [ "$(id -u)" = 0 ]; then
		"$@"
	elif command -v sudo >/dev/null; then
		sudo "$@"
	else
		fail "installing packages needs root; install sudo, or run this once as root."
	fi
}

apt_updated=no
apt_install() {
	command -v apt-get >/dev/null ||
		fail "this machine has no apt-get; install $* (or what it is called here) by hand and try again."
	echo "traveldoc: installing $* with apt-get"
	if [ "$apt_updated" = no ]; then
		as_root apt-get update -qq || fail "apt-get update failed; check this machine's network and /etc/apt."
		apt_updated=yes
	fi
	# A machine that has just started may be installing its updates.
	as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
		-o DPkg::Lock::Timeout=300 "$@" >/dev/null ||
		fail "apt-get could not install $*; run 'apt-get install $*' to see why."
}

newest_postgres() {
	local newest=0 server version
	for server in /usr/lib/postgresql/*/bin/postgres "$(command -v postgres || true)"; do
		[ -x "$server" ] && [ -x "$(dirname "$server")/initdb" ] || continue
		version=$("$server" --version | grep -oE '[0-9]+' | head -n 1)
		if [ "$version" -gt "$newest" ]; then newest=$version; fi
	done
	echo "$newest"
}

check_go() {
	command -v go >/dev/null ||
		fail "Go is not installed; install $(sed -n 's/^go //p' go.mod) or newer from https://go.dev/dl/ and put its bin folder on PATH."
	go version >/dev/null 2>&1 ||
		fail "this Go is too old ($(GOTOOLCHAIN=local go env GOVERSION)) and could not fetch $(sed -n 's/^go //p' go.mod); install that from https://go.dev/dl/."
}

# The distribution makes and starts a cluster "main" when it installs a server.
# traveldoc runs one of its own and wants no other process on the machine.
install_postgres() {
	apt_install postgresql-common
	local configuration=/etc/postgresql-common/createcluster.d
	as_root mkdir -p "$configuration"
	echo "create_main_cluster = false" | as_root tee "$configuration/traveldoc.conf" >/dev/null
	apt_install postgresql
	as_root rm -f "$configuration/traveldoc.conf"
}

check_postgres() {
	if [ "$(newest_postgres)" -ge "$oldest_postgres" ]; then return; fi
	if [ -n "${DATABASE_URL:-}" ]; then return; fi
	install_postgres
	local found
	found=$(newest_postgres)
	if [ "$found" -lt "$oldest_postgres" ]; then
		fail "this distribution offers PostgreSQL $found and $oldest_postgres is needed; run" \
			"'/usr/share/postgresql-common/pgdg/apt.postgresql.org.sh', then 'apt-get install postgresql-17', both as root, and try again."
	fi
}

# The race detector links with C.
check_compiler() {
	if command -v gcc >/dev/null && [ -e /usr/include/stdlib.h ]; then return; fi
	apt_install gcc libc6-dev
}

# Pages are looked at in a real browser.
check_browser() {
	local name
	for name in chromium chromium-browser google-chrome; do
		if command -v "$name" >/dev/null; then return; fi
	done
	apt_install chromium fonts-liberation
}

check_go
check_postgres
if [ "${1:-run}" = test ]; then
	check_compiler
	check_browser
fi
