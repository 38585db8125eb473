"""A plain file goes straight from the engine's reader to the table; whatever is not plain gives the same by frames."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

from connectors import load
from connectors.core import PlainTable, Run
from connectors.formats import delimited, delimited_rows, dialect, plain
from connectors.loading import session, straight
from connectors.sources.table import TableSettings, connector
from tests.connectors.loading import set_day

HEADER = "application_id,candidate_id,channel_label,applied_at,outcome\n"
ROWS = [f"A{n:03},C{n // 2},リクナビNEXT,2025-04-{n % 28 + 1:02} 10:00:00,\n" for n in range(60)]
PLAIN = HEADER + "".join(ROWS)


def spoil(*lines: str, at: int = 50) -> str:
    return HEADER + "".join([*ROWS[:at], *(f"{line}\n" for line in lines), *ROWS[at:]])


# What goes straight, and what is found not to be plain only behind the rows that were looked at first.
STRAIGHT = {
    "line feeds": PLAIN.encode(),
    "carriage returns before them": PLAIN.replace("\n", "\r\n").encode(),
    "CP932": PLAIN.encode("cp932"),
    "CP932 of Windows": PLAIN.replace("リクナビNEXT", "㈱髙①ソ").encode("cp932"),
    "a byte order mark": b"\xef\xbb\xbf" + PLAIN.encode(),
    "tabs": PLAIN.replace(",", "\t").encode(),
    "semicolons": PLAIN.replace(",", ";").encode(),
    "no line end at the end": PLAIN.rstrip("\n").encode(),
    "a key in Japanese": spoil("応募　一,C9,x,2025-01-01,").encode(),
    "a backslash": spoil("A900,C9,a\\,2025-01-01,").encode(),
    "what other tools take for a comment": spoil("#A900,C9,# x,2025-01-01,").encode(),
    "apostrophes and spaces": spoil("A900, C9 ,'x'  ,2025-01-01, ").encode(),
    "what other tools take for NULL": spoil("A900,NULL,\\N,2025-01-01,NA").encode(),
    "line ends of Unicode": spoil("A900,C9,a\u2028b\x85c\x0bd\x0c,2025-01-01,").encode(),
    "a key told twice": spoil("A001,C9,x,2025-01-01,", "A001,C9,x,2025-01-01,", ROWS[1].strip()).encode(),
}
NOT_STRAIGHT = {
    "a quote": spoil('A900,C9,"a,b",2025-01-01,').encode(),
    "a quote in mid-cell": spoil('A900,C9,5" x,2025-01-01,').encode(),
    "a quoted line end": spoil('A900,C9,"a\nb",2025-01-01,').encode(),
    "a NUL": spoil("A900,C9,a\x00b,2025-01-01,").encode(),
    "a lone carriage return": spoil("A900,C9,a\rb,2025-01-01,").encode(),
    "line ends of two kinds": (PLAIN.replace("\n", "\r\n") + "A900,C9,x,2025-01-01,\n").encode(),
    "too few fields": spoil("A900,C9,x,2025-01-01").encode(),
    "too many fields": spoil("A900,C9,x,2025-01-01,,").encode(),
    "a cut end": (PLAIN + "A900,C9,リク").encode(),
    "a blank line": spoil("").encode(),
    "white space alone": spoil("  ").encode(),
    "blank lines at the end": (PLAIN + "\n\n").encode(),
    "delimiters alone": spoil(",,,,").encode(),
    "the header again": spoil(HEADER.strip()).encode(),
    "no key": spoil(",C9,x,2025-01-01,").encode(),
    "a key of white space": spoil("　,C9,x,2025-01-01,").encode(),
    "a key with white space": spoil(" A900　,C9,x,2025-01-01,").encode(),
    "an era": spoil("A900,C9,x,令和7年1月1日,").encode(),
    "a leap day": spoil("A900,C9,x,2024-02-29,").encode(),
    "no date": spoil("A900,C9,x,いつか,").encode(),
    "no date in CP932": spoil("A900,C9,x,いつか,").encode("cp932"),
    "a byte that is not CP932": PLAIN.encode("cp932") + b"A900,C9,\xfd\xff,2025-01-01,\n",
    "a letter that no Japanese writes": PLAIN.encode("cp932") + b"A900,C9,\xa0,2025-01-01,\n",
}


@pytest.fixture(autouse=True)
def _small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delimited_rows, "FIRST_BYTES", 300)
    monkeypatch.setattr(dialect, "HEAD_BYTES", 400)
    monkeypatch.setattr(plain, "PIECE_BYTES", 100)
    monkeypatch.setattr("connectors.formats.text.PIECE_BYTES", 1000)


@pytest.fixture
def tried(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[PlainTable]]:
    tables: list[PlainTable] = []

    def note(append: Any, table: PlainTable) -> None:
        tables.append(table)
        straight.pour_straight(append, table)

    monkeypatch.setattr(session, "pour_straight", note)
    return tables


def load_bytes(folder: Path, data: bytes, name: str = "applications.csv") -> dict[str, Any]:
    """What a load leaves of a file: its rows, what was refused, the counts and the notes."""
    (folder / "inbox").mkdir(parents=True)
    (folder / "inbox" / name).write_bytes(data)
    set_day(folder / "inbox" / name, "2025-07-01")
    with duckdb.connect() as connection:
        load.prepare(connection)
        report = load.load_source(connection, connector, Run("ats", TableSettings(path="inbox"), folder))
        tables = {
            "rows": "select * exclude (_loaded_at) from raw_ats.applications order by _row_number, _load_id",
            "loads": "select load_id, columns('rows_.*') from ops.loads order by all",
            "refused": "select row_number, column_name, value, reason, record from ops.quarantine order by all",
        }
        found = {key: connection.execute(query).fetchall() for key, query in tables.items()}
    file = report.files[0]
    return {**found, "status": file.status, "facts": file.facts, "warnings": file.warnings}


def load_by_both_ways(folder: Path, data: bytes, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    by_frames = load_bytes(folder / "frames", data)
    monkeypatch.setattr(delimited, "LARGE_BYTES", 0)
    found = load_bytes(folder / "straight", data)
    assert found == by_frames
    return found


@pytest.mark.parametrize("name", STRAIGHT)
def test_a_plain_file_is_taken_whole(
    name: str, tmp_path: Path, tried: list[PlainTable], monkeypatch: pytest.MonkeyPatch
) -> None:
    found = load_by_both_ways(tmp_path, STRAIGHT[name], monkeypatch)
    assert [table.taken for table in tried] == [found["loads"][0][1]]
    assert found["status"] == "loaded" and len(found["rows"]) >= 60 and not found["refused"]


@pytest.mark.parametrize("name", NOT_STRAIGHT)
def test_whatever_is_not_plain_is_read_with_all_care(
    name: str, tmp_path: Path, tried: list[PlainTable], monkeypatch: pytest.MonkeyPatch
) -> None:
    load_by_both_ways(tmp_path, NOT_STRAIGHT[name], monkeypatch)
    assert [table.taken for table in tried] == [None]


@pytest.mark.parametrize("stretches", [1, 2, 3, 7, 100])
def test_rows_are_numbered_by_their_line_however_the_file_is_cut(
    stretches: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(straight, "STRETCHES", stretches)
    monkeypatch.setattr(delimited, "LARGE_BYTES", 0)
    rows = load_bytes(tmp_path, STRAIGHT["carriage returns before them"])["rows"]
    assert [(row[0], row[-1]) for row in rows] == [(f"A{n:03}", n + 2) for n in range(60)]


def test_a_table_with_rows_in_it_or_an_unmapped_column_is_not_tried(
    tmp_path: Path, tried: list[PlainTable], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delimited, "LARGE_BYTES", 0)
    more = PLAIN.replace("outcome\n", "outcome,備考\n").replace(",\n", ",,x\n")
    assert len(load_bytes(tmp_path / "more", more.encode())["rows"]) == 60
    assert not tried
    (tmp_path / "inbox").mkdir()
    with duckdb.connect() as connection:
        load.prepare(connection)
        run = Run("ats", TableSettings(path="inbox"), tmp_path)
        for day, text in enumerate((PLAIN, PLAIN.replace("A001,C0", "A001,C8")), 1):
            (tmp_path / "inbox" / "applications.csv").write_text(text)
            set_day(tmp_path / "inbox" / "applications.csv", f"2025-07-0{day}")
            report = load.load_source(connection, connector, run)
    assert (report.rows_loaded, report.rows_unchanged) == (1, 59)
    assert [table.taken for table in tried] == [60]


def test_a_feeder_that_nobody_reads_ends(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(PLAIN.encode() * 3_000)  # more than a pipe holds
    text = plain.find_plain(path, delimited.decide_encoding(path), ",", 5, 2)
    assert text is not None
    with straight._feeding(text.cut(2)) as (pipes, feeders), pipes[0].open("rb") as pipe:
        assert pipe.read(10) == b"A000,C0,\xe3\x83"
    assert all(isinstance(feeder.failure, BrokenPipeError) for feeder in feeders)
    assert not any(pipe.exists() for pipe in pipes)
