"""Which row of a table is its header, and whether its names can be trusted."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from connectors.errors import FileRefused
from connectors.formats.header_rows import Merge, flatten_rows, has_merge, join_rows, last_header_row
from connectors.formats.text import fold_header, is_blank, strip_unit

# Titles, export dates and notes above a header; the longest seen in exports are 12 rows.
SEARCHED_ROWS = 50
# Below this share of the usual number of cells a row is a title, above it a header, maybe with a hole.
FILLED_SHARE = 0.6
VALUE = re.compile(
    r"""\s*(?:(?P<number>[-+△▲¥￥]?\d[\d,.]*[%％円]?)
        |(?P<date>\d{4}[-/.年]\d{1,2}[-/.月]\d{1,2}日?(?:[T\s].*)?|\d{1,2}/\d{1,2}/\d{4})
        |(?P<time>\d{1,2}:\d{2}(?::\d{2})?)|(?P<phone>0\d{1,4}-\d{1,4}-\d{3,4})
        |(?P<address>[^@\s]+@[^@\s]+\.[^@\s]+|https?://\S+))\s*""",
    re.VERBOSE,
)

BY_SHAPE = "the first row that looks like one"
BY_SETTINGS = "the settings name it"
# The column that batches add; a file's own would be overwritten.
ROW_NUMBER = "_row_number"

Row = Sequence[str | None]


@dataclass(frozen=True)
class Header:
    """`index` into the rows given; `names` without trailing unnamed columns; `width` with them; `found_by` for a
    person; `rows`: how many the header has, `index` being the lowest."""

    index: int
    names: tuple[str, ...]
    width: int
    hits: int
    found_by: str
    rows: int = 1

    @property
    def top(self) -> int:
        return self.index - self.rows + 1


def find_header(
    rows: Sequence[Row], known_headers: frozenset[str], merges: Collection[Merge] = (), at: int | None = None
) -> Header | None:
    """The row with the most known names, else the first row shaped like a header; None where every row is blank.

    `merges`: of the workbook's sheet, in the rows' own numbers. `at`: the index of the row that the settings name.
    Names are not checked yet: check_names does, once it is sure which row (and delimiter) is meant.
    """
    if at is not None:
        named = rows[at] if at < len(rows) else ()
        return None if _all_blank(named) else _take(named, at, count_known(named, known_headers), BY_SETTINGS)
    header = _find_row(rows, known_headers)
    return header and _join_rows(rows, header, known_headers, merges)


def _join_rows(rows: Sequence[Row], header: Header, known_headers: frozenset[str], merges: Collection[Merge]) -> Header:
    """The header with the row above it or those below, where they are one."""
    for top in (header.index - 1, header.index):
        end = last_header_row(merges, top)
        last = max(end, top + 1)
        if top < 0 or last >= len(rows) or last < header.index:
            continue
        bottom = flatten_rows(rows[top], rows[top + 1 : last + 1])
        names = join_rows(
            rows[top],
            bottom,
            known=known_headers,
            is_value=[i for i, cell in enumerate(bottom) if VALUE.fullmatch(cell)],
            is_merged=has_merge(merges, top),
        )
        if names is None and end > top and not any(bottom):
            names = _take(rows[top], top, 0, "").names
        if names is not None and (hits := count_known(names, known_headers)) >= header.hits:
            width = max(len(rows[top]), len(bottom))
            found_by = f"{header.found_by}, of {last - top + 1} rows"
            return Header(last, tuple(names), width, hits, found_by, last - top + 1)
    return header


def _find_row(rows: Sequence[Row], known_headers: frozenset[str]) -> Header | None:
    searched = [(i, row) for i, row in enumerate(rows[:SEARCHED_ROWS]) if not _all_blank(row)]
    if not searched:
        return None
    hits, known_at = max(((count_known(row, known_headers), -i) for i, row in searched), default=(0, 0))
    filled = _count_filled(rows[-known_at])
    if hits >= 2 or (hits and hits * 2 >= filled):
        return _take(rows[-known_at], -known_at, hits, f"{hits} of {filled} names are known")
    index = _guess_by_shape(searched, rows)
    return _take(rows[index], index, count_known(rows[index], known_headers), BY_SHAPE)


def check_names(header: Header, where: str) -> None:
    """Raise FileRefused where a name is empty or stands twice (after folding), or where the row looks like data."""
    found = {
        str(i): match.lastgroup for i, name in enumerate(header.names, start=1) if (match := VALUE.fullmatch(name))
    }
    values, kinds = list(found), len(set(found.values()))
    # A pivot's header has values too (months, scores), of one kind.
    if header.hits == 0 and (2 * len(values) >= len(header.names) or kinds >= 3):
        # The values are not shown: messages reach logs, and a first row of data is about a person.
        raise FileRefused(
            f"there is no header row: the first row has numbers, dates or addresses in column {', '.join(values)}",
            where=where,
            mend="put the column names into the first row",
        )
    empty = [str(i) for i, name in enumerate(header.names, start=1) if is_blank(name)]
    if empty:
        raise FileRefused(
            f"column {', '.join(empty)} of the header has no name; found: {_show(header.names)}",
            where=where,
            mend="give every column a name, or delete the column",
        )
    if all(len(name) > 2 and name[0] == name[-1] == "'" for name in header.names):
        # No spreadsheet writes them; read as text, a comma inside a cell would cut it in two.
        raise FileRefused(
            "the names stand in single quotes", where=where, mend='export it again with double quotes (") around texts'
        )
    if any("\x00" in name for name in header.names):
        raise FileRefused("the header has NUL characters", where=where, mend="save the file again")
    folded = Counter(fold_header(name) for name in header.names)
    twice = [name for name in header.names if folded[fold_header(name)] > 1]
    if twice:
        raise FileRefused(
            f"the header has a name twice: {_show(twice)}", where=where, mend="rename or delete one of the columns"
        )
    if ROW_NUMBER in header.names:
        raise FileRefused(f"the name {ROW_NUMBER} is ours", where=where, mend="rename that column")


def count_known(row: Row, known_headers: frozenset[str]) -> int:
    """How many different known names stand in a row."""
    known = {folded for cell in row if cell and (folded := fold_header(cell)) in known_headers}
    known |= {bare for cell in row if cell and (bare := strip_unit(fold_header(cell))) in known_headers}
    return len(known)


def settle_width(widths: Counter[int]) -> int:
    """The width of the table among the rows' widths: the most frequent one, but one column only if no other has a share
    of 30 %: titles and notes are one cell wide, and there may be more of them than of rows in a short file."""
    wide = {width: n for width, n in widths.items() if width > 1 and 10 * n >= 3 * widths.total()}
    return max(wide or widths, key=lambda width: (widths[width], width))


def is_full(row: Row, width: int) -> bool:
    """Whether a row above the header looks like a record, or another header, rather than a title."""
    return _count_filled(row) >= 2 and _count_filled(row) > FILLED_SHARE * width


def refuse_rivals(header: Header, rows: Sequence[int], where: str) -> None:
    """Raise FileRefused where the header was only guessed and full rows stand above it: any of them may be the
    header."""
    if rows and header.found_by == BY_SHAPE:
        raise FileRefused(
            f"the header row is not certain: row {rows[0]} above it has as many values",
            where=where,
            mend="delete the rows above the header",
        )


def _take(row: Row, index: int, hits: int, found_by: str) -> Header:
    names = [name or "" for name in row]
    while names and is_blank(names[-1]):
        names.pop()
    return Header(index, tuple(names), len(row), hits, found_by)


def _guess_by_shape(searched: Sequence[tuple[int, Row]], rows: Sequence[Row]) -> int:
    width = settle_width(Counter(len(row) for row in rows if not _all_blank(row)))
    shaped = [(i, row) for i, row in searched if len(row) == width] or list(searched)
    # A header is filled like the fuller ones of the rows below it, even where some columns are mostly empty and a stray
    # note stands beside one row; titles have a cell or two.
    counts = sorted(_count_filled(row) for _, row in shaped)
    usual = counts[int(0.9 * (len(counts) - 1))]
    return next(index for index, row in shaped if _count_filled(row) >= max(min(2, usual), FILLED_SHARE * usual))


def _count_filled(row: Row) -> int:
    return sum(not is_blank(cell) for cell in row)


def _all_blank(row: Row) -> bool:
    return all(is_blank(cell) for cell in row)


def _show(names: Sequence[str]) -> str:
    shown = ", ".join(repr(name[:40]) for name in names[:8])
    return shown if len(names) <= 8 else f"{shown} … ({len(names)} in all)"
