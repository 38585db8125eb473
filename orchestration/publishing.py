"""`tsunagu publish`: the warehouse's marts published again, the version before, and the list of versions."""

from __future__ import annotations

import shutil
from datetime import datetime
from pathlib import Path

from rich.console import Console
from rich.table import Table

from connectors.errors import CheckFailed
from connectors.settings import Home
from orchestration import record
from orchestration.lake.export import export_due
from orchestration.lake.places import find_folder, list_due
from orchestration.lock import hold_home
from orchestration.progress import Reporter
from orchestration.publish import Publication, publish, published_versions, roll_back
from orchestration.spark_build import build_on_spark
from orchestration.warehouse import connect, fetch_row


def publish_built(home: Home, reporter: Reporter) -> Publication:
    """Bring the lakes up to the warehouse and publish the marts of the engine that tsunagu.yml names. The home is held.

    Raises CheckFailed where Spark does not build a model; the published file is then as it was.
    """
    if list_due(home):
        with reporter.phase("lake"):
            export_due(home)
    if home.publishing.engine == "duckdb":
        with reporter.phase("publish"):
            return publish(home)
    built = home.state / "spark"
    try:
        with reporter.phase("models on spark"):
            build_on_spark(home, find_folder(home), built)
        with reporter.phase("publish"):
            return publish(home, built)
    finally:
        shutil.rmtree(built, ignore_errors=True)  # its staging tells of persons, and an erasure is not to look for it


def publish_again(home: Home, console: Console) -> None:
    """Publish what the last run built. Raises CheckFailed where that run did not pass its checks."""
    with hold_home(home, on_wait=console.print):
        with connect(home, read_only=True) as connection:
            last = fetch_row(connection, "select run_id, status from ops.runs order by started_at desc limit 1")
        if last is None or last[1] != "published":
            raise CheckFailed(
                "the last run did not come to its end, so its marts never passed the checks",
                where=str(home.warehouse),
                mend="tsunagu run",
            )
        publication = publish_built(home, Reporter(console))
        _record(home, "publish", publication)
    _tell(publication, console)


def go_back(home: Home, console: Console) -> None:
    """Publish the version before. Raises UsageError where none is kept."""
    with hold_home(home, on_wait=console.print):
        publication = roll_back(home)
        _record(home, "rollback", publication)
    _tell(publication, console)
    console.print("back:  tsunagu publish", markup=False, highlight=False)


def list_versions(home: Home, console: Console) -> None:
    """The published file and the versions kept, the newest first: when each was written, and its size."""
    table = Table("file", "written", "MB", header_style="bold")
    for path in [home.marts, *reversed(published_versions(home))]:
        if path.exists():
            written = datetime.fromtimestamp(path.stat().st_mtime, home.zone).strftime("%Y-%m-%d %H:%M")
            table.add_row(str(path.relative_to(home.root)), written, f"{path.stat().st_size / 1e6:,.1f}")
    console.print(table)


def _record(home: Home, what: str, publication: Publication) -> None:
    if home.warehouse.exists():
        with connect(home) as connection:
            record.prepare(connection)
            record.record_publication(connection, what, publication)


def _tell(publication: Publication, console: Console) -> None:
    rows, path = sum(publication.rows.values()), Path(publication.path)
    console.print(f"published {len(publication.rows)} tables, {rows:,} rows: {path}", markup=False, highlight=False)
