# Everything a developer or an installer types. `make` alone lists it.
.DEFAULT_GOAL := help
.PHONY: help install demo test checks lint types imports tests bench format lock \
        clean dev

BIN := .venv/bin
BENCHES := load modbus relay storage storage.queue storage.tidying tls

help: ## List these targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

install: ## Set up .venv with what Wattgate needs to run; quick when nothing has changed
	@scripts/set_up.sh run

demo: install ## Try Wattgate: three wallboxes, a backend and the manager between them
	@$(BIN)/wattgate demo

test: ## Set up, then every check: style, types, imports, all tests
	@scripts/system_packages.sh checks
	@scripts/set_up.sh dev
	@$(MAKE) --no-print-directory checks

checks: lint types imports tests

lint:
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types:
	$(BIN)/mypy

imports:
	$(BIN)/lint-imports

tests:
	@scripts/run_tests.sh

bench: ## Measure, each figure beside a named reference in the same run
	@scripts/system_packages.sh bench || true # what is missing is left out of the figures
	@scripts/set_up.sh dev
	@set -e; for bench in $(BENCHES); do echo "== $$bench"; $(BIN)/python -m bench.$$bench; done

dev: ## Set up .venv with the tools of the checks as well
	@scripts/set_up.sh dev

format: dev ## Put the code into the one format
	$(BIN)/ruff check --fix-only --quiet .
	$(BIN)/ruff format .

lock: dev ## Write requirements/*.txt anew with the newest versions allowed
	scripts/lock.sh

clean: ## Remove .venv and every cache
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .coverage* htmlcov
