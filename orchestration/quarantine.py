"""`tsunagu quarantine`: the rows that did not load, shown to the person who can mend them."""

from __future__ import annotations

import json

from rich.console import Console
from rich.table import Table

from connectors import load
from connectors.errors import UsageError
from connectors.settings import Home
from orchestration.defs.ingest import run_of
from orchestration.lock import hold_home
from orchestration.warehouse import connect


def list_quarantine(home: Home, every: bool, console: Console) -> None:
    """One line a refused cell. Shown to the person at the terminal only: values may be personal."""
    if not home.warehouse.is_file():
        console.print("nothing was run yet\n→ tsunagu run", markup=False)
        return
    with connect(home, read_only=True) as connection:
        lines = load.quarantine_list(connection, every=every)
    if not lines:
        console.print("quarantine is empty", markup=False)
        return
    table = Table(header_style="bold")
    for name in ("no.", "source", "file", "row", "column", "value", "reason", "state"):
        table.add_column(name, overflow="fold")
    for line in lines:
        table.add_row(
            str(line.quarantine_id),
            line.source,
            line.file,
            str(line.row_number or ""),
            line.column_name or "",
            line.value or "",
            line.reason,
            line.status,
        )
    console.print(table)
    console.print("→ mend the file and drop it again, or: tsunagu quarantine show NO.", markup=False)


def show_quarantined(home: Home, number: int, console: Console) -> None:
    """Every cell of the refused row, as its file has it. Raises UsageError for a number that is none."""
    with connect(home, read_only=True) as connection:
        line = load.quarantine_show(connection, number)
    if line is None:
        raise UsageError(f"no quarantined row has the number {number}", mend="tsunagu quarantine list")
    console.print(f"{line.file}, row {line.row_number}: {line.reason}", markup=False, highlight=False)
    table = Table(show_header=False)
    for name, value in json.loads(line.record or "{}").items():
        mark = "→" if name == line.column_name else ""
        table.add_row(mark, str(name), "" if value is None else str(value))
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
