# Two commands: `make compose` gives tunes, `make test` checks everything.
# TORCH_INDEX=<address of an index> takes PyTorch from there, e.g. PyTorch's own index of CPU builds, which
# spares Linux users gigabytes of CUDA. JOBS=<number> tests so many files at a time.

PYTHON ?= python3
SEED ?= 0
OUT ?= tunes
TORCH_INDEX ?=
JOBS ?= 2
BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet

.PHONY: compose course test test-all format wheel clean

compose: .venv/installed
	$(BIN)/tunewright compose --count 5 --seed $(SEED) --out $(OUT)

course: .venv/installed
	$(BIN)/python -m tunewright.course.build course

test: .venv/tested
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m pytest -m "not slow" --numprocesses $(JOBS) --dist loadfile

test-all: .venv/tested
	$(BIN)/python -m pytest

format: .venv/tested
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

wheel: .venv/tested
	$(PIP) wheel --no-deps --wheel-dir dist .

.venv/installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	$(if $(TORCH_INDEX),$(PIP) install --constraint constraints.txt --index-url $(TORCH_INDEX) torch)
	$(PIP) install --constraint constraints.txt --editable .
	touch $@

.venv/tested: .venv/installed
	$(PIP) install --constraint constraints.txt --editable '.[dev]'
	touch $@

clean:
	rm -rf .venv dist build
