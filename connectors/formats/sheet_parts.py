"""Which part of an XLSX or XLSB archive is which sheet, which sheets are charts, and which cells are merged."""

from __future__ import annotations

import posixpath
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass

from defusedxml import ElementTree

from connectors.formats.extent import read_records
from connectors.formats.header_rows import MERGES, Merge

# In the text of a cell the bracket stands as &lt;, so this is always the element.
MERGED = re.compile(
    rb"""<(?:\w+:)?mergeCell\s[^>]*?ref\s*=\s*["']\s*([A-Z]{1,3})([0-9]{1,7}):([A-Z]{1,3})([0-9]{1,7})"""
)
OVERLAP = 256  # longer than the element: none is lost at the edge of a piece
XLSB_SHEET = 156


@dataclass(frozen=True)
class SheetParts:
    """`part_of`: sheet → its part, in lower case; `charts`: the sheets that hold no cells (charts, dialogs, macros)."""

    part_of: dict[str, str]
    charts: frozenset[str]


def read_sheet_parts(archive: zipfile.ZipFile, workbook: str) -> SheetParts:
    """`workbook`: xl/workbook.xml or .bin. What cannot be made out is left out: the cells' reader will say why."""
    try:
        links = ElementTree.fromstring(_read(archive, f"xl/_rels/{posixpath.basename(workbook)}.rels"))
        targets = {link.attrib["Id"]: link.attrib for link in links.iter() if "Id" in link.attrib}
        data = _read(archive, workbook)
        sheets = list(_list_xlsb(data) if workbook.endswith(".bin") else _list_xlsx(data))
    except (KeyError, ElementTree.ParseError, IndexError, ValueError):
        return SheetParts({}, frozenset())
    part_of: dict[str, str] = {}
    charts: set[str] = set()
    for name, link in sheets:
        target = targets.get(link)
        if target is None:
            continue
        part_of[name] = posixpath.normpath(posixpath.join("xl", target.get("Target", ""))).lstrip("/").lower()
        if not target.get("Type", "worksheet").lower().endswith("worksheet"):
            charts.add(name)
    return SheetParts(part_of, frozenset(charts))


def watch_merges(pieces: Iterator[bytes], found: list[Merge]) -> Iterator[bytes]:
    """Hands the pieces of a sheet's XML on and collects its merged cells."""
    tail = b""
    for piece in pieces:
        if b"mergeCell" in piece or b"mergeCell" in tail + piece[:OVERLAP]:
            known = len(tail)
            for match in MERGED.finditer(tail + piece):
                # One that ends within the tail was met before.
                if match.end() > known and len(found) < MERGES:
                    left, first, right, last = match.groups()
                    found.append((int(first) - 1, _column(left), int(last) - 1, _column(right)))
        tail = piece[-OVERLAP:]
        yield piece


def _read(archive: zipfile.ZipFile, name: str) -> bytes:
    wanted = next((part for part in archive.infolist() if part.filename.lower() == name), None)
    if wanted is None:
        raise KeyError(name)
    return archive.read(wanted)


def _list_xlsx(data: bytes) -> Iterator[tuple[str, str]]:
    for element in ElementTree.fromstring(data).iter():
        if element.tag.rpartition("}")[2] == "sheet":
            link = next((value for key, value in element.attrib.items() if key.rpartition("}")[2] == "id"), "")
            yield element.attrib.get("name", ""), link


def _list_xlsb(data: bytes) -> Iterator[tuple[str, str]]:
    """BrtBundleSh ([MS-XLSB] 2.4.313): state, id, then the link and the name, each a length and UTF-16."""
    for kind, start, _ in read_records(data):
        if kind == XLSB_SHEET:
            link, position = _wide_text(data, start + 8)
            yield _wide_text(data, position)[0], link


def _wide_text(data: bytes, start: int) -> tuple[str, int]:
    length = int.from_bytes(data[start : start + 4], "little")
    end = start + 4 + 2 * length
    if length > 255 or end > len(data):
        raise IndexError("no text of a sheet's length")
    return data[start + 4 : end].decode("utf-16-le"), end


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number - 1
