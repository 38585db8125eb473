"""Every table file of strangers is read or refused with a sentence; what is read agrees with what is known of it."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from opening import FIXTURES, read_all, read_only_table

from connectors.errors import FileRefused
from connectors.formats.tabular import open_tables

FILES = sorted(
    path
    for folder in ("csv", "sheets", "jp")
    for path in (FIXTURES / folder).rglob("*")
    if path.is_file() and path.parent.name != "json"
)
SPECTRUM = sorted((FIXTURES / "csv" / "csv-spectrum" / "csvs").glob("*.csv"))


def test_the_files_are_there() -> None:
    assert len(FILES) > 230
    assert len(SPECTRUM) == 11


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(FIXTURES)))
def test_a_file_is_read_or_refused_with_what_to_do(path: Path) -> None:
    try:
        for table in open_tables(path):
            reading = read_all(table)
            assert all(table.header)
            assert len({name.casefold() for name in table.header}) == len(table.header)
            assert reading.refused_rows <= len(reading.refused)
            assert not set(reading.numbers) & {number for number, _ in reading.refused}
            assert sorted(reading.numbers) == reading.numbers
            assert table.facts["rows"] == str(len(reading.rows))
            assert all(reason for _, reason in reading.refused)
    except FileRefused as refused:
        assert refused.message and refused.mend and refused.where


@pytest.mark.parametrize("path", SPECTRUM, ids=lambda path: path.stem)
def test_csv_spectrum_reads_as_its_own_answers(path: Path) -> None:
    text = (path.parents[1] / "json" / f"{path.stem}.json").read_text(encoding="utf-8")
    if b"\r" not in path.read_bytes():  # its CRLF files were stored with LF alone, its answers were not
        text = text.replace("\\r\\n", "\\n")
    answers = json.loads(text)
    reading = read_only_table(path)
    assert [dict(zip(reading.table.header, row, strict=True)) for row in reading.rows] == answers
    assert reading.refused == []


# Clean by RFC 4180, so that Python's own reader is a second witness.
WITNESSED = [
    "csv/tabulator/special/issue305.csv",
    "csv/tabulator/special/doublequote.csv",
    "csv/tabulator/special/accent.csv",
    "csv/duckdb/null_mismatch.csv",
    "csv/duckdb/thousands_separator/multi_column_quote.csv",
    "csv/tabulator/table.tsv",
]


@pytest.mark.parametrize("name", WITNESSED)
def test_a_clean_file_reads_as_pythons_reader_reads_it(name: str) -> None:
    reading = read_only_table(FIXTURES / name)
    delimiter = {"comma": ",", "tab": "\t", "semicolon": ";", "pipe": "|"}[reading.table.facts["delimiter"]]
    with (FIXTURES / name).open(encoding="utf-8-sig", newline="") as file:
        header, *rows = [row for row in csv.reader(file, delimiter=delimiter) if row]
    assert reading.table.header == tuple(header)
    assert reading.rows == [tuple(row) for row in rows if len(row) == len(header)]
    assert reading.refused_rows == sum(len(row) != len(header) for row in rows)
