from __future__ import annotations

from datetime import date, datetime, time
from pathlib import Path

import pytest
from crafting import HEADER, cell, craft_xlsx
from opening import FIXTURES, read_all, read_only_table
from workbooks import read_sheet, write_sheets

from connectors.errors import FileRefused
from connectors.formats.tabular import open_tables

SHEETS = FIXTURES / "sheets"


def test_cells_become_the_text_that_a_person_sees(tmp_path: Path) -> None:
    reading = read_sheet(
        tmp_path,
        [
            ["id", "zip", "yen", "rate", "applied", "at", "starts", "flag", "serial"],
            [
                "00123",
                "0640941",
                3500000,
                0.25,
                date(2023, 3, 15),
                datetime(2023, 3, 15, 14, 5),
                time(9, 30),
                True,
                45000,
            ],
            ["2", "x", -1, 12345678901, date(2024, 2, 29), datetime(2023, 3, 15), time(0, 5), False, "45000"],
        ],
    )
    assert reading.rows == [
        ("00123", "0640941", "3500000", "0.25", "2023-03-15", "2023-03-15 14:05:00", "09:30:00", "true", "45000"),
        ("2", "x", "-1", "12345678901", "2024-02-29", "2023-03-15 00:00:00", "00:05:00", "false", "45000"),
    ]
    assert reading.table.facts["date_system"] == "1900"
    assert reading.table.sheet == "応募者"


def test_titles_empty_rows_and_a_table_that_starts_in_the_middle_keep_the_sheets_row_numbers(tmp_path: Path) -> None:
    reading = read_sheet(
        tmp_path,
        [
            [None, "2025年度 媒体費用"],
            [],
            [None, "媒体", "種別", "金額"],
            [None, "リクナビ", "掲載", 100],
            [],
            [None, "  ", "\u3000"],
            [None, "マイナビ", "掲載", 200],
            [None, "合計", None, 300],
        ],
    )
    assert reading.table.header == ("媒体", "種別", "金額")
    assert reading.table.header_row == 3
    assert reading.numbers == [4, 7, 8]
    assert reading.rows[2] == ("合計", None, "300")
    assert reading.table.facts["blank_lines"] == "2"


def test_a_row_with_a_formulas_error_is_refused_with_its_column_and_value(tmp_path: Path) -> None:
    rows = [["id", "score", "note"], ["1", "=1/0→#DIV/0!", "a"], ["2", "=1+1→2", "b"], ["3", "=X→#REF!", "=Y→#N/A"]]
    [table] = open_tables(write_sheets(tmp_path / "book.xlsx", {"S": rows}))
    [batch] = table.batches()
    assert batch.rows.drop("_row_number").rows() == [("2", "2", "b")]
    assert batch.refused.select("row_number", "column", "value").rows() == [
        (2, "score", "#DIV/0!"),
        (4, "score", "#REF!"),
        (4, "note", "#N/A"),
    ]
    assert batch.refused_rows == 2


def test_a_sheet_with_only_an_error_in_its_header_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FileRefused, match="error in column B"):
        read_sheet(tmp_path, [["id", "=X→#REF!", "name"], ["1", "a", "b"]])


def test_every_sheet_that_holds_something_is_a_table_and_hidden_ones_are_told(tmp_path: Path) -> None:
    path = write_sheets(
        tmp_path / "book.xlsx",
        {"表紙": [["注意"], ["1"]], "A": [["id", "x"], ["1", "2"]], "空": [], "B": [["id", "y"], ["3", "4"]]},
        hidden=("B",),
    )
    tables = open_tables(path)
    assert [table.sheet for table in tables] == ["表紙", "A"]
    assert tables[1].facts["hidden_sheets_skipped"] == "B"
    assert [table.sheet for table in open_tables(path, hidden_sheets=True)] == ["表紙", "A", "B"]


def test_a_note_without_a_usable_header_does_not_refuse_the_other_sheets(tmp_path: Path) -> None:
    note = [["作成日", None, "2025/3/1"], ["a", "b", "c"], ["d", "e", "f"]]
    [table] = open_tables(write_sheets(tmp_path / "book.xlsx", {"メモ": note, "A": [["id", "x"], ["1", "2"]]}))
    assert table.sheet == "A"
    assert "book.xlsx[メモ]:1" in table.facts["sheets_without_table"]
    with pytest.raises(FileRefused, match="column 2"):
        open_tables(write_sheets(tmp_path / "alone.xlsx", {"メモ": note}))
    with pytest.raises(FileRefused, match="column 2"):
        open_tables(
            write_sheets(tmp_path / "known.xlsx", {"応募": note, "A": [["id", "x"], ["1", "2"]]}),
            known_headers=frozenset(["作成日", "2025/3/1"]),
        )


def test_a_workbook_whose_only_content_is_hidden_is_not_taken_for_empty(tmp_path: Path) -> None:
    path = write_sheets(tmp_path / "book.xlsx", {"空": [], "A": [["id", "x"], ["1", "2"]]}, hidden=("A",))
    with pytest.raises(FileRefused, match="hidden: A"):
        open_tables(path)
    assert open_tables(write_sheets(tmp_path / "empty.xlsx", {"空": []})) == []


def test_a_workbook_is_known_by_its_content_whatever_its_name(tmp_path: Path) -> None:
    path = write_sheets(tmp_path / "book.xlsx", {"S": [["id", "x"], ["1", "a"]]})
    assert read_only_table(path.rename(tmp_path / "応募者.csv")).rows == [("1", "a")]


@pytest.mark.parametrize("name", ["table.xlsx", "table.xls", "table.ods"])
def test_the_same_table_reads_the_same_from_every_kind_of_workbook(name: str) -> None:
    reading = read_all(open_tables(SHEETS / "tabulator" / name)[0])
    assert reading.table.header == ("id", "name")
    assert reading.rows == [("1", "english"), ("2", "中国人")]


@pytest.mark.parametrize("kind", ["xlsx", "xls", "xlsb"])
@pytest.mark.parametrize("name", ["date", "date_1904"])
def test_real_dates_are_the_same_in_both_date_systems(name: str, kind: str) -> None:
    # The file has no header row: its first row is named as known, so that it is taken for one.
    reading = read_only_table(SHEETS / "calamine" / f"{name}.{kind}", known="2021-01-0100:00:00 15")
    assert reading.table.header == ("2021-01-01 00:00:00", "15")
    assert reading.rows[0] == ("2021-01-02 00:00:00", "16")
    assert reading.table.facts["date_system"] == ("1904" if "1904" in name else "1900")


def test_the_date_system_of_a_crafted_workbook_is_known(tmp_path: Path) -> None:
    book = craft_xlsx(tmp_path / "a.xlsx", HEADER + f'<row r="2">{cell("A2")}</row>', properties=' date1904="1"')
    assert read_only_table(book).table.facts["date_system"] == "1904"


def test_times_of_ods_are_times() -> None:
    assert read_only_table(SHEETS / "fastexcel" / "dates.ods").rows == [
        ("2023-06-01", "2023-06-01T02:03:04+02:00", "01:02:03", "2023-06-01T02:03:04")
    ]


def test_the_same_sheet_as_csv_xlsx_and_ods_has_the_same_rows() -> None:
    folder = SHEETS / "roo"
    read = {kind: read_only_table(folder / f"simple_spreadsheet.{kind}") for kind in ("csv", "xlsx", "ods")}
    headers = {reading.table.header for reading in read.values()}
    assert headers == {("Date", "Start time", "End time", "Pause", "Sum", "Comment")}
    # Dates and times are written differently by each.
    texts = {kind: [(row[5] or "", row[4]) for row in reading.rows] for kind, reading in read.items()}
    assert texts["csv"] == texts["xlsx"] == texts["ods"]
    assert len(texts["csv"]) == 10
