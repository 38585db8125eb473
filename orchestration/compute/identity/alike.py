"""From scored pairs to links and to pairs that a person should look at."""

from __future__ import annotations

import math

import polars as pl

from orchestration.compute.identity.blocking import block_pairs
from orchestration.compute.identity.features import derive_features
from orchestration.compute.identity.keys import order_records
from orchestration.compute.identity.likeness import reweigh, score_pairs
from orchestration.compute.identity.linking import EDGE_SCHEMA
from orchestration.compute.identity.persons import label_components
from orchestration.compute.identity.training import train_weights
from orchestration.compute.identity.weights import Likeness

RULE = "likeness"
# Pairs of the settings' share beside those at hand, for few records say little of how many are one person. Where a
# person has ten records the settings' share is a hundredth of the true one. With the learned one fake_1000 gains 0.03
# of F1 and Febrl 1 without its number 0.03; 100,000 invented Japanese records lose 0.0005 of precision.
DOUBTFUL = 1_000_000
ROUNDS = 20


def score_alike(candidates: pl.DataFrame, edges: pl.DataFrame, likeness: Likeness | None = None) -> pl.DataFrame:
    """Every pair that is worth a look (probability of review or more), with PAIR_SCHEMA and its levels; ordered.

    `edges`: what the strong keys found among the same candidates; the pairs are between different persons of theirs.
    """
    likeness = likeness or Likeness()
    records = order_records(candidates)
    features = derive_features(records, likeness.carriers)
    parts = label_components(records.height, edges)
    apart = block_pairs(features, likeness.blocks, parts)
    # What the strong keys linked is no question any more, but says how one person's records differ.
    linked = edges.select("left", "right").cast(pl.UInt32).unique()
    scored = score_pairs(features, pl.concat([apart, linked.join(apart, on=["left", "right"], how="anti")]), likeness)
    trained = reweigh(scored, likeness, train_weights(scored, likeness))
    trained = raise_prior(trained, likeness, records.height)
    return (
        trained.join(linked, on=["left", "right"], how="anti")
        .filter(pl.col("probability") >= likeness.review_probability)
        .sort("left", "right")
    )


def raise_prior(scored: pl.DataFrame, likeness: Likeness, records: int) -> pl.DataFrame:
    """The same pairs by the share of all pairs that these say are one person, where that is more than the settings say.

    `scored`: all pairs compared, those that the strong keys linked among them. The share is the fixed point of
    expectation maximisation over the pairs compared, with DOUBTFUL pairs of the settings' share beside them.
    """
    pairs = records * (records - 1) / 2
    said = share = likeness.prior(records)
    odds = 2.0 ** (scored["weight"].to_numpy() - math.log2(said / (1 - said)))
    for _ in range(ROUNDS):
        expected = float((1 - 1 / (1 + odds * (share / (1 - share)))).sum())
        share = max(said, (expected + said * DOUBTFUL) / (pairs + DOUBTFUL))
    weight = pl.col("weight") + (math.log2(share / (1 - share)) - math.log2(said / (1 - said)))
    return scored.with_columns(weight=weight).with_columns(probability=1 / (1 + pl.lit(2.0).pow(-pl.col("weight"))))


def choose_links(
    size: int, edges: pl.DataFrame, scored: pl.DataFrame, likeness: Likeness | None = None
) -> pl.DataFrame:
    """EDGE_SCHEMA: the scored pairs that link, of `size` records whose strong edges are given.

    A pair links at the link probability where two keys are alike and enough is left of what agrees. Where the persons
    so formed would hold a contradicted pair, only their certain links are made: the rest is left for review.
    """
    likeness = likeness or Likeness()
    likely = scored.filter(
        (pl.col("probability") >= likeness.link_probability)
        & (pl.col("alike") >= likeness.alike_keys)
        & (pl.col("agreeing") >= likeness.agreeing_keys)
        & ~pl.col("is_contradicted")
    )
    whole = label_components(size, pl.concat([edges.select("left", "right"), likely.select("left", "right")]))
    against = scored.filter("is_contradicted")
    one, other = whole.gather(against["left"]), whole.gather(against["right"])
    torn = one.filter(one == other).unique()
    is_torn = whole.gather(likely["left"]).is_in(torn.implode())
    kept = likely.filter(~is_torn | (pl.col("probability") >= likeness.certain_probability))
    return kept.select("left", "right", pl.lit(RULE).alias("rule"), "probability").cast(pl.Schema(EDGE_SCHEMA))
