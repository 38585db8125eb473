"""Random tables come back cell for cell, whatever stands in the cells and however the file is written."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
import xlsxwriter
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from opening import read_only_table

from connectors.formats import delimited_rows, text

CHANGED_BY_CP932 = "¢£¬‖−〜"  # written as ￠ ￡ ￢ ∥ － ～

# What files hold: Japanese, signs that CSV gives a meaning, and any other letter that both CP932 and UTF-8 can write.
LETTERS = st.one_of(
    st.sampled_from(list('山田髙﨑①㈱ｱﾞ,;\t|"\r\n \u3000あア漢=+-0123456789')),
    st.characters(codec="cp932", exclude_categories=("Cc", "Co"), exclude_characters=CHANGED_BY_CP932),
)
CELLS = st.text(LETTERS, max_size=12)
TABLES = st.integers(2, 5).flatmap(
    lambda width: st.lists(st.lists(CELLS, min_size=width, max_size=width), min_size=1, max_size=12)
)
SETTINGS = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
NAMES = ["応募ID", "氏名", "媒体", "備考", "評価"]
KNOWN = "応募id 氏名 媒体 備考 評価"


def write_cell(cell: str, delimiter: str, quote: bool) -> str:
    """By RFC 4180; Python's writer leaves a carriage return without quotes."""
    if quote or any(sign in cell for sign in (delimiter, '"', "\r", "\n")):
        return '"' + cell.replace('"', '""') + '"'
    return cell


def unify_line_ends(cell: str) -> str | None:
    return cell.replace("\r\n", "\n").replace("\r", "\n") or None


def has_value(row: Sequence[str | None]) -> bool:
    return any(cell and cell.strip() for cell in row)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp932", "utf-16", "utf-16-be"])
@given(
    table=TABLES,
    delimiter=st.sampled_from(",\t;|"),
    line_end=st.sampled_from(["\n", "\r\n"]),
    quote_all=st.booleans(),
    buffer=st.sampled_from([5, 40, 8 << 20]),
)
@SETTINGS
def test_a_delimited_file_comes_back_cell_for_cell(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    encoding: str,
    table: list[list[str]],
    delimiter: str,
    line_end: str,
    quote_all: bool,
    buffer: int,
) -> None:
    monkeypatch.setattr(delimited_rows, "BUFFER_BYTES", buffer)
    monkeypatch.setattr(text, "PIECE_BYTES", max(buffer, 1 << 10))
    header = NAMES[: len(table[0])]
    lines = [delimiter.join(write_cell(cell, delimiter, quote_all) for cell in row) for row in (header, *table)]
    path = tmp_path / "table.csv"
    path.write_bytes("".join(line + line_end for line in lines).encode(encoding))
    reading = read_only_table(path, known=KNOWN, encoding="utf-16-be" if encoding == "utf-16-be" else None)
    assert reading.table.header == tuple(header)
    # Rows of blanks alone are no rows where they are lines of delimiters; quoted ones may be kept.
    assert [row for row in reading.rows if has_value(row)] == [tuple(row) for row in table if has_value(row)]
    assert reading.refused == []


@given(table=TABLES)
@SETTINGS
def test_a_workbook_comes_back_cell_for_cell(tmp_path: Path, table: list[list[str]]) -> None:
    header = NAMES[: len(table[0])]
    path = tmp_path / "table.xlsx"
    book = xlsxwriter.Workbook(str(path))
    sheet = book.add_worksheet()
    for r, row in enumerate([header, *table]):
        for c, cell in enumerate(row):
            if cell:
                sheet.write_string(r, c, cell)
    book.close()
    reading = read_only_table(path, known=KNOWN)
    expected = [
        # XML has no carriage return: a parser reads every line end as a line feed.
        tuple(unify_line_ends(cell) for cell in row)
        for row in table
        if has_value(row)
    ]
    read = [tuple(unify_line_ends(cell or "") for cell in row) for row in reading.rows]
    assert reading.table.header == tuple(header)
    assert read == expected
