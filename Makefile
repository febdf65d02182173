# Everything a checkout needs: Python 3.11 or newer and make. `make help` lists the targets.

VENV := .venv
BIN := $(VENV)/bin
LOCK := requirements/dev.lock
COMPILE = $(VENV)/uv/bin/uv pip compile --upgrade --universal --python-version 3.11 \
	--generate-hashes --no-annotate --no-header --no-emit-index-url --no-emit-find-links --quiet
STAMP := $(VENV)/.installed

# The first interpreter that runs and is new enough; a shim that merely exists does not count.
CANDIDATES := $(PYTHON) python3 python3.14 python3.13 python3.12 python3.11 python
NEW_ENOUGH := import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))
FIND_PYTHON = for one in $(CANDIDATES); do \
	if "$$one" -c '$(NEW_ENOUGH)' 2>/dev/null; then echo "$$one"; break; fi; done

.DEFAULT_GOAL := help
.PHONY: help demo test coverage check format soak bench lock screenshots man wheel clean

help: ## list the targets
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

demo: $(STAMP) ## run the main job on the embedded sandbox
	@$(BIN)/reconciler demo

T :=

test: $(STAMP) ## run the tests; T=path runs those of a file or folder
	$(BIN)/python -m pytest $(or $(T),-n auto --dist worksteal)

coverage: $(STAMP) ## run the tests and count which lines they reach (half as long again)
	$(BIN)/python -m pytest -n auto --dist worksteal --cov --cov-report=term --cov-fail-under=95

check: $(STAMP) ## run the linters, the type checker and the import contracts
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(STAMP) ## format the code
	$(BIN)/ruff check --fix-only .
	$(BIN)/ruff format .

soak: $(STAMP) ## run the long suites (about an hour)
	HYPOTHESIS_PROFILE=soak $(BIN)/python -m pytest -n auto --dist worksteal -m "soak or not soak"

bench: $(STAMP) ## measure beside octoDNS and a bare client (four minutes)
	$(BIN)/python -m benchmarks

lock: $(STAMP) ## pin the newest versions again
	$(BIN)/python -m venv $(VENV)/uv
	$(VENV)/uv/bin/python -m pip --disable-pip-version-check install --quiet uv
	$(COMPILE) pyproject.toml --group dev -o $(LOCK)
	$(COMPILE) pyproject.toml -o requirements/run.lock
	$(COMPILE) --group build -o requirements/build.lock
	$(COMPILE) --group release -o requirements/release.lock
	echo octodns | $(COMPILE) - -o benchmarks/octodns.lock

screenshots: $(STAMP) ## take the README's pictures again (needs Chromium)
	$(BIN)/python -m benchmarks.screenshots

man: $(STAMP) ## write the manual page anew
	$(BIN)/python -m reconciler.cli.man > docs/reconciler.1

wheel: $(STAMP) ## build the wheel and the sdist into dist/
	$(BIN)/hatchling build

clean: ## remove what make has made
	rm -rf $(VENV) .bench build dist .coverage .coverage.* .mypy_cache .pytest_cache .ruff_cache

$(STAMP): $(LOCK) pyproject.toml
	@python="$$($(FIND_PYTHON))"; \
	if [ -z "$$python" ]; then \
		echo "Python 3.11 or newer is needed; name one with make PYTHON=/path/to/python" >&2; \
		exit 1; \
	fi; \
	echo "Setting up $(VENV) with $$("$$python" --version)"; \
	"$$python" -m venv --clear $(VENV)
	@$(BIN)/python -m pip --disable-pip-version-check install --quiet --no-deps --require-hashes -r $(LOCK)
	@$(BIN)/python -m pip --disable-pip-version-check install --quiet --no-deps \
		--no-build-isolation --editable .
	@touch $@
