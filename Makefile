# Everything from a fresh clone, with git, make and Python 3.11. `make help` lists the targets.
SHELL := /bin/bash
PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
JOBS ?= 2
BENCHMARKS = $(subst /,.,$(basename $(shell grep -l __main__ benchmarks/*.py)))
CI := lint types imports docs wheel demo kill-matrix test
.DEFAULT_GOAL := help
.PHONY: help setup test demo kill-matrix mutants bench lint types imports docs pages wheel constraints ci clean

help:  ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  %-12s %s\n", $$1, $$2}'

setup: $(READY)  ## make .venv with the project and the pinned tools

$(READY): pyproject.toml constraints-dev.txt
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --constraint constraints-dev.txt --upgrade pip
	$(BIN)/python -m pip install --quiet --constraint constraints-dev.txt --editable . --group dev
	@touch $@

test: setup  ## run the tests (all but the slow ones of `make wheel`)
	$(BIN)/python -m pytest -n $(JOBS) -m "not slow"

demo: setup  ## run three contracts on an example project, and show the reference implementation at work
	$(BIN)/python docs/tutorial/demo.py
	$(BIN)/python -m reference_impl demo

kill-matrix: setup  ## prove that every clause catches its broken subjects, and no conforming one
	$(BIN)/python -m tests.kill_matrix

mutants: setup  ## change the reference in every small way, and see whether the contract suite notices
	$(BIN)/python -m pip install --quiet --constraint constraints-dev.txt --group mutants
	$(BIN)/python -m tests.mutants

bench: setup  ## measure what is claimed about speed; a claim that is missed fails
	@for one in $(BENCHMARKS); do echo "== $$one"; $(BIN)/python -m $$one || exit 1; done

lint: setup  ## ruff: rules and format
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: setup  ## mypy --strict on the package, pyright on its public names
	$(BIN)/mypy
	$(BIN)/pyright

imports: setup  ## import-linter: every folder keeps to its layer
	$(BIN)/lint-imports

docs: setup  ## check that the generated pages are current and that every link leads somewhere
	$(BIN)/python -m docs.generate_reference --check
	$(BIN)/python -m docs.live_blocks --check
	$(BIN)/python -m docs.check_links

pages: setup  ## write the generated pages and the recorded terminal output anew
	$(BIN)/python -m docs.generate_reference
	$(BIN)/python -m docs.live_blocks

wheel: setup  ## build wheel and sdist into dist/, and try the wheel in empty projects
	rm -rf dist
	$(BIN)/python -m build --quiet --no-isolation
	$(BIN)/python -m pytest -n $(JOBS) --dist loadgroup -m slow tests/packaging

constraints: setup  ## pin the tools as they are installed now
	$(BIN)/python -m docs.pin_tools

ci: setup  ## everything that CI checks; the last lines are pytest's
	@for target in $(CI); do echo "==== make $$target"; $(MAKE) --no-print-directory $$target || exit 1; done

clean:  ## remove what was built
	rm -rf $(VENV) dist build .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
