"""What a lake holds: one file that names every Parquet file of one state, swapped in by one rename.

    manifest.json
    raw/source=<source>/stream=<stream>/load=<load_id>/rows-<content>.parquet   the change log, a file a load
    facts/<schema>/<table>-<content>.parquet                                    what else the models read, whole

No file is ever changed: what becomes of it has another name. A file that the manifest does not name belongs to an
export that was killed, or to the state before; readers go by the manifest alone, and so see one state, whole.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

import duckdb

from connectors.errors import CheckFailed, UsageError
from orchestration.disk import settle

MANIFEST = "manifest.json"
FORMAT = 1


@dataclass(frozen=True)
class Part:
    """One file, relative to the lake. `content`: a digest of its rows, told by the warehouse before it is written."""

    file: str
    content: str
    rows: int
    bytes: int


@dataclass(frozen=True)
class View:
    """One stream of one connector as the models read it: `source`, then `columns` (name → DuckDB type). `sources`:
    the connections that feed it, each with what its files have of the columns."""

    columns: Mapping[str, str]
    sources: Mapping[str, list[str]]


@dataclass(frozen=True)
class Lake:
    """raw: (source, stream) → load_id → part; facts and views: by schema.table."""

    raw: Mapping[str, Mapping[str, Part]] = field(default_factory=dict)
    facts: Mapping[str, Part] = field(default_factory=dict)
    views: Mapping[str, View] = field(default_factory=dict)
    made_by: Mapping[str, str] = field(default_factory=dict)

    def parts(self) -> Iterator[Part]:
        for loads in self.raw.values():
            yield from loads.values()
        yield from self.facts.values()

    def files_of(self, source: str, view: str) -> list[str]:
        """The files of one connection's stream; `view` as in `views`."""
        stream = view.split("__", 1)[1]
        return [part.file for part in self.raw.get(f"{source}.{stream}", {}).values()]


def read_manifest(folder: Path) -> Lake | None:
    """None where there is no lake yet. Raises CheckFailed for one that is damaged or of another format."""
    path = folder / MANIFEST
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except ValueError:
        told = {}
    if told.get("format") != FORMAT:
        raise CheckFailed(
            "the manifest is damaged or of another format", where=str(path), mend="export into another folder"
        )
    return Lake(
        raw={key: {load: Part(**part) for load, part in loads.items()} for key, loads in told["raw"].items()},
        facts={key: Part(**part) for key, part in told["facts"].items()},
        views={key: View(**view) for key, view in told["views"].items()},
        made_by=told["made_by"],
    )


def write_manifest(folder: Path, lake: Lake) -> None:
    """Swap it in: what it names is on the disk before, and it is on the disk after."""
    beside = folder / f"{MANIFEST}.next"
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump({"format": FORMAT, **asdict(lake)}, file, ensure_ascii=False, indent=1)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(folder / MANIFEST)
    settle(folder)


def open_lake(connection: duckdb.DuckDBPyConnection, folder: Path) -> Lake:
    """Make the lake's views and facts readable in an open DuckDB as `raw.<connector>__<stream>`, `ops.loads`, ….

    Raises UsageError where `folder` holds no lake.
    """
    lake = read_manifest(folder)
    if lake is None:
        raise UsageError(
            "is no lake: it has no manifest.json", where=str(folder), mend="tsunagu lake export writes one"
        )
    for name, query in select_views(lake, folder).items():
        schema, table = name.split(".")
        connection.execute(f'create schema if not exists "{schema}"')
        connection.execute(f'create or replace view "{schema}"."{table}" as {query}')
    return lake


def select_views(lake: Lake, folder: Path) -> dict[str, str]:
    """schema.table → its SELECT in DuckDB, of everything that the models read."""
    found: dict[str, str] = {}
    for name, view in lake.views.items():
        columns = view.columns.items()
        empty = ", ".join(f'null::{kind} as "{column}"' for column, kind in columns)
        selects = [f"select null::varchar as source, {empty} where false"]
        for source, known in view.sources.items():
            files = lake.files_of(source, name.split(".")[1])
            if files:
                chosen = ", ".join(
                    f'"{column}"' if column in known else f'null::{kind} as "{column}"' for column, kind in columns
                )
                listed = ", ".join(quote_path(folder / file) for file in files)
                selects.append(
                    f"select '{source}'::varchar as source, {chosen}"
                    f" from read_parquet([{listed}], union_by_name = true, hive_partitioning = false)"
                )
        found[name] = "\nunion all\n".join(selects)
    for name, part in lake.facts.items():
        found[name] = f"select * from read_parquet({quote_path(folder / part.file)})"
    return found


def quote_path(path: Path) -> str:
    """The path as a text literal of SQL."""
    return "'" + str(path).replace("'", "''") + "'"
