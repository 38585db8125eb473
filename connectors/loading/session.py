"""One load: the parts of one file or of one API stream, appended within one transaction."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from itertools import chain, groupby
from typing import Any

import duckdb

from connectors import ops
from connectors.core import Connector, Part, PlainTable, Run, Stream, WriteMode
from connectors.errors import ContractError, LoadError, ResourceError, SourceError, TsunaguError
from connectors.loading.changelog import Append
from connectors.loading.comparing import Compared, begin_comparing, compare
from connectors.loading.contract import Shaper
from connectors.loading.newest import Newest
from connectors.loading.pouring import Way, pour, settle_repeats
from connectors.loading.raw_table import RawTable, open_table
from connectors.loading.report import SourceReport
from connectors.loading.straight import pour_straight
from connectors.loading.suppression import Suppression, read_suppression
from connectors.loading.tombstones import bury_vanished
from connectors.machine import find_resource_error


@dataclass
class SourceLoad:
    """What the loads of one source in one run share. `newest` lasts from file to file, so that ten thousand small
    files read each table once; so do `latest`, the newest extraction a stream's table holds (None: it is empty), and
    `last_load_id`: nobody else writes meanwhile. `write` None: as each stream declares."""

    connection: duckdb.DuckDBPyConnection
    connector: Connector
    run: Run
    write: WriteMode | None
    full_refresh: bool
    on_progress: Callable[[str], None]
    report: SourceReport
    tables: dict[str, RawTable] = field(default_factory=dict)
    newest: dict[str, Newest] = field(default_factory=dict)
    latest: dict[str, datetime | None] = field(default_factory=dict)
    last_load_id: int = 0
    suppression: Suppression | None = None

    def open_tables(self) -> None:
        """Every stream's table is there, empty if need be, before anything is read."""
        self.suppression = read_suppression(self.connection, self.run.erasure_key)
        with transaction(self.connection):
            for name, stream in sorted(self.connector.streams.items()):
                table = self.tables[name] = open_table(self.connection, self.run.source, stream)
                self.latest[name] = ops.fetch_one(self.connection, f"select max(_extracted_at) from {table.name}")[0]
            self.last_load_id = ops.last_load_id(self.connection)


@contextmanager
def transaction(connection: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """Commit at the end, roll back on anything else."""
    connection.begin()
    try:
        yield
    except BaseException:
        # After a full disk DuckDB may take no more statements; what says so is the first error.
        with suppress(duckdb.Error):
            connection.rollback()
        raise
    connection.commit()


@contextmanager
def naming(where: str) -> Iterator[None]:
    """Say of every error where it came from; what nobody foresaw becomes a SourceError, what the machine could not do
    a ResourceError."""
    try:
        yield
    except ResourceError:
        raise
    except LoadError as error:
        error.where = f"{where} ({error.where})" if error.where and error.where != where else where
        raise
    except TsunaguError as error:
        raise SourceError(str(error), where=where) from error
    except Exception as error:
        trouble = find_resource_error(error)
        raise trouble or SourceError(f"{type(error).__name__}: {error}", where=where) from error


class Session:
    """The streams of one load. `way`: the fastest to try into tables that are empty. Straight may raise NotStraight,
    pouring OrderUnclear; the caller then rolls back and loads again by the way they name."""

    def __init__(self, load: SourceLoad, origin: ops.Origin, *, way: Way) -> None:
        self.load = load
        self.origin = origin
        self.way = way
        self.load_id = load.last_load_id + 1
        self.highest_id = self.load_id
        self.appends: dict[str, Append] = {}
        self.compared: dict[str, Compared] = {}

    @property
    def rows_quarantined(self) -> int:
        return sum(append.total.rows_quarantined for append in self.appends.values())

    def append_all(self, parts: Iterator[Part | PlainTable]) -> None:
        """Append parts as they come; those of one stream that follow each other go together. A plain table that comes
        first is taken whole, where it may be."""
        first = next(parts, None)
        if isinstance(first, PlainTable):
            self._take_whole(first)
        elif first is not None:
            parts = chain((first,), parts)
        for name, group in groupby(self._watch(parts), key=lambda part: part.stream.name):
            first = next(group)
            append = self._open(name, first.stream)
            together = chain((first,), group)  # noqa: B031 (one pass: the first part, then the others)
            if name in self.compared:
                compare(append, self.compared[name], together)
            else:
                pour(append, together)

    def finish(self, cursors: Mapping[str, str | None] | None = None) -> None:
        """Settle what only the last part decides, hold the balance, and write the records; then the caller commits."""
        for name, append in self.appends.items():
            if name not in self.compared:
                settle_repeats(append)
            elif append.write == "full" and self.rows_quarantined:
                self.load.report.warnings.append(
                    f"{self.origin.file or name}: some rows could not be read, so keys of {name} that it lacks were not"
                    " taken for deleted"
                )
            elif append.write == "full":
                bury_vanished(append, self.compared[name])
            append.check_balance()
            cursor = (cursors or {}).get(name)
            ops.record_load(self.load.connection, self.origin, name, append.write, append.counts, cursor)

    def keep(self) -> None:
        """After the commit: count, and remember what each key says now."""
        self.load.last_load_id = self.highest_id
        for name, append in self.appends.items():
            counts, latest = append.total, self.load.latest[name]
            self.load.report.count(name, counts)
            if counts.rows_loaded or counts.rows_tombstoned:
                self.load.latest[name] = max(latest or self.origin.extracted_at, self.origin.extracted_at)
            if name in self.compared and self.compared[name].overall is None:
                self.load.newest[name] = self.compared[name].newest

    def _open(self, name: str, stream: Stream) -> Append:
        if name in self.appends:
            return self.appends[name]
        load = self.load
        if name not in load.tables:
            raise ContractError(
                f"stream {name} is not declared; declared: {', '.join(sorted(load.tables))}", where=load.connector.name
            )
        table = load.tables[name]
        append = Append(
            connection=load.connection,
            table=table,
            shaper=Shaper(
                table, load.connector.name, load.run.timezone, self.origin.file is not None, load.suppression
            ),
            origin=self.origin,
            write=load.write or stream.write,
            new_load_id=self._new_load_id,
            load_id=self.load_id,
        )
        self.appends[name] = append
        latest = load.latest[name]
        if self.way == "compare" or latest is not None:
            # Taken out: what this load does to it holds only if the load commits.
            known = load.newest.pop(name, None)
            is_late = latest is not None and latest > self.origin.extracted_at
            self.compared[name] = begin_comparing(append, known, is_late=is_late)
        return append

    def _take_whole(self, table: PlainTable) -> None:
        append = self._open(table.stream.name, table.stream)
        # Where persons were erased every row is looked at before it is written.
        is_free = self.load.suppression is None
        if self.way == "straight" and is_free and table.stream.name not in self.compared:
            pour_straight(append, table)

    def _new_load_id(self) -> int:
        self.highest_id += 1
        return self.highest_id

    def _watch(self, parts: Iterator[Any]) -> Iterator[Part]:
        rows = 0
        for part in parts:
            rows += part.rows.height
            if rows:
                self.load.on_progress(f"{self.origin.file or part.stream.name}: {rows:,} rows")
            yield part
