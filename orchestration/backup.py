"""`tsunagu backup` and `restore`: every table that a run cannot make again, as Parquet, with checksums.

Left out are schema staging, made anew by every run, and views. Parquet outlives a storage format of the engine, so an
upgrade that cannot open an old warehouse is a backup with the old version and a restore with the new one.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb

from connectors.errors import CheckFailed, UsageError
from connectors.settings import Home
from orchestration.lock import hold_home
from orchestration.warehouse import connect, fetch_row, open_file

MANIFEST = "manifest.json"
FORMAT = 1
# Without the keys, a restored home would give every person a new id, and not know whom it was told to forget.
FILES = ("identity.key", "erasure.key")
# Parquet has no such types: text in the file, the type again in the table.
AS_TEXT = re.compile(r"HUGEINT|ENUM|BIT|UNION|INTERVAL|TIME WITH TIME ZONE")
NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
TYPE = re.compile(r"[A-Z][A-Za-z0-9_ (),\[\]\"']*")
DDL = "create table if not exists ops.backups (made_at timestamp, folder varchar, tables bigint, rows bigint)"


def back_up(home: Home, folder: Path) -> dict[str, Any]:
    """Write `folder`, readable by its owner alone, and return its manifest. No run takes place meanwhile.

    Raises UsageError where the folder is there already. Whatever fails, the folder is whole or not there.
    """
    folder = folder.resolve()
    if folder.exists():
        raise UsageError("is there already", where=str(folder), mend="name a new folder; nothing is overwritten")
    part = folder.with_name(f"{folder.name}.part")
    with hold_home(home):
        shutil.rmtree(part, ignore_errors=True)
        part.mkdir(mode=0o700, parents=True)
        try:
            with connect(home, read_only=True) as warehouse:
                # A copy has the rows in the table's own order.
                warehouse.execute("set preserve_insertion_order = true")
                tables = [_write_table(warehouse, part, *name) for name in _list_tables(warehouse)]
                (version,) = fetch_row(warehouse, "select version()")
            manifest = {
                "format": FORMAT,
                "engine": version,
                "made_at": datetime.now(UTC).isoformat(timespec="seconds"),
                "tables": tables,
                "files": [_copy_file(home.root / name, part) for name in FILES if (home.root / name).exists()],
            }
            (part / MANIFEST).write_text(json.dumps(manifest, ensure_ascii=False, indent=1), encoding="utf-8")
            for path in part.iterdir():
                path.chmod(0o600)
                _settle(path)
            part.rename(folder)
        except BaseException:
            shutil.rmtree(part, ignore_errors=True)
            raise
        _settle(folder.parent)
        with connect(home) as warehouse:
            warehouse.execute(DDL)
            rows = sum(table["rows"] for table in tables)
            warehouse.execute(
                "insert into ops.backups values (?, ?, ?, ?)",
                [datetime.now(UTC).replace(tzinfo=None), str(folder), len(tables), rows],
            )
    return manifest


def known_backups(home: Home) -> list[Path]:
    """The folders that backups of this home were written to and that are still there, in the order they were made."""
    with connect(home, read_only=True) as warehouse:
        if not fetch_row(warehouse, "select 1 from duckdb_tables() where schema_name='ops' and table_name='backups'"):
            return []
        found = warehouse.execute("select folder from ops.backups group by all order by min(made_at)").fetchall()
    return [Path(folder) for (folder,) in found if Path(folder).is_dir()]


def restore(home: Home, folder: Path, *, replace: bool = False) -> dict[str, Any]:
    """Make the home's warehouse of a backup and return its manifest; the next run goes on from there.

    Raises UsageError where there is a warehouse (or another identity key) and `replace` is not given, CheckFailed where
    a file of the backup is missing or not the one that was written: before anything is touched. The warehouse is built
    beside and swapped in whole.
    """
    manifest = verify(folder)
    with hold_home(home):
        if home.warehouse.exists() and not replace:
            raise UsageError(
                "there is a warehouse already", where=str(home.warehouse), mend="--replace puts the backup in its place"
            )
        for name in (item["file"] for item in manifest["files"]):
            own = home.root / name
            if own.exists() and not replace and own.read_bytes() != (folder / name).read_bytes():
                raise UsageError(
                    "is another than the backup's", where=str(own), mend="--replace puts the backup's in its place"
                )
        beside = home.warehouse.with_name(f"{home.warehouse.name}.next")
        _sweep(beside)
        try:
            connection = open_file(beside, home)
            try:
                connection.execute("set preserve_insertion_order = true")
                for table in manifest["tables"]:
                    _read_table(connection, folder, table)
                connection.execute("checkpoint")
            finally:
                connection.close()
            beside.chmod(0o600)
            _settle(beside)
            for item in manifest["files"]:
                copy = home.root / f"{item['file']}.next"
                shutil.copyfile(folder / item["file"], copy)
                copy.chmod(0o600)
                copy.replace(home.root / item["file"])
            # The log of the warehouse that goes must not be replayed into the one that comes.
            home.warehouse.with_name(f"{home.warehouse.name}.wal").unlink(missing_ok=True)
            beside.replace(home.warehouse)
        except BaseException:
            _sweep(beside)
            raise
        _settle(home.root)
    return manifest


def verify(folder: Path) -> dict[str, Any]:
    """The manifest, every file held against it. Raises UsageError for no backup, CheckFailed for a damaged one."""
    path = folder / MANIFEST
    if not path.is_file():
        raise UsageError("is no backup: it has no manifest.json", where=str(folder), mend="tsunagu backup writes one")
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
    except ValueError:
        manifest = {}
    if manifest.get("format") != FORMAT:
        raise CheckFailed("the manifest is damaged or of another format", where=str(path), mend="take another backup")
    wrong = [
        item["file"]
        for item in [*manifest["tables"], *manifest["files"]]
        if "/" in item["file"]
        or not (folder / item["file"]).is_file()
        or _hash(folder / item["file"]) != item["sha256"]
    ]
    if wrong:
        raise CheckFailed(
            f"{len(wrong)} files are missing or are not what was written: {', '.join(wrong[:5])}",
            where=str(folder),
            mend="take another backup; the warehouse is as it was",
        )
    return manifest


def _list_tables(warehouse: duckdb.DuckDBPyConnection) -> list[tuple[str, str, str | None]]:
    return warehouse.execute(
        "select schema_name, table_name, comment from duckdb_tables() where database_name = current_database()"
        " and schema_name <> 'staging' and not temporary order by all"
    ).fetchall()


def _write_table(
    warehouse: duckdb.DuckDBPyConnection, part: Path, schema: str, table: str, comment: str | None
) -> dict[str, Any]:
    columns = warehouse.execute(
        "select column_name, data_type, comment from duckdb_columns() where database_name = current_database()"
        " and schema_name = ? and table_name = ? order by column_index",
        [schema, table],
    ).fetchall()
    key = fetch_row(
        warehouse,
        "select constraint_column_names from duckdb_constraints() where database_name = current_database()"
        " and schema_name = ? and table_name = ? and constraint_type = 'PRIMARY KEY'",
        [schema, table],
    )
    chosen = ", ".join(
        f'"{name}"::varchar as "{name}"' if AS_TEXT.search(kind) else f'"{name}"' for name, kind, _ in columns
    )
    file = f"{schema}.{table}.parquet"
    target = str(part / file).replace("'", "''")
    rows = fetch_row(
        warehouse,
        f'copy (select {chosen} from "{schema}"."{table}") to \'{target}\' (format parquet, compression zstd)',
    )[0]
    return {
        "schema": schema,
        "table": table,
        "file": file,
        "rows": rows,
        "sha256": _hash(part / file),
        "comment": comment,
        "primary_key": key[0] if key else [],
        "columns": [{"name": name, "type": kind, "comment": text} for name, kind, text in columns],
    }


def _read_table(connection: duckdb.DuckDBPyConnection, folder: Path, table: dict[str, Any]) -> None:
    words = [table["schema"], table["table"], *table["primary_key"], *(column["name"] for column in table["columns"])]
    kinds = [column["type"] for column in table["columns"]]
    if not all(map(NAME.fullmatch, words[:2])) or '"' in "".join(words) or not all(map(TYPE.fullmatch, kinds)):
        raise CheckFailed("the manifest names what no backup of ours would", where=table["file"])
    name = f'"{table["schema"]}"."{table["table"]}"'
    columns = ", ".join(f'"{column["name"]}" {column["type"]}' for column in table["columns"])
    key = ", ".join(f'"{column}"' for column in table["primary_key"])
    connection.execute(f'create schema if not exists "{table["schema"]}"')
    connection.execute(f"create table {name} ({columns}{f', primary key ({key})' if key else ''})")
    chosen = ", ".join(f'"{column["name"]}"' for column in table["columns"])
    source = str(folder / table["file"]).replace("'", "''")
    rows = fetch_row(connection, f"insert into {name} select {chosen} from read_parquet('{source}')")[0]
    if rows != table["rows"]:
        raise CheckFailed(f"{rows} rows were read, the manifest says {table['rows']}", where=table["file"])
    comments = [(f"table {name}", table["comment"])]
    comments += [(f'column {name}."{column["name"]}"', column["comment"]) for column in table["columns"]]
    for what, text in comments:
        if text:
            escaped = text.replace("'", "''")
            connection.execute(f"comment on {what} is '{escaped}'")


def _copy_file(path: Path, part: Path) -> dict[str, Any]:
    shutil.copyfile(path, part / path.name)
    return {"file": path.name, "sha256": _hash(part / path.name)}


def _hash(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _sweep(beside: Path) -> None:
    for left in (beside, beside.with_name(f"{beside.name}.wal")):
        left.unlink(missing_ok=True)


def _settle(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
