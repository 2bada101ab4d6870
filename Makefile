# The one runner, for people and for CI alike.
#   make run     the whole mall on this machine, until Ctrl-C (PORT=8000)
#   make test    every test but the slow ones
#   make test-slow  what takes minutes: PostgreSQL and workers killed under load, again and again
#   make coverage  every test but the slow ones, and what of services and rules they do not reach
#   make lint    style, types, layers, templates, migrations
#   make bench   what the mall costs against references measured in the same run
#   make messages  collect the strings to translate into locale/
#   make lock    write the locks anew after requirements*.txt changed

PYTHON ?= python3
PORT ?= 8000
VENV := .venv
BIN := $(VENV)/bin
CATALOGUES := $(wildcard locale/*/LC_MESSAGES/*.po locale/*/*/LC_MESSAGES/*.po)
COMPILED := $(CATALOGUES:.po=.mo)

.PHONY: run test test-slow coverage types lint bench messages lock browser
.DEFAULT_GOAL := run

run: $(VENV)/ready $(COMPILED)
	@PORT=$(PORT) $(BIN)/python manage.py run_mall

test: $(VENV)/ready-dev $(COMPILED) browser
	$(BIN)/pytest -n 2 --dist loadgroup $(ARGS)
	@echo "LEFT OUT: the slow tests (make test-slow)."

# Apart from `make test`, which it would slow down; the floor is in pyproject.toml.
coverage: $(VENV)/ready-dev $(COMPILED)
	$(BIN)/pytest -n 2 --dist loadgroup --cov --cov-report=term:skip-covered $(ARGS)

test-slow: $(VENV)/ready-dev $(COMPILED)
	$(BIN)/pytest -m slow $(ARGS)

# The checker reads the settings and connects to nothing.
MYPY := MALL_ENV=test DATABASE_URL=postgresql:///none REDIS_URL=redis://127.0.0.1/0 $(BIN)/mypy

types: $(VENV)/ready-dev
	$(MYPY)

lint: $(VENV)/ready-dev $(COMPILED)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports --no-logo
	$(MYPY)
	$(BIN)/djlint --quiet --lint templates
	$(BIN)/python manage.py check --fail-level WARNING
	$(BIN)/python manage.py makemigrations --check --dry-run
	$(BIN)/python -m pointsmall.migration_lint

bench: $(VENV)/ready-dev $(COMPILED)
	$(BIN)/python -m bench

messages: $(VENV)/ready
	$(BIN)/python -m pointsmall.messages

# requirements*.txt say what we want and why, the locks what all of it comes to, with hashes: a build of tomorrow is
# today's, and a package that was changed on its way is refused.
COMPILE := $(BIN)/uv pip compile --quiet --generate-hashes --universal --python-version 3.11 --custom-compile-command "make lock"

lock: | $(VENV)
	@$(BIN)/pip install --quiet --disable-pip-version-check $$(grep -o '^uv==[^ ]*' requirements-dev.txt)
	$(COMPILE) requirements.txt --output-file requirements.lock
	$(COMPILE) requirements-dev.txt --output-file requirements-dev.lock

locale/%.mo: locale/%.po $(VENV)/ready
	@$(BIN)/pybabel -q compile -i $< -o $@

# The environment. The stamp files make a second run skip all of it.

INSTALL := $(BIN)/pip install --quiet --disable-pip-version-check --require-hashes

$(VENV)/ready: requirements.lock | $(VENV)
	@echo "Installing what the mall runs on."
	@$(INSTALL) -r requirements.lock
	@touch $@

$(VENV)/ready-dev: requirements-dev.lock requirements.lock | $(VENV)
	@echo "Installing what tests and checks need."
	@$(INSTALL) -r requirements-dev.lock
	@touch $@ $(VENV)/ready

$(VENV):
	@$(PYTHON) -c "import sys; sys.exit(sys.version_info < (3, 11))" \
		|| { echo "The mall needs Python 3.11 or newer; set PYTHON=/path/to/python3."; exit 1; }
	@$(PYTHON) -c "import ensurepip, venv" 2>/dev/null \
		|| { echo "Python lacks its venv part: install it, on Debian with: apt install python3-venv"; exit 1; }
	@$(PYTHON) -m venv $(VENV)

# The journeys drive Debian's Chromium; without the CJK fonts its pages show boxes.
browser:
	@command -v chromium >/dev/null && fc-list 2>/dev/null | grep -qi cjk \
		|| { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null \
			&& echo "Installing Chromium for the journeys." \
			&& apt-get -qq update >/dev/null \
			&& DEBIAN_FRONTEND=noninteractive apt-get -qq install -y chromium fonts-noto-cjk >/dev/null; } \
		|| echo "LEFT OUT: no Chromium here, so the browser journeys are skipped (apt install chromium fonts-noto-cjk)."
