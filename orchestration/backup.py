"""`tsunagu backup` and `restore`: every table that a run cannot make again, as Parquet, with checksums.

Left out are schema staging, made anew by every run, and views. Parquet outlives a storage format of the engine, so an
upgrade that cannot open an old warehouse is a backup with the old version and a restore with the new one.
"""

from __future__ import annotations

import json
import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb

from connectors.errors import CheckFailed, UsageError
from connectors.settings import Home
from orchestration.backup_tables import hash_file, list_tables, read_table, write_table
from orchestration.disk import settle
from orchestration.lock import hold_home
from orchestration.warehouse import connect, fetch_row, open_file

MANIFEST = "manifest.json"
FORMAT = 1
# Without the keys, a restored home would give every person a new id, and not know whom it was told to forget.
FILES = ("identity.key", "erasure.key")
DDL = "create table if not exists ops.backups (made_at timestamp, folder varchar, tables bigint, rows bigint)"


def back_up(home: Home, folder: Path) -> dict[str, Any]:
    """Write `folder`, readable by its owner alone, and return its manifest. No run takes place meanwhile.

    Raises UsageError where the folder is there already. Whatever fails, the folder is whole or not there.
    """
    folder = folder.resolve()
    if folder.exists():
        raise UsageError("is there already", where=str(folder), mend="name a new folder; nothing is overwritten")
    with hold_home(home):
        with connect(home, read_only=True) as warehouse:
            manifest = write_folder(home, warehouse, folder)
        with connect(home) as warehouse:
            warehouse.execute(DDL)
            rows = sum(table["rows"] for table in manifest["tables"])
            warehouse.execute(
                "insert into ops.backups values (?, ?, ?, ?)",
                [datetime.now(UTC).replace(tzinfo=None), str(folder), len(manifest["tables"]), rows],
            )
    return manifest


def write_folder(
    home: Home, warehouse: duckdb.DuckDBPyConnection, folder: Path, made_at: str | None = None
) -> dict[str, Any]:
    """Write the open warehouse and the home's keys to `folder` and return the manifest. It stands there whole or not at
    all; one that was there goes when the new one is complete."""
    part, old = folder.with_name(f"{folder.name}.part"), folder.with_name(f"{folder.name}.old")
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(mode=0o700, parents=True)
    try:
        # A copy has the rows in the table's own order.
        warehouse.execute("set preserve_insertion_order = true")
        tables = [write_table(warehouse, part, *name) for name in list_tables(warehouse)]
        (version,) = fetch_row(warehouse, "select version()")
        manifest = {
            "format": FORMAT,
            "engine": version,
            "made_at": made_at or datetime.now(UTC).isoformat(timespec="seconds"),
            "tables": tables,
            "files": [_copy_file(home.root / name, part) for name in FILES if (home.root / name).exists()],
        }
        (part / MANIFEST).write_text(json.dumps(manifest, ensure_ascii=False, indent=1), encoding="utf-8")
        for path in part.iterdir():
            path.chmod(0o600)
            settle(path)
        if folder.exists():
            folder.rename(old)
        part.rename(folder)
    except BaseException:
        shutil.rmtree(part, ignore_errors=True)
        raise
    settle(folder.parent)
    shutil.rmtree(old, ignore_errors=True)
    return manifest


def known_backups(warehouse: duckdb.DuckDBPyConnection) -> list[Path]:
    """The folders that backups of this home were written to, in the order they were made; a person may have moved or
    deleted them since. Call with the home's lock held: what a kill left of a rewritten one is put right first."""
    if not fetch_row(warehouse, "select 1 from duckdb_tables() where schema_name = 'ops' and table_name = 'backups'"):
        return []
    found = warehouse.execute("select folder from ops.backups group by all order by min(made_at), folder").fetchall()
    folders = [Path(folder) for (folder,) in found]
    for folder in folders:
        old = folder.with_name(f"{folder.name}.old")
        if old.is_dir() and (old / MANIFEST).is_file():
            if folder.exists():
                shutil.rmtree(old)
            else:
                old.rename(folder)
    return folders


def read_tables(connection: duckdb.DuckDBPyConnection, folder: Path, manifest: dict[str, Any]) -> None:
    """Make every table of a backup in the open, empty database, in the order of its rows."""
    connection.execute("set preserve_insertion_order = true")
    for table in manifest["tables"]:
        read_table(connection, folder, table)


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
                read_tables(connection, folder, manifest)
                connection.execute("checkpoint")
            finally:
                connection.close()
            beside.chmod(0o600)
            settle(beside)
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
        settle(home.root)
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
        or hash_file(folder / item["file"]) != item["sha256"]
    ]
    if wrong:
        raise CheckFailed(
            f"{len(wrong)} files are missing or are not what was written: {', '.join(wrong[:5])}",
            where=str(folder),
            mend="take another backup; the warehouse is as it was",
        )
    return manifest


def _copy_file(path: Path, part: Path) -> dict[str, Any]:
    shutil.copyfile(path, part / path.name)
    return {"file": path.name, "sha256": hash_file(part / path.name)}


def _sweep(beside: Path) -> None:
    for left in (beside, beside.with_name(f"{beside.name}.wal")):
        left.unlink(missing_ok=True)
