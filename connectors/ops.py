"""Schema ops: what was loaded from where, and what could not be. Times are UTC.

The loader writes these tables in the same transaction as the rows they tell of, so they never disagree with them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import duckdb
import pyarrow as pa

from connectors.core import FileNotes

DDL = """
create schema if not exists ops;
create table if not exists ops.loads (
    load_id bigint, source varchar, connector varchar, stream varchar, file varchar, content_id varchar,
    write varchar, extracted_at timestamp, loaded_at timestamp, rows_in bigint, rows_loaded bigint,
    rows_unchanged bigint, rows_quarantined bigint, rows_tombstoned bigint, cursor varchar
);
create table if not exists ops.files (
    source varchar, file varchar, content_id varchar, bytes bigint, extracted_at timestamp, load_id bigint,
    status varchar, reason varchar, facts varchar, warnings varchar
);
create table if not exists ops.quarantine (
    quarantine_id bigint, load_id bigint, source varchar, stream varchar, file varchar, row_number bigint,
    column_name varchar, value varchar, reason varchar, record varchar, status varchar
);
create table if not exists ops.cursors (source varchar, stream varchar, cursor varchar, load_id bigint);
create table if not exists ops.loader_state (name varchar, value varchar);
create table if not exists ops.suppressions (kind varchar, digest varchar, alias varchar, erased_at timestamp);
"""


@dataclass
class Counts:
    """Rows of one stream. rows_in = rows_loaded + rows_unchanged + rows_quarantined; tombstones come on top."""

    rows_in: int = 0
    rows_loaded: int = 0
    rows_unchanged: int = 0
    rows_quarantined: int = 0
    rows_tombstoned: int = 0

    def add(self, other: Counts) -> None:
        for name, value in vars(other).items():
            setattr(self, name, getattr(self, name) + value)


@dataclass(frozen=True)
class Origin:
    """What the rows of one load have in common. `file` None: an API."""

    connector: str
    source: str
    file: str | None
    content_id: str | None
    extracted_at: datetime
    loaded_at: datetime
    full_refresh: bool


@dataclass(frozen=True)
class Known:
    """A content that was read before: how it ended, and what each of its streams counted."""

    file: str
    extracted_at: datetime
    status: str
    reason: str | None
    counts: dict[str, Counts]


def prepare_ops(connection: duckdb.DuckDBPyConnection) -> None:
    """Create schema ops and its tables where they are missing."""
    connection.execute(DDL)


def now() -> datetime:
    """UTC without zone. Only says when a load took place; for an API it is the response's time as well."""
    return datetime.now(UTC).replace(tzinfo=None)


def last_load_id(connection: duckdb.DuckDBPyConnection) -> int:
    """The highest so far; a refused file takes one too. One process writes, so what is above it is free."""
    return fetch_one(
        connection,
        "select greatest((select coalesce(max(load_id), 0) from ops.loads),"
        " (select coalesce(max(load_id), 0) from ops.files))",
    )[0]


def read_known(connection: duckdb.DuckDBPyConnection, source: str) -> dict[tuple[str, str], Known]:
    """Every content of a source that was read before, by (content id, file), the latest read last."""
    counts: dict[tuple[str, str], dict[str, Counts]] = {}
    for content_id, file, stream, *numbers in connection.execute(
        "select l.content_id, l.file, l.stream, sum(l.rows_in)::bigint, sum(l.rows_loaded)::bigint,"
        " sum(l.rows_unchanged)::bigint, sum(l.rows_quarantined)::bigint, sum(l.rows_tombstoned)::bigint"
        " from ops.loads as l inner join ops.files as f on l.source = f.source and l.file = f.file"
        " and l.content_id = f.content_id and l.load_id >= f.load_id where l.source = ? group by all",
        [source],
    ).fetchall():
        counts.setdefault((content_id, file), {})[stream] = Counts(*numbers)
    rows = connection.execute(
        "select content_id, file, extracted_at, status, reason from ops.files"
        " where source = ? and status <> 'unread' order by load_id",
        [source],
    ).fetchall()
    return {
        (content_id, file): Known(file, extracted_at, status, reason, counts.get((content_id, file), {}))
        for content_id, file, extracted_at, status, reason in rows
    }


def record_load(
    connection: duckdb.DuckDBPyConnection,
    origin: Origin,
    stream: str,
    write: str,
    counts: Mapping[int, Counts],
    cursor: str | None = None,
) -> None:
    """One line a load id and stream."""
    for load_id, told in counts.items():
        connection.execute(
            "insert into ops.loads values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                load_id,
                origin.source,
                origin.connector,
                stream,
                origin.file,
                origin.content_id,
                write,
                origin.extracted_at,
                origin.loaded_at,
                told.rows_in,
                told.rows_loaded,
                told.rows_unchanged,
                told.rows_quarantined,
                told.rows_tombstoned,
                cursor,
            ],
        )


def record_file(
    connection: duckdb.DuckDBPyConnection,
    origin: Origin,
    size: int,
    load_id: int,
    status: str,
    reason: str | None,
    notes: FileNotes,
    *,
    is_known: bool,
) -> None:
    """One line a file and content; `is_known`: it has one, which this replaces. `size` in bytes."""
    if is_known:
        connection.execute(
            "delete from ops.files where source = ? and file = ? and content_id = ?",
            [origin.source, origin.file, origin.content_id],
        )
    connection.execute(
        "insert into ops.files values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            origin.source,
            origin.file,
            origin.content_id,
            size,
            origin.extracted_at,
            load_id,
            status,
            reason,
            json.dumps(notes.facts, ensure_ascii=False),
            "\n".join(notes.warnings) or None,
        ],
    )


def record_unread(connection: duckdb.DuckDBPyConnection, source: str, names: Sequence[str], reason: str) -> None:
    """One line a file that lies in the inbox now and that no reader takes: no content, no load."""
    connection.execute("delete from ops.files where source = ? and status = 'unread'", [source])
    if names:
        connection.execute(
            "insert into ops.files (source, file, status, reason) select ?, unnest(?::varchar[]), 'unread', ?",
            [source, list(names), reason],
        )


def record_cursor(
    connection: duckdb.DuckDBPyConnection, source: str, stream: str, cursor: str | None, load_id: int
) -> None:
    connection.execute("delete from ops.cursors where source = ? and stream = ?", [source, stream])
    connection.execute("insert into ops.cursors values (?, ?, ?, ?)", [source, stream, cursor, load_id])


def read_cursor(connection: duckdb.DuckDBPyConnection, source: str, stream: str) -> str | None:
    found = connection.execute(
        "select cursor from ops.cursors where source = ? and stream = ?", [source, stream]
    ).fetchall()
    return found[0][0] if found else None


def read_state(connection: duckdb.DuckDBPyConnection, name: str) -> str | None:
    """What the loader noted for itself under a name."""
    found = connection.execute("select value from ops.loader_state where name = ?", [name]).fetchall()
    return found[0][0] if found else None


def write_state(connection: duckdb.DuckDBPyConnection, name: str, value: str) -> None:
    connection.execute("delete from ops.loader_state where name = ?", [name])
    connection.execute("insert into ops.loader_state values (?, ?)", [name, value])


def execute_over(
    connection: duckdb.DuckDBPyConnection,
    query: str,
    arriving: pa.Table | pa.RecordBatchReader,
    parameters: object = None,
) -> duckdb.DuckDBPyConnection:
    """Run `query`, in which the rows given are called `arriving`.

    Not registered: what is registered within a transaction stays in memory until its end, so that a load that compares
    part by part held the whole file."""
    return connection.execute(query, parameters)


def fetch_one(connection: duckdb.DuckDBPyConnection, query: str, parameters: object = None) -> tuple:
    """The one row of a query that always has one. Fetches to the end: an unfinished result keeps the connection."""
    (row,) = connection.execute(query, parameters).fetchall()
    return row
