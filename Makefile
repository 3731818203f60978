# Shortcuts for people who work on the code; the README's two commands need no make.
.PHONY: check test e2e sim sim-mutants soak soak-failover bench docs wire

# The environment that bin/test makes, unless another Python is named: make check PYTHON=/path/to/python
PYTHON ?= .venv/bin/python

check: ## format, lint, types, layers, fast tests: what CI runs first
	$(PYTHON) -m ruff format --check .
	$(PYTHON) -m ruff check .
	$(PYTHON) -m mypy
	$(PYTHON) -c "from importlinter.cli import lint_imports_command as main; main()"
	$(PYTHON) -m pytest tests --ignore=tests/e2e -q

test: ## everything, with the README's command
	bin/test

e2e: ## real processes on loopback; against official programs when Java is there
	bin/test tests/e2e

sim: ## the core under scripted and random faults; whole masters under a seeded network and disk (SEED=n, SEEDS=n)
	bin/test tests/raft tests/property tests/sim

sim-mutants: ## every bug that is put in must be found by the simulator
	ALL_MUTANTS=1 bin/test tests/sim/test_mutants.py

soak: ## the simulator for long: SEEDS fresh runs of whole masters and of the core, and every bug; then soak-failover
	SEEDS=$${SEEDS:-5000} bin/test tests/sim/test_simulation.py tests/raft/test_random.py
	ALL_MUTANTS=1 bin/test tests/sim/test_mutants.py
	$(MAKE) soak-failover

soak-failover: ## real masters killed, stopped, paused under clients for about 20 minutes; writes docs/reliability.md (needs Java)
	PYALLUXIO_LEADER_KILLS=100 PYALLUXIO_LEADER_STOPS=20 PYALLUXIO_LEADER_ELECTIONS=20 \
	PYALLUXIO_LEADER_PAUSES=10 PYALLUXIO_LEADER_PAUSE_S=30 PYALLUXIO_COLD_STARTS=6 \
	PYALLUXIO_RELIABILITY_PAGE=docs/reliability.md CI=1 bin/test -rP tests/e2e/test_failover.py tests/e2e/test_failover_start.py

bench: ## side by side with the official programs (needs Java and .peer/jars)
	sh tests/peer/fetch.sh .peer/jars
	for file in bench/*.py; do echo "== $$file"; $(PYTHON) "$$file" || exit 1; done

docs: ## remake docs/reference from the code
	$(PYTHON) tools/generate_reference.py
	$(PYTHON) tools/generate_fs_reference.py

wire: ## remake src/pyalluxio/wire/gen from the .proto files
	$(PYTHON) tools/generate_wire.py
