from __future__ import annotations

from pathlib import Path

import pytest
from opening import read_all, read_only_table, write

from connectors.errors import FileRefused
from connectors.formats import delimited_rows
from connectors.formats.tabular import Asked, open_tables


def test_a_ragged_record_is_refused_verbatim_and_the_others_load(tmp_path: Path) -> None:
    reading = read_only_table(write(tmp_path, "id,name,note\n1,a,x\n2,b\n3,c,d,e\n4,f,y\n"))
    assert reading.rows == [("1", "a", "x"), ("4", "f", "y")]
    assert reading.numbers == [2, 5]
    assert reading.refused == [(3, "has 2 fields, header has 3"), (4, "has 4 fields, header has 3")]
    assert reading.records == [{"_record": "2,b"}, {"_record": "3,c,d,e"}]
    assert reading.refused_rows == 2


@pytest.mark.parametrize("delimiter", [",", "\t", ";", "|"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_delimiter_and_line_end_are_found(tmp_path: Path, delimiter: str, line_end: str) -> None:
    lines = ["id,name,mails", "1,山田,a@example.com", "2,鈴木,b@example.com"]
    text = line_end.join(line.replace(",", delimiter) for line in lines)
    reading = read_only_table(write(tmp_path, text))
    assert reading.table.header == ("id", "name", "mails")
    assert reading.rows == [("1", "山田", "a@example.com"), ("2", "鈴木", "b@example.com")]
    assert reading.numbers == [2, 3]


def test_quoted_fields_keep_delimiters_line_ends_and_quotes_and_rows_keep_physical_lines(tmp_path: Path) -> None:
    text = 'id,note\r\n1,"a, ""b""\nc\r\nd"\r\n2,""\n3,"x"\r4,y'
    reading = read_only_table(write(tmp_path, text))
    assert reading.rows == [("1", 'a, "b"\nc\r\nd'), ("2", ""), ("3", "x"), ("4", "y")]
    assert reading.numbers == [2, 5, 6, 7]


def test_titles_and_blank_rows_above_the_header_are_stepped_over(tmp_path: Path) -> None:
    text = "応募者一覧,,,\n出力日：2025/3/1,,,\n\n応募ID,氏名,媒体,応募日\n1,山田,自社,2025/3/1\n\n,,,\n2,鈴木,自社,\n"
    reading = read_only_table(write(tmp_path, text))
    assert reading.table.header == ("応募ID", "氏名", "媒体", "応募日")
    assert reading.table.header_row == 4
    assert reading.numbers == [5, 8]
    assert reading.table.facts["rows_above_header"] == "2"
    assert reading.table.facts["blank_lines"] == "2"


def test_known_names_find_the_header_and_a_full_row_above_it_is_refused_not_lost(tmp_path: Path) -> None:
    text = "x,y,z\n応募ID,氏名,媒体\n1,a,b\n"
    reading = read_only_table(write(tmp_path, text), known="応募id 氏名")
    assert reading.table.header_row == 2
    assert reading.rows == [("1", "a", "b")]
    assert reading.refused == [(1, "stands above the header row")]


def test_where_two_rows_could_be_the_header_the_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FileRefused, match="row 1 above it has as many values"):
        open_tables(write(tmp_path, "one,two,three,four\na,b,c\nd,e,f\ng,h,i\n"))


def test_a_header_repeated_among_the_rows_is_no_row(tmp_path: Path) -> None:
    reading = read_only_table(write(tmp_path, "id,name\n1,a\nid,name\n2,b\nid,c\n"))
    assert reading.rows == [("1", "a"), ("2", "b"), ("id", "c")]
    assert reading.refused == [(3, "the header is repeated here")]


@pytest.mark.parametrize(
    ("header", "complaint"),
    [
        ("id,氏名,氏名", "'氏名', '氏名'"),
        ("id,Name,ｎａｍｅ ", "'Name', 'ｎａｍｅ '"),
        ("id,,name", "column 2"),
        (",id,name", "column 1"),
        ("id,a\x00,name", "NUL"),
        ("id,_row_number,name", "_row_number"),
        ("1,2025/3/1,a@example.com", "no header row: the first row has numbers, dates or addresses in column 1, 2, 3"),
    ],
)
def test_a_header_that_cannot_be_trusted_refuses_the_file_and_names_the_reason(
    tmp_path: Path, header: str, complaint: str
) -> None:
    with pytest.raises(FileRefused) as refused:
        open_tables(write(tmp_path, f"{header}\n1,2,3\n4,5,6\n"))
    assert complaint in str(refused.value)
    assert refused.value.where == "file.csv:1"


def test_an_unnamed_empty_column_at_the_end_is_dropped_but_never_with_a_value(tmp_path: Path) -> None:
    reading = read_only_table(write(tmp_path, "id,name,,\n1,a,,\n2,b,,x\n3,c\n4,d,,\n"))
    assert reading.table.header == ("id", "name")
    assert reading.rows == [("1", "a"), ("4", "d")]
    assert reading.refused == [
        (3, "has a value in column 4, which has no name in the header"),
        (4, "has 2 fields, header has 4"),
    ]
    assert reading.records[0] == {"id": "2", "name": "b", "column 3": "", "column 4": "x"}


def test_a_file_cut_off_in_a_quoted_field_loses_only_that_record(tmp_path: Path) -> None:
    reading = read_only_table(write(tmp_path, 'id,note\n1,"a"\n2,"the end is\nmissing, h'))
    assert reading.rows == [("1", "a")]
    assert reading.refused == [(3, "the quote opened in line 3 never closes")]
    assert reading.records == [{"_record": '2,"the end is\nmissing, h'}]


def test_a_quote_that_would_swallow_records_refuses_the_file(tmp_path: Path) -> None:
    rows = "".join(f"{i},b\n" for i in range(300))
    with pytest.raises(FileRefused, match="never closes: 301 lines") as refused:
        read_only_table(write(tmp_path, f'id,note\n0,"a\n{rows}'))
    assert refused.value.where == "file.csv:2"


@pytest.mark.parametrize(
    "broken",
    ['2,"he said "yes" twice"', '2,"x"y', '2, "x"', '2,"a",b"c', '2,"back\\"slash"', '"2"3,x'],
)
def test_a_record_with_broken_quotes_is_refused_and_the_next_line_is_read(tmp_path: Path, broken: str) -> None:
    reading = read_only_table(write(tmp_path, f'id,note\n1,a\n{broken}\n3,"b,c"\n'))
    assert reading.rows == [("1", "a"), ("3", "b,c")]
    assert [number for number, _ in reading.refused] == [3]


def test_a_quote_within_plain_text_is_text(tmp_path: Path) -> None:
    reading = read_only_table(write(tmp_path, 'id,item\n1,モニター24"\n2,"quoted"\n'))
    assert reading.rows == [("1", 'モニター24"'), ("2", "quoted")]


def test_a_record_with_nul_bytes_is_refused_and_a_block_of_them_at_the_end_too(tmp_path: Path) -> None:
    reading = read_only_table(write(tmp_path, b"id,name\n1,a\n2,b\x00\n3,c\n" + bytes(512)))
    assert reading.rows == [("1", "a"), ("3", "c")]
    assert reading.refused == [(3, "has 1 NUL bytes"), (5, "has 512 NUL bytes")]


def test_the_end_mark_of_old_programs_is_no_record(tmp_path: Path) -> None:
    reading = read_only_table(write(tmp_path, b"id,name\r\n1,a\r\n\x1a"))
    assert reading.rows == [("1", "a")]
    assert reading.refused == []


def test_an_empty_file_holds_no_table_and_a_header_alone_an_empty_one(tmp_path: Path) -> None:
    for nothing in (b"", b"\xef\xbb\xbf", b"\n\r\n  \n", b"\xff\xfe"):
        assert open_tables(write(tmp_path, nothing)) == []
    reading = read_only_table(write(tmp_path, "応募ID,氏名\n"))
    assert reading.table.header == ("応募ID", "氏名")
    assert reading.rows == [] and reading.refused == []


def test_a_line_without_end_is_refused_before_it_fills_the_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delimited_rows, "BUFFER_BYTES", 1 << 10)
    monkeypatch.setattr(delimited_rows, "RECORD_BYTES", 1 << 12)
    # Reading is by pieces of 4 MiB, so the line must go on behind the first.
    path = write(tmp_path, b"id,note\n1,a\n2," + b"x" * (9 << 20))
    with pytest.raises(FileRefused, match="no end within") as refused:
        read_only_table(path)
    assert refused.value.where == "file.csv:3"


def test_semicolons_within_broken_quotes_are_not_taken_for_one_column(tmp_path: Path) -> None:
    with pytest.raises(FileRefused, match="semicolon"):
        open_tables(write(tmp_path, '1;"a "b" c"\n2;"d "e" f"\n3;"g "h" i"\n'))


def test_one_column_is_a_table_too(tmp_path: Path) -> None:
    reading = read_only_table(write(tmp_path, 'mail\na@example.com\n""\n\n"x, y"\n'))
    assert reading.rows == [("a@example.com",), ("",), ("x, y",)]
    assert reading.numbers == [2, 3, 5]


@pytest.mark.parametrize("piece", [16, 17, 23, 64])
def test_records_cut_by_the_edge_of_a_buffer_are_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, piece: int
) -> None:
    monkeypatch.setattr(delimited_rows, "BUFFER_BYTES", piece)
    monkeypatch.setattr("connectors.formats.text.PIECE_BYTES", piece)
    rows = [(str(i), f'a,"{i}"\r\nあ' if i % 3 == 0 else f"b{i}", "") for i in range(40)]
    text = "id,note,z\r\n" + "".join(f'{a},"{b.replace(chr(34), chr(34) * 2)}",{c}\r\n' for a, b, c in rows)
    reading = read_only_table(write(tmp_path, text))
    assert reading.rows == rows
    assert reading.numbers[:4] == [2, 4, 5, 6]
    cut = read_only_table(write(tmp_path, text + 'bad"er\r\n9,9,9\r\n'))
    assert cut.rows == [*rows, ("9", "9", "9")]
    assert [reason for _, reason in cut.refused] == ["has 1 fields, header has 3"]


def test_reading_twice_gives_the_same(tmp_path: Path) -> None:
    [table] = open_tables(write(tmp_path, "id,name\n1,a\n2\n"))
    first, second = read_all(table), read_all(table)
    assert (first.rows, first.refused) == (second.rows, second.refused)


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"<html><table><tr><td>1</td></tr></table></html>", "HTML"),
        (b"\n <!DOCTYPE html>", "HTML"),
        (b'<?xml version="1.0"?><Workbook/>', "XML"),
        (b"%PDF-1.7", "PDF"),
        (b"\x1f\x8b\x08", "the archive is damaged"),
        (b'[{"id": 1}]', "JSON"),
        (b"PAR1", "Parquet"),
        (b"\x89PNG\r\n", "picture"),
    ],
)
def test_what_is_no_table_is_told_by_its_content_whatever_its_name(tmp_path: Path, content: bytes, what: str) -> None:
    with pytest.raises(FileRefused, match=what):
        open_tables(write(tmp_path, content, "応募者.xls"))


def test_tab_separated_text_named_xls_is_read(tmp_path: Path) -> None:
    reading = read_only_table(write(tmp_path, "応募ID\t氏名\n1\t山田\n", "応募者.xls", "cp932"))
    assert reading.rows == [("1", "山田")]


def test_a_header_of_two_lines_is_one(tmp_path: Path) -> None:
    text = "応募ID,氏名,一次面接,,二次面接,\n,,日付,結果,日付,結果\nA1,a,4/1,合格,4/8,合格\nA2,b,4/2,不合格,,\n"
    reading = read_only_table(write(tmp_path, text))
    assert reading.table.header[2:] == ("一次面接 日付", "一次面接 結果", "二次面接 日付", "二次面接 結果")
    assert (len(reading.rows), reading.numbers, reading.refused) == (2, [3, 4], [])


def test_the_settings_name_the_delimiter_and_the_line_of_the_header(tmp_path: Path) -> None:
    path = write(tmp_path, "2026^4^1\n3^4^5\nid^name^note\n1^a,b^c;d\n")
    [table] = open_tables(path, asked=Asked(delimiter="^", header_row=3))
    reading = read_all(table)
    assert (table.header, reading.rows, reading.refused) == (("id", "name", "note"), [("1", "a,b", "c;d")], [])
    with pytest.raises(FileRefused, match="line 9, which the settings name"):
        open_tables(path, asked=Asked(delimiter="^", header_row=9))


def test_single_quotes_around_every_field_refuse_the_file(tmp_path: Path) -> None:
    with pytest.raises(FileRefused, match="single quotes"):
        open_tables(write(tmp_path, "'id','name'\n'1','a, b'\n'2','c'\n"))
