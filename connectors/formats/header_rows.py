"""Headers of two rows: group names above (一次面接, over its columns), the columns' own names below (日付, 結果)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence

from connectors.formats.text import fold_header, is_blank

Row = Sequence[str | None]
# (first row, first column, last row, last column), 0-based, of cells that a workbook shows as one.
Merge = tuple[int, int, int, int]
# A sheet with more is no table that people keep; the rest of its merges is left unread.
MERGES = 100_000


def join_rows(
    top: Row, bottom: Row, *, known: Collection[str], is_value: Collection[int], is_merged: bool
) -> list[str] | None:
    """One name a column of a two-row header, or None where the rows are not one.

    Every column either has its name above alone (氏名), or belongs to a group: a name above, which stands over the
    first of its columns, and names below. At least one group is wider than a column, and something must say that the
    lower row is no record: cells merged in the upper one, two names below that are `known`, or the same name under
    two groups beside columns that only have a name above. `is_value`: columns of `bottom` that look like data. The
    lower name alone is enough where it stands once; under groups that share names, and in a group of one, it follows
    the group's.
    """
    width = max((i + 1 for i, cells in enumerate(_pairs(top, bottom)) if any(cells)), default=0)
    pairs = _pairs(top, bottom)[:width]
    groups: list[list[int]] = []
    alone: list[int] = []
    for i, (above, below) in enumerate(pairs):
        if above and below:
            groups.append([i])
        elif below and groups and groups[-1][-1] == i - 1:
            groups[-1].append(i)
        elif above and not below:
            alone.append(i)
        else:
            return None
    if is_value or not any(len(group) > 1 for group in groups) or len(groups) + len(alone) < 2:
        return None
    inner = [{fold_header(pairs[i][1]) for i in group} for group in groups]
    if any(len(names) < len(group) for names, group in zip(inner, groups, strict=True)):
        return None
    times = Counter(name for names in inner for name in names)
    above_alone = [fold_header(pairs[i][0]) for i in alone]
    if not (is_merged or sum(name in known for name in times) >= 2 or (alone and any(n > 1 for n in times.values()))):
        return None
    names = [above or below for above, below in pairs]
    times.update(above_alone)
    for group in groups:
        if len(group) == 1 and fold_header(pairs[group[0]][1]) not in known:
            names[group[0]] = " ".join(pairs[group[0]])
            continue
        shared = any(times[fold_header(pairs[i][1])] > 1 for i in group)
        for i in group:
            names[i] = f"{pairs[group[0]][0]} {pairs[i][1]}" if shared else pairs[i][1]
    return names


def last_header_row(merges: Collection[Merge], top: int) -> int:
    """The lowest row to which cells of the row `top` are merged down, `top` itself where none is; no header has more
    than six rows."""
    return max((last for first, _, last, _ in merges if first == top and last - top < 6), default=top)


def flatten_rows(top: Row, below: Sequence[Row]) -> list[str]:
    """Several rows as one: in each column the different texts from above, without that of `top`."""
    flat = []
    for i in range(max(len(row) for row in below)):
        cells = [row[i] for row in below if i < len(row)]
        name = top[i] if i < len(top) else None
        flat.append(" ".join(dict.fromkeys(cell for cell in cells if cell and cell != name and not is_blank(cell))))
    return flat


def has_merge(merges: Collection[Merge], top: int) -> bool:
    """Whether the row `top` has cells merged with others beside them, or with those below."""
    return any(first == top and (right > left or last == top + 1) for first, left, last, right in merges)


def _pairs(top: Row, bottom: Row) -> list[tuple[str, str]]:
    length = max(len(top), len(bottom))

    def tidy(row: Row, i: int) -> str:
        cell = row[i] if i < len(row) else None
        return "" if cell is None or is_blank(cell) else " ".join(cell.split())

    return [(tidy(top, i), tidy(bottom, i)) for i in range(length)]
