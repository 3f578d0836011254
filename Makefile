# `make` alone says what there is. Everything runs on a machine that has Go; what else a target needs, it fetches or names.

SHELL := /bin/bash
.DEFAULT_GOAL := help

VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)

# Tools of a pinned version, installed at the first use.
GOLANGCI_LINT := bin/golangci-lint-v2.15.0
CYCLONEDX := bin/cyclonedx-gomod-v1.10.0
GOSEC := bin/gosec-v2.30.0
GOVULNCHECK := bin/govulncheck-v1.9.0

help: ## Say what there is
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-14s %s\n", $$1, $$2}'

run: build ## Start the registry on this machine, with a database of its own (or that of DATABASE_URL)
	@exec bin/registry dev

build: ## Build the programs, static, into bin/
	CGO_ENABLED=0 go build -trimpath -tags timetzdata -ldflags '-s -w -X main.released=$(VERSION)' -o bin/registry ./cmd/registry
	CGO_ENABLED=0 go build -trimpath -tags timetzdata -ldflags '-s -w' -o bin/migrate ./cmd/migrate

# Packages of tests at once: more than there are processors cost more CPU, more than four too many connections. Vetting is for lint.
PACKAGES := $(shell n=$$(getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2); echo $$((n < 4 ? n : 4)))

test: ## Run all tests; PostgreSQL is started, and downloaded where there is none
	go test -p $(PACKAGES) -vet=off -timeout 15m ./...

# The race detector is slow. Of api, only the tests in these files run under it: streams, the response cache, rate limits,
# idempotency, shutdown, health checks. Every package starts the shared server, so embeddedpg is covered without its own tests.
RACE_PACKAGES := $(addprefix ./internal/,apikey changes names paging pg spelling webhook)
RACE_API := $(patsubst %,api/%_test.go,responsecache health idempotency ratelimit serve stream)
RACE := CGO_ENABLED=1 go test -race -p $(PACKAGES) -vet=off -timeout 15m

test-race: ## Run the tests of concurrent code with the race detector (needs a C compiler)
	@ls $(RACE_API) >/dev/null # a file that was renamed fails here instead of dropping out
	$(RACE) $(RACE_PACKAGES)
	@$(RACE) -run "^($$(sed -n 's/^func \(Test[A-Za-z0-9_]*\)(t .*/\1/p' $(RACE_API) | paste -sd'|'))$$" ./api

# The tests in these files are all tests in the browser, and need its build tag.
BROWSER_API := $(wildcard api/*browser_test.go)

test-browser: tools ## Use Swagger UI, the pages and the typed client as people do (needs Node and Chromium)
	go test -count=1 -tags browser -vet=off -timeout 25m -v \
		-run "^($$(sed -n 's/^func \(Test[A-Za-z0-9_]*\)(t .*/\1/p' $(BROWSER_API) | paste -sd'|'))$$" ./api

generate: ## Regenerate the OpenAPI documents and migrations/schema.sql
	go generate ./...

lint: $(GOLANGCI_LINT) ## Look for mistakes: gofmt, go vet, golangci-lint
	@unformatted="$$(git ls-files '*.go' | xargs gofmt -l)"; [ -z "$$unformatted" ] || { echo "not gofmt-ed:"; echo "$$unformatted"; exit 1; }
	go vet -tags browser ./...
	go vet -tags production ./cmd/...
	go vet -tags chaos ./cmd/...
	$(GOLANGCI_LINT) run

lint-openapi: tools ## Lint the OpenAPI documents and compile clients made from them (needs Node)
	openapi/lint.sh

verify: lint generate lint-openapi ## Check that the code is clean and that everything generated is committed
	go mod tidy -diff
	go mod verify
	@changed="$$(git status --porcelain)"; [ -z "$$changed" ] || { echo "not committed, or not what is generated:"; echo "$$changed"; git --no-pager diff --stat; exit 1; }

chaos: ## Kill, cut and fill up under load, and count what is lost: at most five minutes (as root with a small disk of its own)
	go test -count=1 -tags chaos -vet=off -timeout 5m -run TestNoFaultLosesDuplicatesOrReordersWrites -v ./cmd/registry

# Another SEED makes other requests; the test prints it. With URL=http://localhost:8080 KEY=rtr_… they go to a running service.
REQUESTS ?= 100000
SEED ?= $(shell date +%s)

fuzz: ## Send requests made from the OpenAPI document (REQUESTS=100000, SEED=…) and check the responses
	go test -count=1 -vet=off -timeout 60m -run TestRequestsFromTheDocumentAreNeverRejectedForTheirForm -v ./api -args \
		-generated.requests=$(REQUESTS) -generated.seed=$(SEED) $(if $(URL),-generated.url=$(URL) -generated.key=$(KEY))

# Development tools are left out. Programs and the embedded database open files and start programs that the operator names.
gosec: $(GOSEC) ## Look for insecure code
	$(GOSEC) -quiet -exclude-dir internal/bench -exclude-dir internal/dbtest -exclude-dir openapi/generate -exclude-dir migrations/dump \
		-exclude-rules '(cmd|internal/embeddedpg)/.*:G204,G304' ./...

vulncheck: $(GOVULNCHECK) ## Look for known vulnerabilities (needs vuln.go.dev, or VULNDB=<url of a copy>; error 4: not checked)
	@$(GOVULNCHECK) $(if $(VULNDB),-db $(VULNDB)) ./... > bin/vulncheck.txt 2>&1; code=$$?; cat bin/vulncheck.txt; \
	if grep -q '^govulncheck: fetching vulnerabilities' bin/vulncheck.txt; then \
		echo "NOT CHECKED: the vulnerability database cannot be reached. Set VULNDB to a copy of it." >&2; exit 4; fi; exit $$code

# Licenses are read from the module cache. The log complains that the registry itself is not in it.
sbom: build $(CYCLONEDX) ## Write a bill of materials for each program to bin/ (CycloneDX JSON)
	@for name in registry migrate; do \
		GOPROXY=off $(CYCLONEDX) bin -json -licenses -std -version $(VERSION) -output bin/$$name.cdx.json bin/$$name 2> bin/sbom.log || \
			{ cat bin/sbom.log; exit 1; }; \
		echo "bin/$$name.cdx.json: $$(grep -c '"type": "library"' bin/$$name.cdx.json) modules"; done

bench: ## Measure the service beside a bare handler, at 1,000 and 100,000 events (11 GB in the user's cache; go run ./internal/bench -clean removes it)
	go run ./internal/bench $(BENCH)

bench-names: bench-identity ## Measure how names are found, with the people and spellings of the folder NAMES_DIR
	go run ./internal/bench names -names "$(NAMES_DIR)" $(BENCH)

bench-identity: ## Measure which organizations and people are recognized: names of NAMES_DIR, documents of EVENTS_DIR
	go run ./internal/bench identity -names "$(NAMES_DIR)" -events "$(EVENTS_DIR)" $(BENCH_IDENTITY)

bench-search: ## Measure the search of the sample with judged queries in three languages
	go run ./internal/bench search $(BENCH_SEARCH)

clean: ## Remove what was built; the data in .data stays
	rm -rf bin openapi/tools/node_modules openapi/tools/client/orval openapi/client/build openapi/client/dist openapi/client/shown openapi/client/src/generated

$(GOLANGCI_LINT): TOOL := github.com/golangci/golangci-lint/v2/cmd/golangci-lint
$(CYCLONEDX): TOOL := github.com/CycloneDX/cyclonedx-gomod/cmd/cyclonedx-gomod
$(GOSEC): TOOL := github.com/securego/gosec/v2/cmd/gosec
$(GOVULNCHECK): TOOL := golang.org/x/vuln/cmd/govulncheck
$(GOLANGCI_LINT) $(CYCLONEDX) $(GOSEC) $(GOVULNCHECK):
	GOBIN=$(CURDIR)/bin go install $(TOOL)@$(lastword $(subst -v, v,$@))
	mv bin/$(notdir $(TOOL)) $@

tools:
	@openapi/tools/install.sh

.PHONY: help run build test test-race test-browser tools generate lint lint-openapi verify chaos fuzz gosec vulncheck sbom bench bench-names bench-identity bench-search clean
