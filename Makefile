# Everything that a developer or CI does. `make help` lists it.
SHELL := /bin/bash
GO    ?= go
TOOL  := $(GO) tool -modfile=tools/go.mod
# Test data that is not part of the repository; tests that need it say so and skip where it is absent.
SEKISHO_TEST_SHARED ?= $(abspath ../shared)
export SEKISHO_TEST_SHARED

.PHONY: help run demo build test check lint bench fuzz servers

help: ## list the targets
	@awk -F':.*## ' '/^[a-z-]+:.*## /{printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: build ## serve the sites of ./sekisho.yaml
	./bin/sekisho serve --config sekisho.yaml

demo: ## a sample site behind the checkpoint, with the portal
	$(GO) run ./cmd/sekisho demo

build: ## the static binary, in bin/
	CGO_ENABLED=0 $(GO) build -trimpath -ldflags='-s -w' -o bin/sekisho ./cmd/sekisho

test: servers ## every test, with the race detector, against real servers
	SEKISHO_TEST_REQUIRE_SERVERS=1 $(GO) test -race -timeout 15m ./...
	$(GO) test -timeout 10m -run 'Reload_holds|Proof|Profile|RuleSetsOwnTests|EqualNames|Detector|CompiledExclusion' ./ruleset ./bench/corpora ./internal/app # whole corpora, many rounds, without the race detector

check: lint test ## what CI runs: linters, then every test, then ten seconds of fuzzing for each reader of sensors
	scripts/fuzz 10s ./sensor-bridge

lint: ## format, vet, staticcheck, module file, known vulnerabilities
	@unformatted="$$($(TOOL) gofumpt -l .)"; if [ -n "$$unformatted" ]; then echo "run: go tool -modfile=tools/go.mod gofumpt -w ."; echo "$$unformatted"; exit 1; fi
	$(GO) vet ./...
	$(TOOL) staticcheck ./...
	$(GO) mod tidy -diff
	@scripts/vulncheck

bench: build ## requests per second with the WAF on against off; takes about a minute
	./bin/sekisho bench load

fuzz: ## every fuzz target, ten minutes each
	scripts/fuzz 10m

servers: ## install the servers that the tests use, where they are missing
	@scripts/servers
