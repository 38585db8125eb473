"""What a stream's unmapped columns tell: a column that no field of the model holds stays verbatim in `_extra` of the
change log, and is read there by its header for one purpose, named by who asks."""

from __future__ import annotations

import re
from collections.abc import Sequence

import duckdb
import polars as pl

from orchestration.frames import read_frame


def read_unmapped(
    connection: duckdb.DuckDBPyConnection, entity: str, key: str, patterns: Sequence[str]
) -> pl.DataFrame | None:
    """source, `key`, said: the filled columns of a record's newest version whose whole header matches one of
    `patterns`, joined by spaces in their order; NULL where all are blank. None where no column of tables' `entity` is
    such a one. Headers are compared in lower case without white space."""
    view = f"table__{entity}"
    known = connection.execute(
        "select 1 from duckdb_views() where schema_name = 'raw' and view_name = ?", [view]
    ).fetchall()
    headers = _list_headers(connection, view, patterns) if known else []
    if not headers:
        return None
    values = ", ".join(f"nullif(trim(json_extract_string(_extra, {_path(name)})), '')" for name in headers)
    return read_frame(
        connection,
        f"select source, trim({key}) as {key}, nullif(concat_ws(' ', {values}), '') as said"
        f" from raw.{view} where _extra is not null qualify row_number() over ("
        f"partition by source, trim({key}) order by _extracted_at desc, _load_id desc, _row_number desc) = 1",
    )


def _list_headers(connection: duckdb.DuckDBPyConnection, view: str, patterns: Sequence[str]) -> list[str]:
    names = connection.execute(
        f"select distinct unnest(json_keys(_extra)) from raw.{view} where _extra is not null order by 1"
    ).fetchall()
    found = []
    for (name,) in names:
        folded = re.sub(r"\s+", "", name).lower()
        place = next((at for at, part in enumerate(patterns) if re.fullmatch(part, folded)), None)
        if place is not None:
            found.append((place, name))
    return [name for _, name in sorted(found)]


def _path(name: str) -> str:
    quoted = name.replace("\\", "\\\\").replace('"', '\\"').replace("'", "''")
    return f"'$.\"{quoted}\"'"
