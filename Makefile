# Shortcuts for people who work on the code; the README's two commands need no make.
.PHONY: check test e2e sim bench docs wire

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

sim: ## the consensus core under scripted and random faults; whole clusters follow with several masters
	bin/test tests/raft tests/property

bench: ## side by side with the official programs (needs Java and .peer/jars)
	sh tests/peer/fetch.sh .peer/jars
	for file in bench/*.py; do echo "== $$file"; $(PYTHON) "$$file" || exit 1; done

docs: ## remake docs/reference from the code
	$(PYTHON) tools/generate_reference.py
	$(PYTHON) tools/generate_fs_reference.py

wire: ## remake src/pyalluxio/wire/gen from the .proto files
	$(PYTHON) tools/generate_wire.py
