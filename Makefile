# Every target needs only `make` and Python 3.11 or later: scripts/setup installs the rest.
PORT ?= 8000
# Each test worker makes template databases of its own, so more workers than cores do not help.
WORKERS ?= auto

run := .venv/bin/
# `make demo` does without the developers' tools; every other target installs them too.
demo := .venv/ready
dev := .venv/ready-dev

.PHONY: help
help:
	@echo 'make demo     run the server on a realistic order book (PORT=$(PORT))'
	@echo 'make test     run all checks, and all tests on SQLite and PostgreSQL'
	@echo 'make check    check style, types, import rules, the printed schema, the browser queries'
	@echo 'make bench    measure requests per second on 200,000 orders in PostgreSQL (ARGS=--help)'
	@echo 'make profile  show where the time of one operation goes (ARGS=--help)'
	@echo 'make lock     recompile the lock files (ARGS=--upgrade moves to newer versions)'
	@echo 'make clean    remove everything that make has made'

$(demo): requirements.lock pyproject.toml scripts/setup
	@scripts/setup

$(dev): requirements-dev.lock pyproject.toml scripts/setup
	@scripts/setup dev

.PHONY: demo
demo: $(demo)
	@$(run)python -m web.build
	@exec $(run)partnergraph demo --port '$(PORT)'

.PHONY: check
check: $(dev)
	$(run)ruff check .
	$(run)ruff format --check .
	$(run)mypy .
	$(run)lint-imports --no-logo
	$(run)partnergraph export-schema --check
	$(run)python -m scripts.check_operations

.PHONY: test
test: check
	@# With this variable set, every process that a test starts would compile all modules again.
	env -u PYTHONDONTWRITEBYTECODE $(run)python -m pytest --numprocesses $(WORKERS) --maxprocesses 4 $(ARGS)

.PHONY: bench
bench: $(dev)
	@$(run)python -m bench $(or $(ARGS),load)

.PHONY: profile
profile: $(dev)
	@$(run)python -m bench profile $(ARGS)

.PHONY: lock
lock: $(dev)
	@scripts/lock $(ARGS)

.PHONY: clean
clean:
	rm -rf .venv .node .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache build dist var web/dist web/.generated web/node_modules
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
