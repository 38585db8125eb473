"""`raw.<connector>__<stream>`: one view over the change logs of every connection of a connector.

They stand between the user's configuration, which names connections, and the models, which name none.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator

import duckdb

from connectors.core import Stream, discover
from connectors.loading.raw_table import CARRIED, LOG_COLUMNS, quote
from connectors.loading.session import transaction
from connectors.ops import read_state, write_state
from connectors.settings import Source

STATE = "union views"


def union_streams() -> Iterator[tuple[str, str]]:
    """(connector, stream) of every view."""
    for name, connector in sorted(discover().items()):
        for stream in sorted(connector.streams):
            yield name, stream


def refresh_views(connection: duckdb.DuckDBPyConnection, sources: Iterable[Source]) -> bool:
    """Make the views of every stream of every connector over those of `sources` that have its table; without any, a
    typed view without rows. Returns whether anything had to be made: not while connections, tables and columns stay.
    """
    tables: dict[tuple[str, str], set[str]] = {}
    for schema, table, column in connection.execute(
        "select schema_name, table_name, column_name from duckdb_columns() where starts_with(schema_name, 'raw')"
    ).fetchall():
        tables.setdefault((schema, table), set()).add(column)
    known_sources = sorted(sources, key=lambda source: source.name)
    views: dict[str, str] = {}
    for name, connector in sorted(discover().items()):
        names = [source.name for source in known_sources if source.connector.name == name]
        for stream in connector.streams.values():
            views[f"{name}__{stream.name}"] = _view(stream, names, tables)
    wanted = hashlib.blake2b(repr(sorted(views.items())).encode(), digest_size=16).hexdigest()
    if read_state(connection, STATE) == wanted and all(("raw", view) in tables for view in views):
        return False
    with transaction(connection):
        connection.execute("create schema if not exists raw")
        for schema, view in [key for key in tables if key[0] == "raw" and key[1] not in views]:
            connection.execute(f"drop view {quote(schema)}.{quote(view)}")
        for view, query in views.items():
            connection.execute(f"create or replace view raw.{quote(view)} as {query}")
        write_state(connection, STATE, wanted)
    return True


def _view(stream: Stream, sources: list[str], tables: dict[tuple[str, str], set[str]]) -> str:
    kinds = {**dict.fromkeys(stream.columns, "VARCHAR"), **CARRIED, **LOG_COLUMNS}
    empty = ", ".join(f"null::{kind} as {quote(name)}" for name, kind in kinds.items())
    selects = [f"select null::varchar as source, {empty} where false"]
    for source in sources:
        columns = tables.get((f"raw_{source}", stream.name))
        if columns:
            given = ", ".join(
                quote(name) if name in columns else f"null::{kind} as {quote(name)}" for name, kind in kinds.items()
            )
            selects.append(
                f"select '{source}'::varchar as source, {given} from {quote(f'raw_{source}')}.{quote(stream.name)}"
            )
    return "\nunion all\n".join(selects)
