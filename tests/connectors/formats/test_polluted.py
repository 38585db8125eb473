"""One table polluted in the ways of the Pollock benchmark: each cell comes back, or its line is told."""

from __future__ import annotations

from pathlib import Path

import pytest
from opening import read_all, read_only_table, write

from connectors.errors import FileRefused
from connectors.formats.tabular import open_tables

HEADER = ["DATE", "TIME", "Qty", "PRODUCTID", "Price", "ProductType", "ProductDescription", "URL", "Comments"]
ROWS = [
    [
        f"{1 + n % 28:02d}/06/2018", f"{n % 24:02d}:01", str(n * 7 % 30), f"WL{1000 + n}", f"{n % 9}.{n:02d}",
        "Cable" if n % 3 else "Screen, flat", ['Silver "4K" monitor', "Cable, 2 m", "line one\nline two", ""][n % 4],
        f"http://shop.example.com/{n}", ["", "良い", "it's fine", "back\\slash"][n % 4],
    ]
    for n in range(84)
]  # fmt: skip
TABLE = [HEADER, *ROWS]


def lay(rows: list[list[str]], delimiter: str = ",", quote: str = '"', escape: str = "", end: str = "\r\n",
        always: bool = False) -> str:  # fmt: skip
    def show(cell: str) -> str:
        if always or any(sign in cell for sign in (delimiter, quote, "\n")):
            return quote + cell.replace(quote, (escape or quote) + quote) + quote
        return cell

    return "".join(delimiter.join(map(show, row)) + end for row in rows)


WHOLE = {
    **{f"delimiter {d!r}": lay(TABLE, d) for d in (",", ";", "\t", "|", " ", ", ", "; ", ":", "^", "~", "\x1f")},
    **{f"all quoted, delimiter {d!r}": lay(TABLE, d, always=True) for d in (",", " ", ", ", "^")},
    **{f"quote {q}": lay(TABLE, quote=q) for q in "'`"},
    **{f"all in {q}": lay(TABLE, quote=q, always=True) for q in "'`"},
    "single quotes and semicolons": lay(TABLE, ";", "'"),
    "escaped quotes": lay(TABLE, escape="\\"),
    "escaped quotes, all quoted": lay(TABLE, escape="\\", always=True),
    **{f"record end {e!r}": lay(TABLE, end=e) for e in ("\n", "\r", "\n\r")},
    "no end": lay(TABLE).rstrip("\r\n"),
    "two ends": lay(TABLE) + "\r\n",
    "preamble": "Report of sales\r\nmade on 2018-06-30\r\n\r\n" + lay(TABLE),
    "preamble with delimiters": "Report of sales,,,,,,,,\r\n,,,,,,,,\r\n" + lay(TABLE),
}


@pytest.mark.parametrize("text", WHOLE.values(), ids=WHOLE)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "cp932"])
def test_every_cell_comes_back(text: str, encoding: str, tmp_path: Path) -> None:
    reading = read_only_table(write(tmp_path, text, encoding=encoding))
    assert list(reading.table.header) == HEADER
    assert [list(row) for row in reading.rows] == ROWS
    assert reading.refused_rows == 0
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    if "\n\r" not in text:
        assert all(ROWS[n][0] in lines[number - 1] for n, number in enumerate(reading.numbers))


LINES = lay(TABLE).split("\r\n")
TOLD = {
    "a footer": (lay(TABLE) + "\r\nTotal: 84 rows\r\n", ROWS),
    "a second table": (lay(TABLE) + "\r\n" + lay([["id", "name"], ["1", "x"]]), ROWS),
    "a row with less": (lay([*TABLE[:11], ROWS[10][:7], *TABLE[12:]]), ROWS[:10] + ROWS[11:]),
    "a row with more": (lay([*TABLE[:11], [*ROWS[10], "x"], *TABLE[12:]]), ROWS[:10] + ROWS[11:]),
    "a row with another delimiter": (lay(TABLE[:11]) + lay([TABLE[11]], ";") + lay(TABLE[12:]), ROWS[:10] + ROWS[11:]),
    "a stray quote": ("\r\n".join([*LINES[:2], LINES[2].replace("WL", 'W"L'), *LINES[3:]]), ROWS[:1] + ROWS[2:]),
    "a row with less between carets": (lay([*TABLE[:11], ROWS[10][:7], *TABLE[12:]], "^"), ROWS[:10] + ROWS[11:]),
}


@pytest.mark.parametrize(("text", "rows"), TOLD.values(), ids=TOLD)
def test_what_is_no_row_is_told_and_the_others_are_whole(text: str, rows: list[list[str]], tmp_path: Path) -> None:
    reading = read_only_table(write(tmp_path, text))
    assert [list(row) for row in reading.rows] == rows
    assert reading.refused_rows >= 1


def test_a_header_alone_has_no_rows_and_an_empty_file_no_table(tmp_path: Path) -> None:
    assert read_only_table(write(tmp_path, lay([HEADER]))).rows == []
    assert open_tables(write(tmp_path, "")) == []


def test_sentences_and_times_in_one_column_are_not_cut(tmp_path: Path) -> None:
    for name, cells in {"note": ["He came late", "She asked much", "Nobody was there"], "at": ["10:00:00"] * 5}.items():
        [table] = open_tables(write(tmp_path, "\n".join([name, *cells])))
        assert (list(table.header), read_all(table).rows) == ([name], [(cell,) for cell in cells])


def test_a_broken_quote_in_an_unusual_dialect_is_refused_with_its_line(tmp_path: Path) -> None:
    lines = lay(TABLE * 6, "^", "'", always=True).split("\r\n")
    lines[-3] = lines[-3].replace("'WL", "'W'L")
    with pytest.raises(FileRefused, match="quotes break") as refused:
        open_tables(write(tmp_path, "\r\n".join(lines)))
    assert refused.value.where and int(refused.value.where.rpartition(":")[2]) > 500


def test_without_a_header_it_is_refused_rather_than_named_by_its_first_row(tmp_path: Path) -> None:
    with pytest.raises(FileRefused, match="there is no header row"):
        open_tables(write(tmp_path, lay(ROWS)))


def test_a_header_of_months_is_one(tmp_path: Path) -> None:
    header = ["氏名", "部署", "役職", "2026/04/01", "2026/05/01", "合計"]
    reading = read_only_table(write(tmp_path, lay([header, ["a", "b", "c", "1", "2", "3"]])))
    assert list(reading.table.header) == header and len(reading.rows) == 1
