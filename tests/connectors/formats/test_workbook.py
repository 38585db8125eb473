from __future__ import annotations

from datetime import date, datetime, time
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
from crafting import HEADER, cell, craft_xlsx
from opening import FIXTURES, Reading, read_all, read_only_table

from connectors.errors import FileRefused
from connectors.formats.tabular import open_tables

SHEETS = FIXTURES / "sheets"


def write_sheets(path: Path, sheets: dict[str, list[list[Any]]], *, hidden: tuple[str, ...] = ()) -> Path:
    """A workbook by a real writer; a value `=…` is a formula with the value behind `→`."""
    book = xlsxwriter.Workbook(str(path))
    day = book.add_format({"num_format": "yyyy/mm/dd"})
    moment = book.add_format({"num_format": "yyyy/mm/dd hh:mm"})
    clock = book.add_format({"num_format": "hh:mm"})
    for name, rows in sheets.items():
        sheet = book.add_worksheet(name)
        for r, row in enumerate(rows):
            for c, value in enumerate(row):
                if isinstance(value, datetime | date | time):
                    shown = moment if isinstance(value, datetime) else day if isinstance(value, date) else clock
                    sheet.write(r, c, value, shown)
                elif isinstance(value, str) and value.startswith("="):
                    formula, _, result = value.partition("→")
                    sheet.write(r, c, formula, None, result)
                elif isinstance(value, str):
                    sheet.write_string(r, c, value)
                elif value is not None:
                    sheet.write(r, c, value)
        if name in hidden:
            sheet.hide()
    book.close()
    return path


def read_sheet(tmp_path: Path, rows: list[list[Any]], known: str = "") -> Reading:
    return read_only_table(write_sheets(tmp_path / "book.xlsx", {"応募者": rows}), known=known)


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


def test_duplicate_and_missing_header_names_refuse_the_sheet(tmp_path: Path) -> None:
    with pytest.raises(FileRefused, match="name twice: '氏名', '氏 名'"):
        read_sheet(tmp_path, [["id", "氏名", "氏 名"], ["1", "a", "b"]])
    with pytest.raises(FileRefused, match="column 2 of the header has no name"):
        read_sheet(tmp_path, [["id", None, "name"], ["1", "a", "b"]])


def test_an_empty_column_without_a_name_is_spacing_and_a_note_beside_the_table_is_told(tmp_path: Path) -> None:
    reading = read_sheet(
        tmp_path,
        [["id", None, "name"], ["1", None, "a"], ["2", None, "b", None, "※要確認"], ["3", None, "c"]],
    )
    assert reading.table.header == ("id", "name")
    assert reading.rows == [("1", "a"), ("3", "c")]
    assert reading.refused == [(3, "has a value in column E, which has no name in the header")]


def test_tables_one_below_the_other_are_tables_of_their_own(tmp_path: Path) -> None:
    rows = [
        ["応募ID", "氏名"],
        ["1", "a"],
        ["応募ID", "氏名"],
        ["2", "b"],
        [],
        ["費用"],
        ["媒体", "金額（円）"],
        ["c", "100"],
    ]
    path = write_sheets(tmp_path / "book.xlsx", {"応募者": rows})
    first, second = open_tables(path, known_headers=frozenset({"応募id", "氏名", "媒体", "金額"}))
    reading = read_all(first)
    assert reading.rows == [("1", "a"), ("2", "b")]
    assert reading.refused == [(3, "the header is repeated here")]
    assert (second.header, second.header_row) == (("媒体", "金額（円）"), 7)
    reading = read_all(second)
    assert (reading.rows, reading.numbers, reading.refused) == ([("c", "100")], [8], [])


def test_tables_side_by_side_are_tables_of_their_own_where_their_names_repeat(tmp_path: Path) -> None:
    rows = [
        [None, "新卒", None, None, None, "中途"],
        [],
        [None, "応募ID", "氏名", None, None, "応募ID", "氏名", "媒体"],
        [None, "1", "a", None, None, "7", "x", "p"],
        [None, "2", "b", None, None, "8", "y"],
        [None, None, None, None, None, "9", "z", "q"],
        [],
        [None, "合計", "2", None, None, "合計", "3"],
    ]
    path = write_sheets(tmp_path / "book.xlsx", {"応募者": rows})
    known = frozenset({"応募id", "氏名", "媒体"})
    left, right = map(read_all, open_tables(path, known_headers=known))
    assert (left.table.header, left.table.header_row, left.numbers) == (("応募ID", "氏名"), 3, [4, 5, 8])
    assert left.rows == [("1", "a"), ("2", "b"), ("合計", "2")]
    assert (right.table.header, right.table.header_row, right.numbers) == (("応募ID", "氏名", "媒体"), 3, [4, 5, 6, 8])
    assert right.rows == [("7", "x", "p"), ("8", "y", None), ("9", "z", "q"), ("合計", "3", None)]
    assert left.refused == right.refused == []


def test_names_twice_without_an_empty_column_between_are_refused_still(tmp_path: Path) -> None:
    for rows in (
        [["応募ID", "氏名", "応募ID"], ["1", "a", "7"]],
        [["応募ID", "氏名", None, "応募ID"], ["1", "a", None, "7"]],
        [["応募ID", "氏名", None, "応募ID", "氏名"], ["1", "a", "!", "7", "x"]],
    ):
        path = write_sheets(tmp_path / "book.xlsx", {"応募者": rows})
        with pytest.raises(FileRefused):
            open_tables(path, known_headers=frozenset({"応募id", "氏名"}))


def test_an_error_in_a_formula_refuses_the_row_of_its_side_alone(tmp_path: Path) -> None:
    book = xlsxwriter.Workbook(str(tmp_path / "m.xlsx"))
    sheet = book.add_worksheet()
    sheet.write_row(0, 0, ["応募ID", "氏名", None, "応募ID", "点数"])
    sheet.write_row(1, 0, ["1", "a", None, "7"])
    sheet.write_formula(1, 4, "=1/0", None, "#DIV/0!")
    book.close()
    left, right = map(read_all, open_tables(tmp_path / "m.xlsx", known_headers=frozenset({"応募id", "氏名", "点数"})))
    assert (left.rows, left.refused) == ([("1", "a")], [])
    assert (right.rows, right.refused) == ([], [(2, "the formula in column E has an error")])


def test_cells_merged_downwards_count_for_every_row_and_those_merged_sideways_once(tmp_path: Path) -> None:
    book = xlsxwriter.Workbook(str(tmp_path / "m.xlsx"))
    sheet = book.add_worksheet()
    sheet.write_row(0, 0, ["部署", "氏名", "備考"])
    sheet.merge_range(1, 0, 2, 0, "営業")
    sheet.write_column(1, 1, ["a", "b"])
    sheet.merge_range(3, 0, 3, 1, "総務")
    sheet.write(3, 2, "c")
    book.close()
    assert read_only_table(tmp_path / "m.xlsx").rows == [("営業", "a", None), ("営業", "b", None), ("総務", None, "c")]


@pytest.mark.parametrize("merged", [True, False])
def test_a_header_of_two_rows_is_one(tmp_path: Path, merged: bool) -> None:
    book = xlsxwriter.Workbook(str(tmp_path / "m.xlsx"))
    sheet = book.add_worksheet()
    sheet.write(0, 0, "採用管理表")
    sheet.write_row(1, 0, ["応募ID", "氏名", "一次面接", None, "二次面接"])
    sheet.write_row(2, 2, ["日付", "結果", "日付", "結果"])
    if merged:
        sheet.merge_range(0, 0, 0, 5, "採用管理表")
        sheet.merge_range(1, 0, 2, 0, "応募ID")
        sheet.merge_range(1, 1, 2, 1, "氏名")
        sheet.merge_range(1, 2, 1, 3, "一次面接")
        sheet.merge_range(1, 4, 1, 5, "二次面接")
    sheet.write_row(3, 0, ["A1", "a", "4/1", "合格", "4/8", "合格"])
    sheet.write_row(4, 0, ["A2", "b", "4/2", "不合格"])
    book.close()
    reading = read_only_table(tmp_path / "m.xlsx", known="応募id 氏名")
    names = ("応募ID", "氏名", "一次面接 日付", "一次面接 結果", "二次面接 日付", "二次面接 結果")
    assert reading.table.header == names
    assert reading.rows == [("A1", "a", "4/1", "合格", "4/8", "合格"), ("A2", "b", "4/2", "不合格", None, None)]
    assert (reading.numbers, reading.refused, reading.table.header_row) == ([4, 5], [], 2)


def test_names_over_groups_of_columns_that_all_have_their_own_name_are_left_aside(tmp_path: Path) -> None:
    rows = [["応募者", None, "選考", None], ["応募ID", "氏名", "応募日", "結果"], ["A1", "a", "4/1", "合格"]]
    reading = read_sheet(tmp_path, rows, known="応募id 氏名 応募日 結果")
    assert reading.table.header == ("応募ID", "氏名", "応募日", "結果")
    assert (reading.rows, reading.refused) == ([("A1", "a", "4/1", "合格")], [])


def test_a_record_below_a_header_with_a_hole_is_no_second_header_row(tmp_path: Path) -> None:
    with pytest.raises(FileRefused, match="has no name"):
        read_sheet(tmp_path, [["応募ID", None, "結果"], ["A1", "a", None], ["A2", "b", None]], known="")


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
