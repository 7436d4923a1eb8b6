PYTHON ?= python3
BIN := .venv/bin
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: help demo generate test check bench soak lock clean
.DEFAULT_GOAL := help

help:  ## this list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 12

demo: generate  ## a token from every provider in every environment, from the emulator
	@$(BIN)/python scripts/demo.py

generate: .venv/ready  ## compile specs/ into generated/
	@$(BIN)/python scripts/generate.py

test: .venv/ready  ## the tests
	@$(BIN)/python -m pytest -n 2 --dist loadfile

check: .venv/ready  ## lint, types and drift, without changing anything
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check --quiet
	@$(BIN)/yamllint --strict specs
	@$(BIN)/mypy
	@PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/pyright
	@$(BIN)/python scripts/generate.py --check

bench: .venv/ready  ## what gatepass adds to a request, and how stores compare with plain locks
	@$(BIN)/python scripts/bench/hot_path.py
	@$(BIN)/python scripts/bench/stores.py

soak: .venv/ready  ## six minutes of load while short-lived tokens are renewed
	@$(BIN)/python scripts/soak.py

lock:  ## freeze scripts/requirements.in into scripts/requirements.txt
	@$(PYTHON) -m venv --clear .venv-lock
	@.venv-lock/bin/pip install --quiet -r scripts/requirements.in
	@.venv-lock/bin/pip freeze --exclude pip --exclude setuptools > scripts/requirements.txt
	@rm -rf .venv-lock

clean:  ## remove what these targets made, but for generated/
	@rm -rf .venv .venv-lock .mypy_cache .pytest_cache .ruff_cache .hypothesis .coverage dist

.venv/ready: scripts/requirements.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "gatepass needs Python 3.11 or newer: make PYTHON=/path/to/it"; exit 1; }
	@echo "installing into .venv (once)" >&2
	@$(PYTHON) -m venv --clear .venv
	@$(BIN)/pip install --quiet -r scripts/requirements.txt
	@$(BIN)/pip install --quiet --no-deps --no-build-isolation -e .
	@touch $@
