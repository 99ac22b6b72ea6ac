# The words a newcomer needs. Everything is done in .venv, made from the locks by requirements/install.py.
PYTHON ?= python3
BIN := .venv/bin
export SKYLAB_LOCAL ?= 1

.PHONY: help run test check bench drills lab-test lesson-test nightly frontend lock clean base dev

help: ## Show these words
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

run: base ## Start everything on this machine: http://127.0.0.1:8000
	@$(BIN)/python -m skylab.up

test: dev ## Run the whole suite (browser tests where a Chromium is found)
	@$(BIN)/python -m pytest -n 2 --dist loadgroup --no-loadscope-reorder

check: dev ## Format, lint, types, import contracts, Django's checks, missing migrations
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python manage.py check
	$(BIN)/python manage.py makemigrations --check --dry-run

lab-test: base ## Prove the labs: make lab-test [LABS="private-bucket-one-reader …"]
	@$(BIN)/python manage.py lab test $(LABS)

lesson-test: base ## Run every command of every lesson [LESSONS="cloud-essentials developer/kms …"]
	@$(BIN)/python manage.py run_blocks $(LESSONS)

nightly: dev lab-test lesson-test ## What takes longest: all labs, all lessons, and each lab judged by parts
	@SKYLAB_NIGHTLY=1 $(BIN)/python -m pytest tests/labs/proof

bench: base ## Measure what we promise, and print the figures
	@$(BIN)/python -m bench

drills: base ## Break it on purpose: make drills [NAME=worker-killed]
	@$(BIN)/python -m bench.drills $(NAME)

frontend: base ## Build the browser terminal (static/dist) anew
	@$(BIN)/python frontend/build.py --force

lock: dev ## Make the lock files anew from pyproject.toml
	$(BIN)/python requirements/lock.py

base:
	@$(PYTHON) requirements/install.py base
	@$(BIN)/python frontend/build.py

dev:
	@$(PYTHON) requirements/install.py dev
	@$(BIN)/python frontend/build.py

clean: ## Remove the environment, what was built, and all local data
	rm -rf .venv var static/dist frontend/node_modules
