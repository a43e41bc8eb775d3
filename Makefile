# buildgraph: build, test and measure. `make help` lists what there is.
#
# Building needs Go and a C compiler only. With sudo (or as root in a tree that
# somebody else owns) only what must be root is: everything that writes into the
# tree runs as its owner, through .ci/as-owner.

.DELETE_ON_ERROR:
.NOTPARALLEL:
.SUFFIXES:
SHELL := /bin/bash

PREFIX  ?= /usr/local
DESTDIR ?=

GO    := $(or $(GO),$(shell .ci/find-go))
OWNER := .ci/as-owner
RUN    = $(OWNER) $(or $(GO),$(error no Go 1.21 or newer found: install it from https://go.dev/dl/ or your distribution, or name it: make GO=/path/to/go))

# Tools that are Go programs are found by tests and by go itself through PATH.
export PATH := $(PATH)$(if $(GO),:$(dir $(GO)))
# Git refuses a tree of another user's, so only the build proper asks it.
export GOFLAGS := $(GOFLAGS) -buildvcs=false

GOLANGCI := github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0

# The packages whose tests need root, a kernel to watch or a sandbox; those of the others
# run as the owner of the tree.
PRIVILEGED := ./bpf ./capture ./store ./graph/dryrun ./graph/declared ./cmd/...
# Those that build whole packages to compare what others say of the build; no limit
# of time is in them.
COMPARED := ./capture/oracle ./graph/audit/truth
# Those of them that run once more with the race detector and smaller storms.
RACE := ./capture ./store
# Those of them that must pass on Debian's 6.1 kernel too; of the comparison with
# strace the parts that are quick where the processor is emulated.
KERNELS := ./bpf ./capture ./graph/dryrun
KERNELS_ORACLE := ^TestOracle(Traps|Calls)$$/-j1$$

FUZZTIME ?= 5s
KERNEL   ?= 6.1
ROUNDS   ?= 7

.PHONY: build
build: ## build ./buildgraph (the default)
	@[ "$$(id -u)" != 0 ] || .ci/deps build
	$(RUN) build -buildvcs=$(VCS) $(if $(RELEASE),-ldflags '-X main.release=$(RELEASE)') -o buildgraph ./cmd/buildgraph

# A version and a date are recorded where git can tell them; RELEASE=v1.2.3 names a
# release.
VCS = $(shell $(OWNER) git rev-parse -q --verify HEAD >/dev/null 2>&1 && echo true || echo false)

.PHONY: help
help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  \1\t\2/p' Makefile | expand -t 18

.PHONY: generate
generate: ## compile the BPF programs anew (clang), name the system calls; the result is committed
	@.ci/deps generate
	$(RUN) generate ./bpf ./store/sysnum

# --- tests ---------------------------------------------------------------------

.PHONY: test
test: root deps build vet lint unit generated privileged rest ## everything, as root; installs what is missing
	@echo "make test: all passed"

.PHONY: root
root:
	@[ "$$(id -u)" = 0 ] || { echo "make test loads eBPF programs and boots a kernel: run it as root (sudo make test); what needs no root: make vet lint unit fuzz" >&2; exit 1; }

.PHONY: deps
deps: ## install the Debian packages that the tests need
	@.ci/deps build generate test kernels

.PHONY: vet
vet: ## gofmt, go vet, staticcheck
	@unformatted=$$($(dir $(GO))gofmt -l $$(find . -name '*.go' -not -path './build/*')); \
	 [ -z "$$unformatted" ] || { echo "not gofmt-ed: $$unformatted" >&2; exit 1; }
	$(RUN) vet ./... ./testdata/bench
	$(RUN) tool staticcheck ./... ./testdata/bench

.PHONY: lint
lint: ## golangci-lint: which package may import which, and more (.golangci.yml)
	$(RUN) run $(GOLANGCI) run ./...

.PHONY: vulncheck
vulncheck: ## known vulnerabilities in what is linked; asks vuln.go.dev, so no part of test
	$(RUN) run golang.org/x/vuln/cmd/govulncheck@v1.9.0 ./...

.PHONY: unit
unit: ## the tests that need no privileges, with the race detector
	$(RUN) test -race $$($(RUN) list ./... | grep -vxFf <($(RUN) list $(PRIVILEGED) $(COMPARED)))

.PHONY: generated
generated: ## whether the committed BPF objects are what bpf/src compiles to
	$(OWNER) .ci/generated $(GO)

.PHONY: privileged
privileged: root build ## the tests that watch real builds
	$(OWNER) rm -rf build/test
	$(OWNER) mkdir -p build/test
	$(RUN) test -c -o build/test/ $(PRIVILEGED)
	BUILDGRAPH_BIN=$(CURDIR)/buildgraph .ci/privileged build/test $$($(RUN) list -f '{{.Dir}}' $(PRIVILEGED))

.PHONY: race
race: root build ## those of capture and store with the race detector
	$(OWNER) rm -rf build/race
	$(OWNER) mkdir -p build/race
	$(RUN) test -c -race -o build/race/ $(RACE)
	BUILDGRAPH_TEST_SCALE=50 .ci/privileged build/race $$($(RUN) list -f '{{.Dir}}' $(RACE))

.PHONY: compared
compared: root build ## builds of Debian's packages, compared with strace, Bear and make itself
	$(OWNER) rm -rf build/compared
	$(OWNER) mkdir -p build/compared
	$(RUN) test -c -o build/compared/ $(COMPARED)
	BUILDGRAPH_BIN=$(CURDIR)/buildgraph .ci/privileged build/compared $$($(RUN) list -f '{{.Dir}}' $(COMPARED))

# The virtual machine emulates its processor on one core and leaves the other idle.
.PHONY: rest
rest: root build
	@MAKE='$(MAKE)' .ci/together 'compared fuzz' 'test-kernels race'

.PHONY: fuzz
fuzz: ## every fuzz target for FUZZTIME
	$(OWNER) .ci/fuzz $(GO) $(FUZZTIME)

.PHONY: test-kernels
test-kernels: root build ## the tests of capture on Debian's 6.1 kernel, in a virtual machine
	@.ci/deps kernels test
	$(OWNER) rm -rf build/kernels
	$(OWNER) mkdir -p build/kernels
	$(RUN) test -c -o build/kernels/ $(KERNELS) ./capture/oracle
	$(EMULATED) .ci/privileged build/kernels $$($(RUN) list -f '{{.Dir}}' $(KERNELS))
	$(EMULATED) TESTS='$(KERNELS_ORACLE)' .ci/privileged build/kernels $(CURDIR)/capture/oracle

# The storms of events are smaller there.
EMULATED = testdata/kernels/run $(KERNEL) -- env BUILDGRAPH_BIN=$(CURDIR)/buildgraph BUILDGRAPH_TEST_SCALE=200 \
	XDG_CACHE_HOME=$${XDG_CACHE_HOME:-$$HOME/.cache}

# --- show and measure ----------------------------------------------------------

.PHONY: demo
demo: root-demo build ## capture the build of an example and draw it
	@.ci/deps demo
	testdata/demo/run

.PHONY: root-demo
root-demo:
	@[ "$$(id -u)" = 0 ] || [ -n "$(BUILDGRAPH)" ] || { echo "make demo captures a build: run it as root (sudo make demo)" >&2; exit 1; }

.PHONY: bench
bench: root build ## what a capture costs, against the untraced build and strace; fails above the limits
	@.ci/deps bench
	$(OWNER) mkdir -p build
	$(RUN) build -o build/bench ./testdata/bench
	build/bench -buildgraph ./buildgraph -rounds $(ROUNDS) $(BENCHFLAGS)

# --- install -------------------------------------------------------------------

.PHONY: man
man: build ## the manual pages, into build/man
	$(OWNER) ./buildgraph man build/man

.PHONY: completion
completion: build ## completions for bash, zsh and fish, into build/completion
	$(OWNER) mkdir -p build/completion
	$(OWNER) sh -c './buildgraph completion bash >build/completion/buildgraph && \
		./buildgraph completion zsh >build/completion/_buildgraph && \
		./buildgraph completion fish >build/completion/buildgraph.fish'

.PHONY: install
install: man completion ## the program, its manual and completions, below DESTDIR/PREFIX
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/share/man/man1 \
		$(DESTDIR)$(PREFIX)/share/bash-completion/completions \
		$(DESTDIR)$(PREFIX)/share/zsh/site-functions $(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d
	install -m 755 buildgraph $(DESTDIR)$(PREFIX)/bin/
	install -m 644 build/man/*.1 $(DESTDIR)$(PREFIX)/share/man/man1/
	install -m 644 build/completion/buildgraph $(DESTDIR)$(PREFIX)/share/bash-completion/completions/
	install -m 644 build/completion/_buildgraph $(DESTDIR)$(PREFIX)/share/zsh/site-functions/
	install -m 644 build/completion/buildgraph.fish $(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d/

.PHONY: clean
clean: ## remove what was built here (not the caches in ~/.cache)
	rm -rf buildgraph build
