# Every target makes what it needs, the environment first. Needs only Python 3.11+ and make.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
TOOLS := build/tools
BENCH := build/bench
STORED := $(addprefix tests/,bot journeys faults life poison bad_inputs soak browser fuzz)
QUIETLY := --quiet --disable-pip-version-check --no-input
PIP := $(BIN)/python -m pip $(QUIETLY)

.DEFAULT_GOAL := help
.PHONY: help venv dev run test test-postgresql check check-content check-types check-code \
	check-migrations format lock audit sbom clean soak crash life \
	thorough fuzz baseline red-team bench

help: ## list these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-15s %s\n", $$1, $$2 }' Makefile

venv: $(VENV)/.made ## make the environment that the service needs

dev: $(VENV)/.made-dev ## make the environment that tests and checks need

run: venv ## start the service (without BOT_TOKEN: the sandbox)
	@exec $(BIN)/paceful run

test: dev ## run every test, two processes for each core; ARGS="-k pacing" runs some
	@# stories come first and mostly wait: whatever computes fills the cores meanwhile
	@$(BIN)/pytest --numprocesses $$((2 * $$(getconf _NPROCESSORS_ONLN))) \
	--dist loadfile --no-loadscope-reorder $(ARGS)

test-postgresql: dev ## run every test that needs a database on PostgreSQL; ARGS="tests/life" runs some
	@$(BIN)/pytest --database postgresql --numprocesses $$(getconf _NPROCESSORS_ONLN) \
	--dist loadfile --no-loadscope-reorder $(or $(ARGS),$(STORED))

crash: dev ## strike the bot at every statement, commit and call, for hours; ARGS="--every 20"
	@$(BIN)/python -m tests.faults $(ARGS)

red-team: dev ## try forty-two attacks against a running instance; ARGS="P4 O7" or ARGS=--table
	@$(BIN)/python -m tests.red_team $(ARGS)

thorough: dev ## ten times as many examples of what must always hold; ARGS="-k engine"
	@$(BIN)/pytest --hypothesis-profile thorough tests/flows tests/bot/service $(ARGS)

life: dev ## random people, faults and deploys for some minutes; ARGS="--minutes 15 --seed 1"
	@$(BIN)/python -m tests.life $(ARGS)

soak: dev ## weeks of a simulated clinic with faults, for hours; ARGS="--patients 50 --minutes 25"
	@$(BIN)/python -m tests.soak $(ARGS)

fuzz: dev ## odd requests to page and webhook for some minutes; ARGS="--minutes 60 --seed 1"
	@$(BIN)/python -m tests.fuzz $(ARGS)

baseline: dev ## look at every page of a running service as a scanner does
	@$(BIN)/python -m tests.fuzz.baseline

bench: dev $(BENCH)/.made ## race against other bots for half an hour; ARGS="memory paceful --rounds 1"
	@$(BIN)/python -m tests.benchmarks $(ARGS)

check: dev ## format, lint, types, import rules, content, migrations
	@# the two that take longest first, and the others beside them
	@$(MAKE) --no-print-directory --jobs 2 check-content check-types check-code check-migrations

check-content:
	$(BIN)/paceful check $(if $(CI),--fresh)

check-types:
	$(BIN)/mypy

check-code:
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/lint-imports

check-migrations:
	@# a scratch database: a .env beside this file may name the real one
	@scratch=$$(mktemp -d) && trap 'rm -rf "$$scratch"' EXIT && \
	export DATA_DIR="$$scratch" DATABASE_URL="sqlite:///$$scratch/check.sqlite3" && \
	echo "$(BIN)/alembic upgrade head && $(BIN)/alembic check" && \
	$(BIN)/alembic upgrade head && $(BIN)/alembic check

format: dev ## put the code into its usual form
	$(BIN)/ruff check --fix-only --quiet .
	$(BIN)/ruff format .

lock: $(TOOLS)/.made ## move every dependency to its newest version
	$(call compile,requirements.lock,pyproject.toml --group build)
	$(call compile,requirements-dev.lock,pyproject.toml --group build --group dev --constraints requirements.lock)
	$(call compile,requirements-tools.lock,--group tools)
	$(call compile,requirements-bench.lock,--group bench)

audit: $(TOOLS)/.made ## ask the package index which pinned versions have known holes; needs the network
	@# strict: a package that cannot be looked up is not a package without holes
	$(TOOLS)/bin/pip-audit --strict --disable-pip --require-hashes --progress-spinner off \
	--requirement requirements.lock $(ARGS)

sbom: $(TOOLS)/.made ## write build/sbom.json: what the service is made of, as CycloneDX
	@PYTHONWARNINGS=ignore $(TOOLS)/bin/cyclonedx-py requirements requirements.lock \
	--pyproject pyproject.toml --output-reproducible --validate --output-file build/sbom.json
	@$(TOOLS)/bin/python -m tests.sbom requirements.lock build/sbom.json

clean: ## remove the environment and what tools left behind
	rm -rf $(VENV) build dist .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# One version of each package for every Python from 3.11 on and every platform.
define compile
$(TOOLS)/bin/uv --quiet pip compile $(2) --output-file $(1) --upgrade --no-config \
	--universal --python-version 3.11 --fork-strategy fewest \
	--generate-hashes --no-emit-index-url --no-header
endef

$(VENV)/.made: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
	echo "Paceful needs Python 3.11 or newer: please install it, or say where it is, as in: make run PYTHON=python3.12" >&2; \
	exit 1; }
	@echo "Making the environment in $(VENV) (a minute, the first time)"
	@$(PYTHON) -m venv $(VENV)
	@$(PIP) install --require-hashes -r requirements.lock
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.made-dev: $(VENV)/.made requirements-dev.lock
	@echo "Adding what tests and checks need"
	@$(PIP) install --require-hashes -r requirements-dev.lock
	@touch $@

$(TOOLS)/.made: requirements-tools.lock
	@$(PYTHON) -m venv $(TOOLS)
	@$(TOOLS)/bin/python -m pip $(QUIETLY) install --require-hashes -r requirements-tools.lock
	@touch $@

$(BENCH)/.made: requirements-bench.lock
	@$(PYTHON) -m venv $(BENCH)
	@$(BENCH)/bin/python -m pip $(QUIETLY) install --require-hashes -r requirements-bench.lock
	@touch $@
