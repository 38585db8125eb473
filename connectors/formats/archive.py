"""What a workbook is, and whether it is safe to read, found before any reader touches it.

The reader (calamine) lays every sheet out as a full rectangle from its first to its last cell, 32 bytes a cell: one
cell in XFD1048576 asks for 550 GB, and the process is aborted, which nothing can catch. So the archive's own directory
is read first, then each part once, as a stream: sizes, document types, and the furthest cell of every sheet.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from connectors.errors import FileRefused
from connectors.formats import extent
from connectors.formats.damage import DAMAGED
from connectors.formats.date_system import WORKBOOK, is_misread, read_date_system
from connectors.formats.extent import Box, FormulaErrors
from connectors.formats.extent_ods import measure_ods
from connectors.formats.header_rows import Merge
from connectors.formats.ole import is_ole, scan_ole
from connectors.formats.sheet_parts import read_sheet_parts, watch_merges

# Sheets shrink to a tenth (measured 12:1 on 100,000 × 20), monotonous ones to a hundredth; bombs to a thousandth.
UNPACKED_RATIO = 250
RATIO_FREE_BYTES = 64 << 20  # small enough to unpack whatever the ratio
PARTS = 10_000
PIECE_BYTES = 1 << 20

Format = Literal["xlsx", "xlsb", "xls", "ods"]
KINDS: tuple[tuple[str, Format], ...] = (
    ("xl/workbook.xml", "xlsx"),
    ("xl/workbook.bin", "xlsb"),
    ("content.xml", "ods"),
)
# The biggest parts that hold no cells; any other may be a sheet, whatever its name.
NO_SHEETS = ("xl/sharedstrings.xml", "xl/styles.xml")
DOCUMENT_TYPE = re.compile(rb"<!(?:DOCTYPE|ENTITY)", re.IGNORECASE)


@dataclass(frozen=True)
class Limits:
    """What a file may grow to; a source's settings may say otherwise.

    `sheet_cells`: 1,048,576 rows (a full sheet) of 30 columns are 31 million cells, 1 GB as the reader lays them out.
    `unpacked_bytes`: a million rows of 20 columns are 1 GB of XML; of long texts the reader takes 3.7 times the
    unpacked size (measured).
    """

    sheet_cells: int = 32_000_000
    unpacked_bytes: int = 1 << 30


DEFAULT_LIMITS = Limits()


@dataclass(frozen=True)
class Findings:
    """`format`, and `date_system`: the year where serial numbers begin, 1900 or 1904. `merges`: sheet → its merged
    cells; `charts`: sheets without cells; `is_misread`: its dates need connectors/formats/date_system.py; `errors`:
    sheet → its failed formulas, of ODS and XLSB, whose cells do not tell them."""

    format: Format
    date_system: str
    merges: dict[str, list[Merge]] = field(default_factory=dict)
    charts: frozenset[str] = frozenset()
    is_misread: bool = False
    errors: dict[str, FormulaErrors] = field(default_factory=dict)


def is_plain_zip(path: Path) -> bool:
    """Whether it is a whole zip archive and none of the documents that are zip archives themselves."""
    try:
        with zipfile.ZipFile(path) as archive:
            names = {name.lower() for name in archive.namelist()}
    except DAMAGED:
        return False
    documents = {"[content_types].xml", "mimetype", *(name for name, _ in KINDS)}
    return not names & documents and not any(name.startswith("word/") for name in names)


def inspect_workbook(path: Path, limits: Limits = DEFAULT_LIMITS) -> Findings:
    """Raises FileRefused where the file is no workbook, is locked by a password, damaged, or beyond a limit."""
    if is_ole(path):
        scan = scan_ole(path)
        _bound(scan.boxes, limits, path.name)
        return Findings("xls", scan.date_system, scan.merges)
    try:
        with zipfile.ZipFile(path) as archive:
            return _inspect_archive(archive, limits, path.name)
    except DAMAGED as error:
        raise FileRefused(
            f"the archive is damaged: {error}", where=path.name, mend="export it again, or open and save it in Excel"
        ) from None


def _inspect_archive(archive: zipfile.ZipFile, limits: Limits, where: str) -> Findings:
    parts = archive.infolist()
    kind = _tell_kind(archive, where)
    if any(part.flag_bits & 1 for part in parts):
        raise FileRefused("locked by a password", where=where, mend="save it without a password")
    unpacked, packed = sum(part.file_size for part in parts), sum(part.compress_size for part in parts)
    if len(parts) > PARTS or unpacked > limits.unpacked_bytes:
        raise _too_big(
            f"unpacks to {unpacked >> 20:,} MiB in {len(parts)} parts", f"{limits.unpacked_bytes >> 20:,} MiB", where
        )
    if unpacked > RATIO_FREE_BYTES and unpacked > UNPACKED_RATIO * packed:
        raise _too_big(f"unpacks to {unpacked // max(1, packed)} times its size", f"{UNPACKED_RATIO} times", where)
    date_system, misread = "1900", False
    merges: dict[str, list[Merge]] = {}
    errors: dict[str, FormulaErrors] = {}
    for part in parts:
        name = part.filename.lower()
        with archive.open(part) as stream:
            pieces = iter(lambda: stream.read(PIECE_BYTES), b"")
            if not name.endswith((".xml", ".rels", ".bin")):
                _drain(pieces)  # to the end, so that a size that lies shows in the checksum
                continue
            if not name.endswith(".bin"):
                pieces = _guard_xml(pieces, f"{where}:{part.filename}")
            if kind == "xlsx" and name == WORKBOOK:
                workbook = b"".join(pieces)
                date_system, misread = read_date_system(workbook), is_misread(workbook)
            elif kind == "xlsb" and name == "xl/workbook.bin":
                date_system = extent.read_xlsb_date_system(b"".join(pieces))
            elif kind == "xlsx" and name.startswith("xl/") and name not in NO_SHEETS:
                box = extent.measure_xlsx(watch_merges(pieces, merges.setdefault(name, [])))
                if box.cells > limits.sheet_cells:
                    with archive.open(part) as again:
                        box = extent.measure_xlsx(iter(lambda: again.read(PIECE_BYTES), b""), exact=True)
                _bound([box], limits, f"{where}:{part.filename}")
            elif kind == "xlsb" and name.startswith("xl/worksheets/") and name.endswith(".bin"):
                _bound(
                    [extent.measure_xlsb(b"".join(pieces), merges.setdefault(name, []), errors.setdefault(name, {}))],
                    limits,
                    f"{where}:{part.filename}",
                )
            elif kind == "ods" and name == "content.xml":
                _bound(measure_ods(pieces, where, merges, errors), limits, where)
            _drain(pieces)
    if kind == "ods":
        return Findings(kind, date_system, merges, errors=errors)
    sheets = read_sheet_parts(archive, WORKBOOK if kind == "xlsx" else "xl/workbook.bin")
    merged = {sheet: merges[part] for sheet, part in sheets.part_of.items() if merges.get(part)}
    failed = {sheet: errors[part] for sheet, part in sheets.part_of.items() if errors.get(part)}
    return Findings(kind, date_system, merged, sheets.charts, misread, failed)


def _tell_kind(archive: zipfile.ZipFile, where: str) -> Format:
    names = {name.lower() for name in archive.namelist()}
    for name, kind in KINDS:
        if name in names and (kind != "ods" or b"opendocument.spreadsheet" in archive.read("mimetype")[:100]):
            return kind
    what = "a Word document" if any(name.startswith("word/") for name in names) else "a zip archive"
    raise FileRefused(f"this is {what}, no workbook", where=where, mend="put the table inside it into the inbox")


def _guard_xml(pieces: Iterator[bytes], where: str) -> Iterator[bytes]:
    """No honest workbook declares a document type; it is the way to entities that grow a thousandfold."""
    head = next(pieces, b"")
    if b"\x00" in head[:64] or DOCUMENT_TYPE.search(head):
        raise FileRefused(
            "the XML declares a document type or entities", where=where, mend="open it in Excel and save it again"
        )
    yield head
    yield from pieces


def _drain(pieces: Iterator[bytes]) -> None:
    for _ in pieces:
        pass


def _bound(boxes: list[Box], limits: Limits, where: str) -> None:
    for box in boxes:
        if box.cells > limits.sheet_cells:
            raise _too_big(
                f"a sheet reaches to row {box.rows:,}, column {box.columns:,}: {box.cells:,} cells",
                f"{limits.sheet_cells:,} cells",
                where,
            )


def _too_big(found: str, limit: str, where: str) -> FileRefused:
    return FileRefused(
        f"the workbook {found}; allowed are {limit}",
        where=where,
        mend="delete stray cells far right of or below the table, or save the sheet as CSV; where it is honest, raise"
        " max_unpacked_mib or max_sheet_cells of the source in tsunagu.yml",
    )
