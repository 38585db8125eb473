"""Whom does a remark in a chat name? A full name of one known person, never a likeness."""

from __future__ import annotations

import polars as pl

from orchestration.compute.identity.keys import conform, derive_keys, normalise_latin, normalise_name

FEEDBACK_SCHEMA = {"source": pl.String, "feedback_id": pl.String, "candidate_ref": pl.String}
FEEDBACK_XREF_SCHEMA = {
    "source": pl.String,
    "feedback_id": pl.String,
    "person_id": pl.String,
    "n_persons": pl.Int64,
}
SHORTEST_NAME = 2
# What may stand before a name without a break: particles and endings in kana, and words for an applicant.
BEFORE_A_NAME = r"[ぁ-んー者方]$"


def attribute_feedback(feedback: pl.DataFrame, candidates: pl.DataFrame, person_xref: pl.DataFrame) -> pl.DataFrame:
    """feedback_xref: source, feedback_id, person_id, n_persons; only remarks that name a known person.

    `feedback`: source, feedback_id, candidate_ref (what stood before honorifics, joined by `;`: the name may begin in
    the midst of it). The longest full name at its end counts. Where a remark names two persons, or a name that two
    have, person_id is NULL and n_persons says how many: it is listed, not guessed. Anonymised records name nobody.
    """
    told = conform(feedback, FEEDBACK_SCHEMA).drop_nulls("candidate_ref")
    names = (
        candidates.with_columns(**derive_keys())
        .filter(~pl.col("is_anonymised").fill_null(False))
        .join(person_xref.select("source", "candidate_id", "person_id"), on=["source", "candidate_id"])
    )
    known = pl.concat(
        [names.select(pl.col(kind).alias("name"), "person_id").drop_nulls() for kind in ("name", "latin")]
    ).unique()
    endings = (
        told.with_columns(ref=pl.col("candidate_ref").str.split(";"))
        .explode("ref")
        .with_row_index("mention")
        .with_columns(whole=normalise_name(pl.col("ref")))
        .drop_nulls("whole")
        .with_columns(start=pl.int_ranges(0, pl.col("whole").str.len_chars().cast(pl.Int64) - SHORTEST_NAME + 1))
        .explode("start")
        .drop_nulls("start")
        .with_columns(
            name=pl.when((pl.col("start") == 0) & pl.col("ref").str.contains("^[A-Z]"))
            .then(normalise_latin(pl.col("ref")))
            .otherwise(pl.col("whole").str.slice(pl.col("start"))),
            before=pl.col("whole").str.slice(0, pl.col("start")),
        )
        .filter((pl.col("before") == "") | pl.col("before").str.contains(BEFORE_A_NAME))
        .join(known, on="name")
    )
    longest = endings.filter(pl.col("start") == pl.col("start").min().over("mention"))
    return (
        longest.group_by("source", "feedback_id")
        .agg(pl.col("person_id").min().alias("first"), n_persons=pl.col("person_id").n_unique().cast(pl.Int64))
        .select(
            "source",
            "feedback_id",
            person_id=pl.when(pl.col("n_persons") == 1).then("first"),
            n_persons="n_persons",
        )
        .sort("source", "feedback_id")
    )
