"""`tsunagu quarantine`: the rows that did not load, shown to the person who can mend them."""

from __future__ import annotations

import json

import polars as pl
from rich.console import Console
from rich.table import Table

from connectors import load
from connectors.errors import UsageError
from connectors.quarantine import quarantine_list, quarantine_show
from connectors.settings import Home
from orchestration.access import current
from orchestration.defs.ingest import run_of
from orchestration.lock import hold_home
from orchestration.warehouse import connect


def list_quarantine(home: Home, limit: int, console: Console) -> None:
    """One line a refused cell. Shown to the person at the terminal only: values may be personal."""
    if not home.warehouse.is_file():
        console.print("nothing was run yet\n→ tsunagu run", markup=False)
        return
    with connect(home, read_only=True) as connection:
        lines = quarantine_show(connection, limit=limit + 1)
        total = int(quarantine_list(connection)["lines"].sum())
    if lines.is_empty():
        console.print("quarantine is empty", markup=False)
        return
    current.rows = min(lines.height, limit)
    table = Table(header_style="bold")
    for name in ("no.", "source", "file", "row", "column", "value", "reason"):
        table.add_column(name, overflow="fold")
    columns = ("quarantine_id", "source", "file", "row_number", "column_name", "value", "reason")
    for row in lines.head(limit).select(columns).iter_rows():
        table.add_row(*("" if cell is None else str(cell) for cell in row))
    console.print(table)
    if total > limit:
        console.print(f"the first {limit} of {total} lines; --limit N shows more", markup=False)
    console.print("→ tsunagu quarantine show NO. shows the whole row; mend the file and drop it again", markup=False)


def show_quarantined(home: Home, number: int, console: Console) -> None:
    """Every cell of the refused row, as its file has it. Raises UsageError for a number that is none."""
    with connect(home, read_only=True) as connection:
        found = quarantine_show(connection, limit=1_000_000).filter(pl.col("quarantine_id") == number)
    if found.is_empty():
        raise UsageError(f"no quarantined line has the number {number}", mend="tsunagu quarantine list")
    current.rows = 1
    line = found.row(0, named=True)
    where = line["file"] if line["row_number"] is None else f"{line['file']}, row {line['row_number']}"
    console.print(f"{where}: {line['reason']}", markup=False, highlight=False)
    table = Table(show_header=False)
    for name, value in json.loads(line["record"] or "{}").items():
        table.add_row("→" if name == line["column_name"] else "", str(name), "" if value is None else str(value))
    console.print(table)


def retry_quarantined(home: Home, console: Console) -> int:
    """Read the files with open lines again. Returns 0; what still fails stays, with its reason."""
    with hold_home(home, on_wait=lambda text: console.print(text, markup=False)), connect(home) as connection:
        load.prepare(connection)
        for source in home.sources.values():
            report = load.retry_source(connection, source.connector, run_of(home, source))
            if report.files:
                console.print(
                    f"{source.name}: {report.rows_loaded} rows loaded, {report.rows_quarantined} still refused",
                    markup=False,
                )
    console.print("→ tsunagu run brings them into the marts", markup=False)
    return 0
