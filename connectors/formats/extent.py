"""How far the cells of a sheet reach, read from the bytes of XLSX and XLSB without laying the sheet out."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from connectors.formats.header_rows import MERGES, Merge

HIGH_ROW = re.compile(rb' r="[A-Za-z]*([0-9]{6,})')
REFERENCE = re.compile(rb"""\sr\s*=\s*["']\s*([A-Za-z]*)([0-9]+)""")
LOW_ROWS = 99_999  # the most that five digits can say
OVERLAP = 64  # longer than any reference: none is lost at the edge of a piece

XLSB_ROW, XLSB_CELLS, XLSB_FAILED, XLSB_WORKBOOK, XLSB_MERGE = 0, range(1, 12), 11, 153, 176
# BErr, [MS-XLSB] 2.5.97.2
XLSB_ERRORS = {
    0x00: "#NULL!",
    0x07: "#DIV/0!",
    0x0F: "#VALUE!",
    0x17: "#REF!",
    0x1D: "#NAME?",
    0x24: "#NUM!",
    0x2A: "#N/A",
    0x2B: "#GETTING_DATA",
}

FormulaErrors = dict[int, dict[int, str]]  # row → column → the error as the sheet shows it, both from 0


@dataclass(frozen=True)
class Box:
    """The last row and the last column that a sheet uses, 1-based."""

    rows: int
    columns: int

    @property
    def cells(self) -> int:
        return self.rows * self.columns


def measure_xlsx(pieces: Iterator[bytes], *, exact: bool = False) -> Box:
    """The furthest cell by the references in the sheet; its `dimension` is not asked, since it may lie.

    Unless `exact`, rows below 100,000 are not told apart: the box then has at least 99,999 rows. Two million cells take
    0.08 CPU seconds by their bytes, 1.1 by the pattern that allows every way to write them.
    """
    rows, columns = 0 if exact else LOW_ROWS, 0
    tail = b""
    for piece in pieces:
        text = tail + piece
        tail = text[-OVERLAP:]
        rough = None if exact else _measure_plain(text)
        if rough is None:
            for letters, digits in REFERENCE.findall(text):
                rows, columns = max(rows, int(digits[:9])), max(columns, _count_column(letters))
        else:
            rows, columns = max(rows, rough.rows), max(columns, rough.columns)
    return Box(rows, columns)


def _measure_plain(text: bytes) -> Box | None:
    """The box of references written ` r="AB12"`; None where one may be written in another way."""
    data = np.frombuffer(text + b" " * 16, np.uint8)
    equals = np.flatnonzero(data[2 : len(text) - 1] == ord("=")) + 2  # one at the end comes again
    before = data[equals - 1]
    if (before <= ord(" ")).any():
        return None
    at = equals[before == ord("r")]
    parted = data[at - 2]
    # Behind any other sign it ends another attribute's name (xmlns:r).
    at = at[parted <= ord(" ")]
    if (data[at - 2] != ord(" ")).any() or (data[at + 1] != ord('"')).any():
        return None
    columns = np.zeros(len(at), np.int64)
    digits = at + 2
    for _ in range(3):
        letter = data[digits] & 0xDF  # the reader takes small letters, too
        is_letter = (letter >= ord("A")) & (letter <= ord("Z"))
        if not is_letter.any():
            break
        columns = np.where(is_letter, columns * 26 + letter - 64, columns)
        digits = digits + is_letter
    sixth = data[np.minimum(digits + 5, len(data) - 1)]
    rows = LOW_ROWS
    if ((sixth >= ord("0")) & (sixth <= ord("9"))).any():
        rows = max([rows, *(int(number[:9]) for number in HIGH_ROW.findall(text))])
    return Box(rows, int(columns.max(initial=0)))


def _count_column(letters: bytes) -> int:
    """A → 1, XFD → 16,384."""
    number = 0
    for letter in letters[:6].upper():
        number = number * 26 + letter - 64
    return number


def measure_xlsb(data: bytes, merges: list[Merge], errors: FormulaErrors) -> Box:
    """The furthest cell of a binary sheet: records of type, length and body ([MS-XLSB] 2.1.4). `merges` gets the merged
    cells, `errors` the formulas that failed (BrtFmlaError), which the reader takes for empty cells
    (https://github.com/tafia/calamine/pull/716)."""
    rows = columns = row = 0
    for kind, start, size in read_records(data):
        if kind == XLSB_ROW and size >= 4:
            row = int.from_bytes(data[start : start + 4], "little") + 1
        elif kind in XLSB_CELLS and size >= 4:
            rows = max(rows, row)
            column = int.from_bytes(data[start : start + 4], "little")
            columns = max(columns, column + 1)
            if kind == XLSB_FAILED and size >= 9:
                errors.setdefault(row - 1, {})[column] = XLSB_ERRORS.get(data[start + 8], "error")
        elif kind == XLSB_MERGE and size >= 16 and len(merges) < MERGES:
            first, last, left, right = struct.unpack_from("<4I", data, start)
            merges.append((first, left, last, right))
    return Box(rows, columns)


def read_xlsb_date_system(data: bytes) -> str:
    """1904 where the first flag of the workbook's properties (BrtWbProp) is set, else 1900."""
    for kind, start, size in read_records(data):
        if kind == XLSB_WORKBOOK and size >= 4:
            return "1904" if data[start] & 1 else "1900"
    return "1900"


def read_records(data: bytes) -> Iterator[tuple[int, int, int]]:
    """(type, start of the body, its size) of every record of a binary part."""
    position, end = 0, len(data)
    while position + 1 < end:
        kind = data[position]
        position += 1
        if kind & 0x80:
            kind = (kind & 0x7F) | (data[position] << 7)
            position += 1
        size = shift = 0
        while position < end:
            byte = data[position]
            position += 1
            size |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80 or shift == 28:
                break
        yield kind, position, size
        position += size
