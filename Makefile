# Interlock: every task is here. `make help` lists them.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
# Where the two databases can differ: locks, races, counts of questions, streams, moments, sums. The
# rest of the book, of the API and of the pages rests on the same services, and runs on SQLite.
ON_BOTH := $(addprefix tests/book/test_,acting.py as_of.py export.py hot_licence.py jobs.py kill.py killed_jobs.py \
  licences.py loading_orders.py messages.py purchases.py races.py runs.py sequences.py shipments.py \
  stock.py verify.py webhooks.py) tests/api/test_query_counts.py tests/api/test_story.py \
  tests/web/test_standing.py
COUNTS := tests/api/test_query_counts.py tests/web/test_page_counts.py

.DEFAULT_GOAL := help
.PHONY: help setup browser demo story test lint format bench client counts lock schemas messages clean

help: ## list the tasks
	@awk -F':.*## ' '/^[a-z-]+:.*## /{printf "  make %-9s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(STAMP): requirements.lock pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps -e .
	@touch $@

setup: $(STAMP) ## make the virtual environment with the locked dependencies

demo: setup ## play the H200 episode: load, decide, share, reserve, with reasons
	$(BIN)/interlock demo
	@echo "In the browser: run '$(BIN)/interlock serve --demo', then open http://127.0.0.1:8000"

browser: ## install Debian's Chromium for the tests of the pages, if it is not there
	tests/install_chromium.sh

test: setup browser ## run every test on SQLite, and on PostgreSQL those where it can differ
	$(BIN)/python -m pytest -n 2
	$(BIN)/python tests/on_postgres.py $(BIN)/python -m pytest -n 2 $(ON_BOTH)

lint: setup ## style, types, direction of imports
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

format: setup ## format the code in place
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: setup ## measure against peers, write benchmarks/RESULTS.md
	$(BIN)/python -m benchmarks

schemas: setup ## write the generated JSON Schemas and reference pages anew
	$(BIN)/python -m interlock.cli.generate

counts: setup ## write anew how often each address and each page asks each database
	INTERLOCK_WRITE_COUNTS=1 $(BIN)/python -m pytest $(COUNTS)
	INTERLOCK_WRITE_COUNTS=1 $(BIN)/python tests/on_postgres.py $(BIN)/python -m pytest $(COUNTS)

messages: setup ## collect the texts of the pages, compile their Chinese, name what has none
	$(BIN)/python -m interlock.web.messages

lock: $(STAMP) ## pin the dependencies anew (needs uv)
	uv pip compile pyproject.toml --all-extras --group dev --universal --generate-hashes --no-emit-index-url \
	  --no-annotate --python-version 3.11 -o requirements.lock --custom-compile-command "make lock"

client: setup ## make a typed Python client of the API in build/client
	mkdir -p build/client
	PATH="$(abspath $(BIN)):$$PATH" openapi-python-client generate --path docs/reference/openapi.json \
	  --output-path build/client/interlock_client --meta none --overwrite

clean: ## remove what was built
	rm -rf $(VENV) build dist out .pytest_cache .mypy_cache .ruff_cache .hypothesis

story: setup ## play the episode on through the API, role by role
	$(BIN)/python episodes/h200/story.py
