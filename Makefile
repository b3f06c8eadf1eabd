# `make demo` and `make test` need Python 3.11 and make, and set up the rest.
PYTHON ?= python3
BIN := .venv/bin
READY := .venv/ready
TEXTS := $(patsubst %.po,%.mo,$(wildcard locale/*/LC_MESSAGES/django.po))
HOUSE := $(READY) $(TEXTS)
BABEL := $(BIN)/python -m babel.messages.frontend --quiet

.PHONY: demo test lint bench chaos dev lock screenshots texts

$(READY): requirements.lock
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	touch $(READY)

%.mo: %.po | $(READY)
	$(BABEL) compile -i $< -o $@

## The whole house on this machine; ERP=odoo for another ERP, ONCE=1 ends after the summary,
## RESET=1 starts anew.
demo: $(HOUSE)
	$(BIN)/python -W ignore -m demo $(if $(ERP),--erp $(ERP)) $(if $(ONCE),--once) $(if $(RESET),--reset)

## Lint, types, import chain and all tests, against real servers.
test: lint
	$(BIN)/python -m pytest -n 2 --dist loadfile $(ARGS)

lint: $(HOUSE)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	WITHOUT_SERVERS=1 $(BIN)/mypy erp_adapters pleo_connector pleo_simulator demo tests benchmarks
	$(BIN)/lint-imports

## Every page of the walk from sign-up to a booked entry, both widths and themes, in screenshots/.
screenshots: $(HOUSE)
	SCREENSHOTS=1 $(BIN)/python -W ignore -m pytest tests/browser

bench: $(HOUSE)
	$(BIN)/python -m benchmarks

## Crash at every boundary, random faults, lost servers; SEEDS=1000 FROM=0, ERP=tryton or odoo for more.
chaos: $(HOUSE)
	$(BIN)/python -W ignore -m tests.chaos $(if $(SEEDS),--seeds $(SEEDS)) \
		$(if $(FROM),--from $(FROM)) $(if $(ERP),--erp $(ERP))

## The product alone, with its own Postgres and Redis, reloading on change.
dev: $(HOUSE)
	$(BIN)/python manage.py migrate -v 0
	DEBUG=1 $(BIN)/python manage.py runserver

## Read the texts of code and templates into the catalogs, where they wait to be translated.
texts: $(READY)
	$(BABEL) extract -F locale/babel.cfg -k gettext_lazy -k gettext_noop -k ngettext_lazy:1,2 \
		-k pgettext_lazy:1c,2 --no-location --sort-output --omit-header -o locale/django.pot .
	for language in da sv de; do $(BABEL) update -i locale/django.pot -d locale -D django \
		-l $$language --no-fuzzy-matching --ignore-obsolete --ignore-pot-creation-date --width 100; done

## Compile the lock file anew from pyproject.toml.
lock: $(READY)
	$(BIN)/pip install --quiet uv
	$(BIN)/uv pip compile pyproject.toml --group dev --universal --python-version 3.11 \
		--generate-hashes --no-emit-index-url --no-header --quiet -o requirements.lock
