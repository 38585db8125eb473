"""What a connector is: a name, typed settings, and readers that yield frames.

Kinds of reader, all plain generators that never write, sleep, read the clock or the environment:

- `@connector.stream(...)` reads one resource of an API; the function's name is the raw table's.
- `@connector.files(...)` reads one file of an inbox into parts, one for each entity the file holds.
- `@connector.feed` reads what came to a mailbox since its cursor into such parts.

A reader yields `Part`s. Every value is text as the source gave it (`pl.String`); the loader adds the rest.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any, BinaryIO, Literal

import polars as pl
from pydantic import BaseModel

from connectors.entities import ENTITIES

WriteMode = Literal["delta", "full"]

# One line a refused cell: row_number is the row in the file as a person counts it (1 = first line or sheet row).
REFUSED_SCHEMA: dict[str, Any] = {
    "row_number": pl.Int64,
    "column": pl.String,
    "value": pl.String,
    "reason": pl.String,
    "record": pl.String,  # the whole row, verbatim, as a JSON object of header → text
}


@dataclass(frozen=True)
class Stream:
    """One raw table: `raw_<source>.<name>`. `columns` are the source's own fields, all text; `key` is a subset."""

    name: str
    columns: tuple[str, ...]
    key: tuple[str, ...]
    write: WriteMode = "delta"
    cursor: str | None = None


@dataclass(frozen=True)
class Part:
    """A slice of one stream's rows from one extraction.

    `rows`: pl.String columns, any subset of `stream.columns` (absent ones load as NULL), and optionally
    `_row_number` (Int64, 1-based in the file), `_extra` (JSON object of columns nobody mapped) and
    `_parsed` (JSON object field → canonical text, only for values whose text is not canonical; see formats.dates).
    `refused`: REFUSED_SCHEMA, one line a bad cell; `refused_rows`: how many rows those are.
    """

    stream: Stream
    rows: pl.DataFrame
    refused: pl.DataFrame | None = None
    refused_rows: int = 0


@dataclass(frozen=True)
class Stretch:
    """Lines of a file that follow each other. `feed` writes them as UTF-8, a line feed behind each, and returns how
    many there were; it raises where they are not as plain as the start of the file."""

    first_line: int
    feed: Callable[[BinaryIO], int]


@dataclass
class PlainTable:
    """A whole delimited file whose every line is a record, as far as its start tells: no quotes, no cell that needs
    reading. The loader may take it as it is, and says so in `taken` (rows); else the reader goes on with parts.

    `columns`: the stream's field in each column of the file; `patterns`: what every value of a field must match;
    `sample`: the first rows, as a part has them; `cut`: the records in about so many stretches of equal size.
    """

    stream: Stream
    columns: tuple[str, ...]
    header: tuple[str, ...]
    delimiter: str
    patterns: Mapping[str, str]
    sample: pl.DataFrame
    cut: Callable[[int], list[Stretch]]
    taken: int | None = None


@dataclass(frozen=True)
class SourceFile:
    """One file of an inbox. `name` is its path under the home, `extracted_at` UTC without zone (see inbox.py)."""

    path: Path
    name: str
    extracted_at: datetime


@dataclass(frozen=True)
class Run:
    """All a reader may know. `relay_url_patterns` are those of every relay term, newest last; `erasure_key` is the key
    of what erased persons are known by (the loader's; no reader uses it), None where nobody was erased."""

    source: str
    settings: Any
    home: Path
    timezone: str = "Asia/Tokyo"
    since: str | None = None
    as_of: date | None = None
    http: Any = None  # connectors.extraction.Extraction, where the source is an API
    relay_url_patterns: tuple[str, ...] = ()
    erasure_key: bytes | None = field(default=None, repr=False)


@dataclass
class FileNotes:
    """What a reader decided about a file, for `ops.files` and `tsunagu inspect`: encoding, header row, profile …"""

    facts: dict[str, str] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)


StreamReader = Callable[[Run], Iterator[pl.DataFrame]]
# A PlainTable is offered before the parts or not at all.
FileReader = Callable[[Run, SourceFile, FileNotes], Iterator[Part | PlainTable]]
# Parts with the cursor behind each: where the next run's `since` begins once these are loaded.
FeedReader = Callable[[Run], Iterator[tuple[Part, str]]]


class Connector:
    """A named set of readers. `settings` is the pydantic model of its entry in tsunagu.yml."""

    def __init__(self, name: str, settings: type[BaseModel]) -> None:
        self.name = name
        self.settings = settings
        self.streams: dict[str, Stream] = {}
        self.stream_readers: dict[str, StreamReader] = {}
        self.feed_readers: dict[str, FeedReader] = {}
        self.file_reader: FileReader | None = None
        self.file_fingerprint: Callable[[Run], str] = lambda run: ""
        self.file_suffixes: frozenset[str] | None = None
        self.api: Any = None  # connectors.api.Api, where the source is one

    def stream(
        self,
        *,
        columns: tuple[str, ...],
        primary_key: tuple[str, ...],
        write: WriteMode = "delta",
        cursor: str | None = None,
    ) -> Callable[[StreamReader], StreamReader]:
        """Declare a resource of an API; the decorated generator yields polars frames of text columns."""

        def declare(reader: StreamReader) -> StreamReader:
            name = reader.__name__
            self.streams[name] = Stream(name, columns, primary_key, write, cursor)
            self.stream_readers[name] = reader
            return reader

        return declare

    def feed(self, reader: FeedReader) -> FeedReader:
        """Declare a source that goes on where it stopped and whose parts are of streams declared elsewhere, as a
        mailbox is; its name is that of its cursor. It yields nothing where the settings name no such source."""
        self.feed_readers[reader.__name__] = reader
        return reader

    def files(
        self,
        *,
        entities: tuple[str, ...],
        suffixes: frozenset[str] | None = None,
        fingerprint: Callable[[Run], str] | None = None,
    ) -> Callable[[FileReader], FileReader]:
        """Declare the reader of one file. `entities` are the streams it may emit, `suffixes` the file name endings it
        takes (None: all), `fingerprint` a text that changes whenever the same bytes would be read differently
        (a profile, a rule file, a setting): then the file is read again."""

        def declare(reader: FileReader) -> FileReader:
            for name in entities:
                self.streams[name] = entity_stream(name)
            self.file_reader = reader
            self.file_suffixes = suffixes
            if fingerprint is not None:
                self.file_fingerprint = fingerprint
            return reader

        return declare


def entity_stream(name: str, write: WriteMode = "delta") -> Stream:
    """The raw table of an entity read from files: the entity's fields as the file's own text."""
    entity = ENTITIES[name]
    return Stream(name, tuple(entity.fields), entity.key, write)


def discover() -> Mapping[str, Connector]:
    """Every connector in connectors/sources, by name. A source file defines exactly one `connector`."""
    from connectors import sources

    found: dict[str, Connector] = {}
    for module_info in sorted(pkgutil.iter_modules(sources.__path__), key=lambda m: m.name):
        module = importlib.import_module(f"connectors.sources.{module_info.name}")
        connector: Connector = module.connector
        found[connector.name] = connector
    return found
