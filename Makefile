# driftgate: the two commands that matter are `make demo` and `make test`.
# Needs Python 3.11 or newer and make (GNU make 3.81 of macOS is enough); all else comes into .venv.

# Which Python to build .venv with; empty: the first of these that is new enough.
PYTHON ?=
CANDIDATES = $(or $(PYTHON),python3 python3.14 python3.13 python3.12 python3.11)
IS_ENOUGH = import sys, ensurepip, venv; sys.exit(sys.version_info < (3, 11))
NO_PYTHON = driftgate needs Python 3.11 or newer with its venv module, and found none ($(CANDIDATES)). \
	Install one, or name it: make PYTHON=/path/to/python3 $(MAKECMDGOALS)

VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
LOCKS := requirements/runtime.lock requirements/dev.lock requirements/duckdb-1.5.lock
ARGS ?=

# A pip that asks nothing and speaks only when it fails.
PIP := $(BIN)/python -m pip --disable-pip-version-check --no-input -qq
# uv reads one pyproject.toml for all Pythons and systems; pip-tools would lock for this one only.
UV_VERSION := 0.13.9
COMPILE := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-emit-find-links --annotation-style line --custom-compile-command "make lock"

.DEFAULT_GOAL := help
.PHONY: help setup demo test lint format docs bench lock clean

help: ## This list
	@echo "Usage: make TARGET [PYTHON=python3.13] [ARGS=...]"
	@echo
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  %-8s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

setup: $(READY) ## Make .venv from the hash-locked requirements (the others do it when needed)

# An environment that works is kept and brought up to the lock; PYTHON=... makes it anew.
$(READY): requirements/dev.lock pyproject.toml
	@if [ -n "$(PYTHON)" ] || ! $(BIN)/python -c '$(IS_ENOUGH)' 2>/dev/null; then \
		for python in $(CANDIDATES); do \
			if "$$python" -c '$(IS_ENOUGH)' 2>/dev/null; then found=$$python; break; fi; \
		done; \
		if [ -z "$$found" ]; then echo '$(NO_PYTHON)' >&2; exit 1; fi; \
		echo "Setting up $(VENV) with $$("$$found" -V) (once; takes about a minute)" >&2; \
		"$$found" -m venv --clear $(VENV); \
	fi
	@$(PIP) install --require-hashes -r requirements/dev.lock
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

demo: $(READY) ## Record real traffic to a simulated Gemma 4, then ask about it in SQL
	@$(BIN)/driftgate demo $(ARGS)

test: $(READY) ## All tests (ARGS="-m 'not slow'" leaves out the long ones)
	@$(BIN)/python -m pytest -n 3 --dist loadfile $(ARGS)

lint: $(READY) ## ruff, formatting, and mypy in strict mode
	@$(BIN)/ruff check --quiet .
	@$(BIN)/ruff format --check --quiet .
	@$(BIN)/mypy --no-error-summary
	@echo "lint: clean"

format: $(READY) ## Put all files into the project's format
	@$(BIN)/ruff check --quiet --fix --select I .
	@$(BIN)/ruff format --quiet .

docs: $(READY) ## Write the reference pages of docs/ anew from the code
	@$(BIN)/python tests/support/make_docs.py

bench: $(READY) ## The benchmark: CPU, latency and memory beside a plain pass-through
	@$(BIN)/python -m tests.bench $(ARGS)

lock: $(READY) ## Pin all dependencies anew, with hashes, for every Python and system
	@$(PIP) install "uv==$(UV_VERSION)"
	@$(COMPILE) --upgrade pyproject.toml -o requirements/runtime.lock
	@$(COMPILE) --upgrade pyproject.toml --extra dev -c requirements/runtime.lock -o requirements/dev.lock
	@echo "duckdb<2" | $(COMPILE) --upgrade --no-deps - -o requirements/duckdb-1.5.lock
	@touch $(READY)
	@echo "Pinned anew: $(LOCKS). Run make setup, then make test."

clean: ## Remove .venv, caches and built files; histories stay
	@rm -rf $(VENV) build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
