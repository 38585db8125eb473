"""Any file that holds tables: detect what it is by its content, never by its name, and open what is in it.

`open_tables` is the one entrance; `Tabular` and `Batch` (batch.py) are what comes out.
"""

from __future__ import annotations

from pathlib import Path

from connectors.errors import FileRefused
from connectors.formats.batch import Batch, Tabular
from connectors.formats.delimited import open_delimited
from connectors.formats.dialect import Asked
from connectors.formats.workbook import open_workbook

__all__ = ["NOTHING_ASKED", "Asked", "Batch", "Tabular", "open_tables"]

NOTHING_ASKED = Asked()
ZIP, OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
# First bytes of what people put into an inbox and what is no table; each gets a sentence that says what to do.
FOREIGN: tuple[tuple[bytes, str, str], ...] = (
    (b"\x1f\x8b", "a gzip archive", "unpack it and put the file inside into the inbox"),
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
MARKUP: tuple[tuple[bytes, str], ...] = (
    (b"<!doctype html", "an HTML page"),
    (b"<html", "an HTML page"),
    (b"<head", "an HTML page"),
    (b"<meta", "an HTML page"),
    (b"<table", "an HTML table"),
    (b"<style", "an HTML page"),
    (b"<?xml", "an XML file"),
)


def open_tables(
    path: Path,
    *,
    known_headers: frozenset[str] = frozenset(),
    asked: Asked = NOTHING_ASKED,
    hidden_sheets: bool = False,
) -> list[Tabular]:
    """The tables of a file, opened as far as their headers; an empty list where the file holds nothing at all
    (no byte, only blank lines, only empty sheets).

    `known_headers`: folded names (text.fold_header) that help to find the header row below titles. `asked`: what the
    settings say instead of the file's own signs. `hidden_sheets`: also those hidden.
    Raises FileRefused where the file is no table, or cannot be read without the danger of wrong values.
    """
    with path.open("rb") as file:
        head = file.read(4096)
    if head.startswith((ZIP, OLE)):
        return open_workbook(
            path, known_headers=known_headers, hidden_sheets=hidden_sheets, header_row=asked.header_row
        )
    _refuse_foreign(head, path)
    return open_delimited(path, known_headers=known_headers, asked=asked)


def _refuse_foreign(head: bytes, path: Path) -> None:
    for magic, what, mend in FOREIGN:
        if head.startswith(magic):
            raise FileRefused(f"this is {what}, no table", where=path.name, mend=mend)
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    for start, what in MARKUP:
        if text.startswith(start):
            raise FileRefused(
                f"this is {what}, whatever its name says",
                where=path.name,
                mend="open it in Excel and save it as .xlsx or as CSV UTF-8",
            )
    if text.startswith((b'{"', b'[{"', b"{\n", b"[\n")):
        raise FileRefused("this is JSON, no table", where=path.name, mend="export the table as CSV or XLSX")
