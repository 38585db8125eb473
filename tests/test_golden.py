"""The comparer is itself compared: it must see every kind of difference, and none where there is none."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from tests.golden import agree, compare, compare_database, main, name_persons

APPLICATIONS = "application_id,source,person,outcome,closed_at\nA1,t,A1,open,\nA2,t,A1,hired,2025-01-01 09:00:00\n"
COLUMNS = ["source", "application_id", "person_id", "outcome", "closed_at", "extra"]
ROWS = [
    ("t", "A2", "p9", "hired", datetime.fromisoformat("2025-01-01 09:00:00"), 1),
    ("t", "A1", "p9", "open", None, 2),
]


@pytest.fixture
def expected(tmp_path: Path) -> Path:
    path = tmp_path / "fct_applications.csv"
    path.write_text(APPLICATIONS, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("", None),
        ("True", True),
        ("1.0", 1),
        ("0.333333", 0.33333304),
        ("0 or None", None),
        ("0 or None", 0.0),
        ("None or 'missing' or 'unknown'", "unknown"),
        ("None or 'missing' or 'unknown'", None),
        ("'J999' or None", "J999"),
        ("15645000.0 or 8015000.0", Decimal("8015000")),
        ("2025-03-01", date(2025, 3, 1)),
        ("2025-03-01 09:00:00", datetime(2025, 3, 1, 18, tzinfo=timezone(timedelta(hours=9)))),
        ("2025-03-01 09:00:00.500000", datetime(2025, 3, 1, 9, 0, 0, 500000, tzinfo=UTC)),
        ("This or that", "This or that"),
    ],
)
def test_a_cell_agrees_with_what_it_allows(cell: str, value: object) -> None:
    assert agree(cell, value)


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("", 0),
        ("", False),
        ("0", None),
        ("True", False),
        ("0.333333", 0.3334),
        ("0 or None", 1),
        ("None or 'missing'", "unknown"),
        ("2025-03-01 09:00:00", datetime.fromisoformat("2025-03-01 09:00:01")),
        ("2025-03-01", date(2025, 3, 2)),
        ("A1", "a1"),
        ("unknown", 3),
    ],
)
def test_a_cell_disagrees_with_anything_else(cell: str, value: object) -> None:
    assert not agree(cell, value)


def test_money_may_differ_by_a_hundredth_and_no_more() -> None:
    assert agree("100000000.00", 100000000.01, money=True)
    assert not agree("1.00", 1.02, money=True)


def test_equal_rows_in_any_order_have_no_difference(expected: Path) -> None:
    assert compare(expected, COLUMNS, ROWS) == []


def test_a_missing_an_extra_and_a_doubled_row_are_differences(expected: Path) -> None:
    assert compare(expected, COLUMNS, ROWS[1:]) == ["A2/t: 1 expected, 0 actual"]
    assert compare(expected, COLUMNS, [*ROWS, ("t", "A3", "p1", "open", None, 3)]) == ["A3/t: 0 expected, 1 actual"]
    assert compare(expected, COLUMNS, [*ROWS, ROWS[0]]) == ["A2/t: 1 expected, 2 actual"]


def test_a_split_person_is_a_difference(expected: Path) -> None:
    split = [(*ROWS[0][:2], "p8", *ROWS[0][3:]), ROWS[1]]
    assert compare(expected, COLUMNS, split) == ["A2/t: person expected 'A1', actual 'A2'"]


def test_a_missing_column_is_a_difference(expected: Path) -> None:
    assert compare(expected, COLUMNS[:3], [row[:3] for row in ROWS]) == ["columns missing: outcome, closed_at"]


def test_a_person_of_another_table_is_named_by_the_smallest_application(tmp_path: Path) -> None:
    path = tmp_path / "fct_relay_referrals.csv"
    path.write_text("registration_id,person\nR1,A1\nR2,\n", encoding="utf-8")
    names = name_persons(COLUMNS, ROWS)
    assert compare(path, ["registration_id", "person_id"], [("R1", "p9"), ("R2", None)], persons=names) == []
    assert len(compare(path, ["registration_id", "person_id"], [("R1", "p7"), ("R2", "p9")], persons=names)) == 2


def test_the_command_reads_a_published_file_and_a_warehouse(expected: Path, capsys: pytest.CaptureFixture[str]) -> None:
    published, warehouse = expected.parent / "marts.duckdb", expected.parent / "warehouse.duckdb"
    for path, schema in ((published, "main"), (warehouse, "marts")):
        with duckdb.connect(str(path)) as con:
            con.execute(f"create schema if not exists {schema}")
            con.execute(
                f"create table {schema}.fct_applications as select * from (values"
                " ('t', 'A1', 'p', 'open', null::timestamp),"
                " ('t', 'A2', 'p', 'hired', timestamp '2025-01-01 09:00:00'))"
                " x(source, application_id, person_id, outcome, closed_at)"
            )
        assert compare_database(path, expected.parent)["fct_applications"] == (2, 2, [])
        assert main([str(path), str(expected.parent)]) == 0
    with duckdb.connect(str(warehouse)) as con:
        con.execute("update marts.fct_applications set outcome = 'rejected' where application_id = 'A2'")
    assert main([str(warehouse), str(expected.parent)]) == 1
    assert "A2/t: outcome expected 'hired', actual 'rejected'" in capsys.readouterr().out
    assert main([]) == 2
