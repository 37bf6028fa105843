# The targets that people and CI use. Nothing but Go is needed for build and test; the other tools are pinned in
# test/tools/go.mod (and those that cannot be built beside these, in test/actionlint and test/release), and built into bin/.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

GO ?= go

# A tool lives in a directory with its version, so that a new pin builds it anew and nothing else does.
pin = $(shell sed -n 's|^[[:space:]]*$(1) \(v[^ ]*\).*|\1|p' test/*/go.mod | head -n 1)
GOLANGCI_LINT ?= bin/golangci-lint-$(call pin,github.com/golangci/golangci-lint/v2)/golangci-lint
GOTESTSUM ?= bin/gotestsum-$(call pin,gotest.tools/gotestsum)/gotestsum
ORAS ?= bin/oras-$(call pin,oras.land/oras)/oras
ACTIONLINT ?= bin/actionlint-$(call pin,github.com/rhysd/actionlint)/actionlint
GOVULNCHECK ?= bin/govulncheck-$(call pin,golang.org/x/vuln)/govulncheck
GORELEASER ?= bin/goreleaser-$(call pin,github.com/goreleaser/goreleaser/v2)/goreleaser
CYCLONEDX ?= bin/cyclonedx-gomod-$(call pin,github.com/CycloneDX/cyclonedx-gomod)/cyclonedx-gomod
OLAREG ?= bin/olareg-$(call pin,github.com/olareg/olareg)/olareg
# The registries that others have made are a program of a module of their own. Debian's comes from Debian.
REGISTRIES ?= bin/registries-$(shell cat test/registries/main.go test/registries/go.mod | cksum | tr ' ' '-')/registries
DEBIAN ?= bin/docker-registry

.PHONY: help
help: ## Show this list
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "%-13s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

.PHONY: build
build: ## Build bin/nfd-compat, static
	CGO_ENABLED=0 $(GO) build -trimpath -ldflags '-s -w' -o bin/nfd-compat ./cmd/nfd-compat

.PHONY: test
test: ## Run the tests; they need nothing but Go
	$(GO) test ./...

.PHONY: race
# Of the packages themselves: what runs the program hundreds of times as a process of its own would take half an hour, and
# internal/cli runs it within the test.
race: $(GOTESTSUM) ## Run the packages' tests under the race detector; needs a C compiler
	CGO_ENABLED=1 $(GOTESTSUM) --format pkgname -- -race ./internal/... ./pkg/...

.PHONY: lint
lint: $(GOLANGCI_LINT) $(ACTIONLINT) ## Check format and lint, in each module, and the workflows
	$(ACTIONLINT)
	$(abspath $(GOLANGCI_LINT)) run ./...
	cd test/parity && $(abspath $(GOLANGCI_LINT)) run --config ../../.golangci.yaml ./...
	cd test/registries && $(abspath $(GOLANGCI_LINT)) run --config ../../.golangci.yaml ./...

.PHONY: fmt
fmt: $(GOLANGCI_LINT) ## Format the code
	$(abspath $(GOLANGCI_LINT)) fmt
	cd test/parity && $(abspath $(GOLANGCI_LINT)) fmt --config ../../.golangci.yaml
	cd test/registries && $(abspath $(GOLANGCI_LINT)) fmt --config ../../.golangci.yaml

.PHONY: docs
docs: ## Write the documents that are made from the code
	$(GO) run ./internal/mkdocs pages docs/commands
	$(GO) test ./internal/cli ./internal/render ./pkg/validate -run 'Page$$|Schema$$' -update

.PHONY: e2e
e2e: $(ORAS) $(OLAREG) ## Run the tests with the real oras and olareg
	PATH="$(dir $(abspath $(ORAS))):$(dir $(abspath $(OLAREG))):$$PATH" $(GO) test -count=1 -tags e2e ./test/e2e/... ./test/docs/...

.PHONY: registries
registries: $(ORAS) $(REGISTRIES) ## Run them with other registries; that of Debian where apt-get is
	@without=; \
	if ! test/registries/debian.sh $(DEBIAN); then without='-skip=/Debian'; fi; \
	PATH="$(dir $(abspath $(ORAS))):$(dir $(abspath $(REGISTRIES))):$(abspath $(DEBIAN)):$$PATH" \
		$(GO) test -count=1 -tags e2e,registries -run '^TestRegistries$$' $$without ./test/e2e/...; \
	if [[ -n $$without ]]; then \
		printf '\n*** NOT TESTED: the docker-registry of Debian, which could not be had (see above).\n*** All else is.\n\n' >&2; \
	fi

.PHONY: parity
parity: ## Compare with NFD's own matcher and sources
	cd test/parity && GOGC=400 $(GO) test -count=1 -timeout 30m -v . -args -trials=1000000 -patterns=50000
	cd test/parity && $(GO) test -count=1 ./discovery/... ./sources/... ./vm/...

.PHONY: vm
vm: ## Compare with NFD's sources in virtual machines; needs QEMU and Debian's apt-get
	cd test/parity && $(GO) run ./vm/fetch && $(GO) test -count=1 -timeout 30m -v ./vm/...

.PHONY: bench
bench: ## Time discovery, evaluation and the program beside NFD's
	cd test/parity && $(GO) test -count=1 -timeout 30m -run '^TestRatios$$' -v . -args -ratios

.PHONY: bench-cli
bench-cli: ## Time the program beside NFD's client: the same registry, artifact and host
	cd test/parity && $(GO) test -count=1 -timeout 30m -run '^TestClientRatios$$' -v . -args -client

.PHONY: check
check: lint test e2e registries parity ## All that CI wants, without the race detector and the other platforms

.PHONY: vuln
vuln: $(GOVULNCHECK) ## Look for known vulnerabilities in what is linked; asks vuln.go.dev
	$(GOVULNCHECK) ./...

.PHONY: release-check
release-check: $(GORELEASER) ## Check the definition of a release
	$(GORELEASER) check --quiet

# The program that lists what is linked is found on the PATH.
releaser = PATH="$(dir $(abspath $(CYCLONEDX))):$$PATH" $(GORELEASER)

.PHONY: snapshot
snapshot: $(GORELEASER) $(CYCLONEDX) ## Build all of a release but the image into dist/
	$(releaser) release --snapshot --clean --skip=ko

.PHONY: release
release: $(GORELEASER) $(CYCLONEDX) ## Make the release of the tag that is checked out; for the workflow
	$(releaser) release --clean

.PHONY: tools
tools: $(GOLANGCI_LINT) $(ACTIONLINT) $(GOTESTSUM) $(ORAS) $(OLAREG) $(REGISTRIES) ## Build the pinned tools

$(GOLANGCI_LINT):
	CGO_ENABLED=0 $(GO) build -C test/tools -trimpath -o $(abspath $@) github.com/golangci/golangci-lint/v2/cmd/golangci-lint

$(GOTESTSUM):
	CGO_ENABLED=0 $(GO) build -C test/tools -trimpath -o $(abspath $@) gotest.tools/gotestsum

$(ORAS):
	CGO_ENABLED=0 $(GO) build -C test/tools -trimpath -o $(abspath $@) oras.land/oras/cmd/oras

$(OLAREG):
	CGO_ENABLED=0 $(GO) build -C test/tools -trimpath -o $(abspath $@) github.com/olareg/olareg/cmd/olareg

$(ACTIONLINT):
	CGO_ENABLED=0 $(GO) build -C test/actionlint -trimpath -o $(abspath $@) github.com/rhysd/actionlint/cmd/actionlint

$(GOVULNCHECK):
	CGO_ENABLED=0 $(GO) build -C test/tools -trimpath -o $(abspath $@) golang.org/x/vuln/cmd/govulncheck

# These two take minutes to build, and nobody but who makes a release needs them.
$(GORELEASER):
	CGO_ENABLED=0 $(GO) build -C test/release -trimpath -o $(abspath $@) github.com/goreleaser/goreleaser/v2

$(CYCLONEDX):
	CGO_ENABLED=0 $(GO) build -C test/release -trimpath -o $(abspath $@) github.com/CycloneDX/cyclonedx-gomod/cmd/cyclonedx-gomod

$(REGISTRIES):
	CGO_ENABLED=0 $(GO) build -C test/registries -trimpath -o $(abspath $@) .
