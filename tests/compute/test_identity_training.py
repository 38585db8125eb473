"""Weights learned from the records: towards what they show, little from a few, and never those that a person set."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest
from candidate_records import candidate, candidates

from orchestration.compute.identity import choose_links, link, score_alike
from orchestration.compute.identity.features import derive_features
from orchestration.compute.identity.keys import order_records
from orchestration.compute.identity.likeness import score_pairs
from orchestration.compute.identity.persons import label_components
from orchestration.compute.identity.training import train_weights
from orchestration.compute.identity.weights import BIRTH, EMAIL, NAME, Likeness
from tests.conftest import SHARED

LIKENESS = Likeness(comparisons=(NAME, BIRTH, EMAIL))
WHOLE, DIFFERENT = len(NAME.levels) - 1, 0


def pairs(n: int, other_birth_dates: int) -> pl.DataFrame:
    """n pairs with one address and one name, of which some have another birth date."""
    births = [DIFFERENT] * other_birth_dates + [len(BIRTH.levels) - 1] * (n - other_birth_dates)
    frame = pl.DataFrame({"level_birth": births}, schema={"level_birth": pl.Int32})
    return frame.with_columns(level_name=pl.lit(WHOLE, pl.Int32), level_email=pl.lit(len(EMAIL.levels) - 1, pl.Int32))


def births(likeness: Likeness) -> list[float]:
    return [level.m for level in likeness.comparisons[1].levels]


def test_where_one_of_four_birth_dates_differs_a_difference_says_little() -> None:
    told = births(train_weights(pairs(10_000, 2_500), LIKENESS))
    assert sum(told) == pytest.approx(1, abs=1e-3)
    # By hand: every pair is one person (strangers share address and name 2e-11 times): m = (100 · prior + n) / 10,100.
    assert told[-1] == pytest.approx((100 * 0.008 + 2_500) / 10_100, rel=1e-3)
    assert told[0] == pytest.approx((100 * 0.86 + 7_500) / 10_100, rel=1e-3)


def test_a_few_pairs_change_little_and_none_nothing() -> None:
    assert births(train_weights(pairs(4, 4), LIKENESS))[-1] < 0.05
    untold = train_weights(pairs(0, 0), LIKENESS)
    assert [level.m for c in untold.comparisons for level in c.levels] == pytest.approx(
        [level.m for c in LIKENESS.comparisons for level in c.levels]
    )


def test_what_a_person_set_stays() -> None:
    levels = (replace(BIRTH.levels[0], m=0.5, is_set=True), *BIRTH.levels[1:])
    likeness = replace(LIKENESS, comparisons=(NAME, replace(BIRTH, levels=levels), EMAIL))
    assert births(train_weights(pairs(10_000, 2_500), likeness)) == births(likeness)


def test_a_birth_date_weighs_by_the_u_that_a_person_set() -> None:
    frame = candidates(candidate("C1", "1988-04-12"), candidate("C2", "1988-04-12"), candidate("C3", "1988-04-13"))
    features, together = derive_features(order_records(frame), 10), pl.DataFrame({"left": [0, 0], "right": [1, 2]})
    told = []
    for times in (1, 100):
        exact, nearly, *others = BIRTH.levels
        levels = tuple(replace(level, u=times * level.u, is_set=True) for level in (exact, nearly))
        likeness = Likeness(comparisons=(replace(BIRTH, levels=(*levels, *others)),))
        told.append(score_pairs(features, together, likeness).sort("right")["weight"])
    assert (told[0] - told[1]).to_list() == pytest.approx([math.log2(100)] * 2)
    # By hand: 2 · 0.2 / 3 is more than the highest prior, 4e-4; then log2(m / u).
    prior = math.log2(4e-4 / (1 - 4e-4))
    assert told[0].to_list() == pytest.approx([prior + math.log2(0.86 / 6e-5), prior + math.log2(0.12 / 2e-3)])


FAKE = SHARED / "fixtures" / "er" / "splink" / "fake_1000.csv"
FEBRL = SHARED / "fixtures" / "er" / "febrl" / "dataset1.csv"


def read(path: Path, **columns: pl.Expr) -> pl.DataFrame:
    raw = pl.read_csv(path, infer_schema_length=0)
    raw = raw.rename({name: name.strip() for name in raw.columns}).with_columns(pl.all().str.strip_chars())
    filled = raw.with_columns(pl.when(pl.all() != "").then(pl.all()).name.keep())
    empty = {name: pl.lit(None, pl.String) for name in ("kana", "email", "phone")}
    return filled.select(
        source=pl.lit("s"),
        created_at=pl.lit(None, pl.Datetime),
        is_anonymised=pl.lit(False),
        **{**empty, **columns},
    ).with_columns(full_name=pl.concat_str("given_name", "family_name", separator=" ", ignore_nulls=True))


@pytest.mark.skipif(not FAKE.is_file(), reason="the shared sets are not here")
@pytest.mark.parametrize(
    ("name", "least"), [("fake_1000", 0.74), ("febrl1 with numbers", 0.955), ("febrl1 with addresses", 0.91)]
)
def test_sets_of_others_are_linked_without_a_false_link(name: str, least: float) -> None:
    """Pairwise F1. By Splink's example settings on the same columns: fake_1000 0.680, Febrl 1 with numbers 0.922."""
    if name == "fake_1000":
        frame = read(
            FAKE,
            candidate_id=pl.col("unique_id"),
            given_name=pl.col("first_name"),
            family_name=pl.col("surname"),
            birth_date=pl.col("dob").str.to_date(strict=False),
            email=pl.col("email"),
            truth=pl.col("cluster"),
        )
    else:
        lines = pl.concat_str("street_number", "address_1", "suburb", separator=" ", ignore_nulls=True)
        told = {"phone": pl.col("soc_sec_id")} if name == "febrl1 with numbers" else {"address": lines}
        frame = read(
            FEBRL,
            candidate_id=pl.col("rec_id"),
            given_name=pl.col("given_name"),
            family_name=pl.col("surname"),
            birth_date=pl.col("date_of_birth").str.to_date("%Y%m%d", strict=False),
            **told,
            truth=pl.col("rec_id").str.extract(r"rec-(\d+)-"),
        )
    strong = link(frame)
    edges = pl.concat([strong, choose_links(frame.height, strong, score_alike(frame, strong))])
    records = order_records(frame)
    found_as = (
        records.select("source", "candidate_id")
        .with_columns(person=label_components(records.height, edges))
        .join(frame.select("candidate_id", "truth"), on="candidate_id")
    )
    found, true, both = (_pairs(found_as, keys) for keys in (["person"], ["truth"], ["person", "truth"]))
    assert both == found
    assert 2 * both / (found + true) >= least


def _pairs(told: pl.DataFrame, keys: list[str]) -> int:
    counts = told.group_by(keys).len()["len"].cast(pl.Int64)
    return int((counts * (counts - 1) // 2).sum())
