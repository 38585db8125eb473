from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest
import xlsxwriter

from connectors.core import Run
from connectors.entities import ENTITIES
from connectors.errors import FileRefused, ProfileError
from connectors.sources.table import TableSettings, connector, fingerprint
from connectors.tables.recognise import find_entity
from tests.connectors.reading_tables import SHARED, read_path, read_text

HEADER = "application_id,candidate_id,applied_at,is_prospect,outcome\n"


@pytest.mark.parametrize("company", ["company-a", "company-b"])
def test_a_golden_inbox_is_read_without_a_refusal(company: str) -> None:
    files = sorted((SHARED / "golden" / company / "inbox" / "template").glob("*.csv"))
    assert len(files) == 16
    for path in files:
        reading = read_path(path)
        plain = pl.read_csv(path, infer_schema=False)
        assert reading.refused == [] and reading.notes.warnings == []
        rows = reading.rows[path.stem]
        assert len(rows) == plain.height
        for name in plain.columns:
            # "" and NULL are both nothing; any other text is untouched.
            assert [row[name] or None for row in rows] == [text or None for text in plain[name]]


@pytest.mark.parametrize(
    ("name", "entity"),
    [
        ("applications", "applications"),
        ("Applications_20260930", "applications"),
        ("stage_events-2026-09-30", "stage_events"),
        ("stage events 20260930_1530", "stage_events"),
        ("ｊｏｂｓ", "jobs"),
        ("jobs (1)", "jobs"),
        ("jobs - コピー", "jobs"),
        ("jobs_old", None),
        ("20260930", None),
        ("応募一覧", None),
    ],
)
def test_a_name_means_an_entity_with_dates_and_copy_marks_left_aside(name: str, entity: str | None) -> None:
    found = find_entity(name)
    assert (found.name if found else None) == entity


def test_header_names_are_matched_after_folding_and_missing_columns_stay_empty(tmp_path: Path) -> None:
    reading = read_text(tmp_path, "applications.csv", "Application_ID, ＯＵＴＣＯＭＥ \nA1,rejected\n")
    assert reading.meant("applications") == [{"application_id": "A1", "outcome": "rejected"}]


def test_what_is_not_canonical_stays_verbatim_and_its_meaning_stands_beside_it(tmp_path: Path) -> None:
    text = HEADER + "A1,C1,2026-03-01T10:00:00+09:00,false,rejected\nA2,C2,令和8年3月1日,○,見送り\n"
    first, second = read_text(tmp_path, "applications.csv", text).rows["applications"]
    assert first["_parsed"] is None
    assert second["applied_at"] == "令和8年3月1日" and second["is_prospect"] == "○" and second["outcome"] == "見送り"
    assert json.loads(second["_parsed"]) == {"applied_at": "2026-03-01", "is_prospect": "true"}


def test_a_value_that_means_nothing_refuses_its_row_with_cell_reason_and_record(tmp_path: Path) -> None:
    text = HEADER + "A1,C1,2026-03-01,0,\nA2,C2,きのう,maybe,rejected\nA3,C3,2026-03-03,1,\n"
    reading = read_text(tmp_path, "applications.csv", text)
    assert [row["application_id"] for row in reading.rows["applications"]] == ["A1", "A3"]
    assert reading.refused_rows["applications"] == 1
    assert {(r["row_number"], r["column"], r["value"]) for r in reading.refused} == {
        (3, "applied_at", "きのう"),
        (3, "is_prospect", "maybe"),
    }
    assert all("not" in r["reason"] for r in reading.refused)
    record = {"application_id": "A2", "candidate_id": "C2", "applied_at": "きのう", "is_prospect": "maybe"}
    assert json.loads(reading.refused[0]["record"]) == {**record, "outcome": "rejected"}


@pytest.mark.parametrize("blank", ["", " ", "　"])
def test_a_row_without_its_key_is_refused(tmp_path: Path, blank: str) -> None:
    reading = read_text(tmp_path, "offers.csv", f"offer_id,version,status\nO1,1,sent\nO2,{blank},sent\n")
    assert [row["offer_id"] for row in reading.rows["offers"]] == ["O1"]
    assert [(r["row_number"], r["column"]) for r in reading.refused] == [(3, "version")]
    assert "part of the key of offers" in reading.refused[0]["reason"]


def test_unknown_columns_are_kept_verbatim_and_named_in_a_warning(tmp_path: Path) -> None:
    text = 'job_id,title,メモ,"x ""y"""\nJ1,営業,"改行\nあり, と ""引用""",1\nJ2,企画,,\n'
    reading = read_text(tmp_path, "jobs.csv", text)
    first, second = reading.rows["jobs"]
    assert json.loads(first["_extra"]) == {"メモ": '改行\nあり, と "引用"', 'x "y"': "1"}
    assert second["_extra"] is None
    assert reading.notes.warnings == ['no field of jobs: メモ, x "y"']


def test_a_missing_key_column_names_the_nearest_header(tmp_path: Path) -> None:
    with pytest.raises(FileRefused) as refusal:
        read_text(tmp_path, "stage_events.csv", "aplication_id,event_id,stage_label\nA1,E1,offer\n")
    assert "application_id (nearest: aplication_id)" in str(refusal.value)
    assert "stage_events.csv:1" in str(refusal.value)


def test_a_workbook_loads_each_sheet_that_is_an_entity_and_names_the_others(tmp_path: Path) -> None:
    path = tmp_path / "人事データ.xlsx"
    book = xlsxwriter.Workbook(path)
    for name, rows in {
        "jobs": [["job_id", "title"], ["J1", "営業"]],
        "お知らせ": [["この表について", "担当"], ["毎月更新", "人事"]],
        "Applications": [["application_id", "job_id"], ["A1", "J1"], ["00012", "J1"]],
        "空": [],
    }.items():
        sheet = book.add_worksheet(name)
        for number, row in enumerate(rows):
            sheet.write_row(number, 0, row)
    book.close()
    reading = read_path(path)
    assert reading.meant("jobs") == [{"job_id": "J1", "title": "営業"}]
    assert [row["application_id"] for row in reading.meant("applications")] == ["A1", "00012"]
    assert [w for w in reading.notes.warnings if "お知らせ" in w]


def test_a_workbook_of_one_sheet_may_carry_the_entity_in_its_own_name(tmp_path: Path) -> None:
    path = tmp_path / "jobs_20260930.xlsx"
    pl.DataFrame({"job_id": ["J1"], "title": ["営業"]}).write_excel(path, worksheet="Sheet1")
    assert read_path(path).only("jobs") == {"job_id": "J1", "title": "営業"}


def test_a_file_with_a_header_alone_is_an_empty_entity(tmp_path: Path) -> None:
    reading = read_text(tmp_path, "jobs.csv", "job_id,title\n")
    assert reading.rows == {"jobs": []} and reading.refused == []


def test_load_full_is_told_to_the_loader_with_every_part(tmp_path: Path) -> None:
    path = tmp_path / "jobs.csv"
    path.write_text("job_id\nJ1\n", encoding="utf-8")
    assert connector.file_reader is not None
    from datetime import datetime

    from connectors.core import FileNotes, SourceFile

    run = Run("t", TableSettings(path="x", load="full"), tmp_path)
    parts = list(connector.file_reader(run, SourceFile(path, "jobs.csv", datetime(2026, 1, 1)), FileNotes()))
    assert {part.stream.write for part in parts} == {"full"}
    assert connector.streams["jobs"].write == "delta"


def test_the_fingerprint_changes_with_a_setting_and_with_a_profile_of_the_home(tmp_path: Path) -> None:
    def take(**settings: object) -> str:
        return fingerprint(Run("t", TableSettings(path="x", **settings), tmp_path))  # type: ignore[arg-type]

    before = take()
    assert take() == before and take(encoding="cp932") != before
    (tmp_path / "profiles").mkdir()
    (tmp_path / "profiles" / "shops.yml").write_text(
        "name: shops\ntitle_ja: 店\ntitle_en: shops\nrecognise: {required: [店コード]}\n"
        "entities: {jobs: {fields: {job_id: 店コード}}}\n",
        encoding="utf-8",
    )
    assert take() != before
    assert take(profile="airwork") == fingerprint(
        Run("t", TableSettings(path="y", profile="airwork"), Path("/nowhere"))
    )


def test_every_entity_is_a_stream_of_the_connector() -> None:
    assert set(connector.streams) == set(ENTITIES)


def test_template_columns_under_another_name_are_refused_with_the_name_to_give(tmp_path: Path) -> None:
    with pytest.raises(FileRefused, match="those of the template's applications: name the file or sheet so"):
        read_text(tmp_path, "応募データ.csv", HEADER + "A1,C1,2026-03-01,0,\n")


def test_a_profile_name_that_nobody_has_fails_the_source_before_any_file_is_read(tmp_path: Path) -> None:
    with pytest.raises(ProfileError, match="did you mean media_cost"):
        fingerprint(Run("t", TableSettings(path="x", profile="media_costs"), tmp_path))
