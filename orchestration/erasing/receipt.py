"""What an erasure leaves behind of itself: the search of the home, and a receipt that names nobody."""

from __future__ import annotations

import getpass
import json
import secrets
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import duckdb
from rich.console import Console

from connectors.errors import TsunaguError
from connectors.settings import Home
from orchestration.erasing.leftovers import COPY, FRESH
from orchestration.erasing.traces import Needles, list_files
from orchestration.warehouse import connect_copy

DDL = """
create table if not exists ops.erasures (
    erasure_id varchar primary key, erased_at timestamp, erased_by varchar, reason varchar, persons bigint,
    raw_rows bigint, quarantine_lines bigint, strings_searched bigint, strings_shared bigint, files_searched bigint,
    files_removed varchar, files_left varchar
);
alter table ops.erasures add column if not exists backups_rewritten bigint;
"""
ERASED_BEFORE = "erased before"
# What may always be deleted and is made again: pages of APIs under way, spilled rows, what a killed Spark left.
SCRATCH = ("spool", "spill", "spark")


@dataclass
class Receipt:
    """What an erasure did, without a word of whom: counts, and the files it removed or could not change."""

    reason: str
    persons: int = 0
    raw_rows: int = 0
    quarantine_lines: int = 0
    strings: int = 0
    shared: int = 0
    files: int = 0
    backups: int = 0
    removed: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)
    erasure_id: str = field(default_factory=lambda: secrets.token_hex(8))


def search_home(home: Home, needles: Needles, receipt: Receipt, lakes: Sequence[Path] = ()) -> None:
    """Remove what may be deleted, search every other file, and list those of the user's own that hold a string."""
    for name in SCRATCH:
        shutil.rmtree(home.state / name, ignore_errors=True)
    own = (home.state, home.logs, home.versions)
    for folder in lakes:
        if not folder.is_dir():
            receipt.left.append(f"{folder} (a lake that is not there now)")
    for path in list_files(home.root):
        if any(path.is_relative_to(folder) for folder in lakes):
            continue  # written anew by the run that makes the marts again
        if path.name in (COPY, FRESH, home.warehouse.name) or path.name.startswith("run.lock"):
            continue
        receipt.files += 1
        shown = path.relative_to(home.root).as_posix()
        try:
            is_found = needles.in_file(path) or _in_database(home, path, needles)
        except (OSError, duckdb.Error, TsunaguError):
            receipt.left.append(f"{shown} (could not be searched)")
            continue
        if not is_found:
            continue
        if any(path.is_relative_to(folder) for folder in own):
            path.unlink(missing_ok=True)
            receipt.removed.append(shown)
        elif needles.in_text(shown):
            receipt.left.append(f"{path.parent.relative_to(home.root).as_posix()}/… (its name is the person's)")
        else:
            receipt.left.append(shown)


def _in_database(home: Home, path: Path, needles: Needles) -> bool:
    if path.suffix == ".parquet":
        with connect_copy(home, Path(":memory:")) as connection:
            connection.execute("create table held as select * from read_parquet(?)", [str(path)])
            return bool(needles.in_tables(connection))
    if path.suffix != ".duckdb":
        return False
    with connect_copy(home, path, read_only=True) as connection:
        return bool(needles.in_tables(connection))


def record_receipt(connection: duckdb.DuckDBPyConnection, receipt: Receipt) -> None:
    """Keep it in ops.erasures."""
    connection.execute(DDL)
    connection.execute(
        "insert into ops.erasures values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            receipt.erasure_id,
            datetime.now(UTC).replace(tzinfo=None),
            getpass.getuser(),
            receipt.reason,
            receipt.persons,
            receipt.raw_rows,
            receipt.quarantine_lines,
            receipt.strings,
            receipt.shared,
            receipt.files,
            json.dumps(receipt.removed, ensure_ascii=False),
            json.dumps(receipt.left, ensure_ascii=False),
            receipt.backups,
        ],
    )


def show_receipt(receipt: Receipt, console: Console) -> None:
    """What was done, and what only the user can do. Counts and file names."""
    say = console.print
    if receipt.reason == ERASED_BEFORE:
        say("this person was erased before; nothing of them is in the warehouse", markup=False)
    else:
        persons = "1 person" if receipt.persons == 1 else f"{receipt.persons} persons"
        say(
            f"erased {persons}: {receipt.raw_rows} raw rows, {receipt.quarantine_lines} quarantined lines;"
            f" {receipt.strings} strings looked for in {receipt.files} files and every table, none left there",
            markup=False,
        )
        say(f"receipt {receipt.erasure_id} is kept in ops.erasures", markup=False)
    if receipt.shared:
        say(f"{receipt.shared} strings are somebody else's too and stay in their records", markup=False)
    for name in receipt.removed:
        say(f"removed {name}", markup=False)
    if receipt.left:
        say("yours to delete, they still tell of the person:", markup=False)
    for name in receipt.left:
        say(f"  {name}", markup=False)
    if receipt.backups:
        say(f"erased from {receipt.backups} {'backup' if receipt.backups == 1 else 'backups'} too", markup=False)
    say("→ delete the record in the source too; copies of backups that you made still hold the person", markup=False)
