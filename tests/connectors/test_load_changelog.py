"""The change log: only what differs from the newest version of its key is appended."""

from __future__ import annotations

import json
import weakref
from pathlib import Path

import duckdb
import polars as pl
import pyarrow as pa
import pytest

from connectors.core import Part, entity_stream
from connectors.errors import BalanceError
from connectors.loading import changelog, pouring
from connectors.loading.contract import Shaper
from connectors.loading.raw_table import RawTable
from connectors.ops import execute_over
from tests.connectors.loading import Company, jobs

TRUE_INSERT = changelog.Append.insert


def test_a_first_load_keeps_every_row_verbatim_with_its_origin(tmp_path: Path) -> None:
    company = Company(tmp_path)
    company.drop("jobs.json", jobs("J1= 営業　", "J2=", "J3=事務"))
    report = company.load()
    assert (report.rows_in, report.rows_loaded, report.rows_unchanged, report.rows_quarantined) == (3, 3, 0, 0)
    assert company.rows(
        "select job_id, title, department, _key, _deleted, _load_id, _extracted_at::varchar, _file, _row_number"
        " from raw_ats.jobs order by _row_number"
    ) == [
        ("J1", " 営業　", None, "J1", False, 1, "2025-07-01 12:00:00", "inbox/jobs.json", 2),
        ("J2", "", None, "J2", False, 1, "2025-07-01 12:00:00", "inbox/jobs.json", 3),
        ("J3", "事務", None, "J3", False, 1, "2025-07-01 12:00:00", "inbox/jobs.json", 4),
    ]


def test_an_exported_again_file_with_the_same_rows_adds_nothing(tmp_path: Path) -> None:
    company = Company(tmp_path)
    company.drop("jobs.json", jobs("J1=営業", "J2=事務"))
    company.load()
    company.drop("jobs.json", jobs("J1=営業", "J2=事務"), day="2025-07-02", note="other bytes")
    report = company.load()
    assert (report.rows_in, report.rows_loaded, report.rows_unchanged) == (2, 0, 2)
    assert company.versions() == 2
    newest = "select load_id, rows_in, rows_loaded, rows_unchanged, extracted_at::date::varchar from ops.loads"
    assert company.rows(f"{newest} order by load_id") == [(1, 2, 2, 0, "2025-07-01"), (2, 2, 0, 2, "2025-07-02")]


def test_a_changed_row_adds_a_version_and_a_row_changed_back_another(tmp_path: Path) -> None:
    company = Company(tmp_path)
    for day, title in enumerate(("営業", "営業部", "営業"), 1):
        company.drop("jobs.json", jobs(f"J1={title}", "J2=事務"), day=f"2025-07-0{day}")
        assert company.load().rows_loaded == (2 if day == 1 else 1)
    assert company.versions() == 4
    assert company.current("jobs", "title") == [("J1", "営業"), ("J2", "事務")]


def test_null_and_empty_text_are_two_contents(tmp_path: Path) -> None:
    company = Company(tmp_path)
    company.drop("jobs.json", {"stream": "jobs", "rows": [{"job_id": "J1", "title": None}]})
    company.load()
    company.drop("jobs.json", jobs("J1="), day="2025-07-02")
    assert company.load().rows_loaded == 1


def test_texts_that_move_between_columns_are_another_content(tmp_path: Path) -> None:
    company = Company(tmp_path)
    company.drop("jobs.json", {"stream": "jobs", "rows": [{"job_id": "J1", "title": "a", "department": "b"}]})
    company.load()
    company.drop(
        "jobs.json", {"stream": "jobs", "rows": [{"job_id": "J1", "title": "b", "department": "a"}]}, day="2025-07-02"
    )
    assert company.load().rows_loaded == 1


def test_a_value_understood_otherwise_is_a_version_though_its_text_is_the_same(tmp_path: Path) -> None:
    company = Company(tmp_path)
    row = {"job_id": "J1", "openings": "二"}
    company.drop("jobs.json", {"stream": "jobs", "rows": [row]})
    company.load()
    company.drop("jobs.json", {"stream": "jobs", "rows": [{**row, "_parsed": '{"openings":"2"}'}]}, day="2025-07-02")
    assert company.load().rows_loaded == 1
    company.drop(
        "jobs.json",
        {"stream": "jobs", "rows": [{**row, "_parsed": '{"openings":"2"}', "_extra": '{"備考":"急"}'}]},
        day="2025-07-03",
    )
    assert company.load().rows_loaded == 1


@pytest.mark.parametrize("is_first", [True, False], ids=["first load", "later load"])
def test_a_key_repeated_in_a_file_is_unchanged_or_a_further_version(tmp_path: Path, is_first: bool) -> None:
    company = Company(tmp_path)
    if not is_first:
        company.drop("a.json", jobs("J0=前", "J1=営業"), day="2025-06-01")
        company.load()
    company.drop("b.json", jobs("J1=新", "J1=新", "J2=事務", "J1=営業", "J1=営業", "J2=事務"))
    report = company.load()
    assert report.streams["jobs"].rows_in - (0 if is_first else 2) == 6
    loaded = company.rows("select _key, title, _row_number from raw_ats.jobs where _file = 'inbox/b.json' order by all")
    assert loaded == [("J1", "営業", 5), ("J1", "新", 2), ("J2", "事務", 4)]
    assert company.current("jobs", "title")[-2:] == [("J1", "営業"), ("J2", "事務")]


def test_a_row_that_repeats_the_stored_version_after_another_is_not_lost(tmp_path: Path) -> None:
    company = Company(tmp_path)
    company.drop("a.json", jobs("J1=古"), day="2025-06-01")
    company.drop("b.json", jobs("J1=新", "J1=古"))
    company.load()
    assert company.current("jobs", "title") == [("J1", "古")]
    assert company.versions() == 3


@pytest.mark.parametrize("is_first", [True, False], ids=["first load", "later load"])
def test_of_two_sheets_with_the_same_key_the_later_wins_whatever_its_row_numbers(
    tmp_path: Path, is_first: bool
) -> None:
    company = Company(tmp_path)
    if not is_first:
        company.drop("a.json", jobs("J9=前"), day="2025-06-01")
        company.load()
    company.drop("b.json", jobs("J0=x", "J1=先の表", "J2=同じ"), jobs("J1=後の表", "J2=同じ"), jobs("J3=三つ目"))
    report = company.load()
    assert dict(company.current("jobs", "title"))["J1"] == "後の表"
    of_file = company.rows("select count(*) from raw_ats.jobs where _file = 'inbox/b.json'")[0][0]
    assert of_file == 5 and report.streams["jobs"].rows_unchanged - (0 if is_first else 1) == 1
    sums = "sum(rows_in)::int, sum(rows_loaded)::int, sum(rows_unchanged)::int"
    assert company.rows(f"select {sums} from ops.loads where file = 'inbox/b.json'") == [(6, 5, 1)]


def test_a_late_older_file_adds_history_but_changes_nothing_current(tmp_path: Path) -> None:
    company = Company(tmp_path)
    company.drop("june.json", jobs("J1=六月", "J2=同じ"), day="2025-06-01")
    company.load()
    company.drop("march.json", jobs("J1=三月", "J2=同じ", "J3=三月だけ"), day="2025-03-01")
    report = company.load()
    assert report.streams["jobs"].rows_unchanged == 2 + 1  # June's two were known; J2 says what its newest says
    assert company.current("jobs", "title") == [("J1", "六月"), ("J2", "同じ"), ("J3", "三月だけ")]
    company.load(full_refresh=True)
    assert company.versions() == 4, "reading all again appends no version twice"


def test_what_is_read_again_under_another_rule_is_compared_not_doubled(tmp_path: Path) -> None:
    company = Company(tmp_path)
    company.drop("march.json", jobs("J1=三月"), day="2025-03-01")
    company.drop("june.json", jobs("J1=六月"), day="2025-06-01")
    company.load()
    company.settings.reading = "2"
    assert company.load().rows_loaded == 0
    assert company.versions() == 2


def test_new_columns_of_a_stream_are_added_and_known_rows_stay_unchanged(tmp_path: Path) -> None:
    company = Company(tmp_path)
    streams = company.connector.streams
    whole = streams["jobs"]
    streams["jobs"] = type(whole)("jobs", tuple(c for c in whole.columns if c != "department"), whole.key)
    company.drop("jobs.json", jobs("J1=営業", "J2=事務"))
    company.load()
    streams["jobs"] = whole
    row = {"job_id": "J2", "title": "事務", "department": "管理部"}
    company.drop("jobs.json", {"stream": "jobs", "rows": [{"job_id": "J1", "title": "営業"}, row]}, day="2025-07-02")
    report = company.load()
    assert (report.rows_loaded, report.rows_unchanged) == (1, 1)
    assert company.current("jobs", "department") == [("J1", None), ("J2", "管理部")]


def test_hashes_of_another_version_of_the_engine_are_made_anew_once(tmp_path: Path) -> None:
    company = Company(tmp_path)
    company.drop("jobs.json", jobs("J1=営業", "J2=事務"))
    company.load()
    true_hashes = company.rows("select _row_hash from raw_ats.jobs order by _key")
    company.connection.execute("update raw_ats.jobs set _row_hash = _row_hash + 1")
    company.connection.execute("update ops.loader_state set value = '0' || value where name = 'hash of ats.jobs'")
    company.drop("jobs.json", jobs("J1=営業", "J2=新"), day="2025-07-02")
    assert company.load().rows_loaded == 1
    assert company.rows("select _row_hash from raw_ats.jobs where _load_id = 1 order by _key") == true_hashes


def test_a_row_has_the_same_hash_in_whatever_batch_and_by_whichever_way_it_comes(tmp_path: Path) -> None:
    titles = [f"J{n}={'長い職種' * (n % 5)}" for n in range(50)]
    hashes = []
    for place, parts in enumerate(([jobs(*titles)], [jobs(*titles[:7]), jobs(*titles[7:])], [jobs(t) for t in titles])):
        company = Company(tmp_path / str(place))
        company.drop("jobs.json", *parts, day="2025-07-01")
        company.load()
        company.drop("jobs.json", jobs("J1=別"), day="2025-07-02")
        company.load()
        company.drop("jobs.json", *parts, day="2025-07-03")
        assert company.load().rows_loaded == 1
        hashes.append(company.rows("select _key, _row_hash from raw_ats.jobs where not _deleted order by all"))
    assert hashes[0] == hashes[1] == hashes[2]
    assert len(set(hashes[0])) == 51 and all(number >= 0 for _, number in hashes[0])


def test_values_that_hardly_repeat_are_stored_as_they_are_the_others_in_a_dictionary(tmp_path: Path) -> None:
    company = Company(tmp_path)
    rows = [{"job_id": f"J{n}", "title": f"職種{n}", "department": f"部{n % 7}"} for n in range(12_000)]
    company.drop("jobs.json", {"stream": "jobs", "rows": []}, {"stream": "jobs", "rows": rows})
    assert company.load().rows_loaded == 12_000
    company.connection.execute("checkpoint")
    stored = company.rows(
        "select distinct column_name, compression from pragma_storage_info('raw_ats.jobs')"
        " where segment_type = 'VARCHAR' and column_name in ('job_id', 'title', '_key', 'department') order by all"
    )
    assert [name for name, how in stored if how == "Uncompressed"] == ["_key", "job_id", "title"]
    assert [tuple(row.values()) for row in rows[:5]] == company.rows(
        "select job_id, title, department from raw_ats.jobs order by _row_number limit 5"
    )


def test_refused_lines_that_fill_memory_end_the_statement_not_the_load(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pouring, "REFUSED_LINES", 3)
    company = Company(tmp_path)
    line = {"row_number": 9, "column": "openings", "value": "x", "reason": "no number", "record": "{}"}
    parts = [jobs(f"J{n}=職", refused=[line | {"value": f"{n}.{i}"} for i in range(2)]) for n in range(6)]
    company.drop("jobs.json", *parts)
    report = company.load()
    assert (report.rows_in, report.rows_loaded, report.rows_quarantined) == (18, 6, 12)
    assert company.rows("select count(*) from ops.quarantine") == [(12,)]


@pytest.mark.parametrize(("lines", "rows"), [([], 1), ([("x",)], 0)], ids=["no line", "no row"])
def test_a_reader_whose_refusals_do_not_add_up_is_stopped(tmp_path: Path, lines: list[object], rows: int) -> None:
    company = Company(tmp_path)
    refused = [{"row_number": 3, "column": "openings", "value": "x", "reason": "no", "record": "{}"} for _ in lines]
    company.drop("jobs.json", jobs("J1=営業", refused=refused, refused_rows=rows))
    with pytest.raises(BalanceError, match="rows refused"):
        company.load()
    assert company.versions() == 0


@pytest.mark.parametrize("is_first", [True, False], ids=["first load", "later load"])
def test_rows_lost_between_reader_and_table_are_noticed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_first: bool
) -> None:
    company = Company(tmp_path)
    if not is_first:
        company.drop("jobs.json", jobs("J1=営業"))
        company.load()
    company.drop("jobs.json", jobs("J1=新", "J2=事務"), day="2025-07-02")
    # A row falls under the table on its way to the engine.
    monkeypatch.setattr(changelog.Append, "insert", lambda self, rows, *, load_id: insert_one_less(self, rows, load_id))
    with pytest.raises(BalanceError):
        company.load()
    assert company.versions() == (0 if is_first else 1)


def insert_one_less(append: changelog.Append, rows: pa.Table | pa.RecordBatchReader, load_id: str) -> int:
    whole = rows if isinstance(rows, pa.Table) else rows.read_all()
    return TRUE_INSERT(append, whole.slice(1), load_id=load_id)


def test_a_part_with_less_columns_and_without_row_numbers_is_filled_up() -> None:
    stream = entity_stream("jobs")
    shaper = Shaper(RawTable("ats", stream, stream.columns), "scripted", "Asia/Tokyo", True)
    for start in (1, 3):
        shaped = shaper.shape(Part(stream, pl.DataFrame({"job_id": ["a", "b"]})))
        assert shaped.rows.get_column("_row_number").to_list() == [start, start + 1]
        assert shaped.rows.columns == [*stream.columns, "_extra", "_parsed", "_key", "_row_number"]


def test_facts_and_warnings_of_a_file_are_kept(tmp_path: Path) -> None:
    company = Company(tmp_path)
    company.drop("jobs.json", jobs("J1=営業"))
    report = company.load()
    assert [(f.name, f.status, f.facts) for f in report.files] == [("inbox/jobs.json", "loaded", {"parts": "1"})]
    ((facts, size),) = company.rows("select facts, bytes from ops.files")
    assert json.loads(facts) == {"parts": "1"} and size == (tmp_path / "inbox/jobs.json").stat().st_size


def test_rows_that_were_queried_are_let_go_before_the_transaction_ends() -> None:
    with duckdb.connect() as connection:
        connection.begin()
        rows = pa.table({"name": ["営業"]})
        held = weakref.ref(rows)
        assert execute_over(connection, "select name from arriving", rows).fetchall() == [("営業",)]
        del rows
        assert held() is None
