"""A formula that failed in an ODS or XLSB sheet refuses its row, as in any workbook: it is no empty cell."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from connectors.errors import FileRefused
from connectors.formats import extent
from connectors.formats.extent_ods import ERRORS
from tests.connectors.formats.crafting import craft_ods
from tests.connectors.formats.opening import FIXTURES, read_only_table


def cell(text: str, attributes: str = 'office:value-type="string"') -> str:
    return f"<table:table-cell {attributes}><text:p>{text}</text:p></table:table-cell>"


def row(*cells: str, repeated: int = 1) -> str:
    return f'<table:table-row table:number-rows-repeated="{repeated}">{"".join(cells)}</table:table-row>'


HEADER = row(cell("id"), cell("score"))
FORMULA = 'table:formula="of:=1/0" '
LIBREOFFICE = FORMULA + 'office:value-type="string" office:string-value="" calcext:value-type="error"'
OLDER = FORMULA + 'office:value-type="float" office:value="0"'


@pytest.mark.parametrize("attributes", [LIBREOFFICE, OLDER])
@pytest.mark.parametrize("text", ["#DIV/0!", "#N/A", "Err:502", "エラー:502"])
def test_a_failed_formula_refuses_its_row(tmp_path: Path, attributes: str, text: str) -> None:
    rows = row(cell("a"), cell("5")) + row(cell("b"), cell(text, attributes)) + row(cell("c"), cell("7"))
    reading = read_only_table(craft_ods(tmp_path / "a.ods", HEADER + rows))
    assert reading.rows == [("a", "5"), ("c", "7")]
    assert reading.refused == [(3, "the formula in column B has an error")]


def test_a_repeated_row_is_refused_each_time(tmp_path: Path) -> None:
    rows = row(cell("a"), cell("#N/A", LIBREOFFICE), repeated=3) + row(cell("b"), cell("5"))
    reading = read_only_table(craft_ods(tmp_path / "a.ods", HEADER + rows))
    assert [number for number, _ in reading.refused] == [2, 3, 4]
    assert reading.rows == [("b", "5")]


def test_the_same_text_typed_by_hand_is_text(tmp_path: Path) -> None:
    formula = FORMULA + 'office:value-type="float" office:value="5"'
    rows = row(cell("a"), cell("#N/A")) + row(cell("b"), cell("5", formula))
    reading = read_only_table(craft_ods(tmp_path / "a.ods", HEADER + rows))
    assert reading.rows == [("a", "#N/A"), ("b", "5")]


@pytest.mark.parametrize("where", ["rows", "columns"])
def test_a_formula_repeated_beyond_all_measure_refuses_the_file(tmp_path: Path, where: str) -> None:
    many = ERRORS + 1
    failed = cell("#N/A", LIBREOFFICE + (f' table:number-columns-repeated="{many}"' if where == "columns" else ""))
    rows = row(cell("a"), failed, repeated=many if where == "rows" else 1)
    with pytest.raises(FileRefused, match="100,000 formulas"):
        read_only_table(craft_ods(tmp_path / "a.ods", HEADER + rows))


def test_a_failed_formula_of_a_binary_workbook_refuses_its_row(tmp_path: Path) -> None:
    sheet = "xl/worksheets/sheet1.bin"
    with (
        zipfile.ZipFile(FIXTURES / "sheets" / "calamine" / "date.xlsb") as book,
        zipfile.ZipFile(tmp_path / "a.xlsb", "w") as copy,
    ):
        for name in book.namelist():
            data = bytearray(book.read(name))
            if name == sheet:
                cells = [at for at in extent.read_records(bytes(data)) if at[0] in extent.XLSB_CELLS]
                _, start, size = cells[3]  # the second cell of the second row
                assert size < 0x80, "the record's type and size are a byte each"
                data[start - 2], data[start + 8] = extent.XLSB_FAILED, 0x2A
            copy.writestr(name, bytes(data))
    reading = read_only_table(tmp_path / "a.xlsb", known="2021-01-0100:00:00 15")
    assert reading.refused == [(2, "the formula in column B has an error")]
    assert reading.refused_rows == 1
