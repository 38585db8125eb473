"""What the models read and do not make, as one Parquet file a table: the change log's streams, what the runner and the
identity step wrote, and the relay's facts."""

from __future__ import annotations

from pathlib import Path

import duckdb

from orchestration.relay_tables import DESCRIPTIONS


def write_tables(connection: duckdb.DuckDBPyConnection, folder: Path) -> dict[str, int]:
    """Write `folder`/<schema>/<table>.parquet. Returns rows by `schema.table`. JSON is written as text: any tool
    reads it."""
    relations = connection.execute(
        "select schema_name, view_name from duckdb_views() where database_name = current_database()"
        " and schema_name = 'raw' union all"
        " select schema_name, table_name from duckdb_tables() where database_name = current_database()"
        " and (schema_name in ('ops', 'identity') or schema_name = 'marts' and list_contains(?, table_name))"
        " order by all",
        [list(DESCRIPTIONS)],
    ).fetchall()
    rows: dict[str, int] = {}
    for schema, table in relations:
        columns = connection.execute(
            "select column_name, data_type from duckdb_columns() where database_name = current_database()"
            " and schema_name = ? and table_name = ? order by column_index",
            [schema, table],
        ).fetchall()
        chosen = ", ".join(
            f'"{name}"::varchar as "{name}"' if kind == "JSON" else f'"{name}"' for name, kind in columns
        )
        target = folder / schema / f"{table}.parquet"
        target.parent.mkdir(parents=True, exist_ok=True)
        escaped = str(target).replace("'", "''")
        query = f"copy (select {chosen} from {schema}.\"{table}\") to '{escaped}' (format parquet, compression zstd)"
        rows[f"{schema}.{table}"] = connection.execute(query).fetchall()[0][0]
    return rows
