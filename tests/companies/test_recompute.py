"""The second method must itself be right: it reproduces both golden companies, cell by cell."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from tests.companies.recompute import COLUMNS, recompute, tabulate, write_expected
from tests.golden import compare, read_expected

GOLDEN = Path(__file__).resolve().parents[3] / "shared" / "golden"
AS_OF = date(2026, 9, 30)


@pytest.mark.parametrize("company", ["company-a", "company-b"])
def test_the_recomputation_reproduces_a_golden_company(company: str) -> None:
    tables = recompute(GOLDEN / company, AS_OF)
    expected = sorted((GOLDEN / company / "expected").glob("*.csv"))
    assert {path.stem for path in expected} < set(tables)
    for path in expected:
        assert compare(path, *tabulate(path.stem, tables[path.stem])) == [], path.stem


def test_what_is_written_reads_back_as_the_same_rows(tmp_path: Path) -> None:
    write_expected(GOLDEN / "company-a", AS_OF, tmp_path)
    for table, rows in recompute(GOLDEN / "company-a", AS_OF).items():
        assert read_expected(tmp_path / f"{table}.csv")[0] == COLUMNS[table].split()
        assert compare(tmp_path / f"{table}.csv", *tabulate(table, rows)) == []
