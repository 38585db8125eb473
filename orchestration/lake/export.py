"""`tsunagu lake export`: what is new in the change log since the last export, and the facts as they are.

A part of the change log is one load of one stream. It is written once; it is written anew only where its rows are no
longer what they were, as after `tsunagu forget`, and the file that tells of the person is then deleted at once.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import duckdb

from connectors.errors import TsunaguError
from connectors.loading.raw_table import quote
from connectors.settings import Home, Source
from orchestration.disk import settle
from orchestration.lake.manifest import Lake, Part, View, quote_path, read_manifest, write_manifest
from orchestration.lake.places import NEVER, known_lakes, lakes_before_erasure, list_due, note_export
from orchestration.lock import hold_home
from orchestration.relay_tables import DESCRIPTIONS
from orchestration.warehouse import connect, fetch_row

# What the models read beside the change log. Of quarantine they read no value: those stay in the warehouse.
OPS = "run_parameters user_labels relay_terms agency_terms agency_refund_steps loads quarantine label_folds".split()
IDENTITY = "person_xref employee_xref message_xref feedback_xref".split()
LEFT_OUT = {"ops.quarantine": ("value", "record", "reason")}

# Told by the columns that every change of a row changes: masking a person changes the hash, or the key.
LOG_ROW = "_key, _row_hash, _deleted, _file, _row_number"
CONTENT = "left(md5(concat_ws('/', coalesce(sum(hash({columns})), 0), count(*), '{also}')), 20)"


@dataclass(frozen=True)
class Exported:
    """What an export did: files and rows that it wrote, and all that the lake holds now."""

    folder: Path
    written: int
    rows_written: int
    files: int
    rows: int


def export(home: Home, folder: Path) -> Exported:
    """Bring the lake in `folder` up to what the warehouse holds. No run takes place meanwhile.

    Raises CheckFailed for a manifest that is not one of ours, TsunaguError where there is another thing in the folder.
    """
    with hold_home(home):
        return _export_recorded(home, folder)


def export_due(home: Home) -> list[Exported]:
    """For the end of a run, which holds the home: the lake of the settings, and every one that was exported to before
    somebody was erased: it still tells of them."""
    return [_export_recorded(home, folder) for folder in list_due(home)]


def _export_recorded(home: Home, folder: Path) -> Exported:
    folder = folder.resolve()
    with connect(home, read_only=True) as warehouse:
        is_known = folder in known_lakes(warehouse)
    if not is_known:
        # Ahead of its first file: an erasure finds the lake of an export that was killed as well.
        with connect(home) as warehouse:
            note_export(warehouse, folder, 0, 0, at=NEVER)
    with connect(home, read_only=True) as warehouse:
        is_late = folder in lakes_before_erasure(warehouse)
        exported = export_open(warehouse, folder, home.sources.values())
    if is_late:
        # No reader of the state before is waited for.
        _sweep(folder, read_manifest(folder) or Lake())
    if exported.written or is_late:
        with connect(home) as warehouse:
            note_export(warehouse, folder, exported.files, exported.rows)
    return exported


def export_open(warehouse: duckdb.DuckDBPyConnection, folder: Path, sources: Iterable[Source]) -> Exported:
    """The same of an open warehouse, without a record of it; `sources` feed the views."""
    before = read_manifest(folder)
    if before is None and folder.exists() and any(folder.iterdir()) and not _is_begun(folder):
        raise TsunaguError("is neither empty nor a lake", where=str(folder), mend="name a new folder")
    before = before or Lake()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    _sweep(folder, before)
    # The order of the rows is the log's own, so that the same rows are the same file.
    warehouse.execute("set preserve_insertion_order = true")
    raw: dict[str, dict[str, Part]] = {}
    for source, stream in _raw_tables(warehouse):
        parts = _export_stream(warehouse, folder, source, stream, before.raw.get(f"{source}.{stream}", {}))
        if parts:
            raw[f"{source}.{stream}"] = parts
    facts = {
        f"{schema}.{table}": _export_fact(warehouse, folder, schema, table, before.facts.get(f"{schema}.{table}"))
        for schema, table in _fact_tables(warehouse)
    }
    lake = Lake(raw, facts, _views(warehouse, sources), {"engine": fetch_row(warehouse, "select version()")[0]})
    new = {part.file for part in lake.parts()} - {part.file for part in before.parts()}
    if lake != before:
        for path in sorted({(folder / file).parent for file in new}):
            settle(path)
        write_manifest(folder, lake)
        replaced = {part.file for loads in before.raw.values() for part in loads.values()}
        for file in sorted(replaced - {part.file for part in lake.parts()}):
            (folder / file).unlink(missing_ok=True)
    parts = {part.file: part.rows for part in lake.parts()}
    return Exported(folder, len(new), sum(parts[file] for file in new), len(parts), sum(parts.values()))


def _is_begun(folder: Path) -> bool:
    return {path.name for path in folder.iterdir()} <= {"raw", "facts", "manifest.json.next"}


def _sweep(folder: Path, lake: Lake) -> None:
    """Delete what a killed export left, and the facts of the state before: their readers had until now."""
    named = {part.file for part in lake.parts()}
    for top in ("raw", "facts"):
        for path in sorted((folder / top).rglob("*")):
            if path.is_file() and path.relative_to(folder).as_posix() not in named:
                path.unlink()


def _raw_tables(warehouse: duckdb.DuckDBPyConnection) -> list[tuple[str, str]]:
    return warehouse.execute(
        "select substring(schema_name, 5), table_name from duckdb_tables()"
        " where database_name = current_database() and starts_with(schema_name, 'raw_') order by all"
    ).fetchall()


def _fact_tables(warehouse: duckdb.DuckDBPyConnection) -> list[tuple[str, str]]:
    return warehouse.execute(
        "select schema_name, table_name from duckdb_tables() where database_name = current_database()"
        " and (schema_name = 'identity' and list_contains($identity, table_name)"
        " or schema_name = 'ops' and list_contains($ops, table_name)"
        " or schema_name = 'marts' and list_contains($relay, table_name)) order by all",
        {"identity": IDENTITY, "ops": OPS, "relay": list(DESCRIPTIONS)},
    ).fetchall()


def _views(warehouse: duckdb.DuckDBPyConnection, sources: Iterable[Source]) -> dict[str, View]:
    columns: dict[str, dict[str, str]] = {}
    for view, name, kind in warehouse.execute(
        "select table_name, column_name, data_type from duckdb_columns() where database_name = current_database()"
        " and schema_name = 'raw' and column_name <> 'source' order by table_name, column_index"
    ).fetchall():
        columns.setdefault(f"raw.{view}", {})[name] = kind
    held: dict[tuple[str, str], list[str]] = {}
    for source, stream, name in warehouse.execute(
        "select substring(schema_name, 5), table_name, column_name from duckdb_columns()"
        " where database_name = current_database() and starts_with(schema_name, 'raw_')"
        " order by schema_name, table_name, column_index"
    ).fetchall():
        held.setdefault((source, stream), []).append(name)
    names: dict[str, list[str]] = {}
    for each in sorted(sources, key=lambda each: each.name):
        names.setdefault(each.connector.name, []).append(each.name)
    views = {}
    for view, kinds in columns.items():
        connector, stream = view.removeprefix("raw.").split("__", 1)
        feeding = [name for name in names.get(connector, ()) if (name, stream) in held]
        views[view] = View(kinds, {name: [c for c in held[name, stream] if c in kinds] for name in feeding})
    return views


def _export_stream(
    warehouse: duckdb.DuckDBPyConnection, folder: Path, source: str, stream: str, before: Mapping[str, Part]
) -> dict[str, Part]:
    table = f"{quote(f'raw_{source}')}.{quote(stream)}"
    parts: dict[str, Part] = {}
    digest = CONTENT.format(columns=LOG_ROW, also="")
    for load, content in warehouse.execute(
        f"select _load_id, {digest} from {table} group by all order by 1"
    ).fetchall():
        known = before.get(str(load))
        if known is not None and known.content == content and (folder / known.file).is_file():
            parts[str(load)] = known
            continue
        file = f"raw/source={source}/stream={stream}/load={load}/rows-{content}.parquet"
        parts[str(load)] = _write(warehouse, folder, file, content, f"select * from {table} where _load_id = {load}")
    return parts


def _export_fact(
    warehouse: duckdb.DuckDBPyConnection, folder: Path, schema: str, table: str, before: Part | None
) -> Part:
    name = f"{schema}.{table}"
    columns = warehouse.execute(
        "select column_name, data_type from duckdb_columns() where database_name = current_database()"
        " and schema_name = ? and table_name = ? order by column_index",
        [schema, table],
    ).fetchall()
    chosen = ", ".join(
        f"null::{kind} as {quote(column)}"
        if column in LEFT_OUT.get(name, ())
        else f"{quote(column)}::varchar as {quote(column)}"  # any tool reads text, not every one JSON
        if kind == "JSON"
        else quote(column)
        for column, kind in columns
    )
    query = f"select {chosen} from {quote(schema)}.{quote(table)}"
    digest = CONTENT.format(columns="f", also=hashlib.md5(repr(columns).encode(), usedforsecurity=False).hexdigest())
    (content,) = fetch_row(warehouse, f"select {digest} from ({query}) as f")
    if before is not None and before.content == content and (folder / before.file).is_file():
        return before
    return _write(warehouse, folder, f"facts/{schema}/{table}-{content}.parquet", content, f"{query} order by all")


def _write(warehouse: duckdb.DuckDBPyConnection, folder: Path, file: str, content: str, query: str) -> Part:
    path = folder / file
    for parent in reversed([p for p in path.parents if p.is_relative_to(folder)]):
        parent.mkdir(mode=0o700, exist_ok=True)
    (rows,) = fetch_row(warehouse, f"copy ({query}) to {quote_path(path)} (format parquet, compression zstd)")
    path.chmod(0o600)
    settle(path)
    return Part(file, content, rows, path.stat().st_size)
