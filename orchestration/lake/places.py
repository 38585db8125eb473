"""Where the lakes of a home are, and which of them still tell of somebody who was erased."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import duckdb

from connectors.errors import UsageError
from connectors.settings import Home
from orchestration.frames import table_exists
from orchestration.warehouse import connect, fetch_row

DDL = "create table if not exists ops.lakes (exported_at timestamp, folder varchar, files bigint, rows bigint)"

NEVER = datetime.fromtimestamp(0, UTC).replace(tzinfo=None)  # before any erasure


def find_folder(home: Home, given: Path | None = None) -> Path:
    """`given`, else the setting `lake`, else one of the home's own where Spark needs it. Raises UsageError where
    nothing says where the lake is."""
    if given is not None:
        return given
    if home.lake is None and home.publishing.engine == "spark":
        return home.state / "lake"
    if home.lake is None:
        raise UsageError(
            "no lake is set", where=str(home.root / "tsunagu.yml"), mend="lake: {folder: FOLDER} there, or --to FOLDER"
        )
    return home.root / home.lake.folder


def list_due(home: Home) -> list[Path]:
    """Where a run exports to at its end: the lake of the settings, and every one that was exported to before somebody
    was erased and is still there."""
    with connect(home, read_only=True) as warehouse:
        due = [folder for folder in lakes_before_erasure(warehouse) if folder.is_dir()]
    if home.lake is not None or home.publishing.engine == "spark":
        due.append(find_folder(home).resolve())
    return list(dict.fromkeys(due))


def known_lakes(warehouse: duckdb.DuckDBPyConnection) -> dict[Path, datetime]:
    """The folders that were exported to, and when last; a person may have moved or deleted them since."""
    if not table_exists(warehouse, "ops", "lakes"):
        return {}
    rows = warehouse.execute("select folder, max(exported_at) from ops.lakes group by all order by folder").fetchall()
    return {Path(folder): at for folder, at in rows}


def lakes_before_erasure(warehouse: duckdb.DuckDBPyConnection) -> list[Path]:
    """Those whose last export is older than the last erasure."""
    lakes = known_lakes(warehouse)
    if not lakes or not table_exists(warehouse, "ops", "erasures"):
        return []
    (last,) = fetch_row(warehouse, "select max(erased_at) from ops.erasures")
    return [folder for folder, at in lakes.items() if last is not None and at <= last]


def note_export(
    warehouse: duckdb.DuckDBPyConnection, folder: Path, files: int, rows: int, at: datetime | None = None
) -> None:
    """Keep in ops.lakes that `folder` holds now what the warehouse did at `at` (UTC); None: now."""
    warehouse.execute(DDL)
    at = at or datetime.now(UTC).replace(tzinfo=None)
    warehouse.execute("insert into ops.lakes values (?, ?, ?, ?)", [at, str(folder), files, rows])
