"""Tables in archives of one file, and HTML that calls itself a workbook."""

from __future__ import annotations

import gzip
import zipfile
from pathlib import Path

import pytest
from opening import FIXTURES, read_all, read_only_table, write

from connectors.errors import FileRefused
from connectors.formats.archive import Limits
from connectors.formats.tabular import open_tables

CSV = "応募ID,氏名\nA1,a\nA2,b\n"
PAGE = """<html><head><meta charset="utf-8"><style>td {color: red}</style></head><body>
<table border="1"><tr><th colspan="2">応募者</th><th colspan="2">一次面接</th><th colspan="2">二次面接</th></tr>
<tr><th>応募ID</th><th>氏名</th><th>日付</th><th>結果</th><th>日付</th><th>結果</th></tr>
<tr><td rowspan="2">A1</td><td>a &amp; b<br>c</td><td>4/1</td><td>合格</td><td>4/8</td><td></td></tr>
<tr><td>d</td><td>4/2</td><td>不合格</td><td></td><td></td></tr></table></body></html>"""


def pack(path: Path, **files: bytes) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name.replace("__", "."), content)
    return path


@pytest.mark.parametrize("encoding", ["utf-8", "cp932"])
def test_an_archive_of_one_table_is_read_as_that_table(tmp_path: Path, encoding: str) -> None:
    zipped = pack(tmp_path / "a.zip", applications__csv=CSV.encode(encoding))
    squeezed = write(tmp_path, gzip.compress(CSV.encode(encoding)), "applications.csv.gz")
    for path in (zipped, squeezed):
        reading = read_only_table(path)
        assert (reading.table.header, reading.rows) == (("応募ID", "氏名"), [("A1", "a"), ("A2", "b")])
        assert reading.table.facts["packed_file"] == "applications.csv"


def test_an_archive_of_several_files_or_an_archive_is_refused_by_name(tmp_path: Path) -> None:
    two = pack(tmp_path / "two.zip", a__csv=CSV.encode(), b__csv=CSV.encode())
    with pytest.raises(FileRefused, match=r"holds 2 files: a.csv, b.csv") as refused:
        open_tables(two)
    assert refused.value.where == "two.zip"
    with pytest.raises(FileRefused, match="an archive lies in the archive"):
        open_tables(pack(tmp_path / "nested.zip", two__zip=two.read_bytes()))


def test_an_archive_that_grows_beyond_the_limit_or_is_cut_off_is_refused(tmp_path: Path) -> None:
    big = b"id,name\n" + b"1,a\n" * 500_000
    for path in (pack(tmp_path / "big.zip", a__csv=big), write(tmp_path, gzip.compress(big), "big.csv.gz")):
        with pytest.raises(FileRefused, match="unpacks to"):
            open_tables(path, limits=Limits(unpacked_bytes=1 << 20))
    with pytest.raises(FileRefused, match="the archive is damaged"):
        open_tables(write(tmp_path, gzip.compress(big)[:-100], "cut.csv.gz"))


@pytest.mark.parametrize("encoding", ["utf-8", "cp932"])
def test_a_html_table_called_xls_is_read_with_its_spans(tmp_path: Path, encoding: str) -> None:
    reading = read_only_table(write(tmp_path, PAGE, "応募者.xls", encoding), known="応募id 氏名")
    assert reading.table.header[:2] == ("応募ID", "氏名")
    assert reading.table.header[2:] == ("一次面接 日付", "一次面接 結果", "二次面接 日付", "二次面接 結果")
    assert reading.rows == [
        ("A1", "a & b c", "4/1", "合格", "4/8", None),
        ("A1", "d", "4/2", "不合格", None, None),
    ]


def test_a_page_without_a_table_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FileRefused, match="an HTML page without a table"):
        open_tables(write(tmp_path, "<!DOCTYPE html><html><body><p>ログインしてください</p></body></html>", "a.xls"))


def test_every_table_of_a_page_is_a_table() -> None:
    tables = open_tables(FIXTURES / "csv" / "tabulator" / "table1.html")
    assert [(table.header, read_all(table).rows) for table in tables] == [
        (("id", "name"), [("1", "english"), ("2", "中国人")]),
    ]
