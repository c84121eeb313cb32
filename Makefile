# Everything a developer or a newcomer runs. Needs make and Python 3.11 or newer; the
# rest is fetched once by bin/setup and remembered by stamps in .venv, so that a second
# run takes no time and works offline.

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help setup demo test check bench docs lock

BIN := .venv/bin
# `make bench P=1` runs one benchmark, with DATA=DIR to keep the logs that it generates
# and JSON=FILE to append the figures; `make test T=tests/domain` one part of the tests.
P ?=
DATA ?=
JSON ?=
T ?=

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: .venv/.runtime .venv/.assets ## Start Samråd with a demo consultation in it
	@$(BIN)/samrad demo

test: .venv/.dev .venv/.assets .venv/.browser .venv/.checker ## Run every test on real PostgreSQL and in Chromium
	@$(BIN)/pytest -n 2 $(T)

check: .venv/.dev ## Formatting, lint, types and import contracts
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo

bench: .venv/.dev .venv/.assets ## Measure against the plain reference (P=1 for one)
	@$(BIN)/python -m bench $(P) $(if $(DATA),--data $(DATA)) $(if $(JSON),--json $(JSON))

docs: .venv/.runtime ## Write docs/events.md anew from the code
	@$(BIN)/samrad docs events

setup: .venv/.dev .venv/.assets .venv/.browser .venv/.checker ## Install all of it without running anything

lock: .venv/.dev ## Pin the newest allowed Python packages, by hash
	@bin/setup lock

.venv/.made:
	@bin/setup venv
	@touch $@

.venv/.runtime: .venv/.made requirements.txt pyproject.toml
	@bin/setup python requirements.txt
	@touch $@

.venv/.dev: .venv/.made requirements-dev.txt pyproject.toml
	@bin/setup python requirements-dev.txt
	@touch $@ .venv/.runtime

.venv/.assets: .venv/.made package.json package-lock.json bin/setup
	@bin/setup assets
	@touch $@

.venv/.browser: .venv/.dev
	@bin/setup browser
	@touch $@

.venv/.checker: .venv/.made
	@bin/setup checker
	@touch $@
