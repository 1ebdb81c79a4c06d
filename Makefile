# Everything a person types. `make help` lists it. Stamps in .venv keep a second run fast.

PYTHON ?= python3
BIN := .venv/bin
NODE := scripts/with-node
WEB_SOURCES := $(shell find frontend/src frontend/scripts -type f 2>/dev/null) frontend/index.html frontend/reference.html \
	frontend/vite.config.ts frontend/package-lock.json
# What may be given: make bench ONLY=rooms
ARGS ?=
F ?=
M ?=
MINUTES ?= 10
ONLY ?=
# Compiled once, where it is used, and not at each start, whatever the machine says.
export PYTHONDONTWRITEBYTECODE :=
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile

.DEFAULT_GOAL := help
.PHONY: help run dev check fix test prove pictures bench soak migrate revision schema web wheel lock clean

help: ## list what can be typed
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' Makefile

run: .venv/run.stamp frontend/dist/index.html ## install what is missing, then serve on http://127.0.0.1:8000
	@exec $(BIN)/bakeoff serve $(ARGS)

dev: .venv/dev.stamp frontend/node_modules/.stamp ## serve the API on 8000 and the page with live reload on 5173
	@$(NODE) scripts/dev $(ARGS)

check: .venv/dev.stamp frontend/node_modules/.stamp ## the gate: format, lint, types, architecture, drift, known vulnerabilities
	@scripts/check

fix: .venv/dev.stamp ## format, and mend what the linter can mend
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

test: .venv/dev.stamp frontend/dist/index.html ## everything: both servers, both databases, a real browser
	@scripts/require-system
	$(NODE) npm --prefix frontend run test
	$(BIN)/python -m pytest -n auto --dist loadscope --no-loadscope-reorder $(ARGS)

prove: .venv/dev.stamp ## delivery, durability and patience with the whole load that is promised: 20 kills, 5,000 who break off, ...
	TEST_SCALE=promised $(BIN)/python -m pytest -n auto --dist worksteal -m promised $(ARGS)

pictures: .venv/dev.stamp frontend/dist/index.html ## every page in both themes and on a phone, into a folder: make pictures F=folder
	@$(BIN)/python -m tests.journeys.pictures $(F)

bench: .venv/dev.stamp frontend/dist/index.html ## measure, beside others; ONLY=name for one
	$(BIN)/python -m benchmarks $(ONLY)

soak: .venv/dev.stamp ## minutes of load with faults, then what must be true: make soak MINUTES=1 ARGS="--server portable"
	@$(BIN)/python -m soak --minutes $(MINUTES) $(ARGS)

migrate: .venv/run.stamp ## bring the database up to date
	$(BIN)/bakeoff migrate $(ARGS)

revision: .venv/dev.stamp ## write a migration from the tables: make revision M="what changes"
	$(BIN)/bakeoff revision "$(M)"

schema: .venv/dev.stamp frontend/node_modules/.stamp ## write the OpenAPI document, that of the rooms, the page's types, the references in docs
	$(BIN)/bakeoff schema frontend/openapi.json
	$(BIN)/bakeoff schema --rooms frontend/rooms.json
	$(NODE) npm --prefix frontend run types
	$(BIN)/python -m scripts.settings_table
	$(BIN)/python -m scripts.reference

web: frontend/dist/index.html ## build the page

wheel: .venv/run.stamp frontend/dist/index.html ## build an installable package, the page included, into dist/
	rm -rf backend/web/dist && cp -r frontend/dist backend/web/dist
	$(BIN)/python -m pip wheel --quiet --no-deps --no-build-isolation --wheel-dir dist . ; rm -rf backend/web/dist

lock: .venv/dev.stamp ## compile the hash-pinned requirements anew
	scripts/lock

clean: ## remove everything that was built or installed
	rm -rf .venv .installed dist frontend/dist frontend/node_modules .pytest_cache .ruff_cache .mypy_cache .hypothesis

.venv/bin/python:
	$(PYTHON) -m venv .venv

.venv/run.stamp: requirements/run.txt pyproject.toml | .venv/bin/python
	$(INSTALL) --require-hashes -r requirements/run.txt
	$(INSTALL) --no-deps --no-build-isolation --editable .
	@touch $@

.venv/dev.stamp: requirements/dev.txt .venv/run.stamp
	$(INSTALL) --require-hashes -r requirements/dev.txt
	@touch $@

frontend/node_modules/.stamp: frontend/package-lock.json frontend/package.json | .venv/bin/python
	$(NODE) npm --prefix frontend ci --no-progress
	@touch $@

frontend/dist/index.html: $(WEB_SOURCES) | frontend/node_modules/.stamp
	$(NODE) npm --prefix frontend run build
	@touch $@
