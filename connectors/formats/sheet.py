"""The rows of one sheet, each handed on or refused with its reason."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from connectors.formats.batch import Batch, Refusal, frame_refusals
from connectors.formats.header import ROW_NUMBER, count_known
from connectors.formats.text import is_blank

BATCH_ROWS = 100_000


@dataclass(frozen=True)
class Cells:
    """`frame`: text columns `0`, `1` …, its first row being row 1 of the sheet; `errors`: row → column → the error as
    Excel shows it, both 0-based in the frame; `first_column`: where the frame starts in the sheet, A = 0."""

    frame: pl.DataFrame
    errors: Mapping[int, Mapping[int, str]]
    first_column: int


@dataclass(frozen=True)
class Sheet:
    """Which cells are the table. `names` and `kept` go together; `unnamed` columns right of them have values but no
    name; `early` rows stand above the header and look like data; a second header stands at `second_at`. All 0-based."""

    cells: Cells
    header_at: int
    names: tuple[str, ...]
    kept: tuple[int, ...]
    unnamed: tuple[int, ...]
    early: tuple[int, ...]
    second_at: int | None = None


def read_batches(sheet: Sheet, facts: dict[str, str]) -> Iterator[Batch]:
    """A row is refused where a formula in it has an error, where it has a value beside the table, where it repeats the
    header, stands above it and looks like data, or below another header. Empty rows are counted in `facts`."""
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
    if sheet.second_at is not None:
        wrong |= number > sheet.second_at
    first = 0 if sheet.early else sheet.header_at + 1
    for start in range(first, sheet.cells.frame.height, BATCH_ROWS):
        cells = sheet.cells.frame.slice(start, BATCH_ROWS)
        cells = cells.with_columns(pl.int_range(start + 1, start + 1 + cells.height, dtype=pl.Int64).alias(ROW_NUMBER))
        if start <= sheet.header_at:
            cells = cells.filter((number > sheet.header_at + 1) | number.is_in(early.implode()))
        present = cells.filter(filled)
        blank += cells.height - present.height
        bad = present.filter(wrong)
        rows = present.filter(~wrong) if bad.height else present
        refusals = [refusal for row in bad.iter_rows(named=True) for refusal in _say_what_is_wrong(row, sheet)]
        rows_seen += rows.height
        if present.height:
            columns = [rows[str(i)].alias(name) for i, name in pairs]
            yield Batch(pl.DataFrame([*columns, rows[ROW_NUMBER]]), frame_refusals(refusals), bad.height)
    facts["rows"] = str(rows_seen)
    if blank:
        facts["blank_lines"] = str(blank)


def find_second_header(sheet: Sheet, known_headers: frozenset[str]) -> int | None:
    """The first row below the header that is another header: below it, the columns mean something else."""
    if not known_headers:
        return None
    frame = sheet.cells.frame
    known = pl.Series(sorted(known_headers), dtype=pl.String)
    # Two thirds of the names known is more than any row of data reaches; the first cell alone finds the candidates.
    folded = frame.to_series(sheet.kept[0]).str.to_lowercase().str.replace_all(r"\s", "")
    for at in folded.is_in(known.implode()).fill_null(False).arg_true():
        row = [frame.item(at, i) for i in sheet.kept]
        filled = sum(not is_blank(cell) for cell in row)
        same = sum(cell == name for cell, name in zip(row, sheet.names, strict=True))
        if at > sheet.header_at and same < filled and count_known(row, known_headers) >= max(2, 2 * filled / 3):
            return at
    return None


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


def _has_value(column: int) -> pl.Expr:
    return (pl.col(str(column)).str.strip_chars() != "").fill_null(False)


def _say_what_is_wrong(row: dict[str, Any], sheet: Sheet) -> list[Refusal]:
    number = row[ROW_NUMBER]
    names = dict(zip(sheet.kept, sheet.names, strict=True))
    record = json.dumps({name: row[str(i)] for i, name in names.items()}, ensure_ascii=False)
    if number <= sheet.header_at:
        return [Refusal(number, None, None, "stands above the header row", record)]
    if sheet.second_at is not None and number > sheet.second_at:
        reason = f"another header stands in row {sheet.second_at + 1}: two tables in one sheet"
        return [Refusal(number, None, None, reason, record)]
    errors = sheet.cells.errors.get(number - 1, {})
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
