"""The main job from end to end, by the real command: files in an inbox become published marts and a quota balance."""

from __future__ import annotations

import shutil
from pathlib import Path

import duckdb
import pytest

from tests.conftest import SHARED, call, copy_home
from tests.golden import compare_database

DAY = ("--as-of", "2026-09-30")


def content(path: Path) -> dict[str, list[tuple[object, ...]]]:
    with duckdb.connect(str(path), read_only=True) as marts:
        tables = [row[0] for row in marts.execute("select table_name from duckdb_tables() order by 1").fetchall()]
        return {table: marts.execute(f'select * from "{table}"').fetchall() for table in tables}


@pytest.mark.parametrize("name", ["company-a", "company-b"])
def test_both_golden_companies_agree_in_every_table(name: str, request: pytest.FixtureRequest) -> None:
    home: Path = request.getfixturevalue(name.replace("-", "_"))
    results = compare_database(home / "marts.duckdb", SHARED / "golden" / name / "expected")
    assert len(results) == 10
    assert {table: lines[:5] for table, (_, _, lines) in results.items() if lines} == {}


def test_the_sample_company_fills_every_mart(sample: Path) -> None:
    empty = [table for table, rows in content(sample / "marts.duckdb").items() if not rows]
    assert empty == []


def test_a_second_run_loads_nothing_and_changes_nothing(company_a: Path, tmp_path: Path) -> None:
    home = shutil.copytree(company_a, tmp_path / "home")
    before = content(home / "marts.duckdb")
    done = call(home, "run", *DAY)
    assert done.returncode == 0, done.stderr
    row = next(line for line in done.stdout.splitlines() if line.startswith("│ t "))
    rows_in, new, unchanged = (int(cell.replace(",", "")) for cell in row.split("│")[2:5])
    assert (new, unchanged) == (0, rows_in)
    assert content(home / "marts.duckdb") == before


def test_rows_in_are_rows_loaded_unchanged_or_quarantined_on_every_load(sample: Path) -> None:
    with duckdb.connect(str(sample / "warehouse.duckdb"), read_only=True) as warehouse:
        wrong = warehouse.execute(
            "select * from ops.loads where rows_in <> rows_loaded + rows_unchanged + rows_quarantined"
        ).fetchall()
        totals = warehouse.execute("select sum(rows_in), sum(rows_quarantined) from ops.loads").fetchone()
    assert wrong == []
    assert totals is not None and totals[0] > 10_000 and totals[1] == 2


def test_a_failed_source_is_named_and_the_others_are_published(company_a: Path, tmp_path: Path) -> None:
    home = shutil.copytree(company_a, tmp_path / "home")
    settings = home / "tsunagu.yml"
    settings.write_text(
        settings.read_text(encoding="utf-8").replace(
            "sources:", "sources:\n  broken: {connector: table, path: inbox/b}"
        ),
        encoding="utf-8",
    )
    (home / "inbox" / "b").mkdir()
    (home / "inbox" / "b" / "applications.csv").write_bytes(b"\x00\xff\xfe\x81" * 50)
    done = call(home, "run", *DAY)
    assert done.returncode == 0, done.stderr
    assert "broken" in done.stdout and "refused" in done.stdout
    assert call(home, "run", *DAY, "--strict").returncode == 3


def test_a_failed_check_leaves_the_published_file_as_it_was(company_a: Path, tmp_path: Path) -> None:
    home = shutil.copytree(company_a, tmp_path / "home")
    before = (home / "marts.duckdb").read_bytes()
    with duckdb.connect(str(home / "warehouse.duckdb")) as warehouse:
        # A ledger that says other than its facts: what the relay's own check is there to catch.
        warehouse.execute("update marts.fct_quota_ledger set slots = 5 where entry_type = 'use'")
    done = call(home, "run", *DAY)
    assert done.returncode == 1
    assert "nothing was published" in done.stderr
    assert (home / "marts.duckdb").read_bytes() == before


def test_a_wrong_source_name_is_told_with_the_right_ones(company_a: Path) -> None:
    done = call(company_a, "run", "--source", "tt")
    assert done.returncode == 2
    assert "did you mean t?" in done.stderr


def test_settings_are_refused_before_anything_is_written(tmp_path: Path) -> None:
    home = copy_home(SHARED / "golden" / "company-a", tmp_path / "home")
    (home / "tsunagu.yml").write_text("company: {nam: x}\nsources: {}\n", encoding="utf-8")
    done = call(home, "run")
    assert done.returncode == 2
    assert "tsunagu.yml:1" in done.stderr and "Traceback" not in done.stderr
    assert not (home / "warehouse.duckdb").exists()


def test_nothing_published_names_a_person(sample: Path) -> None:
    published = (sample / "marts.duckdb").read_bytes()
    logs = b"".join(path.read_bytes() for path in (sample / "logs").rglob("*") if path.is_file())
    said = (sample / "first-run.txt").read_bytes()
    with duckdb.connect(str(sample / "warehouse.duckdb"), read_only=True) as warehouse:
        people = warehouse.execute(
            "select full_name, kana, email, phone from raw.table__candidates using sample 300 rows (reservoir, 1)"
        ).fetchall()
    planted = {text for row in people for text in row if text and len(text) > 5}
    assert len(planted) > 300
    for text in planted:
        needle = text.encode()
        assert needle not in published and needle not in logs and needle not in said, text
