"""One table of the warehouse as a Parquet file with its entry in a manifest, and back."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import Any

import duckdb

from connectors.errors import CheckFailed
from orchestration.warehouse import fetch_row

# Parquet has no such types: text in the file, the type again in the table.
AS_TEXT = re.compile(r"HUGEINT|ENUM|BIT|UNION|INTERVAL|TIME WITH TIME ZONE")
NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
TYPE = re.compile(r"[A-Z][A-Za-z0-9_ (),\[\]\"']*")


def list_tables(warehouse: duckdb.DuckDBPyConnection) -> list[tuple[str, str, str | None]]:
    """schema, name and comment of every table of the warehouse that a run cannot make again."""
    return warehouse.execute(
        "select schema_name, table_name, comment from duckdb_tables() where database_name = current_database()"
        " and schema_name <> 'staging' and not temporary order by all"
    ).fetchall()


def write_table(
    warehouse: duckdb.DuckDBPyConnection, part: Path, schema: str, table: str, comment: str | None
) -> dict[str, Any]:
    """Write one table to `part` and return its entry in the manifest."""
    columns = warehouse.execute(
        "select column_name, data_type, comment from duckdb_columns() where database_name = current_database()"
        " and schema_name = ? and table_name = ? order by column_index",
        [schema, table],
    ).fetchall()
    key = fetch_row(
        warehouse,
        "select constraint_column_names from duckdb_constraints() where database_name = current_database()"
        " and schema_name = ? and table_name = ? and constraint_type = 'PRIMARY KEY'",
        [schema, table],
    )
    chosen = ", ".join(
        f'"{name}"::varchar as "{name}"' if AS_TEXT.search(kind) else f'"{name}"' for name, kind, _ in columns
    )
    file = f"{schema}.{table}.parquet"
    target = str(part / file).replace("'", "''")
    rows = fetch_row(
        warehouse,
        f'copy (select {chosen} from "{schema}"."{table}") to \'{target}\' (format parquet, compression zstd)',
    )[0]
    return {
        "schema": schema,
        "table": table,
        "file": file,
        "rows": rows,
        "sha256": hash_file(part / file),
        "comment": comment,
        "primary_key": key[0] if key else [],
        "columns": [{"name": name, "type": kind, "comment": text} for name, kind, text in columns],
    }


def read_table(connection: duckdb.DuckDBPyConnection, folder: Path, table: dict[str, Any]) -> None:
    """Make one table of its entry in the manifest. Raises CheckFailed where that is not what `write_table` writes."""
    words = [table["schema"], table["table"], *table["primary_key"], *(column["name"] for column in table["columns"])]
    kinds = [column["type"] for column in table["columns"]]
    if not all(map(NAME.fullmatch, words[:2])) or '"' in "".join(words) or not all(map(TYPE.fullmatch, kinds)):
        raise CheckFailed("the manifest names what no backup of ours would", where=table["file"])
    name = f'"{table["schema"]}"."{table["table"]}"'
    columns = ", ".join(f'"{column["name"]}" {column["type"]}' for column in table["columns"])
    key = ", ".join(f'"{column}"' for column in table["primary_key"])
    connection.execute(f'create schema if not exists "{table["schema"]}"')
    connection.execute(f"create table {name} ({columns}{f', primary key ({key})' if key else ''})")
    chosen = ", ".join(f'"{column["name"]}"' for column in table["columns"])
    source = str(folder / table["file"]).replace("'", "''")
    rows = fetch_row(connection, f"insert into {name} select {chosen} from read_parquet('{source}')")[0]
    if rows != table["rows"]:
        raise CheckFailed(f"{rows} rows were read, the manifest says {table['rows']}", where=table["file"])
    comments = [(f"table {name}", table["comment"])]
    comments += [(f'column {name}."{column["name"]}"', column["comment"]) for column in table["columns"]]
    for what, text in comments:
        if text:
            escaped = text.replace("'", "''")
            connection.execute(f"comment on {what} is '{escaped}'")


def hash_file(path: Path) -> str:
    """SHA-256, hex, of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
