"""HTML that old systems export as .xls: its tables as cells, with what is merged."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path

import polars as pl

from connectors.errors import FileRefused
from connectors.formats.batch import Tabular
from connectors.formats.header_rows import Merge
from connectors.formats.sheet import Cells
from connectors.formats.text import decide_encoding, read_utf8
from connectors.formats.workbook import fill_merged, open_sheet

# A hundred times the largest export seen; the parser keeps every cell as a Python text, some ten times its bytes.
FILE_BYTES = 64 << 20
# More is a page that breaks on purpose; Excel has no more columns.
COLUMNS = 16_384


@dataclass
class _Table:
    rows: list[list[str]] = field(default_factory=list)
    merges: list[Merge] = field(default_factory=list)
    covered: set[tuple[int, int]] = field(default_factory=set)
    text: list[str] | None = None
    span: tuple[int, int] = (1, 1)
    is_outer: bool = False

    def close_cell(self) -> None:
        if self.text is None:
            return
        if not self.rows:
            self.rows.append([])
        at, row = len(self.rows) - 1, self.rows[-1]
        while (at, len(row)) in self.covered:
            row.append("")
        down, right = self.span
        left = len(row)
        row += [" ".join("".join(self.text).split()), *[""] * (right - 1)]
        if down > 1 or right > 1:
            self.merges.append((at, left, at + down - 1, left + right - 1))
            self.covered |= {(at + i, left + j) for i in range(1, down) for j in range(right)}
        self.text = None


class _Reader(HTMLParser):
    """Collects tables; one that holds others only arranges them, and is left out."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[_Table] = []
        self.open: list[_Table] = []
        self.silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("script", "style"):
            self.silent += 1
        elif tag == "table":
            if self.open:
                self.open[-1].is_outer = True
            self.open.append(_Table())
            self.found.append(self.open[-1])
        elif self.open and tag == "tr":
            self.open[-1].close_cell()
            self.open[-1].rows.append([])
        elif self.open and tag in ("td", "th"):
            self.open[-1].close_cell()
            said = dict(attrs)
            self.open[-1].span = (_count(said.get("rowspan")), _count(said.get("colspan")))
            self.open[-1].text = []
        elif self.open and self.open[-1].text is not None and tag in ("br", "p", "div"):
            self.open[-1].text.append(" ")

    def handle_endtag(self, tag: str) -> None:
        if tag in ("script", "style"):
            self.silent = max(0, self.silent - 1)
        elif self.open and tag in ("td", "th", "tr"):
            self.open[-1].close_cell()
        elif self.open and tag == "table":
            self.open.pop().close_cell()

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1].text is not None and not self.silent:
            self.open[-1].text.append(data)


def open_html(
    path: Path, *, known_headers: frozenset[str], encoding: str | None = None, header_row: int | None = None
) -> list[Tabular]:
    """The tables of a page that have a header and two columns. Raises FileRefused where there is none."""
    if path.stat().st_size > FILE_BYTES:
        raise FileRefused(
            f"the HTML page has {path.stat().st_size >> 20} MiB; allowed are {FILE_BYTES >> 20}",
            where=path.name,
            mend="open it in Excel and save it as .xlsx or as CSV UTF-8",
        )
    decided = decide_encoding(path, encoding)
    reader = _Reader()
    reader.feed(b"".join(read_utf8(path, decided)).decode("utf-8"))
    reader.close()
    tables: list[Tabular] = []
    problem: FileRefused | None = None
    data = [table for table in reader.found if not table.is_outer and max(map(len, table.rows), default=0) > 1]
    for number, table in enumerate(data, start=1):
        name = f"table {number}" if len(data) > 1 else ""
        try:
            tables += open_sheet(path, name, _lay_out(table), known_headers, header_row)
        except FileRefused as refusal:
            problem = problem or refusal
    if not tables:
        raise problem or FileRefused(
            "this is an HTML page without a table", where=path.name, mend="export the table as CSV or XLSX"
        )
    for table in tables:
        table.facts.update(format="html", encoding=decided.name, encoding_reason=decided.reason)
    return tables


def _lay_out(table: _Table) -> Cells:
    width = min(COLUMNS, max(len(row) for row in table.rows))
    columns = {
        str(i): pl.Series([row[i] or None if i < len(row) else None for row in table.rows], dtype=pl.String)
        for i in range(width)
    }
    merges = tuple(table.merges)
    return Cells(fill_merged(pl.DataFrame(columns), merges), {}, 0, merges)


def _count(text: str | None) -> int:
    """A span that is no number, or beyond any page's, is 1."""
    return int(text) if text and text.isascii() and text.isdigit() and 1 <= int(text[:5]) <= 1000 else 1
