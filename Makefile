# `make demo` and `make test` need Python >= 3.10 and make; they set up .venv themselves (with uv if it is there).
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
STAMP  := $(VENV)/.stamp
.DEFAULT_GOAL := test

$(STAMP): pyproject.toml
	@if command -v uv >/dev/null 2>&1; then \
	  echo "setting up $(VENV) with uv"; \
	  { [ -x $(BIN)/python ] || uv venv --quiet --seed --python "$$(command -v $(PYTHON))" $(VENV); } && \
	  uv pip install --quiet --python $(BIN)/python --editable . --group dev; \
	else \
	  echo "setting up $(VENV) with venv and pip"; \
	  { [ -x $(BIN)/python ] || $(PYTHON) -m venv $(VENV); } && \
	  $(BIN)/python -m pip install --quiet --upgrade pip && \
	  $(BIN)/python -m pip install --quiet --editable . --group dev; \
	fi
	@touch $@

.PHONY: setup demo test lint types contracts format nox clean
setup: $(STAMP)

demo: $(STAMP)
	@$(BIN)/python tests/demo/demo.py

# A worker a core; each file's tests in one, since they share a kernel. `make test ARGS=tests/source` for some.
ARGS ?=
test: $(STAMP)
	$(BIN)/python -m pytest -n auto --dist loadfile $(ARGS)

lint: $(STAMP)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/lint-imports --no-cache
	$(BIN)/mypy

format: $(STAMP)
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

nox: $(STAMP)
	$(BIN)/nox

clean:
	rm -rf $(VENV) .nox .cache build dist
