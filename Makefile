# A newcomer needs two commands: make run, make test.

.PHONY: run test generate

run:
	@scripts/install.sh run
	@scripts/build.sh
	@exec build/traveldoc-standalone $(ARGS)

test:
	@scripts/install.sh test
	@scripts/test.sh

generate:
	go generate ./...
