# What can be done here? Needs GNU make and Python 3.11 or later with venv; all else is installed into .venv.
PYTHON ?= python3
IN_VENV := .venv/bin/python

.PHONY: run test setup bench lock clean

run: ## installs, starts the portal with its own PostgreSQL, prints address and logins; Ctrl-C ends it all
	@$(PYTHON) -m evcnet.install run && exec $(IN_VENV) manage.py portal

test: ## installs what the tests need, runs every check on a throw-away PostgreSQL
	@$(PYTHON) -m evcnet.install test && exec $(IN_VENV) -m tests

setup: ## the installation alone
	@$(PYTHON) -m evcnet.install run

bench: ## the benchmark: a table here, the same as JSON in var/bench.json
	@$(PYTHON) -m evcnet.install test && exec $(IN_VENV) -m bench

lock: ## pins what pyproject.toml asks for, with hashes, once its dependencies have changed
	@$(PYTHON) -m evcnet.pins

clean: ## removes what was installed and generated, and no data
	rm -rf .venv .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -prune -exec rm -rf {} +
