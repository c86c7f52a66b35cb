#!/usr/bin/env bash
# Builds build/traveldoc-standalone. The first build compiles the whole engine,
# which takes minutes, so it says how far it has come.
set -euo pipefail
cd "$(dirname "$0")/.."
target=$PWD/build/traveldoc-standalone
mkdir -p build

fail() {
	echo "traveldoc: $*" >&2
	exit 1
}

needed_mib=3000
free_mib() {
	local folder=$1
	while [ ! -d "$folder" ]; do folder=$(dirname "$folder"); done
	df --output=avail --block-size=1M "$folder" | tail -n 1 | tr -d ' '
}

cd cmd/standalone
if [ ! -d "$(go env GOMODCACHE)/go.temporal.io" ]; then
	echo "traveldoc: fetching the Go modules, once"
	for folder in "$(go env GOMODCACHE)" "$(go env GOCACHE)"; do
		[ "$(free_mib "$folder")" -ge "$needed_mib" ] ||
			fail "the first build needs ${needed_mib} MiB and the disk of $folder has $(free_mib "$folder"); free some, or set GOMODCACHE and GOCACHE to a larger disk."
	done
	go list -deps . >/dev/null || fail "the Go modules could not be fetched; check this machine's network and 'go env GOPROXY'."
fi

todo=$(go list -deps -f '{{if .Stale}}{{.ImportPath}}{{end}}' . | wc -l) ||
	fail "the packages could not be listed; run 'cd cmd/standalone && go list -deps .' to see why."
if [ "$todo" -gt 50 ]; then
	echo "traveldoc: compiling $todo packages; on two cores the first time takes five to ten minutes"
fi

log=$(mktemp)
trap 'rm -f "$log"' EXIT
go build -v -o "$target" . 2>"$log" &
build=$!
trap 'kill "$build" 2>/dev/null || true; rm -f "$log"; exit 130' INT TERM
began=$SECONDS
reported=$SECONDS
while kill -0 "$build" 2>/dev/null; do
	sleep 0.2
	if [ "$todo" -gt 10 ] && [ $((SECONDS - reported)) -ge 5 ]; then
		reported=$SECONDS
		echo "traveldoc: compiled $(grep -cE '^[A-Za-z0-9./_~+-]+$' "$log" || true) of $todo packages after $((SECONDS - began)) s"
	fi
done
if ! wait "$build"; then
	cat "$log" >&2
	if grep -q "no space left" "$log"; then
		fail "the disk is full; free some space, or set GOCACHE and GOTMPDIR to a larger disk."
	fi
	fail "the build failed for the reason above."
fi
