"""What `make parity` takes for equal, held without Spark: its side is a Parquet file like any other."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from benchmarks.parity import compare_table

ROWS = """
select * from (values
    ('a', 1, 0.25::double, timestamp '2026-01-01 00:00:00'), ('a', 2, null, null), ('b', 3, 1e6::double, null)
) as rows (name, n, share, moment)
"""


@pytest.mark.parametrize(
    ("other", "rows", "columns"),
    [
        ("select * from m order by n desc", 3, {}),
        ("select * replace (share * (1 + 1e-12) as share) from m", 3, {}),
        ("select * replace (share * (1 + 1e-8) as share) from m", 3, {"share": 2}),
        ("select * replace (coalesce(share, 0) as share) from m", 3, {"share": 1}),
        ("select * replace (if(n = 3, null, share) as share) from m", 3, {"share": 1}),
        ("select * replace (if(n = 3, 'c', name) as name) from m", 3, {"name": 1}),
        ("select * replace (moment::timestamptz as moment) from m", 3, {}),
        ("select * replace (moment + interval 1 second as moment) from m", 3, {"moment": 1}),
        ("select * from m where n < 3", 2, {}),
    ],
)
def test_a_difference_of_any_kind_is_told_and_nothing_else(
    other: str, rows: int, columns: dict[str, int], tmp_path: Path
) -> None:
    with duckdb.connect() as connection:
        connection.execute("set TimeZone = 'UTC'")
        connection.execute(f"create schema marts; create table marts.m as {ROWS}; set search_path = 'main,marts'")
        connection.execute(f"copy ({other}) to '{tmp_path / 'part.parquet'}' (format parquet)")
        found = compare_table(connection, "m", str(tmp_path / "*.parquet"))
    assert (found.duckdb_rows, found.spark_rows, found.columns) == (3, rows, columns)
    assert found.is_equal == (rows == 3 and not columns)
