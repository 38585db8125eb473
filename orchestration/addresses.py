"""Where a candidate lives, from the columns that no field of the model holds: evidence of who is who, and nothing else.

The model has no address, so an export's 住所 stays verbatim in `_extra` of the change log. It is read here for linking
alone, and written nowhere.
"""

from __future__ import annotations

import re

import duckdb
import polars as pl

from orchestration.frames import read_frame

# Headers that say where somebody lives, after NFKC and without white space; the coarser first, as an address is read.
PARTS = (
    r"(postal|zip|post)_?(code)?|郵便番号|〒",
    r"country|国",
    r"state|prefecture|都道府県名?",
    r"city|town|suburb|市区?町?村?名?|市区郡",
    r"(home|current|street|mailing)?_?address(_?line)?_?[1-3]?|(現|自宅|居住地)?住所[1-3①②③]?|所在地",
    r"street(_?(name|number))?|番地|町名番地|建物名?",
)


def with_addresses(connection: duckdb.DuckDBPyConnection, candidates: pl.DataFrame) -> pl.DataFrame:
    """`candidates` (source, candidate_id, …) with `address`, NULL where no column says one."""
    known = connection.execute(
        "select 1 from duckdb_views() where schema_name = 'raw' and view_name = 'table__candidates'"
    ).fetchall()
    headers = _list_headers(connection) if known else []
    if not headers:
        return candidates.with_columns(address=pl.lit(None, dtype=pl.String))
    values = ", ".join(f"nullif(trim(json_extract_string(_extra, {_path(name)})), '')" for name in headers)
    addresses = read_frame(
        connection,
        f"select source, trim(candidate_id) as candidate_id, nullif(concat_ws(' ', {values}), '') as address"
        " from raw.table__candidates where _extra is not null qualify row_number() over ("
        "partition by source, trim(candidate_id) order by _extracted_at desc, _load_id desc, _row_number desc) = 1",
    )
    return candidates.join(addresses, on=["source", "candidate_id"], how="left", maintain_order="left")


def _list_headers(connection: duckdb.DuckDBPyConnection) -> list[str]:
    """The unmapped headers of candidates that are parts of an address, the coarser first."""
    names = connection.execute(
        "select distinct unnest(json_keys(_extra)) from raw.table__candidates where _extra is not null order by 1"
    ).fetchall()
    found = []
    for (name,) in names:
        folded = re.sub(r"\s+", "", name).lower()
        place = next((at for at, part in enumerate(PARTS) if re.fullmatch(part, folded)), None)
        if place is not None:
            found.append((place, name))
    return [name for _, name in sorted(found)]


def _path(name: str) -> str:
    quoted = name.replace("\\", "\\\\").replace('"', '\\"').replace("'", "''")
    return f"'$.\"{quoted}\"'"
