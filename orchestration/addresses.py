"""Where a candidate lives, from the columns that no field of the model holds: evidence of who is who, and nothing else.

The model has no address, so an export's 住所 stays verbatim in `_extra` of the change log. It is read here for linking
alone, and written nowhere.
"""

from __future__ import annotations

import duckdb
import polars as pl

from orchestration.unmapped import read_unmapped

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
    said = read_unmapped(connection, "candidates", "candidate_id", PARTS)
    if said is None:
        return candidates.with_columns(address=pl.lit(None, dtype=pl.String))
    return candidates.join(
        said.rename({"said": "address"}), on=["source", "candidate_id"], how="left", maintain_order="left"
    )
