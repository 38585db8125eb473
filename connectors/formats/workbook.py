"""Workbooks (XLSX, XLSM, XLSB, XLS, ODS) into frames of text: one table for each sheet that has something.

Every cell is read as text: mixed columns are else coerced in silence, and 00123 loses its zeros. Real dates come as ISO
text, numbers without `.0`, serial numbers in cells without a date format stay numbers (dates.py knows them). A formula's
error refuses its row. A formula that was never calculated reads as an empty cell: no reader can know better.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import fastexcel
import polars as pl

from connectors.errors import FileRefused
from connectors.formats.archive import inspect_workbook
from connectors.formats.batch import Batch, Refusal, Tabular, frame_refusals
from connectors.formats.header import SEARCHED_ROWS, Header, check_names, find_header, is_full
from connectors.formats.text import is_blank

BATCH_ROWS = 100_000
ERROR_TEXT = {
    "Div0": "#DIV/0!",
    "NA": "#N/A",
    "Name": "#NAME?",
    "Null": "#NULL!",
    "Num": "#NUM!",
    "Ref": "#REF!",
    "Value": "#VALUE!",
    "GettingData": "#GETTING_DATA",
}
DATE_TIME = r"^\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}(\.\d+)?$"
MIDNIGHT = " 00:00:00"
# A cell with a time and no day is a fraction of day 0, which calamine shows as one of these days.
DAY_ZERO = r"^(?:1899-12-3[01]|1904-01-01) (\d{2}:\d{2}:\d{2}(?:\.\d+)?)$"

Errors = Mapping[int, Mapping[int, str]]  # row (0-based) → column (0-based in the frame) → the error as Excel shows it


@dataclass(frozen=True)
class _Sheet:
    """`cells`: text columns `0`, `1` …, the first row being row 1 of the sheet; `first_column`: 0-based, A = 0."""

    name: str
    cells: pl.DataFrame
    errors: Errors
    first_column: int


def open_workbook(path: Path, *, known_headers: frozenset[str], hidden_sheets: bool = False) -> list[Tabular]:
    """The sheets that hold a table. Raises FileRefused (see tabular.open_tables).

    A sheet without a usable header (a cover, a note) is passed over and named in the facts of the others, unless it has
    known names in it, or there is no other sheet: then the file is refused.
    """
    findings = inspect_workbook(path)
    try:
        reader = fastexcel.read_excel(str(path))
        names = reader.sheet_names
    except fastexcel.FastExcelError as error:
        raise _refuse(path, error) from None
    facts = {"format": findings.format, "date_system": findings.date_system}
    tables: list[Tabular] = []
    passed_over: list[FileRefused] = []
    hidden: list[str] = []
    for name in names:
        sheet = _load(reader, path, name, hidden_sheets)
        if sheet is None:
            hidden.append(name)
            continue
        if not sheet.cells.height:
            continue
        try:
            tables.append(_open_sheet(path, sheet, known_headers, facts))
        except _NoTable as problem:
            passed_over.append(problem)
    if passed_over and not tables:
        raise passed_over[0]
    if hidden:
        facts["hidden_sheets_skipped"] = ", ".join(hidden)
    if passed_over:
        facts["sheets_without_table"] = "; ".join(str(problem.where) for problem in passed_over)
    for table in tables:
        table.facts.update(facts)
    return tables


class _NoTable(FileRefused):
    pass


def _load(reader: fastexcel.ExcelReader, path: Path, name: str, hidden_sheets: bool) -> _Sheet | None:
    try:
        # skip_rows=0 keeps the empty rows at the top, so that row numbers are those that Excel shows.
        sheet = reader.load_sheet(name, header_row=None, skip_rows=0, dtypes="string", n_rows=None)
        if sheet.visible != "visible" and not hidden_sheets:
            return None
        if not sheet.width:
            return _Sheet(name, pl.DataFrame(), {}, 0)
        cells, errors = sheet.to_arrow_with_errors()
        first_column = sheet.available_columns()[0].absolute_index
    except fastexcel.FastExcelError as error:
        raise _refuse(path, error, name) from None
    frame = pl.from_arrow(cells)
    assert isinstance(frame, pl.DataFrame)
    frame.columns = [str(i) for i in range(frame.width)]
    found: dict[int, dict[int, str]] = {}
    for error in errors.errors if errors else ():
        row, column = error.position
        kind = error.detail.partition("Error(")[2].rstrip("')")
        found.setdefault(row, {})[column] = ERROR_TEXT.get(kind, error.detail)
    return _Sheet(name, _plain_dates(frame), found, first_column)


def _plain_dates(cells: pl.DataFrame) -> pl.DataFrame:
    """`2023-03-15 00:00:00` becomes `2023-03-15` in a column where no date has a time; a time alone loses its day."""
    tidy: list[pl.Series] = []
    for column in cells:
        column = column.str.replace(DAY_ZERO, "$1")
        dated = column.filter(column.str.contains(DATE_TIME))
        if dated.len() and dated.str.ends_with(MIDNIGHT).all():
            is_date = column.str.contains(DATE_TIME).fill_null(False)
            column = column.zip_with(~is_date, column.str.head(10))
        tidy.append(column)
    return pl.DataFrame(tidy)


def _open_sheet(path: Path, sheet: _Sheet, known_headers: frozenset[str], facts: dict[str, str]) -> Tabular:
    where = f"{path.name}[{sheet.name}]"
    top = sheet.cells.head(4 * SEARCHED_ROWS).rows()
    header = find_header(top, known_headers)
    if header is None:
        raise _NoTable(
            "the sheet has no filled row near its top", where=where, mend="put the table into the first rows"
        )
    named = [i for i, name in enumerate(top[header.index]) if not is_blank(name)]
    below = sheet.cells.slice(header.index + 1)
    # A column without name and without value is spacing; a sheet's columns have fixed places, so nothing shifts.
    spare = [i for i in range(header.width) if i not in named]
    used = [i for i in spare if not _is_empty(below.to_series(i))]
    inner = [i for i in used if i < named[-1]]
    kept = sorted({*named, *inner})
    names = tuple(top[header.index][i] or "" for i in kept)
    try:
        check_names(
            Header(header.index, names, header.width, header.hits, header.found_by), f"{where}:{header.index + 1}"
        )
    except FileRefused as problem:
        if header.hits >= 2:
            raise
        raise _NoTable(problem.message, where=problem.where, mend=problem.mend) from None
    about = {"header_row": str(header.index + 1), "header_found_by": header.found_by, **facts}
    above = [i for i in range(header.index) if not all(is_blank(cell) for cell in top[i])]
    if above:
        about["rows_above_header"] = str(len(above))
    early = [i for i in above if is_full(top[i], header.width)]
    read = partial(_read_batches, sheet, header.index, names, kept, [i for i in used if i not in inner], early, about)
    return Tabular(sheet.name, names, header.index + 1, about, read)


def _read_batches(
    sheet: _Sheet,
    header_at: int,
    names: tuple[str, ...],
    kept: list[int],
    unnamed: list[int],
    early: list[int],
    facts: dict[str, str],
) -> Iterator[Batch]:
    """Rows in slices; a row is refused for a formula's error in it, or a value beside the table."""
    rows_seen = blank = 0
    for start in range(header_at + 1 if not early else 0, sheet.cells.height, BATCH_ROWS):
        cells = sheet.cells.slice(start, BATCH_ROWS).with_row_index("_row_number", start + 1)
        cells = cells.with_columns(pl.col("_row_number").cast(pl.Int64))
        if early:
            wanted = pl.Series([*(i + 1 for i in early)], dtype=pl.Int64)
            cells = cells.filter((pl.col("_row_number") > header_at + 1) | pl.col("_row_number").is_in(wanted))
        values = [pl.col(str(i)) for i in (*kept, *unnamed)]
        failing = pl.Series([row + 1 for row in sheet.errors], dtype=pl.Int64)
        filled = pl.any_horizontal(value.str.strip_chars() != "" for value in values).fill_null(False)
        filled |= pl.col("_row_number").is_in(failing)
        before = cells.height
        cells = cells.filter(filled)
        blank += before - cells.height
        suspect = pl.col("_row_number").is_in(failing) | (pl.col("_row_number") <= header_at)
        for i in unnamed:
            suspect |= (pl.col(str(i)).str.strip_chars() != "").fill_null(False)
        repeated = pl.all_horizontal(pl.col(str(i)) == name for i, name in zip(kept, names, strict=True))
        wrong = cells.filter(suspect | repeated.fill_null(False))
        rows = cells.filter(~(suspect | repeated.fill_null(False)))
        refusals: list[Refusal] = []
        for row in wrong.iter_rows(named=True):
            refusals.extend(_say_what_is_wrong(row, sheet, header_at, names, kept, unnamed))
        columns = {name: rows[str(i)] for i, name in zip(kept, names, strict=True)}
        rows_seen += rows.height
        if rows.height or wrong.height:
            yield Batch(
                pl.DataFrame({**columns, "_row_number": rows["_row_number"]}), frame_refusals(refusals), wrong.height
            )
    facts["rows"] = str(rows_seen)
    if blank:
        facts["blank_lines"] = str(blank)


def _say_what_is_wrong(
    row: dict[str, str], sheet: _Sheet, header_at: int, names: tuple[str, ...], kept: list[int], unnamed: list[int]
) -> list[Refusal]:
    number = int(row["_row_number"])
    record = json.dumps({name: row[str(i)] for i, name in zip(kept, names, strict=True)}, ensure_ascii=False)
    if number <= header_at:
        return [Refusal(number, None, None, "stands above the header row", record)]
    found = [
        Refusal(number, name, error, "the formula in this cell has an error", record)
        for i, name in zip(kept, names, strict=True)
        if (error := sheet.errors.get(number - 1, {}).get(i))
    ]
    for i in unnamed:
        if not is_blank(row[str(i)]) or i in sheet.errors.get(number - 1, {}):
            reason = f"has a value in column {name_column(sheet.first_column + i)}, which has no name in the header"
            found.append(Refusal(number, None, row[str(i)], reason, record))
    return found or [Refusal(number, None, None, "the header is repeated here", record)]


def name_column(index: int) -> str:
    """0 → A, 25 → Z, 26 → AA."""
    letters = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def _is_empty(column: pl.Series) -> bool:
    return bool((column.fill_null("").str.strip_chars() == "").all())


def _refuse(path: Path, error: Exception, sheet: str | None = None) -> FileRefused:
    where = f"{path.name}[{sheet}]" if sheet else path.name
    first = str(error).partition("\n")[0]
    return FileRefused(f"the workbook cannot be read: {first}", where=where, mend="open it in Excel and save it again")
