"""`tsunagu status`: is everything fresh, whole and counted?"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import duckdb
from rich.console import Console
from rich.table import Table

from connectors.settings import Home
from orchestration.warehouse import connect, connect_marts

SOURCES = """
select
    source,
    count(distinct file) as files,
    max(extracted_at) as newest,
    max(loaded_at) as loaded,
    sum(rows_loaded)::bigint as rows
from ops.loads
group by source
"""
RUNS = """
select date_trunc('second', started_at) as started_at_utc, trigger, status, as_of_date, message
from ops.runs order by ops.runs.started_at desc limit 5
"""
CHECKS = """
select check_name, status, failures
from ops.checks
where status in ('warn', 'fail', 'error')
    and run_id = (select run_id from ops.runs order by started_at desc limit 1)
order by status, check_name
"""
QUARANTINE = """
select source, coalesce(file, '') as file, count(distinct coalesce(row_number, -quarantine_id)) as rows
from ops.quarantine where status = 'open' group by all order by all
"""
UNREAD = "select source, file, reason from ops.files where status = 'unread' order by all limit 20"
UNMAPPED = "select vocabulary, label, n from ops.unmapped_labels order by n desc, vocabulary, label limit 20"
BALANCE = """
select balance_date, counted_total, earned, used, expired, reversed, available, to_next
from mart_quota_balance order by balance_date desc limit 1
"""


def show_status(home: Home, console: Console) -> None:
    """Print every part; a part that has nothing to say says so in one line."""
    if not home.warehouse.is_file():
        console.print(f"{home.root}: nothing was run yet\n→ tsunagu run", markup=False, highlight=False)
        return
    with connect(home, read_only=True) as warehouse:
        _sources(home, warehouse, console)
        _part(console, warehouse, "last runs", RUNS, "none")
        _part(console, warehouse, "checks that failed or warned in the last run", CHECKS, "none")
        _part(console, warehouse, "quarantine", QUARANTINE, "empty", "tsunagu quarantine list")
        _part(console, warehouse, "files that no reader takes (20 at most)", UNREAD, "none")
        _part(console, warehouse, "labels without an alias", UNMAPPED, "none", "map them in the home's labels file")
    if home.marts.is_file():
        with connect_marts(home) as marts:
            _part(console, marts, "relay quota", BALANCE, "no referral counted yet")


def _sources(home: Home, warehouse: duckdb.DuckDBPyConnection, console: Console) -> None:
    loaded = {row[0]: row[1:] for row in warehouse.execute(SOURCES).fetchall()}
    table = Table(title="sources", title_justify="left", header_style="bold")
    for name in ("source", "connector", "files", "rows loaded", "newest data", "age"):
        table.add_column(name)
    now = datetime.now(UTC).replace(tzinfo=None)
    for name, source in sorted(home.sources.items()):
        files, newest, _, rows = loaded.get(name, (0, None, None, 0))
        age = f"{(now - newest).days} days" if newest else "never loaded"
        table.add_row(name, source.connector.name, str(files), f"{rows:,}", _local(home, newest), age)
    console.print(table)


def _part(
    console: Console, connection: duckdb.DuckDBPyConnection, title: str, query: str, nothing: str, mend: str = ""
) -> None:
    try:
        relation = connection.execute(query)
    except duckdb.CatalogException:
        console.print(f"{title}: {nothing}", markup=False, highlight=False)
        return
    names = [column[0] for column in relation.description or []]
    rows = relation.fetchall()
    if not rows:
        console.print(f"{title}: {nothing}", markup=False, highlight=False)
        return
    table = Table(title=title, title_justify="left", header_style="bold")
    for name in names:
        table.add_column(name)
    for row in rows:
        table.add_row(*("" if value is None else str(value) for value in row))
    console.print(table)
    if mend:
        console.print(f"→ {mend}", markup=False, highlight=False)


def _local(home: Home, moment: Any) -> str:
    if moment is None:
        return ""
    return moment.replace(tzinfo=UTC).astimezone(home.zone).strftime("%Y-%m-%d %H:%M")
