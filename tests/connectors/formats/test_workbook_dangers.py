from __future__ import annotations

import struct
import zipfile
from pathlib import Path

import pytest
from crafting import HEADER, cell, craft_ods, craft_ods_row, craft_xlsx
from opening import FIXTURES, read_only_table

from connectors.errors import FileRefused
from connectors.formats import archive, extent
from connectors.formats.archive import Limits, inspect_workbook
from connectors.formats.tabular import open_tables

XLS = FIXTURES / "sheets" / "tabulator" / "table.xls"


def test_a_dimension_that_lies_costs_nothing(tmp_path: Path) -> None:
    rows = HEADER + f'<row r="2">{cell("A2", "1")}{cell("B2", "a")}</row>'
    path = craft_xlsx(tmp_path / "a.xlsx", rows, before='<dimension ref="A1:XFD1048576"/>')
    assert read_only_table(path).rows == [("1", "a")]


@pytest.mark.parametrize(
    "far",
    [
        f'<row r="1048576">{cell("XFD1048576")}</row>',
        f"<row>{cell('XFD1048576')}</row>",
        '<row r="1048576"><c t="n"   r = \'XFD1048576\'><v>1</v></c></row>',
        '<row r="9"><c r="xfd1048576"><v>1</v></c></row>',
        '<row r="9"><c\nr="XFD1048576"><v>1</v></c></row>',
        f'<row r="3">{cell("ZZ3")}</row><row r="60000">{cell("A60000")}</row>',
    ],
)
def test_a_cell_claimed_far_out_refuses_the_workbook_before_it_is_laid_out(tmp_path: Path, far: str) -> None:
    with pytest.raises(FileRefused, match="cells; allowed are 32,000,000"):
        open_tables(craft_xlsx(tmp_path / "a.xlsx", HEADER + far))


def test_a_wide_sheet_with_few_rows_is_measured_exactly_and_read(tmp_path: Path) -> None:
    path = craft_xlsx(tmp_path / "a.xlsx", HEADER + f'<row r="2">{cell("A2")}{cell("B2")}{cell("ZZ2", "far")}</row>')
    assert read_only_table(path).refused == [(2, "has a value in column ZZ, which has no name in the header")]


@pytest.mark.parametrize("piece", [7, 40, 100])
def test_a_reference_cut_by_the_edge_of_a_piece_is_seen(piece: int) -> None:
    sheet = (HEADER + f'<row r="123456">{cell("AAB123456")}</row>').encode()
    pieces = [sheet[i : i + piece] for i in range(0, len(sheet), piece)]
    assert extent.measure_xlsx(iter(pieces)) == extent.Box(123456, 704)
    assert extent.measure_xlsx(iter(pieces), exact=True) == extent.Box(123456, 704)


def test_a_bomb_is_refused_by_the_archives_own_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = craft_xlsx(tmp_path / "a.xlsx", HEADER + " " * (2 << 20))
    with pytest.raises(FileRefused, match="unpacks to 2 MiB"):
        open_tables(path, limits=Limits(unpacked_bytes=1 << 20))
    monkeypatch.setattr(archive, "RATIO_FREE_BYTES", 1 << 20)
    with pytest.raises(FileRefused, match="times its size; allowed are 250 times"):
        open_tables(path)


def test_a_part_that_unpacks_to_more_than_it_says_is_damaged(tmp_path: Path) -> None:
    path = craft_xlsx(tmp_path / "a.xlsx", HEADER + " " * 100_000)
    data = bytearray(path.read_bytes())
    with zipfile.ZipFile(path) as book:
        size = book.getinfo("xl/worksheets/sheet1.xml").file_size
    lie = data.replace(struct.pack("<I", size), struct.pack("<I", 500))
    assert lie != data
    path.write_bytes(lie)
    with pytest.raises(FileRefused, match="damaged"):
        open_tables(path)


@pytest.mark.parametrize("doctype", ['<!DOCTYPE x [<!ENTITY a "b">]>', "<!doctype x>"])
def test_xml_entities_are_refused(tmp_path: Path, doctype: str) -> None:
    with pytest.raises(FileRefused, match="document type"):
        open_tables(craft_xlsx(tmp_path / "a.xlsx", HEADER, doctype=doctype))


def test_a_zip_that_is_no_workbook_is_told(tmp_path: Path) -> None:
    for part, what in (("word/document.xml", "a Word document"), ("mimetype", "a zip archive")):
        with zipfile.ZipFile(tmp_path / "a.xlsx", "w") as book:
            book.writestr(part, "x")
        with pytest.raises(FileRefused, match=what):
            open_tables(tmp_path / "a.xlsx")


def test_half_a_workbook_is_damaged(tmp_path: Path) -> None:
    whole = craft_xlsx(tmp_path / "a.xlsx", HEADER).read_bytes()
    for data in (whole[: len(whole) // 2], whole[:10], XLS.read_bytes()[:2000], XLS.read_bytes()[:600]):
        (tmp_path / "half").write_bytes(data)
        with pytest.raises(FileRefused, match="damaged|no workbook"):
            open_tables(tmp_path / "half")


def test_ods_repeats_are_multiplied_before_they_are_laid_out(tmp_path: Path) -> None:
    head = craft_ods_row("id", "name")
    path = craft_ods(tmp_path / "a.ods", head + craft_ods_row("1", "a", times=2))
    assert read_only_table(path).rows == [("1", "a"), ("1", "a")]
    wide = '<table:table-cell table:number-columns-repeated="16384"><text:p>x</text:p></table:table-cell>'
    row = f'<table:table-row table:number-rows-repeated="1048576">{wide}</table:table-row>'
    with pytest.raises(FileRefused, match="row 1,048,577, column 16,384"):
        open_tables(craft_ods(tmp_path / "b.ods", head + row))
    # What every program writes at the end: a million empty rows, which cost nothing.
    tail = '<table:table-row table:number-rows-repeated="1048570"><table:table-cell/></table:table-row>'
    assert read_only_table(craft_ods(tmp_path / "c.ods", head + craft_ods_row("1", "a") + tail)).rows == [("1", "a")]


def test_a_cell_claimed_far_out_in_an_xls_is_refused(tmp_path: Path) -> None:
    data = bytearray(XLS.read_bytes())
    at = data.index(bytes.fromhex("fd000a00"))  # LABELSST: row and column follow
    data[at + 4 : at + 8] = struct.pack("<HH", 65535, 65534)
    (tmp_path / "a.xls").write_bytes(data)
    with pytest.raises(FileRefused, match="row 65,536, column 65,535"):
        open_tables(tmp_path / "a.xls")


def test_a_locked_workbook_asks_for_one_without_a_password(tmp_path: Path) -> None:
    plain = XLS.read_bytes()
    biff = plain.replace(bytes.fromhex("42000200"), bytes.fromhex("2f000200"), 1)  # CODEPAGE becomes FILEPASS
    name = "Workbook".encode("utf-16-le")
    at = plain.index(name)
    entry = bytearray(plain)
    entry[at : at + 34] = "EncryptedPackage\0".encode("utf-16-le")
    entry[at + 64 : at + 66] = struct.pack("<H", 34)
    assert biff != plain
    for data in (biff, bytes(entry)):
        (tmp_path / "a.xlsx").write_bytes(data)
        with pytest.raises(FileRefused, match="password"):
            open_tables(tmp_path / "a.xlsx")


def test_an_old_office_file_that_is_no_workbook_is_told(tmp_path: Path) -> None:
    data = XLS.read_bytes().replace("Workbook".encode("utf-16-le"), "WordDocu".encode("utf-16-le"))
    (tmp_path / "a.xls").write_bytes(data)
    with pytest.raises(FileRefused, match="no workbook"):
        open_tables(tmp_path / "a.xls")


def test_the_box_of_a_binary_sheet_is_that_of_its_cells() -> None:
    row = struct.pack("<BBI", 0, 4, 9)  # BrtRowHdr, row 10
    number = struct.pack("<BBIId", 5, 16, 16383, 0, 1.0)  # BrtCellReal, the last column
    other = bytes([0x93, 0x01, 0x81, 0x01]) + bytes(129)  # two bytes of type, two of length
    assert extent.measure_xlsb(row + other + number, [], {}) == extent.Box(10, 16384)


def test_the_merged_cells_of_every_kind_of_workbook_are_found(tmp_path: Path) -> None:
    """Those of the XLS as xlrd reads them, which did so of the fifteen XLS files among the fixtures."""
    merges = inspect_workbook(FIXTURES / "sheets" / "calamine" / "merged_range.xls").merges
    assert sorted(merges["Sheet2"])[:3] == [(0, 0, 3, 0), (0, 1, 1, 1), (0, 2, 1, 3)]
    assert sorted(merges["Sheet2"])[3:] == [(0, 4, 1, 4), (0, 5, 3, 7), (2, 2, 3, 3)]
    assert sorted(merges["Sheet1"])[2:4] == [(0, 2, 1, 3), (0, 4, 1, 4)] and len(merges["Sheet1"]) == 9
    ods = inspect_workbook(FIXTURES / "sheets" / "calamine" / "merged_cells.ods").merges
    assert ods == {"Sheet1": [(1, 0, 2, 0)]}
    found: list[tuple[int, int, int, int]] = []
    extent.measure_xlsb(bytes([0xB0, 0x01, 16]) + struct.pack("<4I", 2, 5, 1, 3), found, {})  # BrtMergeCell
    assert found == [(2, 1, 5, 3)]
    spans = (
        '<table:table-cell office:value-type="string" table:number-rows-spanned="{}"'
        ' table:number-columns-spanned="{}">'
        "<text:p>{}</text:p></table:table-cell>"
    )
    under = "<table:covered-table-cell/>"
    rows = [
        spans.format(2, 1, "応募ID") + spans.format(1, 2, "一次面接") + under + spans.format(1, 2, "二次面接") + under,
        under + "".join(spans.format(1, 1, text) for text in ("日付", "結果", "日付", "結果")),
        "".join(spans.format(1, 1, text) for text in ("A1", "4/1", "合格", "4/8", "合格")),
    ]
    craft_ods(tmp_path / "a.ods", "".join(f"<table:table-row>{row}</table:table-row>" for row in rows))
    reading = read_only_table(tmp_path / "a.ods", known="応募id")
    assert reading.table.header == ("応募ID", "一次面接 日付", "一次面接 結果", "二次面接 日付", "二次面接 結果")
    assert reading.rows == [("A1", "4/1", "合格", "4/8", "合格")]


def test_a_panic_of_the_reader_is_a_refusal(tmp_path: Path) -> None:
    with zipfile.ZipFile(FIXTURES / "sheets" / "calamine" / "issues.xlsb") as book:
        parts = {name: bytearray(book.read(name)) for name in book.namelist()}
    parts["xl/workbook.bin"][228] = 0xFF  # a text longer than its record
    with zipfile.ZipFile(tmp_path / "a.xlsb", "w") as book:
        for name, part in parts.items():
            book.writestr(name, bytes(part))
    with pytest.raises(FileRefused, match="cannot be read") as refused:
        open_tables(tmp_path / "a.xlsb")
    assert refused.value.where == "a.xlsb"


@pytest.mark.parametrize(
    ("at", "bytes_there"),
    [
        (64, b"\x00\xff\xff\xff"),  # more sectors than the file has, which the reader would ask memory for
        (72, b"\xfe\xff\xff\x0f"),
    ],
)
def test_an_xls_that_claims_more_than_it_has_is_damaged(tmp_path: Path, at: int, bytes_there: bytes) -> None:
    data = bytearray(XLS.read_bytes())
    data[at : at + 4] = bytes_there
    (tmp_path / "a.xls").write_bytes(data)
    with pytest.raises(FileRefused, match="more sectors than it has"):
        open_tables(tmp_path / "a.xls")


def test_an_xls_sheet_that_ends_before_it_begins_is_damaged(tmp_path: Path) -> None:
    data = bytearray(XLS.read_bytes())
    at = data.index(bytes.fromhex("00020e00"))  # DIMENSIONS: first and last row follow
    data[at + 4 : at + 8] = struct.pack("<I", 65535)
    (tmp_path / "a.xls").write_bytes(data)
    with pytest.raises(FileRefused, match="ends before it begins"):
        open_tables(tmp_path / "a.xls")
