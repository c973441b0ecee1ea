# The verbs of Cloud UI. `make help` lists them.

.DEFAULT_GOAL := help
.PHONY: help setup run airflow test test-airflow test-postgres test-faults bench lint format lock superuser clean

VENV := .venv
PY := $(VENV)/bin/python
PIP := $(PY) -m pip install --quiet --disable-pip-version-check --require-hashes
PACKAGES := cloudui workspaces deployments apikeys tests manage.py
# Two of them share the two cores of a small machine; a browser in each is as much as it carries.
PYTEST := $(PY) -m pytest --numprocesses=auto --maxprocesses=2 --dist=loadfile

# One address for everything that runs, whatever each process makes of PORT.
PORT := $(or $(PORT),8871)
PUBLIC_URL := $(or $(PUBLIC_URL),http://localhost:$(PORT))
export PORT PUBLIC_URL

help: ## list these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' Makefile

setup: $(VENV)/.dev ## install everything needed to work on Cloud UI

run: $(VENV)/.base ## start Cloud UI at http://localhost:8871 (PORT, PUBLIC_URL, DATABASE_URL, CACHE_URL, CLOUDUI_DATA_DIR)
	@$(PY) manage.py prepare
	@exec $(PY) -m cloudui.processes

airflow: $(VENV)/.base ## install the Airflows that Deployments run on this machine (about a minute; AIRFLOW_PYTHON names a Python)
	@$(PY) manage.py install_airflow $(ARGS)

test: $(VENV)/.dev ## run all tests on SQLite (ARGS='tests/web -k paging' runs some)
	@CHROMIUM="$$(.ci/browser)" && export CHROMIUM && DATABASE_URL= $(PYTEST) $$(.ci/production) $(ARGS)

test-postgres: $(VENV)/.dev ## run all tests on a private PostgreSQL server
	@CHROMIUM="$$(.ci/browser)" && export CHROMIUM && .ci/postgres $(PYTEST) $$(.ci/production) $(ARGS)

test-airflow: $(VENV)/.dev ## run a real Airflow of each version and do everything to it once
	@DATABASE_URL= .ci/airflow $(PY) -m pytest tests/airflow $(ARGS)

test-faults: $(VENV)/.dev ## attack and kill a running installation for twenty minutes and say what was lost (ARGS=processes takes one)
	@$(PY) -m tests.faults $(ARGS)

bench: $(VENV)-bench/.made ## measure Cloud UI beside its limits and its peers (ARGS='--full' takes longer; needs wrk)
	@$(VENV)-bench/bin/python -m tests.benchmarks $(ARGS)

lint: $(VENV)/.dev ## check style, types, templates, layers, settings and migrations
	@.ci/lint

format: $(VENV)/.dev ## put code and templates into shape
	$(PY) -m ruff check --fix-only .
	$(PY) -m ruff format .
	-find templates -name '*.html' -exec $(VENV)/bin/djade --target-version 5.2 {} +
	-$(PY) -m djhtml --tabwidth 2 templates

lock: $(VENV)/.dev ## choose the newest dependencies that pyproject.toml admits and write them down with their hashes
	$(PY) -m uv pip compile $(COMPILE) pyproject.toml --output-file requirements/base.txt
	$(PY) -m uv pip compile $(COMPILE) pyproject.toml --group dev --constraint requirements/base.txt \
		--output-file requirements/dev.txt
	$(PY) -m uv pip compile $(COMPILE) pyproject.toml --group bench --constraint requirements/base.txt \
		--output-file requirements/bench.txt
	for version in 3.3.2 2.11.2; do $(PY) -m uv pip compile $(COMPILE) requirements/airflow-$$version.in \
		--output-file requirements/airflow-$$version.txt; done
COMPILE := --quiet --upgrade --universal --python-version 3.11 --generate-hashes --no-annotate \
	--custom-compile-command 'make lock'

superuser: $(VENV)/.base ## make the first Owner of a real installation
	@$(PY) manage.py superuser

clean: ## remove what make and the tools have made; the data in var/ stays
	rm -rf $(VENV) $(VENV)-bench .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache test-results
	find cloudui workspaces deployments apikeys tests -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV)/.made: .ci/venv
	@PYTHON='$(PYTHON)' .ci/venv $(VENV)
	@touch $@

$(VENV)/.base: requirements/base.txt $(VENV)/.made
	@echo "Installing what Cloud UI needs into $(VENV) ..."
	@$(PIP) --requirement requirements/base.txt
	@touch $@

$(VENV)/.dev: requirements/dev.txt $(VENV)/.made
	@echo "Installing what work on Cloud UI needs into $(VENV) ..."
	@$(PIP) --requirement requirements/dev.txt
	@touch $@

# The peers stay out of the environment in which the product is developed.
$(VENV)-bench/.made: requirements/bench.txt .ci/venv
	@PYTHON='$(PYTHON)' .ci/venv $(VENV)-bench
	@echo "Installing what the benchmarks need into $(VENV)-bench ..."
	@$(VENV)-bench/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes \
		--requirement requirements/bench.txt
	@touch $@
