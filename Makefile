# Two commands are all that a newcomer needs:  make reproduce   and   make test.
# Every set-up step is here and nowhere else.

PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
READY  := $(VENV)/.ready
SHELL  := bash
.SHELLFLAGS := -o pipefail -c
# Chapters in the order of reading, then the workshop, then the index, which shows what came out of them.
BOOK   := $(sort $(wildcard nbs/[0-9]*.ipynb)) $(sort $(wildcard nbs/[a-z]_*.ipynb)) nbs/index.ipynb
# What the exercises of the chapters come to. They are tests, and settle no claim.
SOLUTIONS := $(sort $(wildcard nbs/solutions/*.ipynb))
# What test-lab opens in JupyterLab, where it runs every cell, the longest first. `make test LAB_FOLLOWS=yes` leaves these to it,
# so that nothing runs twice.
LAB    := $(patsubst %,nbs/%.ipynb,12_stripes 13_explore j_views 04_aidb index)
TESTED := $(filter-out $(if $(LAB_FOLLOWS),$(LAB)),$(BOOK) $(SOLUTIONS))

# Notebooks run in nbs/; a data folder that was named from here must mean the same there.
ifneq ($(AIDN_DATA),)
export AIDN_DATA := $(abspath $(AIDN_DATA))
endif

# Run a notebook from a fresh kernel. (Newer kernels warn that they talk over loopback without encryption.)
EXECUTE = $(BIN)/python -m nbconvert --log-level=ERROR --to notebook --execute
QUIETLY = 2>&1 | { grep -v 'WARNING | Kernel is running over TCP' || true; }

.PHONY: help reproduce test test-lab lab notebooks readme clean
.DEFAULT_GOAL := help

help:       ## what can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "make %-10s %s\n", $$1, $$2}' Makefile

# pip compiles modules on one core; compileall does on all. (Some packages bring files that are not for this Python: `true`.)
$(READY): settings.ini setup.py constraints.txt
	@$(PYTHON) -c 'import sys; sys.version_info >= (3, 10) or sys.exit("aidn_nb needs Python 3.10 or newer; this is " + sys.version.split()[0] + ". Name another: make PYTHON=python3.12 ...")'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "Installing into $(VENV) (once; PyTorch is the large part)"
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-compile --constraint constraints.txt --editable '.[dev]'
	@$(BIN)/python -m compileall -qq -j 0 $$($(BIN)/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))') || true
	@touch $@

reproduce: $(READY)  ## run every chapter, then print the paper's numbers beside ours
	@rm -rf build/book build/results && mkdir -p build/book
	@set -e; export AIDN_RESULTS='$(CURDIR)/build/results'; for chapter in $(BOOK); do \
	    echo "== $$chapter"; \
	    $(EXECUTE) --output-dir build/book $$chapter $(QUIETLY); \
	done; \
	echo; grep -ho '^ *"SKIPPED: [^"\\]*' build/book/*.ipynb | sed 's/^ *"//' | sort -u || true; \
	$(BIN)/aidn report
	@echo "The executed chapters are in build/book."

test: $(READY)  ## check that library, notebooks and README agree, that packages install, and run every notebook's tests
	@agree=0; $(BIN)/python .ci/package.py & \
	$(BIN)/python .ci/check.py || agree=1; \
	wait $$! || agree=1; \
	$(BIN)/python .ci/test.py $(TESTED) || agree=1; \
	exit $$agree

test-lab: $(READY)  ## run chapters in JupyterLab in a headless Chromium and use their widgets (screenshots: build/lab)
	@$(BIN)/python .ci/lab.py $(LAB)

lab: $(READY)  ## open the book in JupyterLab
	@$(BIN)/jupyter lab nbs/index.ipynb

notebooks: $(READY)  ## for authors: run the book in place, store its verdicts, clean it, export the library, write README.md
	@$(BIN)/nbdev_export
	@set -e; export AIDN_RESULTS='$(CURDIR)/data/results'; for chapter in $(BOOK) $(SOLUTIONS); do \
	    echo "== $$chapter"; \
	    $(EXECUTE) --inplace $$chapter $(QUIETLY); \
	done
	@$(BIN)/nbdev_clean
	@$(MAKE) --no-print-directory readme

readme: $(READY)  ## write README.md from nbs/index.ipynb
	@$(BIN)/python .ci/readme.py

clean:      ## remove what was built; weights, data and the environment stay
	rm -rf build dist *.egg-info
