# Every target sets up all it needs: only Python 3.11 to 3.13, make and a package registry are taken for granted.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.PHONY: run test check bench torture parity dagster lock clean
.DEFAULT_GOAL := run

run: $(READY)
	$(BIN)/tsunagu run

test: $(READY)
	$(BIN)/python -m pytest --numprocesses auto --maxprocesses 4 --dist loadfile --no-loadscope-reorder

check: $(READY)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/pyright
	$(BIN)/python .ci/review_dependencies.py
	$(BIN)/sqlfluff lint --disable-progress-bar dbt_project/models
	$(BIN)/python -m orchestration.transform parse

bench: $(READY)
	$(BIN)/python -m benchmarks

# Hours: 300 kills at random, one at each named point, files that may not grow, too little memory, 10,000 spoiled files.
torture: $(READY)
	$(BIN)/python -m pytest -m torture --capture no tests/test_machine.py tests/test_fuzz.py tests/test_crash.py \
		tests/orchestration/test_publish.py

# Both engines over the same companies; an environment of its own, as only this needs Spark (and Java 17).
APPLICATIONS ?= 2000
GOLDEN ?= ../shared/golden
THROUGH ?= local
SPARK_VENV := .venv-spark
parity: $(SPARK_VENV)/.ready
	$(SPARK_VENV)/bin/python -m benchmarks.parity --applications $(APPLICATIONS) --golden $(GOLDEN) --through $(THROUGH)

$(SPARK_VENV)/.ready: requirements-spark.lock pyproject.toml
	@java -version 2>&1 | grep -qE 'version "(17|21)' || { echo "make parity needs Java 17 on the PATH"; exit 1; }
	test -x $(SPARK_VENV)/bin/python || $(PYTHON) -m venv $(SPARK_VENV)
	$(SPARK_VENV)/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements-spark.lock
	$(SPARK_VENV)/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

dagster: $(READY)
	$(BIN)/tsunagu dagster

# The lock is complete, so --no-deps keeps pip from resolving anything again.
$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(0 if (3, 11) <= sys.version_info < (3, 14) else "Tsunagu needs Python 3.11, 3.12 or 3.13 (dagster-dbt knows no newer one), this is " + sys.version.split()[0] + ". Name one: make PYTHON=python3.12")'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $(READY)

# No index address in the lock: it must install from whatever registry a machine is set to.
lock:
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet uv
	$(BIN)/uv pip compile --universal --python-version 3.11 --extra dev --generate-hashes --no-emit-index-url \
		--no-header --quiet pyproject.toml -o requirements.lock
	$(BIN)/uv pip compile --universal --python-version 3.11 --extra spark --generate-hashes --no-emit-index-url \
		--no-header --quiet pyproject.toml -o requirements-spark.lock

clean:
	rm -rf $(VENV) $(SPARK_VENV) dbt_project/target dbt_project/logs
