# Everything goes into .venv beside this file; nothing else on the machine is touched.
# Needs make and Python 3.11 to 3.14. Another interpreter: make venv PYTHON=python3.12

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check

# Stamps: what .venv holds. Installed once, and again when the requirements or the pins change.
RUN := $(VENV)/.installed-run
TEST := $(VENV)/.installed-test
# The two packages that build this one come first, pinned like all others, so that no build picks its own.
INSTALL = $(PIP) install --quiet --constraint constraints.txt hatchling editables && \
	$(PIP) install --quiet --constraint constraints.txt --no-build-isolation --editable
FIRST_TIME = the first time takes some minutes and 6 GB of disk, nearly all of it PyTorch

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.NOTPARALLEL:
.PHONY: help venv demo test quick lint check site constraints clean

help:  ## Show this list
	@sed -n 's/^\([a-z]*\):.*##  *\(.*\)/\1|\2/p' Makefile | while IFS='|' read -r name text; do \
		printf '  make %-12s %s\n' "$$name" "$$text"; done

venv: $(TEST)  ## Create .venv and install repro into it, with what its tests need

demo: $(RUN)  ## Train SimSiam on the embedded digits and write a report (no download of data)
	@$(BIN)/repro run simsiam

# A process for each core, each with one thread: with more they stand in each other's way.
test: $(TEST)  ## Run the test suite
	@OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n auto --dist loadgroup

quick: $(TEST)  ## Run the tests that need no browser, no website and no process of their own: a minute
	@OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n auto --dist loadgroup -m "not slow and not apart"

lint: $(TEST)  ## Check style, formatting and types
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy --strict repro

site: $(TEST)  ## Build the website into build/site
	@$(BIN)/repro site build

check: $(RUN)  ## Check every file of the catalog
	@$(BIN)/repro check

constraints: $(VENV)/pyvenv.cfg  ## Resolve the newest versions and rewrite constraints.txt with them
	@echo "Resolving the newest versions that fit pyproject.toml together ..."
	@mkdir -p build
	@$(PIP) install --quiet --dry-run --ignore-installed --report build/resolved.json '.[test]' hatchling editables
	@{ sed -n '/^#/p' constraints.txt; $(BIN)/python -c "$$PINS" build/resolved.json; } > build/constraints.txt
	@mv build/constraints.txt constraints.txt
	@echo "constraints.txt is rewritten; run make lint test before committing it."

clean:  ## Remove what was built and cached; keeps .venv and runs
	rm -rf build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -path ./$(VENV) -prune -o -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV)/pyvenv.cfg:
	@command -v $(PYTHON) > /dev/null || { \
		echo "repro needs Python 3.11 to 3.14, and there is no $(PYTHON) here: install one, or name it with PYTHON=/path/to/python."; \
		exit 1; } >&2
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 14))' || { \
		echo "repro needs Python 3.11 to 3.14, but $(PYTHON) is $$($(PYTHON) --version 2>&1): name another with PYTHON=/path/to/python."; \
		exit 1; } >&2
	@$(PYTHON) -m venv $(VENV)

$(RUN): $(VENV)/pyvenv.cfg pyproject.toml constraints.txt
	@echo "Installing repro into $(VENV) ($(FIRST_TIME)) ..."
	@$(INSTALL) .
	@touch $@

$(TEST): $(VENV)/pyvenv.cfg pyproject.toml constraints.txt
	@echo "Installing repro and its test tools into $(VENV) ($(FIRST_TIME)) ..."
	@$(INSTALL) '.[test]'
	@touch $(RUN) $@

# Prints one pin a line from the report of pip's resolver, without this project itself.
define PINS
import json, sys
found = [item["metadata"] for item in json.load(open(sys.argv[1]))["install"]]
for name, version in sorted((f["name"].lower(), f["version"]) for f in found if f["name"] != "repro-ssl"):
    print(f"{name}=={version}")
endef
export PINS
