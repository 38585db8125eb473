"""Full exports: what vanished is marked as deleted, unless so much vanished that the export must be cut."""

from __future__ import annotations

from pathlib import Path

import pytest

from connectors.errors import TombstoneError
from tests.connectors.loading import Company, bad_cell, jobs

TEN = [f"J{n}=職{n}" for n in range(10)]


def test_a_vanished_key_is_marked_deleted_and_comes_back_as_a_version(tmp_path: Path) -> None:
    company = Company(tmp_path, load="full")
    company.drop("jobs.json", jobs(*TEN))
    company.load()
    company.drop("jobs.json", jobs(*TEN[1:]), day="2025-07-02")
    assert company.load().rows_tombstoned == 1
    assert len(company.current()) == 9
    tombstone = "select job_id, title, _key, _row_hash, _file, _extracted_at::date::varchar from raw_ats.jobs"
    assert company.rows(f"{tombstone} where _deleted") == [("J0", None, "J0", None, "inbox/jobs.json", "2025-07-02")]
    assert company.rows("select rows_in, rows_loaded, rows_tombstoned from ops.loads where load_id = 2") == [(9, 0, 1)]
    company.drop("jobs.json", jobs(*TEN), day="2025-07-03")
    report = company.load()
    assert (report.rows_loaded, report.rows_tombstoned) == (1, 0)
    assert len(company.current()) == 10


def test_a_key_deleted_already_is_not_deleted_again(tmp_path: Path) -> None:
    company = Company(tmp_path, load="full")
    for day in (1, 2, 3):
        company.drop("jobs.json", jobs(*TEN[: 10 if day == 1 else 9]), day=f"2025-07-0{day}", n=day)
        company.load()
    assert company.rows("select count(*) from raw_ats.jobs where _deleted") == [(1,)]


def test_a_delta_export_deletes_nothing(tmp_path: Path) -> None:
    company = Company(tmp_path, load="delta")
    company.drop("jobs.json", jobs(*TEN))
    company.load()
    company.drop("jobs.json", jobs(TEN[0]), day="2025-07-02")
    assert company.load().rows_tombstoned == 0
    assert len(company.current()) == 10


def test_a_fifth_may_vanish_and_not_a_row_more(tmp_path: Path) -> None:
    company = Company(tmp_path, load="full")
    company.drop("jobs.json", jobs(*TEN))
    company.load()
    company.drop("jobs.json", jobs(*TEN[3:]), day="2025-07-02")
    with pytest.raises(TombstoneError, match="3 of 10 keys of jobs .*30%") as caught:
        company.load()
    assert "--full-refresh" in str(caught.value) and "inbox/jobs.json" in str(caught.value)
    assert company.versions() == 10 and company.rows("select count(*) from ops.loads") == [(1,)]
    company.drop("jobs.json", jobs(*TEN[2:]), day="2025-07-03")
    assert company.load().rows_tombstoned == 2


def test_a_full_refresh_takes_every_vanished_key_for_deleted(tmp_path: Path) -> None:
    company = Company(tmp_path, load="full")
    company.drop("jobs.json", jobs(*TEN))
    company.load()
    company.drop("jobs.json", jobs(TEN[4]), day="2025-07-02")
    assert company.load(full_refresh=True).rows_tombstoned == 9
    assert company.current() == [("J4",)]


def test_an_empty_export_is_stopped_by_the_same_guard(tmp_path: Path) -> None:
    company = Company(tmp_path, load="full")
    company.drop("jobs.json", jobs(*TEN))
    company.load()
    company.drop("jobs.json", jobs(), day="2025-07-02")
    with pytest.raises(TombstoneError, match="10 of 10"):
        company.load()


def test_a_file_speaks_only_of_the_streams_it_holds(tmp_path: Path) -> None:
    company = Company(tmp_path, load="full")
    company.drop("jobs.json", jobs(*TEN))
    company.drop("people.json", {"stream": "candidates", "rows": [{"candidate_id": "C1"}]}, day="2025-07-02")
    assert company.load().rows_tombstoned == 0
    assert len(company.current()) == 10


def test_an_unreadable_row_is_not_a_deleted_one(tmp_path: Path) -> None:
    company = Company(tmp_path, load="full")
    company.drop("jobs.json", jobs(*TEN))
    company.load()
    company.drop("jobs.json", jobs(*TEN[1:], refused=[bad_cell(2)]), day="2025-07-02")
    report = company.load()
    assert report.rows_tombstoned == 0 and any("not taken for deleted" in warning for warning in report.warnings)
    assert len(company.current()) == 10


def test_the_newest_of_several_full_exports_says_what_exists(tmp_path: Path) -> None:
    company = Company(tmp_path, load="full")
    company.drop("jobs_20250601.json", jobs(*TEN))
    company.drop("jobs_20250602.json", jobs(*TEN[1:], "J10=職"))
    company.load()
    assert [key for (key,) in company.current()] == sorted([f"J{n}" for n in range(1, 11)])


def test_an_older_full_export_found_late_revives_and_deletes_nothing(tmp_path: Path) -> None:
    company = Company(tmp_path, load="full")
    company.drop("jobs_20250602.json", jobs(*TEN))
    company.load()
    company.drop("jobs_20250601.json", jobs("J1=古", "J99=当時だけ"))
    report = company.load()
    assert report.rows_loaded == 2
    assert [key for (key,) in company.current()] == sorted(f"J{n}" for n in range(10))
    assert dict(company.current("jobs", "title"))["J1"] == "職1"
    versions = company.versions()
    company.load(full_refresh=True)
    assert company.versions() == versions, "reading all again changes nothing"


def test_a_load_may_be_told_to_be_full_by_its_caller(tmp_path: Path) -> None:
    company = Company(tmp_path)
    company.drop("jobs.json", jobs(*TEN))
    company.load(write="full")
    company.drop("jobs.json", jobs(*TEN[1:]), day="2025-07-02")
    assert company.load(write="full").rows_tombstoned == 1
