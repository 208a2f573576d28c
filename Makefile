# The front door. Everything here only calls CMake presets (CMakePresets.json) and the programs in
# tools/; nothing is built by make itself.
SHELL := /bin/bash
PREFIX ?= /usr/local
SECONDS_EACH ?= 60
export PYTHONDONTWRITEBYTECODE = 1

.DEFAULT_GOAL := help
.PHONY: help run build test unit bench fmt lint asan tsan fuzz docs install dist clean \
        need-build need-test

help: ## this list
	@echo "Headroom. The two commands to know: make run, make test."
	@echo
	@awk -F '## ' '/^[a-z-]*:.*## / { split($$1, t, ":"); printf "  make %-9s %s\n", t[1], $$2 }' Makefile
	@echo
	@echo "  make run ARGS=\"--port 9000\"    flags for the proxy"
	@echo "  make test ARGS=\"unit e2e\"      only some suites: unit golden wire e2e node"

run: build ## build what is missing and start the proxy
	@build/headroom proxy $(ARGS) || [ $$? = 130 ]

build: need-build build/release/build.ninja ## leave the release program at build/headroom
	@tools/build release headroom
	@cmp -s build/release/headroom build/headroom || cp -f build/release/headroom build/headroom

test: need-test asan ## set up, build with sanitizers, run all tests
	@tools/run-tests $(ARGS)

unit: need-test asan ## only the tests in C
	@tools/run-tests unit

bench: build ## compare with doing without and with others, one table
	@tools/install-packages bench
	@tools/build release libheadroom
	@bench/run $(ARGS)

fmt: ## format the sources in place
	@tools/format

lint: need-test ## formatting, layers, banned functions, settings, generated pages, static analysis
	@tools/install-packages lint
	@tools/lint $(ARGS)

asan: need-build build/asan/build.ninja ## build with AddressSanitizer and UBSan in build/asan
	@tools/build asan

tsan: need-test build/tsan/build.ninja ## build with ThreadSanitizer and run the tests in C
	@tools/build tsan
	@ctest --test-dir build/tsan --output-on-failure -j2

fuzz: need-build ## run each fuzz target for SECONDS_EACH=60 seconds
	@tools/install-packages fuzz
	@$(MAKE) --no-print-directory build/fuzz/build.ninja
	@tools/build fuzz
	@tools/run-fuzz $(SECONDS_EACH) $(ARGS)

docs: ## generate docs/reference from defs/
	@tools/gen-docs

install: need-build build/release/build.ninja ## install under PREFIX=/usr/local
	@tools/build release && cmake --install build/release --prefix "$(PREFIX)" | sed 's/^-- /  /'

dist: need-build ## a source archive with the pinned sources in it
	@tools/dist

clean: ## remove what was built (the fetched sources stay)
	@rm -rf build

need-build:
	@tools/install-packages build $$(tools/fetch-deps --clients 2>/dev/null || echo pip npm)
	@tools/fetch-deps

need-test: need-build
	@tools/install-packages test

# Configures once; afterwards Ninja itself notices new files and changed CMake files.
build/%/build.ninja:
	@echo "headroom: configuring build/$*"
	@mkdir -p build && cmake --preset $* >build/configure-$*.log 2>&1 || \
	  { tail -n 30 build/configure-$*.log; echo "headroom: configuring failed (above; all of it in build/configure-$*.log)"; rm -f $@; exit 1; }
