"""Files: each content once, a refused file whole to quarantine, lines retried when file or reading is mended."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from connectors.core import FileNotes, Part, Run, SourceFile
from connectors.quarantine import quarantine_list, quarantine_show
from tests.connectors.loading import Company, bad_cell, jobs, set_day

OPEN = "select row_number, value, status from ops.quarantine order by quarantine_id"


def test_a_known_content_is_not_read_again_and_counts_as_unchanged(tmp_path: Path) -> None:
    company = Company(tmp_path)
    path = company.drop("jobs.json", jobs("J1=営業", "J2=事務"))
    company.load()
    set_day(path, "2025-08-01")
    for _ in range(2):
        report = company.load()
        assert [file.status for file in report.files] == ["unchanged"]
        assert (report.rows_in, report.rows_loaded, report.rows_unchanged) == (2, 0, 2)
    assert company.rows("select count(*) from ops.loads") == [(1,)]
    assert company.rows("select count(*) from ops.files") == [(1,)]


def test_a_copy_under_another_name_adds_nothing(tmp_path: Path) -> None:
    company = Company(tmp_path)
    company.drop("jobs.json", jobs("J1=営業"))
    company.drop("jobs (1).json", jobs("J1=営業"), day="2025-07-05")
    assert [file.status for file in company.load().files] == ["loaded", "loaded"]
    assert company.versions() == 1
    company.drop("jobs (2).json", jobs("J1=営業"), day="2025-07-06")
    assert [file.status for file in company.load().files] == ["unchanged"] * 3


def test_an_older_content_put_back_in_its_place_is_news(tmp_path: Path) -> None:
    company = Company(tmp_path)
    for day, title in enumerate(("営業", "営業部", "営業"), 1):
        company.drop("jobs.json", jobs(f"J1={title}"), day=f"2025-07-0{day}")
        company.load()
    assert company.current("jobs", "title") == [("J1", "営業")]
    assert [file.status for file in company.load().files] == ["unchanged"]


def test_what_replaces_a_file_is_never_older_than_it(tmp_path: Path) -> None:
    company = Company(tmp_path)
    company.drop("jobs.json", jobs("J1=先"), day="2025-07-10")
    company.load()
    company.drop("jobs.json", jobs("J1=後"), day="2025-07-01")
    company.load()
    assert company.current("jobs", "title") == [("J1", "後")]


def test_another_way_of_reading_reads_the_same_bytes_again(tmp_path: Path) -> None:
    company = Company(tmp_path)
    company.drop("jobs.json", jobs("J1=営業"))
    company.load()
    company.settings.reading = "2"
    report = company.load()
    assert [file.status for file in report.files] == ["loaded"] and report.rows_unchanged == 1


def test_files_load_in_the_order_of_their_export_not_of_their_names(tmp_path: Path) -> None:
    company = Company(tmp_path)
    company.drop("a_20250702.json", jobs("J1=後"))
    company.drop("b_20250701.json", jobs("J1=先"))
    company.load()
    assert company.rows("select title from raw_ats.jobs order by _load_id") == [("先",), ("後",)]


def test_a_refused_file_goes_to_quarantine_whole_and_the_others_load(tmp_path: Path) -> None:
    company = Company(tmp_path)
    company.drop("a.json", jobs("J1=営業"), jobs("J2=事務"), refuse="the last row is cut off", day="2025-06-01")
    company.drop("b.json", jobs("J3=企画"))
    for turn in range(2):
        report = company.load()
        assert [file.status for file in report.files] == ["refused", "loaded" if turn == 0 else "unchanged"]
        assert any("the last row is cut off" in warning for warning in report.warnings)
    assert company.current() == [("J3",)]
    assert company.rows("select file, status from ops.files order by file") == [
        ("inbox/a.json", "refused"),
        ("inbox/b.json", "loaded"),
    ]
    (line,) = company.rows("select stream, row_number, column_name, status, reason from ops.quarantine")
    assert line[:4] == (None, None, None, "open") and "export it again" in line[4]


def test_a_file_refused_after_some_bad_rows_leaves_one_line_of_its_own(tmp_path: Path) -> None:
    company = Company(tmp_path)
    company.drop("a.json", jobs("J1=営業", refused=[bad_cell(3), bad_cell(4)]), refuse="cut", day="2025-06-01")
    company.drop("b.json", jobs("J2=事務", refused=[bad_cell(9)]))
    company.load()
    assert company.rows("select file, row_number from ops.quarantine order by all") == [
        ("inbox/a.json", None),
        ("inbox/b.json", 9),
    ]


def test_a_mended_file_resolves_the_lines_of_the_content_it_replaces(tmp_path: Path) -> None:
    company = Company(tmp_path)
    company.drop("jobs.json", jobs("J1=営業", refused=[bad_cell(3), bad_cell(4)]))
    company.load()
    company.drop("jobs.json", jobs("J1=営業", "J2=事務", refused=[bad_cell(4)]), day="2025-07-02")
    company.load()
    assert company.rows(OPEN) == [(3, "many", "resolved"), (4, "many", "resolved"), (4, "many", "open")]


def test_a_refused_file_that_is_mended_is_resolved(tmp_path: Path) -> None:
    company = Company(tmp_path)
    company.drop("jobs.json", jobs("J1=営業"), refuse="cut")
    company.load()
    company.drop("jobs.json", jobs("J1=営業"), day="2025-07-02")
    assert company.load().rows_loaded == 1
    assert quarantine_list(company.connection).is_empty()


def test_rows_waiting_in_quarantine_are_told_by_every_run(tmp_path: Path) -> None:
    company = Company(tmp_path)
    company.drop("jobs.json", jobs("J1=営業", refused=[bad_cell(3)]))
    for loaded in (1, 0):
        report = company.load()
        assert (report.rows_in, report.rows_loaded, report.rows_quarantined) == (2, loaded, 1)


def retryable(company: Company) -> None:
    """The reader learns to read 'many' when its reading is 'mended'."""

    connector = company.connector

    def read(run: Run, file: SourceFile, notes: FileNotes) -> Iterator[Part]:
        for part in original(run, file, notes):
            if run.settings.reading == "mended" and part.refused is not None:
                yield Part(part.stream, part.rows, part.refused.filter(part.refused["row_number"] != 3), 1)
                row = jobs("J3=直った")["rows"][0]
                yield Part(part.stream, type(part.rows)([{**row, "_row_number": 3}]))
            else:
                yield part

    original = connector.file_reader
    assert original is not None
    connector.file_reader = read
    connector.file_fingerprint = lambda run: "same"


def test_a_retry_loads_what_can_be_read_now_and_keeps_the_other_lines_once(tmp_path: Path) -> None:
    company = Company(tmp_path)
    retryable(company)
    company.drop("jobs.json", jobs("J1=営業", refused=[bad_cell(3), bad_cell(9)]))
    company.load()
    before = company.rows("select quarantine_id from ops.quarantine where row_number = 9")
    report = company.retry()
    assert (report.rows_loaded, report.rows_unchanged, report.rows_quarantined) == (0, 1, 2)
    assert company.rows(OPEN) == [(3, "many", "open"), (9, "many", "open")]
    company.settings.reading = "mended"
    report = company.retry()
    assert (report.rows_loaded, report.rows_unchanged, report.rows_quarantined) == (1, 1, 1)
    assert company.rows(OPEN) == [(3, "many", "resolved"), (9, "many", "open")]
    assert company.rows("select quarantine_id from ops.quarantine where status = 'open'") == before
    assert [key for (key,) in company.current()] == ["J1", "J3"]
    assert company.load().rows_quarantined == 1, "later runs tell what still waits"


def test_a_retry_of_an_older_file_leaves_what_newer_files_say(tmp_path: Path) -> None:
    company = Company(tmp_path)
    retryable(company)
    company.drop("march.json", jobs("J1=三月", refused=[bad_cell(3), bad_cell(9)]), day="2025-03-01")
    path = company.drop("june.json", jobs("J1=六月"), day="2025-06-01")
    company.load()
    set_day(tmp_path / "inbox" / "march.json", "2025-07-01")
    company.settings.reading = "mended"
    company.retry()
    assert company.current("jobs", "title") == [("J1", "六月"), ("J3", "直った")]
    assert company.versions() == 3 and path.exists()


def test_a_retry_takes_only_the_files_asked_for_and_names_those_that_are_gone(tmp_path: Path) -> None:
    company = Company(tmp_path)
    for name in ("a", "b", "c"):
        company.drop(f"{name}.json", jobs(f"{name}=職", refused=[bad_cell(3)]))
    company.drop("fine.json", jobs("J1=営業"))
    company.load()
    (tmp_path / "inbox" / "c.json").unlink()
    report = company.retry(files={"inbox/a.json", "inbox/c.json"})
    assert [file.name for file in report.files] == ["inbox/a.json"]
    assert report.warnings == ["inbox/c.json: no longer in the inbox; its lines stay in quarantine"]


def test_a_refused_file_is_loaded_by_a_retry_once_it_can_be_read(tmp_path: Path) -> None:
    company = Company(tmp_path)
    company.connector.file_fingerprint = lambda run: "same"
    company.drop("jobs.json", jobs("J1=営業"), refuse="cut")
    company.load()
    company.settings.reading = "mended"
    assert company.load().rows_loaded == 0
    assert company.retry().rows_loaded == 1
    assert company.rows("select status from ops.files") == [("loaded",)]
    assert quarantine_list(company.connection).is_empty()


def test_the_quarantine_is_listed_by_file_and_shown_by_line(tmp_path: Path) -> None:
    company = Company(tmp_path)
    company.drop("a.json", jobs("J1=営業", refused=[bad_cell(3), bad_cell(3, "title"), bad_cell(4)], refused_rows=2))
    company.drop("b.json", refuse="no table", day="2025-07-02")
    company.load()
    listed = quarantine_list(company.connection, "ats").rows(named=True)
    assert [(row["file"], row["stream"], row["rows"], row["lines"], row["first_row"]) for row in listed] == [
        ("inbox/a.json", "jobs", 2, 3, 3),
        ("inbox/b.json", None, 0, 1, None),
    ]
    shown = quarantine_show(company.connection, file="inbox/a.json")
    assert shown.select("row_number", "column_name", "value").rows() == [
        (3, "openings", "many"),
        (3, "title", "many"),
        (4, "openings", "many"),
    ]
    assert quarantine_show(company.connection, limit=1).height == 1
    assert quarantine_list(company.connection, "other").is_empty()


def test_a_file_that_changes_while_it_is_read_waits_for_the_next_run(tmp_path: Path) -> None:
    company = Company(tmp_path)
    path = company.drop("jobs.json", jobs("J1=営業"))
    original = company.connector.file_reader
    assert original is not None

    def read(run: Run, file: SourceFile, notes: FileNotes) -> Iterator[Part]:
        yield from original(run, file, notes)
        path.write_text(path.read_text(encoding="utf-8") + " ", encoding="utf-8")

    company.connector.file_reader = read
    report = company.load()
    assert [file.status for file in report.files] == ["unsettled"] and report.rows_in == 0
    assert company.versions() == 0
    company.connector.file_reader = original
    assert company.load().rows_loaded == 1


def test_a_run_with_many_small_files_reads_each_table_once(tmp_path: Path) -> None:
    company = Company(tmp_path)
    for n in range(30):
        company.drop(f"{n:02}.json", jobs(f"J{n}=職", "J0=共通"), day=f"2025-06-{n + 1:02}")
    report = company.load()
    assert (report.rows_loaded, report.rows_unchanged) == (31, 29)
    assert len(company.current()) == 30
