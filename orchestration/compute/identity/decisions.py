"""What a person decided of two records wins for ever; what nobody decided yet is a list to look at."""

from __future__ import annotations

import hashlib

import polars as pl

from orchestration.compute.identity.keys import conform
from orchestration.compute.identity.linking import EDGE_SCHEMA
from orchestration.compute.identity.persons import label_components
from orchestration.compute.identity.weights import Likeness

DECIDED = "decision"
PAIR_KEYS = ("source", "candidate_id", "other_source", "other_candidate_id")
DECISION_SCHEMA = {**dict.fromkeys(PAIR_KEYS, pl.String), "is_same": pl.Boolean}
WEIGHED = {"probability": pl.Float64, "evidence": pl.String}
LINK_SCHEMA = {**dict.fromkeys(PAIR_KEYS, pl.String), "rule": pl.String, **WEIGHED}
REVIEW_SCHEMA = {"pair_id": pl.String, **dict.fromkeys(PAIR_KEYS, pl.String), **WEIGHED}


def apply_decisions(edges: pl.DataFrame, records: pl.DataFrame, decisions: pl.DataFrame) -> pl.DataFrame:
    """The edges with those of accepted pairs added and every path between the two records of a rejected pair cut.

    `records` as of `order_records`; `decisions`: DECISION_SCHEMA, the last one of a pair. Of a rejected pair the later
    record loses its links to whatever holds together with the earlier one.
    """
    decided = _place(conform(decisions, DECISION_SCHEMA), records)
    same = decided.filter("is_same")
    accepted = same.select("left", "right", pl.lit(DECIDED).alias("rule"), pl.lit(1.0).alias("probability"))
    told = pl.concat([edges, accepted.cast(pl.Schema(EDGE_SCHEMA))])
    for left, right in decided.filter(~pl.col("is_same")).select("left", "right").rows():
        whole = label_components(records.height, told)
        if whole[left] != whole[right]:
            continue
        at_right = (pl.col("left") == right) | (pl.col("right") == right)
        rest = label_components(records.height, told.filter(~at_right))
        other = pl.when(pl.col("left") == right).then("right").otherwise("left")
        holds_left = pl.Series(rest == rest[left])
        cut = told.with_columns(end=other).with_columns(near=holds_left.gather(told.select(other).to_series()))
        told = cut.filter(~(at_right & pl.col("near"))).drop("end", "near")
    return told


def name_links(edges: pl.DataFrame, scored: pl.DataFrame, records: pl.DataFrame, likeness: Likeness) -> pl.DataFrame:
    """LINK_SCHEMA: every edge by the keys of its records; evidence says in words what agreed, never a value."""
    told = scored.select("left", "right", evidence=_word(likeness, scored))
    named = edges.join(told, on=["left", "right"], how="left")
    words = pl.when(pl.col("rule") == "likeness").then("evidence").otherwise(pl.col("rule").str.replace_all("_", " "))
    return conform(_name(named.with_columns(evidence=words), records), LINK_SCHEMA).sort(*PAIR_KEYS, "rule")


def list_review(
    edges: pl.DataFrame, scored: pl.DataFrame, records: pl.DataFrame, decisions: pl.DataFrame, likeness: Likeness
) -> pl.DataFrame:
    """REVIEW_SCHEMA: pairs that may be one person, are not linked and were not decided; the likeliest first."""
    whole = label_components(records.height, edges)
    apart = scored.filter(
        (whole.gather(scored["left"]) != whole.gather(scored["right"])) & ~pl.col("is_contradicted")
    ).with_columns(evidence=_word(likeness, scored))
    decided = _place(conform(decisions, DECISION_SCHEMA), records).select("left", "right")
    named = _name(apart.join(decided, on=["left", "right"], how="anti"), records)
    ids = [hashlib.sha256("|".join(row).encode()).hexdigest()[:8] for row in named.select(PAIR_KEYS).iter_rows()]
    return conform(named.with_columns(pl.Series("pair_id", ids, dtype=pl.String)), REVIEW_SCHEMA).sort(
        "probability", *PAIR_KEYS, descending=[True, False, False, False, False]
    )


def _word(likeness: Likeness, scored: pl.DataFrame) -> pl.Expr:
    parts = []
    for comparison in likeness.comparisons:
        last = len(comparison.levels) - 1
        words = {last - place: level.name for place, level in enumerate(comparison.levels)}
        parts.append(pl.col(f"level_{comparison.name}").replace_strict(words, default=None, return_dtype=pl.String))
    return pl.concat_str(parts, separator="; ", ignore_nulls=True)


def _place(decisions: pl.DataFrame, records: pl.DataFrame) -> pl.DataFrame:
    nodes = records.select("source", "candidate_id", "node")
    others = nodes.rename({"source": "other_source", "candidate_id": "other_candidate_id", "node": "other_node"})
    return (
        decisions.join(nodes, on=["source", "candidate_id"])
        .join(others, on=["other_source", "other_candidate_id"])
        .select(
            left=pl.min_horizontal("node", "other_node"),
            right=pl.max_horizontal("node", "other_node"),
            is_same="is_same",
        )
        .unique(["left", "right"], keep="last", maintain_order=True)
        .sort("left", "right")
    )


def _name(pairs: pl.DataFrame, records: pl.DataFrame) -> pl.DataFrame:
    return pairs.with_columns(
        source=records["source"].gather(pairs["left"]),
        candidate_id=records["candidate_id"].gather(pairs["left"]),
        other_source=records["source"].gather(pairs["right"]),
        other_candidate_id=records["candidate_id"].gather(pairs["right"]),
    )
