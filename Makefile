# A newcomer needs two commands: make run, make test.

.PHONY: run test generate bench

run:
	@scripts/install.sh run
	@scripts/build.sh
	@exec build/traveldoc-standalone $(ARGS)

test:
	@scripts/install.sh test
	@scripts/test.sh

generate:
	go generate ./...

# Prints a table and writes build/bench.json. ARGS=-quick runs everything once and shortly.
bench:
	@scripts/install.sh run
	@scripts/build.sh
	@cd cmd/standalone && go build -o ../../build/traveldoc-bench ./bench
	@exec build/traveldoc-bench -standalone build/traveldoc-standalone $(ARGS)
