"""What likeness compares of a record: its folded names, dates and addresses, and how frequent its names are."""

from __future__ import annotations

import polars as pl

from orchestration.compute.identity.keys import carry_key, prepare_keys
from orchestration.compute.identity.names import derive_names

# Characters of an address by which records come to be compared: past the prefecture, before the number of the house.
ADDRESS_START = 6


def derive_features(records: pl.DataFrame, many: int) -> pl.DataFrame:
    """One row a record that may be compared: node, the names of `derive_names`, birth (ISO text), birth_year, birth_day
    (MM-DD), any_order (the reading whichever name comes first), email, local, phone,
    phone_end, address, address_start, and tf_name, tf_family, tf_given, tf_address (shares of records) and tf_birth, of
    a birth date the share beyond the `many` records that one person may have.

    `records` are those of `order_records`, with `address` where a source gives one. Anonymised records are left out,
    and an address or number that more than `many` records carry is nobody's.
    """
    prepared = prepare_keys(records, ("email", "phone"))
    features = (
        derive_names(records.filter(~pl.col("is_anonymised").fill_null(False)))
        .join(_first_contact(prepared, "email", many), on="node", how="left")
        .join(_first_contact(prepared, "phone", many), on="node", how="left")
        .join(_rest(records), on="node", how="left")
        .with_columns(
            local=pl.col("email").str.extract(r"^([^@]+)@"),
            phone_end=pl.col("phone").str.slice(-4),
            address_start=pl.col("address").str.slice(0, ADDRESS_START),
            birth_year=pl.col("birth").str.slice(0, 4),
            birth_day=pl.col("birth").str.slice(5),
        )
    )
    family = _share(pl.coalesce("family", "kanji_family"))
    given = _share(pl.coalesce("given", "kanji_given"))
    return features.with_columns(
        tf_family=family,
        tf_given=given,
        tf_name=pl.coalesce(family * given, _share(pl.coalesce("reading", "kanji"))),
        tf_address=_share(pl.col("address")),
        tf_birth=(pl.len().over("birth").cast(pl.Int64) - many).clip(0) / pl.len(),
        name=pl.coalesce("reading", "kanji"),
        any_order=pl.min_horizontal("reading", "reading_swapped"),
    ).sort("node")


def _rest(records: pl.DataFrame) -> pl.DataFrame:
    address = pl.col("address") if "address" in records.columns else pl.lit(None, dtype=pl.String)
    folded = address.str.normalize("NFKC").str.to_lowercase().str.replace_all(r"\s+", " ").str.strip_chars()
    return records.select(
        "node",
        birth=pl.col("birth_date").dt.to_string("%Y-%m-%d"),
        address=pl.when(folded != "").then(folded),
    )


def _first_contact(prepared: pl.DataFrame, key: str, many: int) -> pl.DataFrame:
    carried = carry_key(prepared, key).filter(pl.len().over("value") <= many)
    return carried.group_by("node").agg(pl.col("value").min().alias(key))


def _share(text: pl.Expr) -> pl.Expr:
    return pl.when(text.is_not_null()).then(pl.len().over(text) / pl.len())
