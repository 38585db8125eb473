"""Keys and contracts: what is one row, what goes to quarantine for want of a key, what stops a load."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from connectors.core import Part, entity_stream
from connectors.errors import ContractError, SourceError
from connectors.loading.contract import WHITE_SPACE, Shaper
from connectors.loading.raw_table import RawTable
from tests.connectors.loading import Company, jobs


def key_of(stream: str, **fields: str | None) -> str | None:
    entity = entity_stream(stream)
    shaper = Shaper(RawTable("ats", entity, entity.columns), "scripted", "Asia/Tokyo", True)
    rows = pl.DataFrame({name: [value] for name, value in fields.items()}, schema=dict.fromkeys(fields, pl.String))
    shaped = shaper.shape(Part(entity, rows))
    return shaped.rows.get_column("_key").to_list()[0] if shaped.rows.height else None


@pytest.mark.parametrize("sign", WHITE_SPACE, ids=lambda sign: f"U+{ord(sign):04X}")
def test_white_space_around_a_key_is_no_part_of_it(sign: str) -> None:
    assert key_of("jobs", job_id=f"{sign}J 1{sign}") == "J 1"
    assert key_of("jobs", job_id=sign) is None


def test_the_parts_of_a_key_never_run_together() -> None:
    one = key_of("stage_events", application_id="A1", event_id="2")
    other = key_of("stage_events", application_id="A", event_id="12")
    assert one == "A1\x1f2" and other == "A\x1f12"


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ({"ordinal": "01"}, "1"),
        ({"ordinal": "0"}, "0"),
        ({"ordinal": "１", "_parsed": '{"ordinal":"1"}'}, "1"),
        ({"ordinal": "1", "_parsed": None}, "1"),
    ],
)
def test_a_number_in_a_key_is_one_however_it_is_written(given: dict[str, str | None], meant: str) -> None:
    assert key_of("application_reasons", application_id="A1", **given) == f"A1\x1f{meant}"


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2025-03-31", "2025-03-31"),
        ("2025-03-31 09:00", "2025-03-31"),
        ("2025-03-30T15:30:00Z", "2025-03-31"),
        ("2025-03-31T00:00:00+09:00", "2025-03-31"),
        ("2025年三月末", "2025年三月末"),
    ],
)
def test_a_date_in_a_key_is_the_local_day(text: str, day: str) -> None:
    assert key_of("reviews", employee_id="E1", period_end_date=text) == f"E1\x1f{day}"


def test_a_row_without_its_key_waits_in_quarantine_with_what_it_said(tmp_path: Path) -> None:
    company = Company(tmp_path)
    rows: list[dict[str, Any]] = [
        {"application_id": "A1", "ordinal": "1", "reason_label": "給与"},
        {"application_id": "　", "ordinal": None, "reason_label": "辞退"},
        {"application_id": "A2", "ordinal": "", "reason_label": "他社"},
    ]
    company.drop("reasons.json", {"stream": "application_reasons", "rows": rows})
    report = company.load()
    assert (report.rows_in, report.rows_loaded, report.rows_quarantined) == (3, 1, 2)
    lines = company.rows(
        "select row_number, column_name, value, reason, record, status, load_id, stream, file from ops.quarantine"
        " order by quarantine_id"
    )
    where = ("open", 1, "application_reasons", "inbox/reasons.json")
    second = json.dumps({"application_id": "　", "reason_label": "辞退"}, ensure_ascii=False)
    third = json.dumps({"application_id": "A2", "ordinal": "", "reason_label": "他社"}, ensure_ascii=False)
    assert lines == [
        (3, "application_id", "　", "the key application_id is empty", second, *where),
        (3, "ordinal", None, "the key ordinal is empty", second, *where),
        (4, "ordinal", "", "the key ordinal is empty", third, *where),
    ]


def test_a_key_column_that_is_missing_stops_the_file_and_names_its_first_row(tmp_path: Path) -> None:
    company = Company(tmp_path)
    company.drop("reasons.json", {"stream": "application_reasons", "rows": [{"application_id": "A7"}]})
    with pytest.raises(ContractError) as caught:
        company.load()
    text = str(caught.value)
    assert all(word in text for word in ("scripted.application_reasons", "ordinal", "A7", "inbox/reasons.json"))
    assert company.rows("select count(*) from ops.loads") == [(0,)]


def test_a_column_nobody_declared_stops_the_file(tmp_path: Path) -> None:
    company = Company(tmp_path)
    company.drop("jobs.json", {"stream": "jobs", "rows": [{"job_id": "J1", "colour": "red"}]})
    with pytest.raises(ContractError, match="colour is not declared"):
        company.load()


def test_a_value_that_is_no_text_is_a_type_flip_naming_both_types() -> None:
    entity = entity_stream("jobs")
    shaper = Shaper(RawTable("ats", entity, entity.columns), "scripted", "Asia/Tokyo", True)
    with pytest.raises(
        ContractError, match=r"openings came as Int64, the contract says String\n→ yield every value as the text"
    ):
        shaper.shape(Part(entity, pl.DataFrame({"job_id": ["J1"], "openings": [3]})))


def test_a_column_all_null_is_no_type_flip() -> None:
    entity = entity_stream("jobs")
    shaper = Shaper(RawTable("ats", entity, entity.columns), "scripted", "Asia/Tokyo", True)
    shaped = shaper.shape(Part(entity, pl.DataFrame({"job_id": ["J1"], "openings": [None]})))
    assert shaped.rows.schema["openings"] == pl.String


def test_a_raw_table_somebody_else_altered_is_not_written(tmp_path: Path) -> None:
    company = Company(tmp_path)
    company.drop("jobs.json", jobs("J1=営業"))
    company.load()
    company.connection.execute("alter table raw_ats.jobs alter column openings type bigint")
    with pytest.raises(ContractError, match="openings is BIGINT in the warehouse, VARCHAR in the contract"):
        company.load()


def test_an_unforeseen_error_names_source_and_file_and_keeps_nothing_of_it(tmp_path: Path) -> None:
    company = Company(tmp_path)
    company.drop("a.json", jobs("J1=営業"), day="2025-06-01")
    company.drop("b.json", jobs("J1=新", "J2=事務"), fail="the sheet ended in the middle")
    with pytest.raises(SourceError, match=r"ats: inbox/b.json: ValueError: the sheet ended in the middle"):
        company.load()
    assert company.current("jobs", "title") == [("J1", "営業")]
    assert company.rows("select file from ops.files") == [("inbox/a.json",)]


def test_an_error_while_pouring_a_first_load_comes_out_as_itself(tmp_path: Path) -> None:
    company = Company(tmp_path)
    company.drop("b.json", jobs("J1=新"), jobs("J2=事務"), fail="cut")
    with pytest.raises(SourceError, match="ValueError: cut"):
        company.load()
    assert company.versions() == 0
    company.drop("b.json", jobs("J1=新"), jobs("J2=事務"))
    assert company.load().rows_loaded == 2
