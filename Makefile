# Every target makes the environment first, when it is missing or older than the files that describe it.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

PYTHON ?= $(shell for name in python3.11 python3.12 python3.13 python3.14 python3; do \
	if $$name -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then echo $$name; break; fi; done)

VENV := .venv
BIN := $(VENV)/bin
PACKAGES := $(sort $(patsubst %/pyproject.toml,%,$(wildcard ./pyproject.toml ./plugins/*/pyproject.toml)))
DESCRIPTION := requirements-dev.txt gpreg/__init__.py $(PACKAGES:%=%/pyproject.toml)

.PHONY: help environment demo test fuzz lint docs links bench build release-check clean

help: ## list these commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-13s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@echo "PYTHON=python3.12 chooses the interpreter of a new environment."

environment: $(VENV)/up-to-date ## create or refresh .venv, with all packages installed editable

demo: environment ## train `mid` on 8 Gaussians: under a minute, then its scores and where the picture is
	$(BIN)/gpreg train plane --out runs/demo --overwrite

test: environment ## run every test of the core, the plugins and the examples
	OMP_NUM_THREADS=1 $(BIN)/pytest -n 2 --dist loadfile --no-loadscope-reorder # else slow files of few tests come last

fuzz: environment ## try 10,000 bad inputs on each reader; `make test` tries a hundred of them
	OMP_NUM_THREADS=1 $(BIN)/pytest -m fuzz --hypothesis-profile=fuzz

lint: environment ## check format, style, types and the rules on imports
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/mypy
	$(BIN)/lint-imports

docs: environment ## build the documentation's site, docs/_build/html/index.html; every warning is an error
	$(BIN)/sphinx-build --quiet --fail-on-warning --keep-going --jobs auto --builder html docs docs/_build/html

links: environment ## ask each address on the network that the documentation links to whether it is there
	$(BIN)/sphinx-build --quiet --builder linkcheck docs docs/_build/links

bench: environment ## run the benchmarks, one after another
	for file in benchmarks/*.py; do $(BIN)/python "$$file"; done

build: environment ## build the sdists of all packages into dist/, and each wheel from its sdist
	rm -rf dist
	for package in $(PACKAGES); do (cd $$package && "$(abspath $(BIN))/hatchling" build --target sdist --directory "$(CURDIR)/dist"); done
	$(BIN)/pip wheel --quiet --no-deps --no-build-isolation --no-index --wheel-dir dist dist/*.tar.gz
	ls dist

release-check: environment ## check that the version can be released: clean tree, changelog, packages in a clean environment
	.ci/release

clean: ## remove the environment, the wheels and all caches
	rm -rf $(VENV) dist docs/_build docs/packages docs/project docs/reference/contract docs/reference/python .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV)/up-to-date: $(DESCRIPTION)
	@if [ ! -x $(BIN)/python ] && ! "$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
		echo "gpreg needs Python 3.11 or newer; $(if $(PYTHON),$(PYTHON) is not,none is on the PATH)." >&2; \
		echo "Install one and name it: make $(or $(MAKECMDGOALS),environment) PYTHON=/path/to/python3.11" >&2; exit 1; fi
	@echo "Installing gpreg, its plugins and PyTorch into $(VENV): a few minutes and gigabytes the first time, else seconds."
	[ -x $(BIN)/python ] || $(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	$(BIN)/pip install --quiet --disable-pip-version-check --no-build-isolation $(PACKAGES:%=-e %)
	touch $@
