"""The files of one source: which are new, and each of them loaded in one transaction."""

from __future__ import annotations

from collections.abc import Collection
from contextlib import closing
from dataclasses import dataclass, replace
from typing import Any

import polars as pl

from connectors import ops
from connectors.core import REFUSED_SCHEMA, FileNotes, SourceFile
from connectors.errors import FileRefused
from connectors.inbox import identify_content, identify_reading, list_files, taken_endings
from connectors.loading.pouring import OrderUnclear, Way
from connectors.loading.report import FileReport
from connectors.loading.session import Session, SourceLoad, naming, transaction
from connectors.loading.straight import NotStraight
from connectors.ops import Counts, Known, Origin
from connectors.quarantine import put_lines_away, read_files_with_open_lines, record_refusals
from connectors.settings import Source


class Unsettled(Exception):
    """A file changed while it was read."""


@dataclass(frozen=True)
class Past:
    """What is known of a file that is about to be read. `is_reread`: this content was read last at this path;
    `is_known`: it was read at this path, last or earlier; `has_open_lines`: some wait in quarantine."""

    is_reread: bool
    is_known: bool
    has_open_lines: bool


class History:
    """What was read of this source before."""

    def __init__(self, known: dict[tuple[str, str], Known], files_with_open_lines: set[str]) -> None:
        self.files_with_open_lines = files_with_open_lines
        self.by_file: dict[str, dict[str, Known]] = {}
        self.by_content: dict[str, Known] = {}
        for (content_id, file), entry in known.items():
            self.by_file.setdefault(file, {})[content_id] = entry
            self.by_content[content_id] = entry

    def date(self, file: SourceFile) -> SourceFile:
        """What takes the place of a file was exported no earlier, whatever its name or its time say."""
        before = [entry.extracted_at for entry in self.by_file.get(file.name, {}).values()]
        return replace(file, extracted_at=max([file.extracted_at, *before]))

    def look_up(self, file: SourceFile, content_id: str) -> Past:
        contents = self.by_file.get(file.name, {})
        return Past(
            is_reread=next(reversed(contents), None) == content_id,
            is_known=content_id in contents,
            has_open_lines=file.name in self.files_with_open_lines,
        )

    def find(self, file: SourceFile, content_id: str) -> Known | None:
        """The content's earlier reading, here or under another name. An older content put back in its place is news."""
        past = self.look_up(file, content_id)
        if past.is_known:
            return self.by_file[file.name][content_id] if past.is_reread else None
        return self.by_content.get(content_id)


def load_files(load: SourceLoad, only: Collection[str] | None = None) -> None:
    """Load the files of the inbox in the order of (extracted_at, name). `only`: names to read, though their content be
    known. Raises LoadError and SourceError; the files before are loaded then, the failed one not at all."""
    run = load.run
    listing = list_files(run.home, Source(run.source, load.connector, run.settings), run.timezone)
    history = History(
        ops.read_known(load.connection, run.source), read_files_with_open_lines(load.connection, run.source)
    )
    if only is None:
        load.report.warnings += listing.warnings
        taken = f"{load.connector.name} takes {taken_endings(load.connector)}"
        with naming(run.source), transaction(load.connection):
            ops.record_unread(load.connection, run.source, listing.unread, f"not read: {taken}")
    rereads = load.full_refresh or only is not None
    with naming(run.source):
        reading = identify_reading(load.connector, run)
    files = [history.date(file) for file in listing.files if only is None or file.name in only]
    for file in sorted(files, key=lambda file: (file.extracted_at, file.name)):
        load.on_progress(file.name)
        with naming(f"{run.source}: {file.name}"):
            content_id = identify_content(file, reading)
            known = history.find(file, content_id)
            if known is not None and not rereads:
                _report_known(load, file, known, history)
                continue
            past = history.look_up(file, content_id)
            if past.is_reread:
                # Touched, not exported again: its rows are as old as they were.
                file = replace(file, extracted_at=history.by_file[file.name][content_id].extracted_at)
            _load_file(load, file, content_id, past)


def _report_known(load: SourceLoad, file: SourceFile, known: Known, history: History) -> None:
    if known.status == "refused":
        load.report.tell(FileReport(file.name, "refused", warnings=[known.reason or ""]))
        return
    load.report.tell(FileReport(file.name, "unchanged"))
    for stream, counts in known.counts.items():
        kept = counts.rows_loaded + counts.rows_unchanged
        waiting = counts.rows_quarantined if known.file in history.files_with_open_lines else 0
        load.report.count(stream, Counts(rows_in=kept + waiting, rows_unchanged=kept, rows_quarantined=waiting))


def _load_file(load: SourceLoad, file: SourceFile, content_id: str, past: Past) -> None:
    origin = Origin(
        connector=load.connector.name,
        source=load.run.source,
        file=file.name,
        content_id=content_id,
        extracted_at=file.extracted_at,
        loaded_at=ops.now(),
        full_refresh=load.full_refresh,
    )
    try:
        report = _read_by_fastest_way(load, file, origin, past)
    except FileRefused as error:
        report = _refuse_file(load, file, origin, str(error), past)
    except Unsettled:
        report = FileReport(file.name, "unsettled", warnings=["changed while it was read; the next run takes it"])
    load.report.tell(report)


def _read_by_fastest_way(load: SourceLoad, file: SourceFile, origin: Origin, past: Past) -> FileReport:
    way: Way = "straight"
    while True:
        try:
            return _read_file(load, file, origin, past, way)
        except (NotStraight, OrderUnclear) as told:
            way = told.way


def _read_file(load: SourceLoad, file: SourceFile, origin: Origin, past: Past, way: Way) -> FileReport:
    assert load.connector.file_reader is not None
    stamp, notes = _stamp(file), FileNotes()
    with transaction(load.connection):
        session = Session(load, origin, way=way)
        parts: Any = load.connector.file_reader(load.run, file, notes)
        with closing(parts):
            session.append_all(parts)
        session.finish()
        if session.rows_quarantined or past.has_open_lines:
            record_refusals(load.connection, origin, session.load_id, is_reread=past.is_reread)
        size, load_id = stamp[0], session.load_id
        ops.record_file(load.connection, origin, size, load_id, "loaded", None, notes, is_known=past.is_known)
        if _stamp(file) != stamp:
            raise Unsettled
    session.keep()
    return FileReport(file.name, "loaded", notes.facts, notes.warnings)


def _refuse_file(load: SourceLoad, file: SourceFile, origin: Origin, reason: str, past: Past) -> FileReport:
    notes = FileNotes(warnings=[reason])
    line = {"row_number": None, "column": None, "value": None, "reason": reason, "record": None}
    with transaction(load.connection):
        load_id, size = load.last_load_id + 1, _stamp(file)[0]
        put_lines_away(load.connection, None, pl.DataFrame([line], schema=REFUSED_SCHEMA))
        record_refusals(load.connection, origin, load_id, is_reread=past.is_reread)
        ops.record_file(load.connection, origin, size, load_id, "refused", reason, notes, is_known=past.is_known)
    load.last_load_id = load_id
    return FileReport(file.name, "refused", notes.facts, notes.warnings)


def _stamp(file: SourceFile) -> tuple[int, int]:
    """Size in bytes and time of the last change."""
    found = file.path.stat()
    return found.st_size, found.st_mtime_ns
