from __future__ import annotations

import io
from pathlib import Path

import pytest
from rich.console import Console

from connectors.errors import ProfileError, UsageError
from connectors.tables.inspect import Inspection, inspect_file, render, write_profile
from connectors.tables.profile import read_profile
from tests.connectors.reading_tables import SHARED, read_path

OWN = "株式会社みなと 応募一覧,,,,,,,,\r\n\r\n受付番号,お名前,メール,応募日,媒体,一次面接日,最終面接日,結果,メモ\r\n"
ROWS = "1,林 蓮,ren@example.com,2026/4/1,Indeed,2026/4/5,,不採用,㈱前職\r\n2,森 楓,k@example.com,4月吉日,Indeed,,,,\r\n"


@pytest.fixture
def own_list(tmp_path: Path) -> Path:
    (tmp_path / "profiles").mkdir()
    path = tmp_path / "応募一覧2026.csv"
    path.write_bytes((OWN + ROWS).encode("cp932"))
    return path


def page(inspection: Inspection) -> str:
    console = Console(file=io.StringIO(), width=160)
    render(inspection, console)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_a_template_file_shows_encoding_header_mapping_first_rows_and_counts() -> None:
    path = SHARED / "golden" / "company-a" / "inbox" / "template" / "jobs.csv"
    inspection = inspect_file(path, None)
    (view,) = inspection.tables
    assert inspection.is_readable and view.reading == "template (jobs)" and view.header_row == 1
    assert view.facts["encoding"] == "utf-8" and view.rows_in == view.counts["jobs"] == 8
    assert view.sources["opened_date"] == ["jobs.opened_date"] and view.unmapped == []
    assert [row["_row_number"] for row in view.first_rows] == [2, 3, 4]
    text = page(inspection)
    assert "whole file is valid UTF-8" in text and "Everything in this file would load" in text


def test_every_problem_is_shown_with_row_column_value_and_reason(tmp_path: Path) -> None:
    path = tmp_path / "offers.csv"
    path.write_text("offer_id,version,sent_at\nO1,1,2026-02-30\nO2,二,2026-02-28\n", encoding="utf-8")
    inspection = inspect_file(path, None)
    (view,) = inspection.tables
    assert [(p.row, p.column, p.value) for p in view.problems if p.row == 2] == [(2, "sent_at", "2026-02-30")]
    assert view.rows_in == view.counts["offers"] + view.rows_refused
    assert "2026-02-30" in page(inspection) and "not a date or time" in page(inspection)


def test_a_file_that_nothing_fits_shows_its_header_and_the_nearest_profiles(own_list: Path) -> None:
    inspection = inspect_file(own_list, own_list.parent / "profiles")
    assert isinstance(inspection.refusal, ProfileError) and not inspection.is_readable
    (view,) = inspection.left_out
    assert view.header_row == 3 and view.header[0] == "受付番号" and view.first_rows[0]["お名前"] == "林 蓮"
    text = page(inspection)
    assert "cp932" in text and "would be refused" in text and "media_cost 1 of 3" in text and "--write" in text


def test_a_profile_that_was_started_loads_the_file(own_list: Path) -> None:
    home = own_list.parent
    written = write_profile(inspect_file(own_list, home / "profiles"), home / "profiles")
    assert written == home / "profiles" / "my_export.yml"
    assert "メモ" in written.read_text("utf-8").split("Columns not guessed: ")[1].split("\n")[0]
    reading = read_path(own_list, home)
    assert reading.only("applications") == {
        "application_id": "1",
        "candidate_id": "1",
        "channel_label": "Indeed",
        "applied_at": "2026-04-01",
        "status_label": "不採用",
    }
    assert reading.only("candidates") == {"candidate_id": "1", "full_name": "林 蓮", "email": "ren@example.com"}
    assert reading.only("stage_events")["entered_at"] == "2026-04-05"
    assert [(line["row_number"], line["column"]) for line in reading.refused] == [(5, "応募日")]
    again = inspect_file(own_list, home / "profiles")
    assert again.is_readable and again.tables[0].reading == "my_export"
    with pytest.raises(UsageError, match="your own profile my_export"):
        write_profile(again, home / "profiles")


def test_a_list_without_numbers_gets_a_key_of_what_it_has(tmp_path: Path) -> None:
    (tmp_path / "profiles").mkdir()
    path = tmp_path / "walk-ins.csv"
    path.write_text("氏名,電話,応募日\n林 蓮,080-0000-0001,2026/4/1\n林 蓮,080-0000-0001,2026/5/1\n", encoding="utf-8")
    write_profile(inspect_file(path, tmp_path / "profiles"), tmp_path / "profiles")
    reading = read_path(path, tmp_path)
    keys = [row["application_id"] for row in reading.rows["applications"]]
    assert keys == ["080-0000-0001|林 蓮|2026/4/1", "080-0000-0001|林 蓮|2026/5/1"]
    assert {row["candidate_id"] for row in reading.rows["applications"]} == {"080-0000-0001|林 蓮"}


def test_a_profile_that_cannot_be_finished_is_a_draft_that_says_what_is_left(tmp_path: Path) -> None:
    (tmp_path / "profiles").mkdir()
    path = tmp_path / "weather.csv"
    path.write_text("気温,湿度,天気\n20,40,晴れ\n21,45,曇り\n", encoding="utf-8")
    written = write_profile(inspect_file(path, tmp_path / "profiles"), tmp_path / "profiles")
    assert written.name == "weather.yml.draft" and "# Left to fill: " in written.read_text("utf-8")
    inspect_file(path, tmp_path / "profiles")  # a draft stops nothing


def test_a_shipped_profile_is_copied_for_the_user_to_change(tmp_path: Path) -> None:
    (tmp_path / "profiles").mkdir()
    path = tmp_path / "cost.csv"
    path.write_text("求人媒体,求人費(税込),連載開始\nIndeed,110000,2026/4/1\n", encoding="utf-8")
    written = write_profile(inspect_file(path, tmp_path / "profiles"), tmp_path / "profiles")
    assert written.name == "media_cost.yml" and read_profile(written).name == "media_cost"
    assert inspect_file(path, tmp_path / "profiles").tables[0].ranked[0].loaded.is_own


def test_a_wrong_profile_name_is_the_callers_mistake_and_names_the_nearest(own_list: Path) -> None:
    with pytest.raises(ProfileError, match="did you mean airwork"):
        inspect_file(own_list, None, profile="airwrk")


FIXTURES = sorted(
    path
    for folder in ("csv", "sheets", "jp")
    for path in (SHARED / "fixtures" / folder).rglob("*")
    if path.suffix.lower() in {".csv", ".tsv", ".xlsx", ".xls", ".ods", ".xlsb"} and path.stat().st_size < 400_000
)


def test_every_strangers_table_gives_a_page_with_a_verdict() -> None:
    assert len(FIXTURES) > 100
    verdicts = ("would load", "would be refused", "would go to quarantine", "would load nothing")
    silent = [str(path) for path in FIXTURES if not any(v in page(inspect_file(path, None)) for v in verdicts)]
    assert silent == []
