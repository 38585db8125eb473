"""Any file that holds tables: detect what it is by its content, never by its name, and open what is in it.

`open_tables` is the one entrance; `Tabular` and `Batch` (batch.py) are what comes out.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

from connectors.errors import FileRefused
from connectors.formats.access_log import is_access_log, open_access_log
from connectors.formats.archive import DEFAULT_LIMITS, Limits, is_plain_zip
from connectors.formats.batch import Batch, Tabular
from connectors.formats.delimited import open_delimited
from connectors.formats.dialect import Asked
from connectors.formats.html_table import open_html
from connectors.formats.packed import Unpacked, unpack
from connectors.formats.workbook import open_workbook

__all__ = ["NOTHING_ASKED", "Asked", "Batch", "Tabular", "open_tables"]

NOTHING_ASKED = Asked()
GZIP, ZIP, OLE = b"\x1f\x8b", b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
# First bytes of what people put into an inbox and what is no table; each gets a sentence that says what to do.
FOREIGN: tuple[tuple[bytes, str, str], ...] = (
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive", "unpack it and put the file inside into the inbox"),
    (b"Rar!\x1a\x07", "a RAR archive", "unpack it and put the file inside into the inbox"),
    (b"PK\x05\x06", "an empty zip archive", "export it again"),
    (b"%PDF", "a PDF document", "export the table as CSV or XLSX"),
    (b"PAR1", "a Parquet file", "export the table as CSV or XLSX"),
    (b"SQLite format 3\x00", "a SQLite database", "export the table as CSV or XLSX"),
    (b"\x89PNG", "a picture", "export the table as CSV or XLSX"),
    (b"\xff\xd8\xff", "a picture", "export the table as CSV or XLSX"),
    (b"GIF8", "a picture", "export the table as CSV or XLSX"),
    (b"{\\rtf", "an RTF document", "export the table as CSV or XLSX"),
)
HTML = (b"<!doctype html", b"<html", b"<head", b"<table", b"<body", b"<meta", b"<style", b"<div")


def open_tables(
    path: Path,
    *,
    known_headers: frozenset[str] = frozenset(),
    asked: Asked = NOTHING_ASKED,
    hidden_sheets: bool = False,
    limits: Limits = DEFAULT_LIMITS,
) -> list[Tabular]:
    """The tables of a file, opened as far as their headers; an empty list where the file holds nothing at all
    (no byte, only blank lines, only empty sheets). An archive of one file is read as that file.

    `known_headers`: folded names (text.fold_header) that help to find the header row below titles. `asked`: what the
    settings say instead of the file's own signs. `hidden_sheets`: also those hidden. `limits`: what it may grow to.
    Raises FileRefused where the file is no table, or cannot be read without the danger of wrong values.
    """
    with path.open("rb") as file:
        head = file.read(4096)
    if _is_archive(head, path):
        return _open_packed(unpack(path, limits), known_headers, asked, hidden_sheets, limits)
    if head.startswith((ZIP, OLE)):
        return open_workbook(
            path, known_headers=known_headers, hidden_sheets=hidden_sheets, header_row=asked.header_row, limits=limits
        )
    if _is_html(head):
        return open_html(path, known_headers=known_headers, encoding=asked.encoding, header_row=asked.header_row)
    if is_access_log(head):
        return open_access_log(path, encoding=asked.encoding)
    _refuse_foreign(head, path)
    return open_delimited(path, known_headers=known_headers, asked=asked)


def _is_archive(head: bytes, path: Path) -> bool:
    return head.startswith(GZIP) or (head.startswith(ZIP) and is_plain_zip(path))


def _open_packed(
    unpacked: Unpacked, known_headers: frozenset[str], asked: Asked, hidden_sheets: bool, limits: Limits
) -> list[Tabular]:
    """The tables of the copy, which stays until the last of them is forgotten."""
    copy = unpacked.path
    with copy.open("rb") as file:
        head = file.read(4)
    if _is_archive(head, copy):
        raise FileRefused(
            "an archive lies in the archive", where=copy.name, mend="unpack it and put the table into the inbox"
        )
    tables = open_tables(copy, known_headers=known_headers, asked=asked, hidden_sheets=hidden_sheets, limits=limits)
    for table in tables:
        table.facts["packed_file"] = unpacked.name
    return [replace(table, read=partial(_read_packed, unpacked, table)) for table in tables]


def _read_packed(unpacked: Unpacked, table: Tabular) -> Iterator[Batch]:
    assert unpacked.path.exists()  # `unpacked` holds the folder of the copy
    yield from table.batches()


def _take_text(head: bytes) -> bytes:
    return head.removeprefix(b"\xef\xbb\xbf").lstrip().lower()


def _is_html(head: bytes) -> bool:
    text = _take_text(head)
    return text.startswith(HTML) or (text.startswith((b"<?xml", b"<!--")) and any(sign in text for sign in HTML[1:4]))


def _refuse_foreign(head: bytes, path: Path) -> None:
    for magic, what, mend in FOREIGN:
        if head.startswith(magic):
            raise FileRefused(f"this is {what}, no table", where=path.name, mend=mend)
    text = _take_text(head)
    if text.startswith(b"<?xml"):
        raise FileRefused(
            "this is an XML file, whatever its name says",
            where=path.name,
            mend="open it in Excel and save it as .xlsx or as CSV UTF-8",
        )
    if text.startswith((b'{"', b'[{"', b"{\n", b"[\n")):
        raise FileRefused("this is JSON, no table", where=path.name, mend="export the table as CSV or XLSX")
