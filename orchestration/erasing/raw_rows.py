"""Raw tables as an erasure reads them: all of them, and single rows with their place."""

from __future__ import annotations

from typing import Any

import duckdb
import polars as pl

from connectors.core import Stream
from connectors.entities import ENTITIES
from connectors.loading.raw_table import CARRIED, LOG_COLUMNS, RawTable, quote
from connectors.settings import Home
from orchestration.frames import list_columns


def list_raw(connection: duckdb.DuckDBPyConnection, home: Home) -> list[RawTable]:
    """Every raw table, those of connections that are no longer configured too."""
    tables = []
    for (schema, name), found in list_columns(connection, "starts_with(c.schema_name, 'raw_')").items():
        source = schema.removeprefix("raw_")
        own = tuple(column for column in found if column not in LOG_COLUMNS)
        known = home.sources.get(source)
        stream = known.connector.streams.get(name) if known else None
        entity = ENTITIES.get(name)
        key = stream.key if stream else entity.key if entity and "record" not in own else ("id",)
        tables.append(RawTable(source, stream or Stream(name, own, key), own))
    return tables


def read_rows(
    connection: duckdb.DuckDBPyConnection, table: RawTable, condition: str, given: dict[str, Any]
) -> pl.DataFrame:
    """The rows of which the SQL `condition` with the parameters `given` is true: _place (rowid), the table's columns,
    what every row carries, _key."""
    columns = ", ".join(map(quote, (*table.columns, *CARRIED, "_key")))
    connection.complete()
    relation = connection.sql(f"select rowid as _place, {columns} from {table.name} where {condition}", params=given)
    frame = pl.from_arrow(relation.to_arrow_table())
    assert isinstance(frame, pl.DataFrame)
    return frame
