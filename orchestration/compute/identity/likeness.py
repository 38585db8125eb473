"""Linkage by likeness for what the strong keys leave: pairs scored by Splink, links only where two keys agree.

Splink (MIT) is imported on the first pair to score, never before: a run whose strong keys leave nothing to compare does
not pay for it. It works in a scratch DuckDB in memory, apart from any warehouse.
"""

from __future__ import annotations

import logging
import math
from typing import Any

import polars as pl

from orchestration.compute.identity.weights import Likeness

NEARLY = 0.5  # of a key
PAIR_SCHEMA = {
    "left": pl.UInt32,
    "right": pl.UInt32,
    "probability": pl.Float64,
    "weight": pl.Float64,
    "agreeing": pl.Float64,
    "alike": pl.UInt32,
    "is_contradicted": pl.Boolean,
}


def score_pairs(features: pl.DataFrame, pairs: pl.DataFrame, likeness: Likeness) -> pl.DataFrame:
    """PAIR_SCHEMA and level_<comparison> (the place of the level, −1 where missing) of each pair, unordered.

    `features`: those of all records, whose number says how likely any two are one person.
    """
    levels = {f"level_{comparison.name}": pl.Int32 for comparison in likeness.comparisons}
    if pairs.is_empty():
        return pl.DataFrame(schema=PAIR_SCHEMA | levels)
    from splink import DuckDBAPI, Linker

    nodes = pl.concat([pairs["left"], pairs["right"]]).unique()
    met = features.filter(pl.col("node").is_in(nodes.implode()))
    api = DuckDBAPI(":memory:")
    logging.getLogger("splink").setLevel(logging.ERROR)
    linker = Linker(
        api.register(met.to_arrow(), dataset_display_name="records"),
        _settings(likeness, features.height),
        log_level=logging.ERROR,
    )
    blocked = pairs.select(
        pl.lit("0").alias("match_key"), pl.col("left").alias("join_key_l"), pl.col("right").alias("join_key_r")
    )
    linker.table_management.register_blocked_pairs_for_predict(api.register(blocked.to_arrow()))
    scored = pl.from_arrow(linker.inference.predict(warning_mode="never").as_duckdbpyrelation().to_arrow_table())
    api.duckdb_con.close()
    assert isinstance(scored, pl.DataFrame)
    return _judge(scored, likeness)


def reweigh(scored: pl.DataFrame, before: Likeness, after: Likeness) -> pl.DataFrame:
    """The same pairs by the m of `after`: a level's weight is log2(m/u), so only the difference is added."""
    added = []
    for one, other in zip(before.comparisons, after.comparisons, strict=True):
        last = len(one.levels) - 1
        bits = {
            last - place: math.log2(new.m / old.m)
            for place, (old, new) in enumerate(zip(one.levels, other.levels, strict=True))
        }
        level = pl.col(f"level_{one.name}")
        added.append(level.replace_strict(bits, default=0.0, return_dtype=pl.Float64))
    weighed = scored.with_columns(weight=pl.col("weight") + pl.sum_horizontal(added))
    return weighed.with_columns(probability=1 / (1 + pl.lit(2.0).pow(-pl.col("weight"))))


def _judge(scored: pl.DataFrame, likeness: Likeness) -> pl.DataFrame:
    told = []
    for comparison in likeness.comparisons:
        last = len(comparison.levels) - 1
        credit = {last - place: float(level.agrees) for place, level in enumerate(comparison.levels)}
        gamma = pl.col(f"gamma_{comparison.name}")
        told.append(gamma.replace_strict(credit, default=0.0, return_dtype=pl.Float64))
    return scored.select(
        left=pl.min_horizontal("node_l", "node_r").cast(pl.UInt32),
        right=pl.max_horizontal("node_l", "node_r").cast(pl.UInt32),
        probability="match_probability",
        weight="match_weight",
        agreeing=pl.sum_horizontal(told),
        alike=pl.sum_horizontal(credit >= NEARLY for credit in told).cast(pl.UInt32),
        is_contradicted=(pl.min_horizontal(told) < 0) & (pl.sum_horizontal(told) <= 0),
        **{f"level_{c.name}": pl.col(f"gamma_{c.name}").cast(pl.Int32) for c in likeness.comparisons},
    )


def _settings(likeness: Likeness, records: int) -> dict[str, Any]:
    return {
        "link_type": "dedupe_only",
        "unique_id_column_name": "node",
        "probability_two_random_records_match": likeness.prior(records),
        "retain_matching_columns": True,  # the levels come with them
        "blocking_rules_to_generate_predictions": ["l.email = r.email"],
        "comparisons": [
            {
                "output_column_name": comparison.name,
                "comparison_levels": [
                    {"sql_condition": comparison.missing, "is_null_level": True, "label_for_charts": "missing"},
                    *(_level(level) for level in comparison.levels),
                ],
            }
            for comparison in likeness.comparisons
        ],
    }


def _level(level: Any) -> dict[str, Any]:
    told = {
        "sql_condition": "ELSE" if level.condition == "else" else level.condition,
        "label_for_charts": level.name,
        "m_probability": level.m / level.rest,  # where a frequency weighs, Splink puts it in the place of u
        "u_probability": level.u,
    }
    if level.frequency:
        told |= {
            "tf_adjustment_column": level.frequency,
            "tf_minimum_u_value": level.u / level.rest if level.least_u else 0.0,
            "disable_tf_exact_match_detection": True,
        }
    return told
