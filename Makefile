# `make` alone lists what there is to do.
.DEFAULT_GOAL := help
.PHONY: help setup run test test-postgres check format bench chaos fuzz

BIN := .venv/bin
STAMP := .venv/.made-for
# Tests wait more than they work: three at a time take a third of the time on two processors. Each file stays whole, and
# they are begun in our order, the lengthy ones first.
SIDE_BY_SIDE ?= -n 3 --dist loadfile --no-loadscope-reorder
FUZZ_SECONDS ?= 60
BENCH_HOME ?= bench-results/home
# The first Python that really runs and is new enough: a name on the path may be an empty promise (pyenv's shims).
NEW_ENOUGH := import sys; sys.exit(sys.version_info < (3, 11))
PYTHON ?= $(shell for name in python3.13 python3.12 python3.11 python3; do \
	$$name -c '$(NEW_ENOUGH)' >/dev/null 2>&1 && echo $$name && break; done)

help: ## list these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: $(STAMP) ## make .venv with all that Pupil and its developers need (once, a few minutes)

$(STAMP): pyproject.toml constraints.txt
	@test -n "$(PYTHON)" || { echo "Pupil needs Python 3.11 or newer, and found none. Install one, or say where it is:"; \
		echo "  make setup PYTHON=/path/to/python3"; exit 1; }
	@$(PYTHON) -c '$(NEW_ENOUGH)' || { echo "Pupil needs Python 3.11 or newer; $(PYTHON) is older."; exit 1; }
	@echo "Making .venv with $$($(PYTHON) --version); this takes a few minutes, once."
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv || { echo "Python's venv module is missing (on Debian: apt-get install python3-venv)."; exit 1; }
	@$(BIN)/python -m pip install --disable-pip-version-check -c constraints.txt -e '.[trainer,postgres,dev]'
	@touch $@

run: setup ## start Pupil: bot, trainer and, without a Telegram token, the chat page
	@exec $(BIN)/pupil run

# One thread each for linear algebra: tests side by side have as many threads as there are processors without more.
test: export OPENBLAS_NUM_THREADS = 1
test: export OMP_NUM_THREADS = 1
test: setup ## run the tests
	$(BIN)/python -m pytest $(SIDE_BY_SIDE)

test-postgres: setup ## run the store's tests on PostgreSQL, started for them alone
	$(BIN)/python -m tests.support.postgres -- $(BIN)/python -m pytest tests/storage

check: setup ## lint, formatting and types
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy

format: setup ## put the code into its one format
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

# A second thread for matrices of this size costs seven times the work, and more where others work too.
bench: export OPENBLAS_NUM_THREADS = 1
bench: setup ## measure learning and answering on PUPIL_BENCHMARK_DATA, beside the fastai of PUPIL_BENCHMARK_PEER
	$(BIN)/python -m tests.benchmarks.cycle $(BENCH_HOME)
	$(BIN)/python -m tests.benchmarks.predict $(BENCH_HOME)
	$(BIN)/python -m tests.benchmarks.probe
	$(BIN)/python -m tests.benchmarks.load $(BENCH_HOME)
	$(BIN)/python -m tests.benchmarks.honesty
	$(BIN)/python -m tests.benchmarks.foresight
	$(BIN)/python -m tests.benchmarks.why $(BENCH_HOME)
	$(BIN)/python -m tests.benchmarks.reviewing
	$(BIN)/python -m tests.benchmarks.listing
	$(BIN)/python -m tests.benchmarks.importing --home $(BENCH_HOME)
	$(BIN)/python -m tests.benchmarks.hostile_zips
	$(BIN)/python -m tests.benchmarks.downloading $(if $(PUPIL_BENCHMARK_PEER),--peer $(PUPIL_BENCHMARK_PEER))
	$(BIN)/python -m tests.benchmarks.against $(if $(PUPIL_BENCHMARK_PEER),--peer $(PUPIL_BENCHMARK_PEER))

chaos: setup ## kill processes many times and look for what got lost
	PUPIL_TEST_CHAOS=long $(BIN)/python -m pytest -m chaos

fuzz: setup ## mutate pictures for a minute (FUZZ_SECONDS) and look for what breaks
	$(BIN)/python -m tests.fuzz.pictures --seconds $(FUZZ_SECONDS)
