"""Workbooks (XLSX, XLSM, XLSB, XLS, ODS) into frames of text: one table for each sheet that has something.

Every cell is read as text: mixed columns are else coerced in silence, and 00123 loses its zeros. Real dates come as ISO
text, numbers without `.0`, serial numbers in cells without a date format stay numbers (dates.py knows them). A
formula's error refuses its row. A formula that was never calculated reads as an empty cell: no reader can know better.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path

import fastexcel
import polars as pl

from connectors.errors import FileRefused
from connectors.formats.archive import DEFAULT_LIMITS, Findings, Limits, inspect_workbook
from connectors.formats.batch import Tabular
from connectors.formats.date_system import rename_extensions
from connectors.formats.header import SEARCHED_ROWS, Row, check_names, find_header, is_full, refuse_rivals
from connectors.formats.header_rows import Merge
from connectors.formats.sheet import Cells, Sheet, find_next_table, is_empty, name_column, part_sides, read_batches
from connectors.formats.text import is_blank

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
DATE_TIME_BYTES = 19
MIDNIGHT = " 00:00:00"
# A cell with a time and no day is a fraction of day 0, which calamine shows as one of these days.
DAY_ZERO = r"^(?:1899-12-3[01]|1904-01-01) (\d{2}:\d{2}:\d{2}(?:\.\d+)?)$"
# How calamine shows the time cells of ODS, which it does not turn into text itself.
DURATION = re.compile(r'DurationIso\("PT(\d+)H(\d+)M(\d+)(?:[.,]\d+)?S"\)')


def open_workbook(
    path: Path,
    *,
    known_headers: frozenset[str],
    hidden_sheets: bool = False,
    header_row: int | None = None,
    limits: Limits = DEFAULT_LIMITS,
) -> list[Tabular]:
    """The sheets that hold a table. Raises FileRefused (see tabular.open_tables).

    A sheet without a usable header (a cover, a note) is passed over and named in the facts of the others, unless it has
    known names in it, or there is no other sheet: then the file is refused.
    """
    findings = inspect_workbook(path, limits)
    facts = {"format": findings.format, "date_system": findings.date_system}
    with _refusing(path):
        reader = fastexcel.read_excel(rename_extensions(path) if findings.is_misread else str(path))
        names = reader.sheet_names
    tables: list[Tabular] = []
    passed_over: list[FileRefused] = []
    hidden: list[str] = []
    for name in names:
        if name in findings.charts:
            continue
        cells, visible = _load(reader, path, name, findings)
        if cells is None:
            continue
        if not visible and not hidden_sheets:
            hidden.append(name)
            continue
        try:
            tables += open_sheet(path, name, cells, known_headers, header_row)
        except _NoTable as problem:
            passed_over.append(problem)
    if passed_over and not tables:
        raise passed_over[0]
    if hidden and not tables:
        raise FileRefused(
            f"all that holds something is hidden: {', '.join(hidden)}",
            where=path.name,
            mend="show the sheet in Excel and save it, or set hidden_sheets for this source",
        )
    if hidden:
        facts["hidden_sheets_skipped"] = ", ".join(hidden)
    if passed_over:
        facts["sheets_without_table"] = "; ".join(f"{problem.where} {problem.message}" for problem in passed_over)
    for table in tables:
        table.facts.update(facts)
    return tables


class _NoTable(FileRefused):
    """One sheet holds no table; the others may."""


def _load(reader: fastexcel.ExcelReader, path: Path, name: str, findings: Findings) -> tuple[Cells | None, bool]:
    with _refusing(path, name):
        # skip_rows=0 keeps the empty rows at the top, so that row numbers are those that Excel shows.
        sheet = reader.load_sheet(name, header_row=None, skip_rows=0, dtypes="string")
        if not sheet.width:
            return None, True
        batch, problems = sheet.to_arrow_with_errors()
        first_column = sheet.available_columns()[0].absolute_index
    frame = pl.from_arrow(batch)
    assert isinstance(frame, pl.DataFrame)
    frame.columns = [str(i) for i in range(frame.width)]
    if not frame.height:
        return None, True
    errors, durations = _sort_problems(problems)
    for row, columns in findings.errors.get(name, {}).items():
        errors.setdefault(row, {}).update({column - first_column: text for column, text in columns.items()})
    frame = _plain_dates(_fill(frame, durations))
    merges = tuple(
        (a, left - first_column, b, right - first_column) for a, left, b, right in findings.merges.get(name, ())
    )
    return Cells(fill_merged(frame, merges), errors, first_column, merges), sheet.visible == "visible"


def _sort_problems(
    problems: fastexcel.CellErrors | None,
) -> tuple[dict[int, dict[int, str]], dict[int, dict[int, str]]]:
    """Errors as row → column → text, and the times of ODS as column → row → text."""
    errors: dict[int, dict[int, str]] = {}
    durations: dict[int, dict[int, str]] = {}
    for problem in problems.errors if problems else ():
        row, column = problem.position
        if found := DURATION.search(problem.detail):
            durations.setdefault(column, {})[row] = ":".join(part.zfill(2) for part in found.groups())
        else:
            kind = problem.detail.partition("Error(")[2].rstrip("')")
            errors.setdefault(row, {})[column] = ERROR_TEXT.get(kind, problem.detail)
    return errors, durations


def _fill(frame: pl.DataFrame, texts: dict[int, dict[int, str]]) -> pl.DataFrame:
    for column, cells in texts.items():
        filled = frame.to_series(column).scatter(list(cells), list(cells.values()))
        frame = frame.with_columns(filled)
    return frame


def fill_merged(frame: pl.DataFrame, merges: Sequence[Merge]) -> pl.DataFrame:
    """Cells merged downwards say the same for every row that they cover: a shop's name beside its five lines. Those
    merged sideways say it once, for the column where they begin."""
    down: dict[int, dict[int, str]] = {}
    for first, left, last, right in merges:
        if last > first and left == right and 0 <= left < frame.width and first < frame.height:
            text: str | None = frame.item(first, left)
            if text is not None:
                covered = range(first + 1, min(last + 1, frame.height))
                down.setdefault(left, {}).update(dict.fromkeys(covered, text))
    return _fill(frame, down)


def _plain_dates(cells: pl.DataFrame) -> pl.DataFrame:
    """`2023-03-15 00:00:00` becomes `2023-03-15` in a column where no date has a time; a time alone loses its day."""
    tidy: list[pl.Series] = []
    for column in cells:
        if not (column.str.len_bytes() >= DATE_TIME_BYTES).any():
            tidy.append(column)
            continue
        is_date = column.str.contains(DATE_TIME).fill_null(False)
        if is_date.any():
            if column.filter(is_date).str.ends_with(MIDNIGHT).all():
                column = column.zip_with(~is_date, column.str.head(10))
            else:
                column = column.str.replace(DAY_ZERO, "$1")
        tidy.append(column)
    return pl.DataFrame(tidy)


def open_sheet(
    path: Path, name: str, cells: Cells, known_headers: frozenset[str], header_row: int | None = None
) -> list[Tabular]:
    """The tables of a sheet, side by side and one below the other. `header_row`: of the first ones, as Excel counts,
    where the settings name it. Raises FileRefused."""
    where = f"{path.name}[{name}]" if name else path.name
    tables: list[Tabular] = []
    at = None if header_row is None else header_row - 1
    for side in part_sides(cells, find_header(_top_of(cells, at), known_headers, cells.merges, at)):
        rest: Cells | None = side
        place = at
        while rest is not None:
            try:
                table, rest = _open_table(where, name, rest, known_headers, place)
            except _NoTable:
                if not tables:
                    raise
                break
            tables.append(table)
            place = None
    return tables


def _top_of(cells: Cells, at: int | None) -> list[Row]:
    return list(cells.frame.head(max(4 * SEARCHED_ROWS, (at or 0) + 1)).rows())


def _open_table(
    where: str, name: str, cells: Cells, known_headers: frozenset[str], at: int | None
) -> tuple[Tabular, Cells | None]:
    """The first table of the cells, and the cells below it where another header is."""
    top = _top_of(cells, at)
    header = find_header(top, known_headers, cells.merges, at)
    if header is None:
        what = "no row near the top of the sheet is filled" if at is None else f"row {at + 1} is empty"
        raise _NoTable(what, where=where, mend="put the table into the first rows")
    where = f"{where}:{cells.first_row + header.top + 1}"
    # A column without name and without value is spacing; a sheet's columns have fixed places, so nothing shifts.
    row = header.names
    below = cells.frame.slice(header.index + 1)
    failing = {column for at, columns in cells.errors.items() if at > header.index for column in columns}
    named = [i for i, cell in enumerate(row) if not is_blank(cell)]
    used = [i for i in range(header.width) if i not in named and (i in failing or not is_empty(below.to_series(i)))]
    kept = sorted({*named, *(i for i in used if i < named[-1])})
    names = tuple(row[i] if i < len(row) else "" for i in kept)
    above = [i for i in range(header.top) if not all(is_blank(cell) for cell in top[i])]
    early = tuple(i for i in above if at is None and is_full(top[i], len(names)))
    try:
        if header.index in cells.errors:
            columns = ", ".join(name_column(cells.first_column + i) for i in cells.errors[header.index])
            raise FileRefused(f"the header has an error in column {columns}", where=where, mend="mend the formula")
        refuse_rivals(header, [cells.first_row + i + 1 for i in early], where)
        check_names(replace(header, names=names), where)
    except FileRefused as problem:
        if header.hits >= 2 or at is not None:
            raise
        raise _NoTable(problem.message, where=problem.where, mend=problem.mend) from None
    facts = {"header_row": str(cells.first_row + header.top + 1), "header_found_by": header.found_by}
    if above:
        facts["rows_above_header"] = str(len(above))
    sheet = Sheet(cells, header.index, names, tuple(kept), tuple(i for i in used if i not in kept), early)
    next_at = find_next_table(sheet, known_headers)
    if next_at is not None:
        sheet = replace(sheet, cells=cells.above(next_at))
    table = Tabular(name or None, names, cells.first_row + header.top + 1, facts, partial(read_batches, sheet, facts))
    return table, None if next_at is None else cells.below(next_at)


@contextmanager
def _refusing(path: Path, sheet: str | None = None) -> Iterator[None]:
    """The reader's own errors, and its panics (which Python sees as BaseException), as a refusal of the file."""
    try:
        yield
    except BaseException as error:
        if not isinstance(error, fastexcel.FastExcelError) and type(error).__name__ != "PanicException":
            raise
        raise FileRefused(
            f"the workbook cannot be read: {str(error).partition(chr(10))[0]}",
            where=f"{path.name}[{sheet}]" if sheet else path.name,
            mend="open it in Excel and save it again",
        ) from None
