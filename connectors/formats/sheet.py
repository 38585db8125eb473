"""The rows of one sheet, each handed on or refused with its reason."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import polars as pl

from connectors.formats.batch import Batch, Refusal, frame_refusals
from connectors.formats.header import ROW_NUMBER, Header, Row, count_known
from connectors.formats.header_rows import Merge
from connectors.formats.text import fold_header, is_blank

BATCH_ROWS = 100_000


@dataclass(frozen=True)
class Cells:
    """`frame`: text columns `0`, `1` …; `errors`: row → column → the error as Excel shows it, both 0-based in the
    frame, as `merges` are; `first_column`, `first_row`: where the frame starts in the sheet, A1 = 0, 0."""

    frame: pl.DataFrame
    errors: Mapping[int, Mapping[int, str]]
    first_column: int
    merges: tuple[Merge, ...] = ()
    first_row: int = 0

    def below(self, row: int) -> Cells:
        """The cells from `row` on, for another table."""
        return Cells(
            self.frame.slice(row),
            {at - row: columns for at, columns in self.errors.items() if at >= row},
            self.first_column,
            tuple((a - row, left, b - row, right) for a, left, b, right in self.merges if a >= row),
            self.first_row + row,
        )

    def between(self, left: int, right: int) -> Cells:
        """The columns from `left` up to `right`, for a table beside another."""
        frame = self.frame.select(self.frame.columns[left:right])
        frame.columns = [str(i) for i in range(frame.width)]
        errors = {
            at: found
            for at, columns in self.errors.items()
            if (found := {i - left: text for i, text in columns.items() if left <= i < right})
        }
        merges = tuple((a, i - left, b, k - left) for a, i, b, k in self.merges if left <= i and k < right)
        return Cells(frame, errors, self.first_column + left, merges, self.first_row)

    def above(self, row: int) -> Cells:
        errors = {at: columns for at, columns in self.errors.items() if at < row}
        return replace(self, frame=self.frame.head(row), errors=errors)


@dataclass(frozen=True)
class Sheet:
    """Which cells are the table. `names` and `kept` go together; `unnamed` columns right of them have values but no
    name; `early` rows stand above the header and look like data; `header_at`: the last row of the
    header. All 0-based in the frame."""

    cells: Cells
    header_at: int
    names: tuple[str, ...]
    kept: tuple[int, ...]
    unnamed: tuple[int, ...]
    early: tuple[int, ...]


def read_batches(sheet: Sheet, facts: dict[str, str]) -> Iterator[Batch]:
    """A row is refused where a formula in it has an error, where it has a value beside the table, where it repeats the
    header, or stands above it and looks like data. Empty rows are counted in `facts`."""
    rows_seen = blank = 0
    errors = pl.Series([row + 1 for row in sheet.cells.errors], dtype=pl.Int64)
    early = pl.Series([row + 1 for row in sheet.early], dtype=pl.Int64)
    number = pl.col(ROW_NUMBER)
    pairs = list(zip(sheet.kept, sheet.names, strict=True))
    failing = number.is_in(errors.implode())
    beside = pl.any_horizontal(pl.lit(False), *(_has_value(i) for i in sheet.unnamed))
    filled = failing | beside | pl.any_horizontal(_has_value(i) for i in sheet.kept)
    repeated = pl.all_horizontal((pl.col(str(i)) == name).fill_null(False) for i, name in pairs)
    nul = pl.any_horizontal(pl.col(str(i)).str.contains("\x00", literal=True) for i in sheet.kept).fill_null(False)
    wrong = failing | beside | repeated | nul | (number <= sheet.header_at)
    offset = sheet.cells.first_row
    first = 0 if sheet.early else sheet.header_at + 1
    for start in range(first, sheet.cells.frame.height, BATCH_ROWS):
        cells = sheet.cells.frame.slice(start, BATCH_ROWS)
        cells = cells.with_columns(pl.int_range(start + 1, start + 1 + cells.height, dtype=pl.Int64).alias(ROW_NUMBER))
        if start <= sheet.header_at:
            cells = cells.filter((number > sheet.header_at + 1) | number.is_in(early.implode()))
        present = cells if _starts_visibly(cells.to_series(sheet.kept[0])) else cells.filter(filled)
        blank += cells.height - present.height
        bad = present.filter(wrong)
        rows = present.filter(~wrong) if bad.height else present
        refusals = [refusal for row in bad.iter_rows(named=True) for refusal in _say_what_is_wrong(row, sheet)]
        rows_seen += rows.height
        if present.height:
            columns = [rows[str(i)].alias(name) for i, name in pairs]
            yield Batch(pl.DataFrame([*columns, rows[ROW_NUMBER] + offset]), frame_refusals(refusals), bad.height)
    facts["rows"] = str(rows_seen)
    if blank:
        facts["blank_lines"] = str(blank)


def part_sides(cells: Cells, header: Header | None) -> list[Cells]:
    """Tables side by side: where names of the header stand twice and columns without any value part them, each side is
    a table of its own. A name twice within one side is left for the check of the names."""
    if header is None:
        return [cells]
    folded = [fold_header(name) for name in header.names]
    named = [name for name in folded if name]
    if len(set(named)) == len(named):
        return [cells]
    below = cells.frame.slice(header.top)
    gaps = [i for i in range(cells.frame.width) if is_empty(below.to_series(i))]
    edges = [-1, *gaps, cells.frame.width]
    sides = [(left + 1, right) for left, right in pairwise(edges) if right > left + 1]
    inside = [[name for name in folded[left:right] if name] for left, right in sides]
    if len(sides) < 2 or any(len(names) < 2 or len(set(names)) < len(names) for names in inside):
        return [cells]
    return [cells.between(left, right) for left, right in sides]


def find_next_table(sheet: Sheet, known_headers: frozenset[str]) -> int | None:
    """Where the next table of the sheet begins: at its header, the first row below that is another one, or above at its
    title. Below it the columns mean something else."""
    if not known_headers:
        return None
    frame = sheet.cells.frame
    known = pl.Series(sorted(known_headers), dtype=pl.String)
    # Two thirds of the names known is more than any row of data reaches; a known cell of any kept column finds the
    # candidates.
    folded = [frame.to_series(i).str.to_lowercase().str.replace_all(r"\s", "") for i in sheet.kept]
    found = pl.DataFrame(
        [texts.is_in(known.implode()).fill_null(False).alias(str(i)) for i, texts in enumerate(folded)]
    )
    for at in found.select(pl.any_horizontal(pl.all())).to_series().arg_true():
        row = frame.row(at)
        filled = sum(not is_blank(cell) for cell in row)
        same = sum(row[i] == name for i, name in zip(sheet.kept, sheet.names, strict=True))
        if at > sheet.header_at and same < filled and count_known(row, known_headers) >= max(2, 2 * filled / 3):
            return _find_title(frame, at, sheet.header_at)
    return None


def _find_title(frame: pl.DataFrame, header_at: int, above: int) -> int:
    """The row where what belongs to the header at `header_at` begins: lines of one cell below a blank row."""
    at = header_at
    while at - 1 > above and _count_filled(frame.row(at - 1)) == 1:
        at -= 1
    blank_above = at - 1 > above and _count_filled(frame.row(at - 1)) == 0
    return at if blank_above else header_at


def _count_filled(row: Row) -> int:
    return sum(not is_blank(cell) for cell in row)


def name_column(index: int) -> str:
    """0 → A, 25 → Z, 26 → AA."""
    letters = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def is_empty(column: pl.Series) -> bool:
    """Whether no cell has more than white space."""
    return not (column.str.strip_chars() != "").any()


def _starts_visibly(texts: pl.Series) -> bool:
    """Whether every text begins with a visible sign, told by two comparisons a row: then no row is empty."""
    low = texts.min()
    return isinstance(low, str) and not texts.null_count() and low[:1] > " " and not is_blank(low[:1])


def _has_value(column: int) -> pl.Expr:
    return (pl.col(str(column)).str.strip_chars() != "").fill_null(False)


def _say_what_is_wrong(row: dict[str, Any], sheet: Sheet) -> list[Refusal]:
    at = row[ROW_NUMBER]
    number = at + sheet.cells.first_row
    names = dict(zip(sheet.kept, sheet.names, strict=True))
    record = json.dumps({name: row[str(i)] for i, name in names.items()}, ensure_ascii=False)
    if at <= sheet.header_at:
        return [Refusal(number, None, None, "stands above the header row", record)]
    errors = sheet.cells.errors.get(at - 1, {})
    found = [
        Refusal(number, names.get(i), error, f"the formula in column {_letter(sheet, i)} has an error", record)
        for i, error in errors.items()
    ]
    for i in sheet.unnamed:
        if not is_blank(row[str(i)]):
            reason = f"has a value in column {_letter(sheet, i)}, which has no name in the header"
            found.append(Refusal(number, None, row[str(i)], reason, record))
    found += [
        Refusal(number, name, row[str(i)], "has NUL characters", record)
        for i, name in names.items()
        if "\x00" in (row[str(i)] or "")
    ]
    return found or [Refusal(number, None, None, "the header is repeated here", record)]


def _letter(sheet: Sheet, column: int) -> str:
    return name_column(sheet.cells.first_column + column)
