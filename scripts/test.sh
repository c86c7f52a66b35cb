#!/usr/bin/env bash
# Runs all tests: the root module with the race detector, then the standalone's
# module, whose tests run the engine and would take too long with it.
set -euo pipefail
cd "$(dirname "$0")/.."

step() {
	echo "== $*"
	"$@"
}

step go vet ./...
step go test -race -timeout 15m ./...
cd cmd/standalone
step go vet ./...
step go test -timeout 15m ./...
