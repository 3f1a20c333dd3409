# What can be done here? Needs GNU make and Python 3.11 or later with venv; all else is installed into .venv.
PYTHON ?= python3
# Each recipe becomes one process, so that a signal to make's child reaches what runs.
INSTALLED := exec $(PYTHON) -m devtools.install

# First, so that a bare `make` starts nothing.
help: ## lists these
	@sed -n 's/^\([a-z]*\):.*## /make \1: /p' Makefile

.PHONY: help run test setup bench lock clean

run: ## installs, starts the portal with its own PostgreSQL, prints address and logins; Ctrl-C ends it all
	@$(INSTALLED) run manage.py portal

test: ## installs what the tests need, runs every check on a throw-away PostgreSQL
	@$(INSTALLED) test -m tests

setup: ## the installation alone
	@$(INSTALLED) run

bench: ## the benchmark: a table here, the same as JSON in var/bench.json
	@$(INSTALLED) test -m bench

lock: ## pins what pyproject.toml asks for, with hashes, once its dependencies have changed
	@$(PYTHON) -m devtools.lock

clean: ## removes what was installed and generated, and no data
	rm -rf .venv .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -prune -exec rm -rf {} +
