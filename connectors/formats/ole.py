"""The old workbook (XLS): its container ([MS-CFB]) and its records ([MS-XLS]), read as far as safety asks."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from connectors.errors import FileRefused
from connectors.formats.extent import Box
from connectors.formats.header_rows import MERGES, Merge

MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
# 65,536 rows × 256 columns, the most an XLS sheet can say, take some 250 MB.
FILE_BYTES = 512 << 20
NO_SECTOR = 0xFFFFFFFA  # this and above are marks, not sectors
BOF, FILEPASS, DATEMODE, SST, DIMENSIONS = 0x0809, 0x002F, 0x0022, 0x00FC, 0x0200
BOUNDSHEET, MERGED = 0x0085, 0x00E5
# FORMULA, NUMBER, LABEL, BOOLERR, RK, MULRK, LABELSST, RSTRING: what becomes a cell. Row and column lead each of them.
CELLS = frozenset((0x0006, 0x0203, 0x0204, 0x0205, 0x027E, 0x00BD, 0x00FD, 0x00D6))
MULRK = 0x00BD


@dataclass(frozen=True)
class Scan:
    """The boxes of the sheets, the year where serial numbers begin, and sheet → its merged cells."""

    boxes: list[Box]
    date_system: str
    merges: dict[str, list[Merge]]


def is_ole(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(8) == MAGIC


def scan_ole(path: Path) -> Scan:
    """Raises FileRefused where there is no workbook inside, it is locked by a password, damaged, or too big."""
    size = path.stat().st_size
    if size > FILE_BYTES:
        raise FileRefused(
            f"the workbook has {size >> 20} MiB; allowed are {FILE_BYTES >> 20}",
            where=path.name,
            mend="save it as .xlsx",
        )
    data = path.read_bytes()
    try:
        stream = _read_workbook_stream(data, path.name)
        return _scan_records(stream, path.name)
    except (struct.error, IndexError, ValueError) as error:
        raise FileRefused(
            f"the workbook is damaged: {error}", where=path.name, mend="open it in Excel and save it as .xlsx"
        ) from None


def _read_workbook_stream(data: bytes, where: str) -> bytes:
    sector_bytes, mini_bytes = 1 << struct.unpack_from("<H", data, 30)[0], 1 << struct.unpack_from("<H", data, 32)[0]
    fats, directory_at, _, cutoff, mini_fat_at, mini_fats, difat_at, difats = struct.unpack_from("<8I", data, 44)
    if sector_bytes not in (512, 4096) or mini_bytes != 64:
        raise ValueError("its sectors have no known size")
    # The reader asks for memory by these counts, so none may be larger than the file.
    if max(fats, mini_fats, difats) > len(data) // sector_bytes:
        raise ValueError("it claims more sectors than it has")

    def sector(number: int) -> bytes:
        # Some writers leave out the end of the last sector.
        return data[(number + 1) * sector_bytes : (number + 2) * sector_bytes].ljust(sector_bytes, b"\xff")

    fat_sectors = list(struct.unpack_from("<109I", data, 76))
    per_sector = sector_bytes // 4
    seen: set[int] = set()
    while difat_at < NO_SECTOR and difat_at not in seen:
        seen.add(difat_at)
        entries = struct.unpack(f"<{per_sector}I", sector(difat_at))
        fat_sectors += entries[:-1]
        difat_at = entries[-1]
    fat: list[int] = []
    for number in fat_sectors:
        if number < NO_SECTOR:
            fat += struct.unpack(f"<{per_sector}I", sector(number))

    def chain(first: int, table: list[int]) -> Iterator[int]:
        visited = 0
        while first < NO_SECTOR:
            visited += 1
            if visited > len(table):
                raise ValueError("its sectors run in a circle")
            yield first
            first = table[first]

    directory = b"".join(sector(number) for number in chain(directory_at, fat))
    entries = {}
    root_at = 0
    for at in range(0, len(directory) - 127, 128):
        length = struct.unpack_from("<H", directory, at + 64)[0]
        name = directory[at : at + max(0, length - 2)].decode("utf-16-le", "replace")
        first, size = struct.unpack_from("<IQ", directory, at + 116)
        if directory[at + 66] == 5:
            root_at = first
        entries[name] = (first, size & 0xFFFFFFFF)
        if directory[at + 66] and size & 0xFFFFFFFF > len(data):
            raise ValueError("a stream claims more bytes than the file has")
    if "EncryptedPackage" in entries:
        raise _locked(where)
    if not entries.keys() & {"Workbook", "Book"}:
        raise FileRefused("no workbook is in this file", where=where, mend="export the table as CSV or XLSX")
    first, size = entries.get("Workbook") or entries["Book"]
    if size >= cutoff:
        return b"".join(sector(number) for number in chain(first, fat))[:size]
    mini_fat: list[int] = []
    for number in chain(mini_fat_at, fat):
        mini_fat += struct.unpack(f"<{per_sector}I", sector(number))
    mini = b"".join(sector(number) for number in chain(root_at, fat))
    return b"".join(mini[n * mini_bytes : (n + 1) * mini_bytes] for n in chain(first, mini_fat))[:size]


def _scan_records(stream: bytes, where: str) -> Scan:
    boxes: list[Box] = []
    rows = columns = 0
    date_system = "1900"
    names: dict[int, str] = {}  # where a sheet's records begin → its name
    merges: dict[str, list[Merge]] = {}
    found: list[Merge] = []
    position, end = 0, len(stream)
    unpack = struct.Struct("<HH").unpack_from
    while position + 4 <= end:
        kind, size = unpack(stream, position)
        body = position + 4
        position = body + size
        if kind in CELLS and size >= 4:
            row, column = unpack(stream, body)
            if kind == MULRK:
                column = max(column, struct.unpack_from("<H", stream, position - 2)[0])
            rows, columns = max(rows, row + 1), max(columns, column + 1)
        elif kind == BOF:
            boxes.append(Box(rows, columns))
            rows = columns = 0
            if body - 4 in names:  # a chart within a sheet has a BOF of its own
                found = merges.setdefault(names[body - 4], [])
        elif kind == BOUNDSHEET and size >= 8:
            at, _, length, is_wide = struct.unpack_from("<IHBB", stream, body)
            text = stream[body + 8 : position]
            names[at] = (
                text[: 2 * length].decode("utf-16-le", "replace") if is_wide & 1 else text[:length].decode("latin-1")
            )
        elif kind == MERGED and size >= 2:
            (count,) = struct.unpack_from("<H", stream, body)
            for n in range(min(count, (size - 2) // 8, MERGES - len(found))):
                first, last, left, right = struct.unpack_from("<4H", stream, body + 2 + 8 * n)
                found.append((first, left, last, right))
        elif kind == FILEPASS:
            raise _locked(where)
        elif kind == DATEMODE and size >= 2:
            date_system = "1904" if stream[body] else "1900"
        elif kind == DIMENSIONS and size in (10, 14):
            first_row, last_row, first, last = struct.unpack_from("<2I2H" if size == 14 else "<4H", stream, body)
            # The reader asks for memory by this record: a last row before the first wraps around to 343 GB.
            if last_row < first_row or last < first:
                raise ValueError("a sheet ends before it begins")
            rows, columns = max(rows, last_row), max(columns, last)
        elif kind == SST and size >= 8 and struct.unpack_from("<I", stream, body + 4)[0] > len(stream):
            raise ValueError("it claims more texts than it has bytes")
    return Scan([*boxes, Box(rows, columns)], date_system, merges)


def _locked(where: str) -> FileRefused:
    return FileRefused("locked by a password", where=where, mend="open it in Excel and save it without a password")
