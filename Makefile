# Every target needs `make` and Python 3.11 or later, nothing else: scripts/setup does the rest.
PORT ?= 8000
# Each test worker holds its own template databases, so more of them than cores do not pay.
WORKERS ?= auto

run := .venv/bin/
ready := .venv/ready

.PHONY: help
help:
	@echo 'make demo    run the server on a realistic order book (PORT=$(PORT))'
	@echo 'make test    all checks, and all tests on SQLite and PostgreSQL'
	@echo 'make check   style, types, import rules, the printed schema, what browsers ask'
	@echo 'make bench   measure requests per second on 200,000 orders in PostgreSQL'
	@echo 'make profile show where the time of one operation goes (ARGS=--help)'
	@echo 'make lock    recompile requirements.lock (ARGS=--upgrade for new versions)'
	@echo 'make clean   remove everything that make has made'

$(ready): requirements.lock pyproject.toml scripts/setup
	@scripts/setup

.PHONY: demo
demo: $(ready)
	@$(run)python -m web.build
	@exec $(run)partnergraph demo --port '$(PORT)'

.PHONY: check
check: $(ready)
	$(run)ruff check .
	$(run)ruff format --check .
	$(run)mypy .
	$(run)lint-imports --no-logo
	$(run)partnergraph export-schema --check
	$(run)python scripts/check_operations.py

.PHONY: test
test: check
	@# Where it is set, every process that a test starts would compile the whole product again.
	env -u PYTHONDONTWRITEBYTECODE $(run)python -m pytest --numprocesses $(WORKERS) --maxprocesses 4 $(ARGS)

.PHONY: bench
bench: $(ready)
	@$(run)python -m bench $(ARGS)

.PHONY: profile
profile: $(ready)
	@$(run)python -m bench.profiling $(ARGS)

.PHONY: lock
lock: $(ready)
	@scripts/lock $(ARGS)

.PHONY: clean
clean:
	rm -rf .venv .node .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache build dist var web/dist web/.generated web/node_modules
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
