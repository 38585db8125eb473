"""Where the serial numbers of an XLSX workbook's dates begin, and the workbook as its cells' reader must see it.

calamine takes every element that is named workbookPr for the workbook's properties, whatever its namespace, and the
last one wins. Excel of 2013 and later writes another of that name among the extensions, without date1904: a workbook of
1904 (once the default on a Mac) then reads four years and a day too early, in silence.
https://github.com/tafia/calamine/issues/706, in fastexcel 0.21.
"""

from __future__ import annotations

import io
import re
import zipfile
from pathlib import Path

PROPERTIES = re.compile(rb"<((?:\w+:)?)workbookPr\b[^>]*>")
DATE_1904 = re.compile(rb"""\sdate1904\s*=\s*["'](?:1|true)["']""")
WORKBOOK = "xl/workbook.xml"


def read_date_system(workbook: bytes) -> str:
    """1904 where xl/workbook.xml says so, else 1900."""
    properties = PROPERTIES.search(workbook)
    return "1904" if properties and DATE_1904.search(properties[0]) else "1900"


def is_misread(workbook: bytes) -> bool:
    """Whether calamine would take another system than xl/workbook.xml names."""
    tells_1904 = [DATE_1904.search(found[0]) is not None for found in PROPERTIES.finditer(workbook)]
    return len(tells_1904) > 1 and tells_1904[0] != tells_1904[-1]


def rename_extensions(path: Path) -> bytes:
    """The same workbook, where only the element that holds the properties is named workbookPr."""
    packed = io.BytesIO()
    with zipfile.ZipFile(path) as archive, zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as copy:
        for part in archive.infolist():
            data = archive.read(part)
            if part.filename.lower() == WORKBOOK:
                data = _rename(data)
            copy.writestr(part.filename, data)
    return packed.getvalue()


def _rename(workbook: bytes) -> bytes:
    properties = PROPERTIES.search(workbook)
    assert properties is not None
    own = properties[1]
    return re.sub(
        rb"(</?)((?:\w+:)?)workbookPr\b",
        lambda tag: tag[0] if tag[2] == own else tag[1] + tag[2] + b"extensionPr",
        workbook,
    )
