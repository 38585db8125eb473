"""What could not be loaded: every line with file, row, column, value and reason, kept until its file is mended."""

from __future__ import annotations

import duckdb
import polars as pl

from connectors.ops import Origin, execute_over

TOLD_LINES = """
create temp table if not exists told_lines (
    stream varchar, row_number bigint, column_name varchar, value varchar, reason varchar, record varchar
)
"""
# `same line`: what makes two quarantine lines one, whenever the file was read.
SAME_LINE = " and ".join(
    f"q.{name} is not distinct from n.{name}"
    for name in ("stream", "row_number", "column_name", "value", "reason", "record")
)
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


def read_files_with_open_lines(connection: duckdb.DuckDBPyConnection, source: str) -> set[str]:
    return {
        file
        for (file,) in connection.execute(
            "select distinct file from ops.quarantine where source = ? and status = 'open' and file is not null",
            [source],
        ).fetchall()
    }


def put_lines_away(connection: duckdb.DuckDBPyConnection, stream: str | None, refused: pl.DataFrame) -> None:
    """Keep refused lines (core.REFUSED_SCHEMA) of the file that is being read until `record_refusals`."""
    connection.execute(TOLD_LINES)
    query = 'insert into told_lines select ?, row_number, "column", value, reason, record from arriving'
    execute_over(connection, query, refused.to_arrow(), [stream])


def record_refusals(
    connection: duckdb.DuckDBPyConnection, origin: Origin, load_id: int, *, is_reread: bool, is_whole: bool = True
) -> None:
    """Make the open lines of a file, or of a source that has none, those of its latest reading: what is told no more
    becomes resolved.

    `is_reread`: the same content again; a line that is told again stays as it was, so that nothing stands twice. Lines
    of an older content of the path are resolved all. `is_whole` False: only what is new was read, so older lines stay.
    """
    connection.execute(TOLD_LINES)
    if is_whole:
        same = f"exists (select 1 from told_lines as n where {SAME_LINE})" if is_reread else "false"
        connection.execute(
            "update ops.quarantine as q set status = 'resolved' where q.source = ? and q.file is not distinct from ?"
            f" and q.status = 'open' and not {same}",
            [origin.source, origin.file],
        )
    connection.execute(
        "insert into ops.quarantine select (select coalesce(max(quarantine_id), 0) from ops.quarantine)"
        " + row_number() over (order by stream, row_number, column_name, value), $load, $source, stream, $file,"
        " row_number, column_name, value, reason, record, 'open'"
        " from (select distinct stream, row_number, column_name, value, reason, record from told_lines) as n"
        " where not exists (select 1 from ops.quarantine as q where q.source = $source"
        f" and q.file is not distinct from $file and q.status = 'open' and {SAME_LINE})",
        {"load": load_id, "source": origin.source, "file": origin.file},
    )
    connection.execute("drop table told_lines")
