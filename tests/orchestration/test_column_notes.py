"""`tsunagu docs`, and the words that a column gets where the dbt project has none."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest

from orchestration.column_notes import ColumnNotes
from tests.conftest import TSUNAGU, call

NOTES = ColumnNotes(
    {
        "fct_applications": {"outcome": "What became of it. 結果"},
        "fct_offers": {"is_sent": "A letter was sent. 内定通知", "version": "Version. 版"},
        "mart_x": {"n_hires": "Hires. 入社", "rate": "Hires over offers. 率"},
        "mart_y": {"n_hires": "Hires. 入社", "rate": "Offers over applications. 率"},
        "int_offers": {"version": "Its own words. 独自"},
    }
)


@pytest.mark.parametrize(
    ("table", "column", "words"),
    [
        ("int_offers", "version", "Its own words. 独自"),
        ("stg_lever__candidates", "family_name", "Family name. 姓"),
        ("table__candidates", "family_name", "Family name. 姓"),
        ("int_applications", "outcome", "What became of it. 結果"),
        ("stg_table__applications", "outcome", "Outcome; where empty, status_label decides. 結果"),
        ("stg_identity__person_xref", "valid_from", "The as_of_at of the run that first said so"),
        ("int_offers", "is_sent", "A letter was sent. 内定通知"),
        ("stg_mail__messages", "told_result", "What it says: delivered"),
        ("stg_table__offers", "resolved_precision", "How exact that time is"),
        ("person_xref", "valid_from", "The as_of_at of the run that first said so"),
        ("agency_terms", "valid_from", "First day of these terms"),
        ("int_months", "n_hires", "Hires. 入社"),
    ],
)
def test_a_column_takes_the_words_of_where_it_comes_from(table: str, column: str, words: str) -> None:
    assert str(NOTES.find(table, column)).startswith(words)


def test_words_that_differ_from_table_to_table_say_nothing_of_another() -> None:
    assert NOTES.find("int_months", "rate") is None
    assert NOTES.find("int_months", "nobody_named_this") is None


def test_docs_writes_one_page_with_every_mart_and_no_row(company_a: Path, tmp_path: Path) -> None:
    home, page = shutil.copytree(company_a, tmp_path / "home"), tmp_path / "marts.html"
    done = call(home, "docs", "--to", str(page))
    assert done.returncode == 0 and str(page) in done.stdout.replace("\n", ""), done.stderr
    text = page.read_text(encoding="utf-8")
    japanese = json.dumps("応募")[1:-1]  # as the page holds it
    for word in ("mart_channel_total", japanese, "monthly_channel_review", "fct_quota_ledger"):
        assert word in text
    with_rows = (company_a / "inbox" / "template" / "candidates.csv").read_text("utf-8-sig").splitlines()[1:]
    assert with_rows and not any(value in text for value in with_rows[0].split(",") if "@" in value)
    assert str(TSUNAGU.parents[2]) not in text
    told = call(home, "docs", "--to", str(tmp_path / "nowhere" / "x.html"))
    assert told.returncode == 2 and "there is no folder" in told.stderr
    _insist_that_every_column_is_described(home)


def _insist_that_every_column_is_described(home: Path) -> None:
    catalog, manifest = (
        json.loads((home / ".tsunagu" / "dbt" / f"{name}.json").read_text("utf-8")) for name in ("catalog", "manifest")
    )
    undescribed = set[str]()
    for kind in ("nodes", "sources"):
        for key, built in catalog[kind].items():
            told = manifest[kind][key]["columns"]
            words = {column: told.get(column, {}).get("description", "") for column in built["columns"]}
            both = re.compile(r"[A-Za-z].*[ぁ-んァ-ヶ一-龥]", re.DOTALL)
            undescribed |= {f"{key}.{column}" for column, text in words.items() if not both.search(text)}
    assert not undescribed
