# Thin on purpose: what is done is in rules/, tests/ and bench/.
#
#   make run                        encode a sample that it makes itself
#   make run INPUT=/path/movie.mkv  encode yours
#   make test | odd | lint | docs | bench | bench-peers | chaos | clean

PYTHON ?= python3
VENV ?= .venv
BIN := $(abspath $(VENV))/bin
PROJECT := .run/$(if $(INPUT),input,sample)
SECONDS_OF_SAMPLE ?= 32

export INPUT

.PHONY: run test odd lint docs bench bench-peers chaos clean

run: $(VENV)/.installed
	@$(BIN)/drapto init $(PROJECT) >/dev/null
ifeq ($(INPUT),)
	@$(BIN)/python -m tests.clips sample $(PROJECT)/source/sample.mkv $(SECONDS_OF_SAMPLE)
else
	@test -f "$$INPUT" || { echo "error: $$INPUT: is not a file" >&2; exit 3; }
	@rm -f $(PROJECT)/source/* && ln -s -- "$$(realpath -- "$$INPUT")" $(PROJECT)/source/
endif
	@cd $(PROJECT) && $(BIN)/doit
	@cd $(PROJECT) && $(BIN)/drapto status

# byte code is written, whatever the environment says: the tests start some thousand processes
test: export PYTHONDONTWRITEBYTECODE :=
test: $(VENV)/.installed-dev
	$(BIN)/python -m pytest -n auto --dist worksteal

odd: $(VENV)/.installed-dev
	$(BIN)/python -m tests.oddities .odd --table docs/oddities.md $(if $(wildcard ../shared),--shared ../shared)
	$(BIN)/python -m tests.oddities .odd --reported --settings default crf --table docs/reported.md

lint: $(VENV)/.installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

docs: $(VENV)/.installed-dev
	$(BIN)/python -m tests.documents

bench: $(VENV)/.installed
	$(BIN)/python -m bench

bench-peers: $(VENV)/.installed
	$(BIN)/python -m bench.peers

chaos: $(VENV)/.installed-dev
	$(BIN)/python -m tests.chaos

clean:
	rm -rf $(VENV) .run .odd .bench build dist *.egg-info .mypy_cache .ruff_cache .grimp_cache .import_linter_cache .pytest_cache .hypothesis .coverage*

$(VENV)/bin/python:
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: pyproject.toml | $(VENV)/bin/python
	@echo "installing drapto into $(VENV); this is done once, and takes about a minute"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -e .
	@touch $@

$(VENV)/.installed-dev: pyproject.toml | $(VENV)/bin/python
	@echo "installing drapto and its tools into $(VENV); this is done once, and takes about a minute"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[dev]'
	@touch $@ $(VENV)/.installed
