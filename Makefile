# `make` lists what can be made. The first run creates .venv from
# requirements.lock; a later run re-creates it only if the lock has changed.

VENV ?= .venv
# An interpreter of your choice: make PYTHON=python3.12 book
PYTHON ?=
# Test processes; each holds a TensorFlow of its own (about 1 GB).
JOBS ?= 2
PORT ?= 8000
# An environment of the oldest allowed packages, for `make oldest`.
OLDEST ?= .venv-oldest

BIN := $(VENV)/bin
READY := $(VENV)/installed.toml
HTML := _build/html
# The sets that are drawn, each with the file that says it is complete.
DRAWN := $(foreach set,scenes shapes pets garments lands,datasets/$(set)/$(set).json)

# Any other interpreter on the machine has nothing to say here.
unexport PYTHONPATH PYTHONHOME
export PIP_DISABLE_PIP_VERSION_CHECK = 1

.DEFAULT_GOAL := help
.PHONY: help book test bench serve lint lock data picture lessons nbval sphinx \
	wheel-check oldest clean-book clean

help:
	@echo "make book         build the book: executes every chapter, takes no network"
	@echo "make test         run every test, then open the built book in Chromium"
	@echo "make lessons      write the exercises and solutions from their sources"
	@echo "make serve        show the built book on http://localhost:$(PORT)"
	@echo "make bench        run the benchmarks and print one table"
	@echo "make lint         check style and types"
	@echo "make wheel-check  install the built wheel elsewhere and use it"
	@echo "make oldest       run the tests with the oldest allowed packages (needs uv)"
	@echo "make lock         write requirements.lock anew (needs uv)"
	@echo "make clean-book   forget the built book and the executed chapters"
	@echo "make clean        forget also .venv and the rendered data"

# ---------------------------------------------------------------- environment

# A found name proves nothing (a pyenv shim may stand for a version that is not
# there), so each candidate has to run.
$(VENV)/installed.lock: requirements.lock
	@if cmp -s requirements.lock $@; then touch $@; exit 0; fi; \
	python=; \
	for p in $(or $(PYTHON),python3.11 python3.12 python3.13 python3 python); do \
	  if $$p -c 'import sys, ensurepip; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' >/dev/null 2>&1; \
	  then python=$$p; break; fi; \
	done; \
	if [ -z "$$python" ]; then \
	  echo "No Python 3.11, 3.12 or 3.13 with venv runs here: install one (on Debian and Ubuntu: apt install python3 python3-venv), or name it: make PYTHON=/path/to/python3.12 $(MAKECMDGOALS)" >&2; \
	  exit 1; \
	fi; \
	echo "Installing the locked packages into $(VENV) for $$($$python --version 2>&1) (about a minute, 3 GB)"; \
	$$python -m venv --clear $(VENV) && \
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements.lock && \
	cp requirements.lock $@

# The package itself, editable: again when its metadata has changed.
$(READY): pyproject.toml $(VENV)/installed.lock
	@if cmp -s pyproject.toml $@; then touch $@; exit 0; fi; \
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation -e . && \
	cp pyproject.toml $@

# ----------------------------------------------------------------------- book

# The embedded data: again when its renderer has changed. The book never reads
# photographs that you may have, so that it is the same book everywhere.
data: $(DRAWN)
$(DRAWN): $(shell find fire_course/data/render -name '*.py') | $(READY)
	FIRE_COURSE_DATA=datasets $(BIN)/fire-course data make $(basename $(@F))
	@touch $@

# -W: a warning is an error. --keep-going: show all of them.
book: $(READY) $(DRAWN)
	$(BIN)/jupyter-book build . -W --keep-going --quiet
	@echo "The book is built. Open $(HTML)/index.html"

# The same book without Jupyter Book's command: the way out should it go away.
sphinx: $(READY) $(DRAWN)
	$(BIN)/jupyter-book config sphinx .
	PYTHONPATH=book/_ext $(BIN)/sphinx-build -W --keep-going -q -b html . _build/sphinx

# The README's picture, after the detector or the renderer has changed.
picture: $(READY)
	$(BIN)/python book/_ext/picture.py

serve:
	@test -f $(HTML)/index.html || { echo "There is no book yet: make book" >&2; exit 1; }
	$(BIN)/python -m http.server $(PORT) --bind localhost --directory $(HTML)

# -------------------------------------------------------------------- lessons

# solutions/NN.md is the source; what is up to date stays untouched.
lessons: $(READY) $(DRAWN)
	$(BIN)/fire-course lessons build

# ---------------------------------------------------------------------- tests

# What a file prepares for its tests is prepared once (loadfile); the longest files come
# first, as tests/conftest.py orders them. Pages share nothing but a browser, so that a
# process that is done takes over half of what another has left (worksteal); and one
# more of them, since each waits half a second on every page for what may still come.
test: $(READY)
	$(BIN)/python -m pytest -n $(JOBS) --dist loadfile --no-loadscope-reorder \
	  --durations 40 --ignore tests/book
	$(MAKE) nbval
	$(MAKE) book
	$(BIN)/python -m pytest -n $$(($(JOBS) + 1)) --dist worksteal tests/book

# Every solution once more, in fresh kernels: the outputs must be the stored ones.
# loadfile: the cells of a notebook stay together. Embedded data only, no GPU.
nbval: $(READY) $(DRAWN)
	FIRE_COURSE_DATA=$(abspath datasets) CUDA_VISIBLE_DEVICES=-1 \
	TF_CPP_MIN_LOG_LEVEL=3 PYDEVD_DISABLE_FILE_VALIDATION=1 \
	$(BIN)/python -m pytest --nbval --nbval-current-env --nbval-cell-timeout=120 \
	  -n $(JOBS) --dist loadfile solutions/*.ipynb

bench: $(READY)
	@$(BIN)/python benchmarks/run.py

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

wheel-check: $(READY)
	$(BIN)/python tests/wheel_check.py

# The lower bounds of pyproject.toml are promises too (needs uv and Python 3.11).
oldest:
	uv venv --quiet --clear --python 3.11 $(OLDEST)
	uv pip install --quiet --python $(OLDEST) --resolution lowest-direct -e ".[dev]"
	$(OLDEST)/bin/python -m pytest -n $(JOBS) --dist loadfile --no-loadscope-reorder \
	  --ignore tests/book

lock:
	uv pip compile --quiet --universal --generate-hashes --python-version 3.11 \
	  --no-header --no-emit-index-url --extra dev \
	  pyproject.toml -o requirements.lock

# ---------------------------------------------------------------------- clean

clean-book:
	rm -rf _build

clean: clean-book
	rm -rf $(VENV) $(OLDEST) $(dir $(DRAWN))
