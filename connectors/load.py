"""The one writer of raw tables.

A file, or one stream of an API, is one transaction: the rows of all its streams, what was refused, the records of the
loads and of the file, and the cursor are there together or not at all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace

import duckdb
import polars as pl

from connectors import ops
from connectors.core import Connector, Part, Run, WriteMode
from connectors.extraction import Extraction, begin
from connectors.loading.files import load_files
from connectors.loading.pouring import OrderUnclear, Way
from connectors.loading.report import FileReport, SourceReport
from connectors.loading.session import Session, SourceLoad, naming, transaction
from connectors.loading.union_views import refresh_views, union_streams
from connectors.quarantine import read_files_with_open_lines, record_refusals

__all__ = [
    "FileReport",
    "SourceReport",
    "begin_extraction",
    "load_source",
    "prepare",
    "refresh_views",
    "retry_source",
    "union_streams",
]


def prepare(connection: duckdb.DuckDBPyConnection) -> None:
    """Create schema ops and its tables where they are missing."""
    ops.prepare_ops(connection)


def load_source(
    connection: duckdb.DuckDBPyConnection,
    connector: Connector,
    run: Run,
    *,
    write: WriteMode | None = None,
    full_refresh: bool = False,
    on_progress: Callable[[str], None] | None = None,
    extraction: Extraction | None = None,
) -> SourceReport:
    """Load what is new of one source: its API streams since their cursors, its files in the order of (extracted_at,
    name). `write`: else the setting `load`, else what each stream declares. `full_refresh`: read again what was read
    before, and take every key that a full export lacks for deleted. `extraction`: what was fetched of an API already,
    whole (see `begin_extraction`); else it is fetched here.

    Raises LoadError (a contract broken, too many tombstones; nothing of that file is kept) and SourceError (anything
    unforeseen). What came before the failure stays loaded.
    """
    load = _begin(connection, connector, run, write, full_refresh, on_progress)
    if connector.api is not None:
        with naming(run.source):
            if extraction is None:
                extraction = begin_extraction(connection, connector, run, full_refresh=full_refresh)
                extraction.fetch(load.on_progress)
            load.run = replace(run, http=extraction)
        load.report.warnings += extraction.warnings
    for name in connector.stream_readers:
        _load_stream(load, name)
    if extraction is not None:
        extraction.spool.discard()
    for name in connector.feed_readers:
        _load_feed(load, name)
    if connector.file_reader is not None and getattr(run.settings, "path", None) is not None:
        load_files(load)
    return load.report


def begin_extraction(
    connection: duckdb.DuckDBPyConnection, connector: Connector, run: Run, *, full_refresh: bool = False
) -> Extraction:
    """What `load_source` would fetch of an API. `Extraction.fetch` needs no connection: any thread may call it."""
    wanted = getattr(run.settings, "load", None)
    since = {
        name: None
        if full_refresh or (wanted or stream.write) == "full"
        else ops.read_cursor(connection, run.source, name)
        for name, stream in connector.streams.items()
    }
    return begin(connector.api, run, since, full_refresh=full_refresh)


def retry_source(
    connection: duckdb.DuckDBPyConnection,
    connector: Connector,
    run: Run,
    *,
    files: set[str] | None = None,
    on_progress: Callable[[str], None] | None = None,
) -> SourceReport:
    """Read the files again that have open lines in quarantine (`files`: only these of them), each in one transaction:
    what loads now is loaded and its lines are resolved, lines that are told again stay as they are. A file that is no
    longer in the inbox is a warning."""
    load = _begin(connection, connector, run, None, False, on_progress)
    waiting = read_files_with_open_lines(connection, run.source)
    chosen = waiting if files is None else waiting & files
    load_files(load, only=chosen)
    gone = sorted(chosen - {file.name for file in load.report.files})
    load.report.warnings += [f"{name}: no longer in the inbox; its lines stay in quarantine" for name in gone]
    return load.report


def _begin(
    connection: duckdb.DuckDBPyConnection,
    connector: Connector,
    run: Run,
    write: WriteMode | None,
    full_refresh: bool,
    on_progress: Callable[[str], None] | None,
) -> SourceLoad:
    load = SourceLoad(
        connection=connection,
        connector=connector,
        run=run,
        write=write or getattr(run.settings, "load", None),
        full_refresh=full_refresh,
        on_progress=on_progress or (lambda text: None),
        report=SourceReport(run.source),
    )
    with naming(run.source):
        load.open_tables()
    return load


def _load_stream(load: SourceLoad, name: str) -> None:
    """One resource of an API and its cursor, the highest value of the cursor column so far."""
    stream, source = load.connector.streams[name], load.run.source
    reader = load.connector.stream_readers[name]
    known = ops.read_cursor(load.connection, source, name)
    is_whole = load.full_refresh or (load.write or stream.write) == "full"
    extraction: Extraction | None = load.run.http
    if extraction is not None and extraction.spool.stream(name).is_left_out:
        return  # without access nothing is known, so nothing is deleted
    run = replace(load.run, since=None if is_whole else known)
    cursor = known
    load.on_progress(f"{source}.{name}")

    def parts() -> Iterator[Part]:
        nonlocal cursor
        # Even an API that has nothing to tell leaves a record of the load.
        yield Part(stream, pl.DataFrame())
        for rows in reader(run):
            if stream.cursor is not None and stream.cursor in rows.columns:
                highest = rows.get_column(stream.cursor).max()
                cursor = max((value for value in (cursor, highest) if isinstance(value, str)), default=None)
            yield Part(stream, rows)

    moment = ops.now()
    extracted_at = moment if extraction is None else extraction.extracted_at
    origin = ops.Origin(load.connector.name, source, None, None, extracted_at, moment, load.full_refresh)
    # What lies in a spool can be read again, where poured rows repeat a key; an API should not be asked again.
    ways: list[Way] = ["compare"] if extraction is None else ["pour", "compare"]
    with naming(f"{source}.{name}"):
        for way in ways:
            with suppress(OrderUnclear), transaction(load.connection):
                session = Session(load, origin, way=way)
                session.append_all(parts())
                if extraction is not None:
                    cursor = extraction.bookmark(name) or known
                session.finish({name: cursor})
                if stream.cursor is not None:
                    ops.record_cursor(load.connection, source, name, cursor, session.load_id)
                break
        session.keep()


def _load_feed(load: SourceLoad, name: str) -> None:
    """What came since the feed's cursor, all of it or nothing."""
    source = load.run.source
    cursor = known = ops.read_cursor(load.connection, source, name)
    run = replace(load.run, since=None if load.full_refresh else known)

    def parts() -> Iterator[Part]:
        nonlocal cursor
        for part, behind in load.connector.feed_readers[name](run):
            cursor = behind
            yield part

    moment = ops.now()
    origin = ops.Origin(load.connector.name, source, None, None, moment, moment, load.full_refresh)
    with naming(f"{source}.{name}"):
        with transaction(load.connection):
            session = Session(load, origin, way="compare")
            session.append_all(parts())
            session.finish(dict.fromkeys(session.appends, cursor))
            record_refusals(load.connection, origin, session.load_id, is_reread=True, is_whole=not run.since)
            if cursor != known:
                ops.record_cursor(load.connection, source, name, cursor, session.load_id)
        session.keep()
