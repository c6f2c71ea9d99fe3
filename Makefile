# Three commands:
#
#   make run     installs cyclesim into .venv the first time, then opens it
#                make run ARGS='--help'
#                make run ARGS='trace "Ada Lovelace worked with Charles Babbage in London."'
#   make test    installs the tools as well, then runs every check and every test
#                make test PYTEST_ARGS='-k clock -x'
#   make texts   brings the Chinese texts up to date with the English ones in the sources
#
# PYTHON=python3.12 picks the interpreter, VENV=DIR another place for the environment.

SHELL := bash
PYTHON ?= python3
VENV ?= .venv
ARGS ?=
PYTEST_ARGS ?=

BIN := $(VENV)/bin
INPUTS := pyproject.toml constraints.txt cyclesim/_version.py

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help run test check texts install clean

help:
	@sed -n '/^# Three/,/^$$/s/^#\( \|$$\)//p' Makefile

run: $(VENV)/.installed
	@$(BIN)/python -m cyclesim $(ARGS)

test: check
	@echo "· pytest"
	@$(BIN)/python -m pytest $(PYTEST_ARGS)

check: $(VENV)/.installed-dev
	@echo "· ruff check"
	@$(BIN)/ruff check --quiet --output-format=concise .
	@echo "· ruff format"
	@$(BIN)/ruff format --quiet --check .
	@echo "· mypy"
	@$(BIN)/mypy
	@echo "· import-linter"
	@$(BIN)/lint-imports --no-logo

texts: $(VENV)/.installed-dev
	@$(BIN)/python tools/texts.py

install: $(VENV)/.installed

clean:
	@rm -rf .venv build dist .mypy_cache .pytest_cache .ruff_cache .import_linter_cache
	@find cyclesim tests -name __pycache__ -type d -prune -exec rm -rf {} +

# ------------------------------------------------------------------------------------ installing

# The stamps make the installation happen again only when what is installed has changed.
$(VENV)/.installed: $(INPUTS)
	@$(call ensure-venv)
	@echo "Installing cyclesim into $(VENV) (PyTorch is large: a minute or more the first time)"
	@$(call pip-install,.)
	@touch $@

$(VENV)/.installed-dev: $(INPUTS)
	@$(call ensure-venv)
	@echo "Installing cyclesim and its tools into $(VENV) (PyTorch is large: a minute or more the first time)"
	@$(call pip-install,.[dev])
	@touch $@ $(VENV)/.installed

define ensure-venv
if ! command -v "$(PYTHON)" > /dev/null; then \
	echo "cyclesim needs Python 3.10 or newer, and there is no '$(PYTHON)' here; name one with PYTHON=…" >&2; \
	exit 1; \
elif ! "$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 10))'; then \
	echo "cyclesim needs Python 3.10 or newer, and '$(PYTHON)' is $$("$(PYTHON)" -V 2>&1); name another with PYTHON=…" >&2; \
	exit 1; \
elif ! "$(BIN)/python" -m pip --version > /dev/null 2>&1; then \
	if ! "$(PYTHON)" -c 'import ensurepip, venv' 2> /dev/null; then \
		echo "'$(PYTHON)' cannot make a virtual environment: its venv module is not installed" \
			"(on Debian and Ubuntu: apt-get install python3-venv)." >&2; \
		exit 1; \
	fi; \
	"$(PYTHON)" -m venv "$(VENV)"; \
fi
endef

# pip's own output is long; this names each package as pip comes to it, and lets errors through.
define pip-install
set -o pipefail; "$(BIN)/python" -m pip install --disable-pip-version-check --no-input \
	-c constraints.txt -e '$(1)' | awk ' \
	/^Processing .*\.whl/ { sub(/.*\//, "", $$2); sub(/-.*/, "", $$2); printf " %s", $$2; n++; fflush() } \
	/^Collecting / { sub(/[^A-Za-z0-9_.-].*/, "", $$2); printf " %s", $$2; n++; fflush() } \
	/^Installing collected/ { printf "%s  unpacking …", n ? "\n" : ""; open = 1; fflush() } \
	/^Successfully installed/ { print " done"; open = 0 } \
	END { if (open) print "" }'
endef
