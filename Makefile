# Letapis: `make serve` and `make test` are all a stranger needs. Settings: PORT, HOST, DATA.
PYTHON ?= python3
VENV   ?= .venv
HOST   ?= 127.0.0.1
PORT   ?= 8000
DATA   ?= data
BIN    := $(VENV)/bin

.PHONY: serve build test lint bench bench-gate clean
.DEFAULT_GOAL := serve

# Build the record through the gate and serve it.
serve: build
	@$(BIN)/letapis serve --host $(HOST) --port $(PORT) --data $(DATA)

build: $(VENV)/.installed
	@$(BIN)/letapis build --data $(DATA)

# Every test, types and style included.
test: $(VENV)/.installed-test
	$(BIN)/ruff check
	$(BIN)/mypy
	$(BIN)/pytest -q

lint: $(VENV)/.installed-test
	$(BIN)/ruff check
	$(BIN)/mypy

# The table of benchmarks/README.md, ratios against peers in one run.
bench: $(VENV)/.installed-bench
	$(BIN)/python -m benchmarks

# The gate at 10,000, 100,000 and 1,000,000 quads, beside its peers; about half an hour.
bench-gate: $(VENV)/.installed-bench
	$(BIN)/python -m benchmarks.gate

$(VENV)/.installed: pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Letapis needs Python 3.11 or newer; set PYTHON=")'
	@$(PYTHON) -c 'import ensurepip' || { echo 'Letapis needs venv: apt-get install python3-venv'; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --editable .
	@touch $@

$(VENV)/.installed-test: $(VENV)/.installed
	$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[test]'
	@touch $@

$(VENV)/.installed-bench: $(VENV)/.installed-test
	$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[bench]'
	@touch $@

clean:
	rm -rf $(VENV) build
