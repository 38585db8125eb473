"""One raw table: the change log of one stream of one source, and how its rows are hashed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import duckdb
import numpy as np
import polars as pl

from connectors.core import Stream
from connectors.errors import ContractError
from connectors.ops import read_state, write_state

CARRIED = {"_extra": "VARCHAR", "_parsed": "VARCHAR"}
LOG_COLUMNS = {
    **CARRIED,
    "_key": "VARCHAR",
    "_row_hash": "BIGINT",
    "_deleted": "BOOLEAN",
    "_load_id": "BIGINT",
    "_loaded_at": "TIMESTAMP",
    "_extracted_at": "TIMESTAMP",
    "_file": "VARCHAR",
    "_row_number": "BIGINT",
}
# The newest version first. Spelled once: the models choose by the same three columns.
NEWEST_FIRST = "_extracted_at desc, _load_id desc, _row_number desc nulls last"
# DuckDB's hash() takes 0.13 CPU seconds for a million rows of 12 columns, md5 0.9. Only md5 promises the same value in
# another version or on another processor; these fixed rows tell whether it is, see `agree_on_hash`.
PROBE = "(values ('田中', 'A-1'), (null, 'a text longer than twelve bytes'), ('', '田中')) as probe (a, b)"


def quote(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


@dataclass(frozen=True)
class RawTable:
    """`columns`: the source's own fields as the table has them, those that the stream no longer declares too."""

    source: str
    stream: Stream
    columns: tuple[str, ...]

    @property
    def name(self) -> str:
        return f"{quote(f'raw_{self.source}')}.{quote(self.stream.name)}"

    @property
    def carried(self) -> tuple[str, ...]:
        """What a reader gives: the fields, `_extra` and `_parsed`. Exactly this is compared."""
        return (*self.columns, *CARRIED)

    @property
    def row_hash(self) -> str:
        """SQL over the carried columns: a number for a row's content, BIGINT and never negative."""
        return hash_columns(self.carried)


def hash_keys(keys: pl.Series) -> np.ndarray:
    """UInt64. Never stored, so that it need not be the same tomorrow."""
    return keys.hash(seed=0).to_numpy()


def hash_columns(names: Sequence[str]) -> str:
    return f"(hash({', '.join(map(quote, names))}) >> 1)::bigint"


def open_table(connection: duckdb.DuckDBPyConnection, source: str, stream: Stream) -> RawTable:
    """The stream's table, created where it is missing and widened by the columns it lacks. Call within a transaction.

    Raises ContractError where a column of it is no text, or has a name that the log needs.
    """
    reserved = sorted(set(stream.columns) & set(LOG_COLUMNS))
    where = f"raw_{source}.{stream.name}"
    if reserved:
        raise ContractError(
            f"column {reserved[0]} is the change log's own", where=where, mend="rename it in the source"
        )
    found = dict(
        connection.execute(
            "select column_name, data_type from duckdb_columns() where schema_name = ? and table_name = ?"
            " order by column_index",
            [f"raw_{source}", stream.name],
        ).fetchall()
    )
    table = RawTable(source, stream, tuple(name for name in found if name not in LOG_COLUMNS))
    for name, kind in found.items():
        if kind != LOG_COLUMNS.get(name, "VARCHAR"):
            raise ContractError(
                f"column {name} is {kind} in the warehouse, {LOG_COLUMNS.get(name, 'VARCHAR')} in the contract",
                where=where,
                mend="the pipeline is the only writer of raw tables; restore the warehouse from a backup",
            )
    if not found:
        table = RawTable(source, stream, stream.columns)
        connection.execute(f"create schema if not exists {quote(f'raw_{source}')}")
        create_table(connection, table)
    missing = [name for name in stream.columns if name not in table.columns]
    for name in missing:
        connection.execute(f"alter table {table.name} add column {quote(name)} varchar")
    table = RawTable(source, stream, (*table.columns, *missing))
    agree_on_hash(connection, table)
    return table


def create_table(
    connection: duckdb.DuckDBPyConnection, table: RawTable, uncompressed: frozenset[str] = frozenset()
) -> None:
    """An empty table in the place of any other. `uncompressed`: text columns that are stored as they are."""
    columns = {**dict.fromkeys(table.columns, "VARCHAR"), **LOG_COLUMNS}
    written = [
        f"{quote(name)} {kind}{' using compression uncompressed' if name in uncompressed else ''}"
        for name, kind in columns.items()
    ]
    connection.execute(f"create or replace table {table.name} ({', '.join(written)})")


def agree_on_hash(connection: duckdb.DuckDBPyConnection, table: RawTable) -> None:
    """Where the stored hashes were made otherwise (another version or processor, other columns), make them anew once,
    so that unchanged rows stay unchanged."""
    probed = connection.execute(f"select {hash_columns(['a', 'b'])} from {PROBE} order by all").fetchall()
    recipe = f"{probed}:{','.join(table.carried)}"
    name = f"hash of {table.source}.{table.stream.name}"
    known = read_state(connection, name)
    if known == recipe:
        return
    if known is not None:
        hash_anew(connection, table)
    write_state(connection, name, recipe)


def hash_anew(connection: duckdb.DuckDBPyConnection, table: RawTable) -> None:
    connection.execute(f"update {table.name} set _row_hash = {table.row_hash} where not _deleted")
