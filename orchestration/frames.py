"""Between DuckDB and the pure functions: staged entities out as frames, results in as tables, each in one statement."""

from __future__ import annotations

from collections.abc import Mapping

import duckdb
import polars as pl

from connectors.loading.session import transaction


def read_frame(connection: duckdb.DuckDBPyConnection, query: str) -> pl.DataFrame:
    """The rows of `query` as a frame."""
    frame = pl.from_arrow(connection.sql(query).to_arrow_table())
    assert isinstance(frame, pl.DataFrame)
    return frame


def read_staged(connection: duckdb.DuckDBPyConnection, entity: str, columns: tuple[str, ...]) -> pl.DataFrame:
    """`source` and `columns` of an entity, every connector's staging model united."""
    tables = connection.execute(
        "select table_name from duckdb_tables() where database_name = current_database() and schema_name = 'staging'"
        " and suffix(table_name, ?) order by table_name",
        [f"__{entity}"],
    ).fetchall()
    chosen = ", ".join(f'"{name}"' for name in ("source", *columns))
    return read_frame(connection, " union all ".join(f'select {chosen} from staging."{t}"' for (t,) in tables))


def read_labels(connection: duckdb.DuckDBPyConnection) -> pl.DataFrame:
    """`label`: every distinct text that a vocabulary may have to know, from staging, the alias seeds and the user."""
    places = connection.execute(
        "select schema_name, table_name, column_name from duckdb_columns()"
        " where database_name = current_database() and ("
        "(schema_name = 'staging' and suffix(column_name, '_label'))"
        " or (schema_name = 'core' and suffix(table_name, '_aliases') and column_name = 'label')"
        " or (schema_name = 'ops' and table_name = 'user_labels' and column_name = 'label')"
        ") order by all"
    ).fetchall()
    parts = [f'select distinct "{c}" as label from "{s}"."{t}"' for s, t, c in places]
    return read_frame(connection, " union ".join(parts))


def list_columns(connection: duckdb.DuckDBPyConnection, condition: str) -> dict[tuple[str, str], list[str]]:
    """schema, table → its columns in order, of the open database's tables, views left out.

    `condition`: SQL over duckdb_columns() as c."""
    found: dict[tuple[str, str], list[str]] = {}
    for schema, table, column in connection.execute(
        "select c.schema_name, c.table_name, c.column_name from duckdb_columns() as c inner join duckdb_tables() as t"
        " on c.schema_name = t.schema_name and c.table_name = t.table_name and c.database_name = t.database_name"
        f" where c.database_name = current_database() and ({condition})"
        " order by c.schema_name, c.table_name, c.column_index"
    ).fetchall():
        found.setdefault((schema, table), []).append(column)
    return found


def write_table(connection: duckdb.DuckDBPyConnection, table: str, frame: pl.DataFrame, comment: str = "") -> None:
    """Replace `schema.table` by the frame, whole: a reader of the warehouse never meets half of it."""
    write_tables(connection, {table: frame}, {table: comment})


def write_tables(
    connection: duckdb.DuckDBPyConnection, frames: Mapping[str, pl.DataFrame], comments: Mapping[str, str]
) -> None:
    """Replace all of them in one transaction: tables that tell of each other change together or not at all."""
    with transaction(connection):
        for table, frame in frames.items():
            connection.register("incoming_frame", frame.to_arrow())
            try:
                connection.execute(f"create or replace table {table} as select * from incoming_frame")
            finally:
                connection.unregister("incoming_frame")
            if comment := comments.get(table):
                escaped = comment.replace("'", "''")
                connection.execute(f"comment on table {table} is '{escaped}'")


def table_exists(connection: duckdb.DuckDBPyConnection, schema: str, name: str) -> bool:
    return bool(
        connection.execute(
            "select 1 from duckdb_tables() where database_name = current_database() and schema_name = ?"
            " and table_name = ?",
            [schema, name],
        ).fetchall()
    )
