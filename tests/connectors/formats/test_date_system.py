"""Excel's own extension of the workbook's properties must not move a 1904 workbook's dates by four years."""

from __future__ import annotations

import zipfile
from pathlib import Path

import fastexcel
import pytest

from connectors.formats.date_system import WORKBOOK, is_misread, read_date_system
from tests.connectors.formats.opening import FIXTURES, read_only_table

BOOK = FIXTURES / "sheets" / "calamine" / "date_1904.xlsx"
EXTENSION = (
    '<extLst><ext uri="{140A7094-0E35-4892-8432-C4D2E57EDEB5}"'
    ' xmlns:x15="http://schemas.microsoft.com/office/spreadsheetml/2010/11/main">'
    '<x15:workbookPr chartTrackingRefBase="1"%s</ext></extLst></workbook>'
)


def extend(path: Path, end: str) -> Path:
    with zipfile.ZipFile(BOOK) as archive, zipfile.ZipFile(path, "w") as copy:
        for name in archive.namelist():
            data = archive.read(name)
            if name == WORKBOOK:
                data = data.replace(b"</workbook>", (EXTENSION % end).encode())
            copy.writestr(name, data)
    return path


@pytest.mark.parametrize("end", ["/>", "></x15:workbookPr>"])
def test_an_extension_of_the_properties_moves_no_date(tmp_path: Path, end: str) -> None:
    book = extend(tmp_path / "book.xlsx", end)
    reading = read_only_table(book, known="2021-01-0100:00:00 15")
    assert reading.rows == read_only_table(BOOK, known="2021-01-0100:00:00 15").rows
    assert reading.rows[0] == ("2021-01-02 00:00:00", "16")
    assert reading.table.facts["date_system"] == "1904"


def test_the_reader_of_cells_still_needs_the_mending(tmp_path: Path) -> None:
    """When this fails, fastexcel reads such a workbook rightly, and connectors/formats/date_system.py may lose it."""
    sheet = fastexcel.read_excel(str(extend(tmp_path / "book.xlsx", "/>"))).load_sheet(
        0, header_row=None, dtypes="string"
    )
    assert sheet.to_polars().item(0, 0) == "2016-12-31 00:00:00"


@pytest.mark.parametrize(
    ("properties", "system", "misread"),
    [
        ('<workbookPr date1904="1"/>', "1904", False),
        ('<x:workbookPr date1904="true" /><x15:workbookPr/>', "1904", True),
        ('<workbookPr/><x15:workbookPr date1904="1"/>', "1900", True),
        ('<workbookPr date1904="0"/><x15:workbookPr/>', "1900", False),
        ('<workbookProtection date1904="1"/>', "1900", False),
    ],
)
def test_the_first_element_of_the_name_tells_the_system(properties: str, system: str, misread: bool) -> None:
    workbook = f"<workbook>{properties}</workbook>".encode()
    assert (read_date_system(workbook), is_misread(workbook)) == (system, misread)
