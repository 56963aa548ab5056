# What a visitor, a developer and CI call. `make demo` and `make test` need Python 3.11 or later, make and git.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --quiet --disable-pip-version-check
SECONDS ?= 0

.PHONY: help demo test lint types imports tests generate lock oldest-pip release components bench loads soak pictures promql3 image-test reliability conformance mutation mutmut clean

help: ## This list
	@grep -E '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

demo: $(VENV)/.runtime ## Reference relay and service on loopback, one line per run; SECONDS=15 ends by itself
	@$(BIN)/python scripts/demo.py --seconds $(SECONDS)

test: $(VENV)/.dev lint imports tests ## Set-up, lint, import contracts, types, all tests; the summary comes last

# pip refuses hashes together with a local path, so wnmon itself is installed in a call of its own.
$(VENV)/.runtime: requirements/runtime.txt pyproject.toml
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(PIP) install --require-hashes -r requirements/runtime.txt
	@$(PIP) install --no-deps -e .
	@touch $@

$(VENV)/.dev: $(VENV)/.runtime requirements/dev.txt
	@$(PIP) install --require-hashes -r requirements/dev.txt
	@touch $@

lint: $(VENV)/.dev ## ruff, both check and format
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check --quiet .

types: $(VENV)/.dev ## mypy --strict
	@$(BIN)/mypy --no-error-summary

imports: $(VENV)/.dev ## Layers, purity and owners
	@$(BIN)/lint-imports

tests: $(VENV)/.dev ## Types and all tests; those of the pure core reach every branch of it
	@scripts/tests.sh $(BIN)/python

generate: $(VENV)/.dev ## Write generated files anew: metrics and CLI reference, causes, channels, personas, dashboards, deployment, torture table
	@$(BIN)/python scripts/repository.py
	@$(BIN)/python -m wnmon.metrics.reference > docs/metrics.md
	@$(BIN)/python -m dashboards.generate
	@$(BIN)/python scripts/deploy_files.py
	@$(BIN)/python scripts/cli_reference.py
	@$(BIN)/python scripts/cause_table.py
	@$(BIN)/python scripts/rule_list.py
	@$(BIN)/python scripts/channels.py
	@$(BIN)/python scripts/persona_table.py
	@$(BIN)/python scripts/promises.py
	@$(BIN)/python scripts/sse_torture.py

# With extras, or a pip older than 23.3 refuses a pin as soon as a newer release is out (docs/decisions/004).
COMPILE := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-strip-extras \
  --no-header --no-annotate

lock: $(VENV)/.dev ## Pin every dependency anew, with hashes and without addresses
	@$(PIP) install uv
	@$(COMPILE) --upgrade --extra fast --extra auth pyproject.toml --output-file requirements/runtime.txt
	@$(COMPILE) --upgrade --all-extras --group dev pyproject.toml --constraint requirements/runtime.txt \
	  --output-file requirements/dev.txt
	@for group in bench evidence evidence-fakellm evidence-mock-ai-api; do \
	  $(COMPILE) --upgrade --group $$group --output-file requirements/$$group.txt || exit 1; done
	@$(COMPILE) --upgrade --group mutation --constraint requirements/dev.txt --output-file requirements/mutation.txt
	@echo 'hatchling>=1.27' | $(COMPILE) --constraint requirements/dev.txt - --output-file requirements/build.txt

oldest-pip: $(VENV)/.dev ## Can every requirements file be installed by the oldest pip that a supported Python brings?
	@scripts/oldest-pip.sh $(BIN)/python

release: $(VENV)/.dev ## Wheel, sdist, bill of materials and hashes of this commit in dist/, installed from an index and tried
	@$(BIN)/python scripts/release.py dist
	@WNMON_DIST=dist $(BIN)/python -m pytest -q tests/acceptance/test_wheel.py tests/acceptance/test_release.py

components: ## Real components for tests and bench (Debian, root): Prometheus, Alertmanager, blackbox_exporter, Chromium, fonts, systemd-analyze, gcc
	@apt-get update -qq
	@DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
	  prometheus prometheus-alertmanager prometheus-blackbox-exporter chromium fonts-noto-cjk systemd \
	  gcc libc6-dev openssl mount util-linux >/dev/null

soak: $(VENV)/.mutation ## Faults and crashes, half an hour of the service under a real Prometheus and two busy loops, then 210,000 runs; writes docs/soak.md
	@$(BIN)/python -m pytest -q -m long tests/promtool tests/matrix tests/acceptance/test_serve_kills.py \
	  tests/acceptance/test_serve_ledger.py tests/acceptance/test_serve_crash_loop.py \
	  tests/unit/suites/test_mutation_page.py
	@$(BIN)/python tests/soak/soak.py --write
	@$(BIN)/python tests/soak/growth.py --write

pictures: $(VENV)/.dev ## Draw docs/pictures from five minutes of reference relays under a real Prometheus (Chromium, Node, npm)
	@$(BIN)/python scripts/draw/pictures.py

bench: $(VENV)/.dev $(VENV)-bench/.done $(VENV)-plain/.done ## Errors of the clock and cost of a probe beside the peers; writes docs/benchmarks.md; QUICK=1: 5 minutes
	@$(BIN)/python tests/bench/bench.py $(if $(QUICK),--quick) $(if $(ONLY),--only $(ONLY),--out docs) \
	  --peers $(VENV)-bench/bin/python --plain $(VENV)-plain/bin/python

# Peers have an environment of their own: what wnmon runs with is what its own requirements say.
$(VENV)-bench/.done: requirements/bench.txt
	@test -x $(VENV)-bench/bin/python || $(PYTHON) -m venv $(VENV)-bench
	@$(VENV)-bench/bin/python -m pip --quiet --disable-pip-version-check install --require-hashes -r requirements/bench.txt
	@touch $@

# wnmon without the extra `fast`, to be measured beside.
$(VENV)-plain/.done: requirements/runtime.txt pyproject.toml
	@test -x $(VENV)-plain/bin/python || $(PYTHON) -m venv $(VENV)-plain
	@$(VENV)-plain/bin/python -m pip --quiet --disable-pip-version-check install --require-hashes -r requirements/runtime.txt
	@$(VENV)-plain/bin/python -m pip --quiet --disable-pip-version-check install --no-deps -e .
	@$(VENV)-plain/bin/python -m pip --quiet --disable-pip-version-check uninstall --yes uvloop httptools
	@touch $@

loads: $(VENV)/.dev ## Measure the table of loads in docs/operations.md anew, 6 minutes
	@$(BIN)/python tests/bench/load_table.py --write

promql3: $(VENV)/.dev ## Every query of the boards and every rule, read by the parsers of Prometheus 3 (needs Go)
	@$(BIN)/python -m scripts.promql3

reliability: $(VENV)/.dev ## Make every fault of docs/reliability.md, a minute, and write there what was measured (root)
	@CI=true WNMON_GOLDEN=write $(BIN)/python -m pytest -q tests/reliability

conformance: $(VENV)/.dev ## Judge every peer of the conformance suite anew and write docs/conformance.md
	@WNMON_GOLDEN=write $(BIN)/python -m pytest -q tests/matrix

mutation: $(VENV)/.mutation ## Break our own code in one place at a time; MODULES=wnmon.wire.media for a few of them
	@$(BIN)/python scripts/mutation.py $(MODULES)

mutmut: $(VENV)/.mutation ## What `make mutation` and `make soak` need

$(VENV)/.mutation: $(VENV)/.dev requirements/mutation.txt
	@$(PIP) install --require-hashes -r requirements/mutation.txt
	@touch $@

image-test: ## Build and run the image without a container engine (Debian, root)
	@scripts/image-test.sh

clean: ## Remove the virtual environment and caches
	@rm -rf $(VENV) $(VENV)-bench $(VENV)-plain .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis build dist
