from __future__ import annotations

from pathlib import Path

import pytest
import xlsxwriter
from opening import read_all, read_only_table
from workbooks import read_sheet, write_sheets

from connectors.errors import FileRefused
from connectors.formats.tabular import open_tables


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
