#!/usr/bin/env bash
# Runs all tests: what reads the source first, then the root module with the
# race detector, then what measures memory without it, then the standalone's
# module, whose tests run the engine and would take too long with it.
set -euo pipefail
cd "$(dirname "$0")/.."

step() {
	echo "== $*"
	"$@"
}

formatted() {
	local untidy
	untidy=$(gofmt -l $(git ls-files --cached --others --exclude-standard '*.go'))
	[ -z "$untidy" ] || { echo "not formatted by gofmt: $untidy" >&2; return 1; }
}

# Generates again beside the committed files and compares.
generated() {
	local before after
	before=$(sums)
	go generate ./...
	after=$(sums)
	[ "$before" = "$after" ] || { echo "generated code is not what generating now makes: run make generate and commit" >&2; return 1; }
}

sums() {
	find api/contract internal -name '*.go' -print0 | sort -z | xargs -0 grep -lZ '^// Code generated' | xargs -0 sha256sum
}

step formatted
step go vet ./...
step generated
step go tool -modfile=tools/go.mod workflowcheck ./workflows
step go test -race -timeout 25m ./...
step go test -run TheLargestPackage ./internal/outgoing
cd cmd/standalone
step go vet ./...
step go test -timeout 15m ./...
