"""The one place that opens a home's DuckDB files.

DuckDB lets one process write a file, and one process may not open it twice with different configurations, so every
connection of a run is opened here, short-lived and alike, and dbt's profile reads the same limits.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb

from connectors.errors import TsunaguError, WarehouseBusy
from connectors.machine import explain_words
from connectors.settings import Home


@contextmanager
def connect(home: Home, *, read_only: bool = False) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection to the home's private warehouse, UTC, closed on leaving.

    Raises WarehouseBusy while another process has the file, naming it; TsunaguError for reading what is not there yet.
    """
    if read_only and not home.warehouse.is_file():
        raise TsunaguError("nothing was run yet", where=str(home.root), mend="tsunagu run")
    connection = open_file(home.warehouse, home, read_only)
    try:
        yield connection
    finally:
        connection.close()


@contextmanager
def connect_copy(home: Home, path: Path, *, read_only: bool = False) -> Iterator[duckdb.DuckDBPyConnection]:
    """The same to a copy of the warehouse that is being made at `path`."""
    connection = open_file(path, home, read_only)
    try:
        yield connection
    finally:
        connection.close()


@contextmanager
def connect_marts(home: Home) -> Iterator[duckdb.DuckDBPyConnection]:
    """A read-only connection to the published marts. Raises TsunaguError where nothing is published yet."""
    if not home.marts.is_file():
        raise TsunaguError("nothing is published yet", where=str(home.marts), mend="tsunagu run")
    connection = open_file(home.marts, home, read_only=True)
    try:
        yield connection
    finally:
        connection.close()


def fetch_row(connection: duckdb.DuckDBPyConnection, query: str, parameters: list[Any] | None = None) -> Any:
    """The first row as a tuple, None where there is none. fetchone alone would leave the result open, and an open
    result keeps the connection from any other work."""
    rows = connection.execute(query, parameters or []).fetchall()
    return rows[0] if rows else None


def open_file(path: Path, home: Home, read_only: bool = False) -> duckdb.DuckDBPyConnection:
    """A connection with the home's limits, the caller's to close. Raises as `connect` does."""
    try:
        connection = duckdb.connect(str(path), read_only=read_only)
    except duckdb.Error as error:
        if "lock on file" not in str(error).lower():
            trouble = explain_words(str(error), str(path))
            raise trouble or TsunaguError(
                f"cannot open: {str(error).splitlines()[0]}",
                where=str(path),
                mend="where the file is damaged: tsunagu restore FOLDER --replace",
            ) from None
        holder = re.search(r"PID (\d+)", str(error))
        raise WarehouseBusy(
            f"held by process {holder.group(1) if holder else 'unknown'}",
            where=str(path),
            mend=f"wait until it ends; to read, open the published file {home.marts} instead",
        ) from None
    if not read_only and path.is_file() and path.stat().st_mode & 0o077:
        path.chmod(0o600)  # made by an earlier release, or by hand
    limits = home.limits
    connection.execute("set TimeZone = 'UTC'")
    connection.execute("set temp_directory = ?", [str(home.state / "spill")])
    # Row order is never promised by a table; not keeping it lets large inserts stream instead of buffering.
    connection.execute("set preserve_insertion_order = false")
    if limits.memory_limit:
        connection.execute("set memory_limit = ?", [limits.memory_limit])
    if limits.threads:
        connection.execute("set threads = ?", [limits.threads])
    return connection
