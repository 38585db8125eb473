"""What linking costs beside bare Splink with the settings of its own tutorial, on the same records, in the same run.

    .venv/bin/python -m benchmarks.identity [records]          100,000 unless said

Ours is everything from candidate records to persons: strong keys, likeness, components, ids. Wall seconds; Splink's are
training (u by sampling, two sessions of expectation maximisation), prediction and clustering at 0.95. Then a run that
brings 1 % new records, and pairwise precision, recall and F1 of both against the truth.
"""

from __future__ import annotations

import logging
import resource
import sys
import time
from collections.abc import Callable
from datetime import datetime
from typing import Any

import polars as pl

from benchmarks.identity_people import invent
from orchestration.compute import identity

AS_OF = datetime.fromisoformat("2026-09-30")
ATMOST = 1.2
NEW_SHARE = 0.01


def measure(work: Callable[[], Any]) -> tuple[Any, float]:
    start = time.perf_counter()
    result = work()
    return result, time.perf_counter() - start


def link_all(candidates: pl.DataFrame, previous: pl.DataFrame | None = None) -> pl.DataFrame:
    """source, candidate_id, person_id of every record, as a run of the pipeline finds them."""
    strong = identity.link(candidates)
    scored = identity.score_alike(candidates, strong)
    edges = pl.concat([strong, identity.choose_links(candidates.height, strong, scored)])
    return identity.persons(candidates, edges, secret=b"benchmark", as_of_at=AS_OF, previous=previous)


def link_bare(candidates: pl.DataFrame) -> pl.DataFrame:
    """source, candidate_id, person_id by Splink as its tutorial uses it, on the columns as they are."""
    import splink.comparison_library as cl
    from splink import DuckDBAPI, Linker, SettingsCreator, block_on

    rows = candidates.select(
        "source",
        "candidate_id",
        "family_name",
        "given_name",
        "kana",
        "email",
        "phone",
        pl.col("birth_date").cast(pl.String),
        unique_id=pl.int_range(pl.len()),
    )
    api = DuckDBAPI()
    settings = SettingsCreator(
        link_type="dedupe_only",
        comparisons=[
            cl.NameComparison("family_name"),
            cl.NameComparison("given_name"),
            cl.NameComparison("kana"),
            cl.DateOfBirthComparison("birth_date", input_is_string=True),
            cl.EmailComparison("email"),
            cl.ExactMatch("phone").configure(term_frequency_adjustments=True),
        ],
        blocking_rules_to_generate_predictions=[
            block_on("email"),
            block_on("phone"),
            block_on("birth_date", "family_name"),
            block_on("birth_date", "given_name"),
            block_on("family_name", "given_name"),
        ],
    )
    linker = Linker(api.register(rows.drop("source", "candidate_id").to_arrow()), settings, log_level=logging.ERROR)
    linker.training.estimate_probability_two_random_records_match([block_on("email"), block_on("phone")], recall=0.7)
    linker.training.estimate_u_using_random_sampling(max_pairs=1e6)
    linker.training.estimate_parameters_using_expectation_maximisation(block_on("family_name", "given_name"))
    linker.training.estimate_parameters_using_expectation_maximisation(block_on("birth_date"))
    predicted = linker.inference.predict(threshold_match_probability=0.5)
    clusters = linker.clustering.cluster_pairwise_predictions_at_threshold(predicted, threshold_match_probability=0.95)
    labels = pl.DataFrame(pl.from_arrow(clusters.as_duckdbpyrelation().to_arrow_table()))
    return rows.join(labels.select("unique_id", person_id="cluster_id"), on="unique_id")


def judge(found: pl.DataFrame, candidates: pl.DataFrame, truth: pl.Series) -> str:
    known = candidates.select("source", "candidate_id").with_columns(truth)
    both = found.select("source", "candidate_id", "person_id").join(known, on=["source", "candidate_id"])

    def pairs(*keys: str) -> int:
        counts = both.group_by(keys).len()["len"].cast(pl.Int64)
        return int((counts * (counts - 1) // 2).sum())

    right, said, true = pairs("person", "person_id"), pairs("person_id"), pairs("person")
    precision, recall = right / max(said, 1), right / true
    return f"precision {precision:.4f} recall {recall:.4f} F1 {2 * precision * recall / (precision + recall):.4f}"


def main(records: int) -> None:
    candidates, truth = invent(records)
    link_all(candidates.head(1000))  # imports are paid once, by neither
    ours, full = measure(lambda: link_all(candidates))
    bare, splink = measure(lambda: link_bare(candidates))
    print(f"{records:,} records: ours {full:.2f} s, bare Splink {splink:.2f} s, ratio {full / splink:.2f} (≤ {ATMOST})")
    print(f"ours        {judge(ours, candidates, truth)}")
    print(f"bare Splink {judge(bare, candidates, truth)}")
    before = link_all(candidates.head(round(records * (1 - NEW_SHARE))))
    _, again = measure(lambda: link_all(candidates, before))
    print(f"1 % new: {again:.2f} s, {again / full:.2f} of ours in full, {again / splink:.2f} of bare Splink (≤ 0.10)")
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6:.1f} GB")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000)
