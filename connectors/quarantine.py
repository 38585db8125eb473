"""What could not be loaded, for a person to read: every line with file, row, column, value and reason."""

from __future__ import annotations

import duckdb
import polars as pl

LIST = """
select
    source, file, stream, count(distinct row_number) as rows, count(*) as lines, min(row_number) as first_row,
    any_value(reason order by quarantine_id) as first_reason
from ops.quarantine
where status = 'open' and ($source is null or source = $source)
group by source, file, stream
order by source, file, stream
"""
SHOW = """
select quarantine_id, source, file, stream, row_number, column_name, value, reason, record
from ops.quarantine
where status = 'open' and ($source is null or source = $source) and ($file is null or file = $file)
order by source, file, stream, row_number, quarantine_id
limit $limit
"""


TEXTS = ("source", "file", "stream")
LISTED = {**dict.fromkeys(TEXTS, pl.String), "rows": pl.Int64, "lines": pl.Int64, "first_row": pl.Int64}
SHOWN = {"quarantine_id": pl.Int64, **dict.fromkeys(TEXTS, pl.String), "row_number": pl.Int64}


def quarantine_list(connection: duckdb.DuckDBPyConnection, source: str | None = None) -> pl.DataFrame:
    """One row a source, file and stream with open lines: source, file, stream, rows, lines, first_row, first_reason.
    A file that was refused whole has no stream and 0 rows."""
    rows = connection.execute(LIST, {"source": source}).fetchall()
    return pl.DataFrame(rows, schema={**LISTED, "first_reason": pl.String}, orient="row")


def quarantine_show(
    connection: duckdb.DuckDBPyConnection, source: str | None = None, file: str | None = None, limit: int = 100
) -> pl.DataFrame:
    """Open lines: quarantine_id, source, file, stream, row_number, column_name, value, reason, record (the whole row,
    JSON). Personal data: for the person who mends the file, never for a log."""
    rows = connection.execute(SHOW, {"source": source, "file": file, "limit": limit}).fetchall()
    told = dict.fromkeys(("column_name", "value", "reason", "record"), pl.String)
    return pl.DataFrame(rows, schema={**SHOWN, **told}, orient="row")
