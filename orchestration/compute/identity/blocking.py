"""Which pairs are compared at all: those that share the keys of one block."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

# Each is rare enough that its blocks stay small.
BLOCKS = (
    ("email",),
    ("phone",),
    ("birth", "given"),
    ("birth", "family"),
    ("birth", "kanji_given"),
    ("birth", "any_order"),
    ("local",),
    ("any_order", "birth_year"),
    ("any_order", "birth_day"),
    ("kanji", "birth_year"),
    ("any_order", "phone_end"),
    ("birth", "address_start"),
    ("any_order", "address_start"),
    ("address", "given"),
    ("address", "family"),
)


def block_pairs(features: pl.DataFrame, blocks: Sequence[Sequence[str]], parts: pl.Series) -> pl.DataFrame:
    """left, right: the pairs that share a block's keys and are not one person already (`parts`: each node's strong
    component)."""
    marked = features.with_columns(part=parts.gather(features["node"]))
    found = [pl.DataFrame(schema={"left": pl.UInt32, "right": pl.UInt32})]
    for keys in blocks:
        side = marked.select("node", "part", *keys).drop_nulls(list(keys))
        side = side.filter(pl.len().over(keys) > 1)
        pairs = side.join(side, on=list(keys), suffix="_other").filter(pl.col("part") != pl.col("part_other"))
        found.append(
            pairs.select(
                left=pl.min_horizontal("node", "node_other"), right=pl.max_horizontal("node", "node_other")
            ).unique()
        )
    return pl.concat(found).unique()
