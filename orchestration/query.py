"""`tsunagu sql`: a query over the published marts as a table, CSV, JSON or Parquet."""

from __future__ import annotations

import io
import re
import sys
from pathlib import Path

import duckdb
import polars as pl
from rich.console import Console
from rich.measure import Measurement
from rich.table import Table

from connectors.errors import TsunaguError, UsageError
from connectors.settings import Home
from orchestration.access import current
from orchestration.frames import read_frame
from orchestration.warehouse import connect_marts

FORMULA = "^[=+\\-@\t\r\n|%＝＋－＠]"


def answer(home: Home, query: str, form: str, output: Path | None, limit: int, console: Console) -> None:
    """Run `query` read-only. Raises UsageError with DuckDB's words, the tables there are, and no traceback."""
    with connect_marts(home) as connection:
        # The published file is all a query may see: no other file, no network.
        connection.execute("set enable_external_access = false")
        try:
            if form == "table" and output is None:
                _show(connection, query, limit, console)
            else:
                frame = read_frame(connection, query)
                current.rows = frame.height
                _export(frame, "csv" if form == "table" else form, output)
        except duckdb.Error as error:
            tables = ", ".join(
                row[0] for row in connection.execute("select table_name from duckdb_tables() order by 1").fetchall()
            )
            raise UsageError(
                str(error), where=str(home.marts), mend=f"the tables are: {tables}; describe TABLE shows columns"
            ) from None


def _show(connection: duckdb.DuckDBPyConnection, query: str, limit: int, console: Console) -> None:
    relation = connection.execute(query)
    if relation.description is None:
        return
    table = Table(show_lines=False, header_style="bold")
    numeric = re.compile(r"INT|DOUBLE|FLOAT|DECIMAL|HUGE", re.IGNORECASE)
    for name, kind, *_ in relation.description:
        table.add_column(name, justify="right" if numeric.search(str(kind)) else "left", no_wrap=True)
    rows = relation.fetchmany(limit + 1)
    current.rows = min(len(rows), limit)
    relation.complete() if hasattr(relation, "complete") else None
    for row in rows[:limit]:
        table.add_row(*(_cell(value) for value in row))
    # A table wider than the terminal scrolls or goes through less -S; squeezed columns could not be read at all.
    wide = console.options.update(max_width=100_000)
    console.width = max(console.width, Measurement.get(console, wide, table).maximum)
    console.print(table)
    if len(rows) > limit:
        console.print(f"the first {limit} rows; --limit N shows more, --format csv --output FILE takes all")


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:,.4g}" if abs(value) < 1000 else f"{value:,.0f}"
    return str(value)


def defuse(frame: pl.DataFrame) -> pl.DataFrame:
    """Texts that a spreadsheet would run as a formula get an apostrophe in front, headers too (OWASP, CSV injection).

    Numbers and dates are no texts and stay. Full-width signs count: Excel in Japanese takes them for their plain ones.
    """
    texts = pl.col(pl.String)
    risky = frame.with_columns(pl.when(texts.str.contains(FORMULA)).then("'" + texts).otherwise(texts).name.keep())
    return risky.rename({name: f"'{name}" for name in frame.columns if re.match(FORMULA, name)})


def _export(frame: pl.DataFrame, form: str, output: Path | None) -> None:
    if form == "parquet" and output is None and sys.stdout.isatty():
        raise TsunaguError("Parquet is no text for a terminal", mend="add --output FILE")
    if form == "csv":
        frame = defuse(frame)
    content = io.BytesIO()
    {"csv": frame.write_csv, "json": frame.write_json, "parquet": frame.write_parquet}[form](content)
    if output is not None:
        output.write_bytes(content.getvalue())
    else:
        sys.stdout.buffer.write(content.getvalue())
        sys.stdout.flush()
