# One command per intent; `make help` lists them. Everything lives in .venv, and nothing outside this folder is touched.
.DEFAULT_GOAL := help
SHELL := /bin/bash

VENV   := .venv
BIN    := $(VENV)/bin
HOST   ?= 127.0.0.1
PORT   ?= 8000
# Processes of a test run; pytest options may be added: make test ARGS="-k merge"
JOBS   ?= auto
ARGS   ?=
# The databases of `make test-all`.
POSTGRES_URL ?= postgresql://$(shell id -un)@127.0.0.1:5432/nexus
MARIADB_URL  ?= mysql://root@127.0.0.1:3306/nexus
TEST_DATABASE_URL ?= $(POSTGRES_URL)
TEST_REDIS_URL ?= redis://127.0.0.1:6379/9
STAMP  := $(VENV)/.nexus-setup
QUICK := "not services and not slow and not faults"

export PIP_DISABLE_PIP_VERSION_CHECK := 1
# The machine's own certificates, as pip takes them: behind a company's proxy others are of no use.
export UV_SYSTEM_CERTS := 1
export UV_CACHE_DIR ?= $(CURDIR)/.uv/cache

help: ## print this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1|\2/' | column -t -s '|'

setup: ## make .venv with the locked dependencies and the nexus command
	@.ci/setup.sh $(VENV) $(STAMP)

run: setup ## set everything up, load the sample hubs, and serve on http://127.0.0.1:8000 (HOST=, PORT=)
	@$(BIN)/nexus manage load_sample
	@exec $(BIN)/nexus serve --host $(HOST) --port $(PORT)

test: setup ## the tests on SQLite, without kills and races (about 6 minutes)
	$(BIN)/pytest -n $(JOBS) -m $(QUICK) $(ARGS)

coverage: setup ## the same with coverage, which takes twice as long and must be 95 % of lines and branches
	$(BIN)/pytest -n $(JOBS) -m $(QUICK) --cov --cov-report=term:skip-covered --cov-fail-under=95 $(ARGS)

test-all: setup ## what `make test` leaves out, then everything that touches a database on PostgreSQL and MariaDB (about 25 minutes)
	REDIS_URL=$(TEST_REDIS_URL) $(BIN)/pytest -n $(JOBS) -m "services or slow or faults" $(ARGS)
	@$(MAKE) --no-print-directory test-database TEST_DATABASE_URL=$(POSTGRES_URL)
	@$(MAKE) --no-print-directory test-database TEST_DATABASE_URL=$(MARIADB_URL)

# What knows no database is not run again on each, nor what asks it nothing that these do not.
ON_A_SERVER := tests/base tests/accounts tests/hubs tests/pages tests/knowledge tests/search tests/exchange tests/api tests/faults \
  tests/web/test_chapters.py tests/web/test_reading.py tests/web/test_search.py tests/security/test_canary.py tests/security/test_graphql_canary.py \
  tests/security/test_hostile_addresses.py tests/security/test_rest_canary.py tests/security/test_doors_agree.py tests/security/test_readable_sets.py \
  tests/ops/test_doctor.py tests/ops/test_backup.py tests/ops/test_personal.py
test-database: setup ## the suite on one server database: TEST_DATABASE_URL=postgresql://… or mysql://…
	@.ci/setup.sh $(VENV) $(STAMP) --mysql
	DATABASE_URL=$(TEST_DATABASE_URL) REDIS_URL=$(TEST_REDIS_URL) SECRET_KEY=only-for-tests-only-for-tests-only-for-tests-only \
	  $(BIN)/pytest -n $(JOBS) -m "not slow" --ignore=tests/faults/test_redis_outages.py $(ARGS) $(ON_A_SERVER)

test-security: setup ## the attacks that were replayed, at their full numbers (about half an hour)
	NEXUS_TEST_REQUESTS=20000 NEXUS_TEST_PAIRS=5000 NEXUS_TEST_SETS=5000 NEXUS_TEST_READS=10000 NEXUS_TEST_TRIES=10000 NEXUS_TEST_MUTANTS=1000 \
	  NEXUS_TEST_FORMS=all \
	  $(BIN)/pytest -n $(JOBS) -m security $(ARGS)

fuzz: setup ## 200,000 requests made from the OpenAPI document, others each time (an hour)
	NEXUS_TEST_REQUESTS=200000 $(BIN)/pytest -n $(JOBS) tests/security/test_schema.py $(ARGS)

test-faults: setup ## kills, races and schedules at their full number (long)
	NEXUS_TEST_EDITS=200 NEXUS_TEST_KILLS=200 NEXUS_TEST_WRITER_KILLS=500 NEXUS_TEST_SCHEDULES=5000 NEXUS_TEST_TREES=10000 NEXUS_TEST_LOST=2000 \
	  NEXUS_TEST_OUTAGES=all \
	  $(BIN)/pytest -n $(JOBS) -m "faults or slow" $(ARGS)

check: setup ## style, types, import contracts, migrations, deployment settings, locks, documents (under 20 s)
	@.ci/check.sh $(BIN)

fmt: setup ## format the code and sort its imports
	$(BIN)/ruff check --fix --quiet || true
	$(BIN)/ruff format

bench: setup ## measure: ratios against something in the same run (benchmarks/results.md has the last figures)
	@for each in parse importing reading searching graphql stream; do echo "benchmarks.$$each"; $(BIN)/python -m benchmarks.$$each || exit 1; done

build: setup ## the wheel, and the container image when there is an engine
	$(BIN)/uv build --quiet --wheel --out-dir dist
	@if docker info >/dev/null 2>&1; then docker build --file deploy/Dockerfile --tag nexus:latest .; \
	else echo 'No container engine answers: the image was not built.'; fi

lock: setup ## lock the newest versions that pyproject.toml allows
	@.ci/lock.sh $(BIN)/uv

clean: ## remove what was made: .venv, caches, builds (not ./var, which holds your data)
	rm -rf $(VENV) .uv dist build src/nexus/web/static/built frontend/node_modules frontend/checks/node_modules .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .coverage htmlcov
	find src tests -name __pycache__ -type d -prune -exec rm -rf {} +

.PHONY: help setup run test coverage test-all test-database test-security fuzz test-faults check fmt bench build lock clean
