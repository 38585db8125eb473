"""Random companies through the whole pipeline: what it publishes is what the second method computes."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from tests.companies.generate import generate
from tests.companies.recompute import COLUMNS
from tests.conftest import call
from tests.golden import compare_database

AS_OF = date(2026, 9, 30)


# Two seeds of other zones, encodings and relay terms; `python -m tests.companies.generate` makes as many as one likes.
@pytest.mark.parametrize(("seed", "applications"), [(6, 60), (47, 150)])
def test_the_pipeline_publishes_what_the_second_method_computes(seed: int, applications: int, tmp_path: Path) -> None:
    home = tmp_path / "home"
    generate(home, seed, applications, AS_OF)
    done = call(home, "run", "--as-of", AS_OF.isoformat())
    assert done.returncode == 0, done.stdout + done.stderr
    results = compare_database(home / "marts.duckdb", home / "expected")
    assert results.keys() == COLUMNS.keys()
    assert {table: lines[:3] for table, (_, _, lines) in results.items() if lines} == {}
