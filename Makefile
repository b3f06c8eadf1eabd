# `make demo` and `make test` need Python 3.11 and make, and set up the rest.
PYTHON ?= python3
BIN := .venv/bin
READY := .venv/ready

.PHONY: demo test lint bench chaos dev lock screenshots

$(READY): requirements.lock
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	touch $(READY)

## The whole house on this machine; ONCE=1 ends after the summary, RESET=1 starts anew.
demo: $(READY)
	$(BIN)/python -W ignore -m demo $(if $(ONCE),--once) $(if $(RESET),--reset)

## Lint, types, import chain and all tests, against real servers.
test: lint
	$(BIN)/python -m pytest -n 2 --dist loadfile $(ARGS)

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	WITHOUT_SERVERS=1 $(BIN)/mypy erp_adapters pleo_connector pleo_simulator demo tests benchmarks
	$(BIN)/lint-imports

## Every page of the walk from sign-up to a booked entry, both widths and themes, in screenshots/.
screenshots: $(READY)
	SCREENSHOTS=1 $(BIN)/python -W ignore -m pytest tests/browser

bench: $(READY)
	$(BIN)/python -m benchmarks

## Crash at every boundary, random faults, lost servers; SEEDS=1000, ERP=tryton for more.
chaos: $(READY)
	$(BIN)/python -W ignore -m tests.chaos $(if $(SEEDS),--seeds $(SEEDS)) $(if $(ERP),--erp $(ERP))

## The product alone, with its own Postgres and Redis, reloading on change.
dev: $(READY)
	$(BIN)/python manage.py migrate -v 0
	DEBUG=1 $(BIN)/python manage.py runserver

## Compile the lock file anew from pyproject.toml.
lock: $(READY)
	$(BIN)/pip install --quiet uv
	$(BIN)/uv pip compile pyproject.toml --group dev --universal --python-version 3.11 \
		--generate-hashes --no-emit-index-url --no-header --quiet -o requirements.lock
