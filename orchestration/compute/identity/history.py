"""Ids that stay: which person of an earlier run a person of this one is, and what merged or split since."""

from __future__ import annotations

import polars as pl

from orchestration.compute.identity.keys import conform

HISTORY_SCHEMA = {
    "source": pl.String,
    "candidate_id": pl.String,
    "person_id": pl.String,
    "rule": pl.String,
    "probability": pl.Float64,
    "valid_from": pl.Datetime("us"),
    "valid_to": pl.Datetime("us"),
}
EVENT_SCHEMA = {
    "occurred_at": pl.Datetime("us"),
    "kind": pl.String,
    "from_person_id": pl.String,
    "to_person_id": pl.String,
    "n_records": pl.Int64,
}
RECORD = ["source", "candidate_id"]


def inherit_ids(grouped: pl.DataFrame, previous: pl.DataFrame) -> pl.DataFrame:
    """first, kept_id: the id that each person of this run keeps from `previous`; persons without one are left out.

    `grouped`: node, source, candidate_id, first (the smallest node of the person). A person keeps the id of its oldest
    record that had one; where a person split, the part with the oldest of its records keeps the id.
    """
    known = grouped.join(previous.select(*RECORD, kept_id="person_id"), on=RECORD, how="inner").sort("node")
    oldest = known.unique("first", keep="first", maintain_order=True)
    return oldest.unique("kept_id", keep="first", maintain_order=True).select("first", "kept_id")


def close_intervals(history: pl.DataFrame, current: pl.DataFrame, as_of_at: object) -> pl.DataFrame:
    """HISTORY_SCHEMA: what was ever said of each record; valid_to (exclusive) is NULL where it still holds.

    `history`: the same of the run before; `current`: PERSON_XREF_SCHEMA of this one. What no longer holds ends at
    as_of_at, or at its own beginning where the run looks further back than that.
    """
    before = conform(history, HISTORY_SCHEMA)
    still = [*RECORD, "person_id"]
    ended = before.filter(pl.col("valid_to").is_not_null())
    fallen = before.filter(pl.col("valid_to").is_null()).join(current, on=still, how="anti")
    closed = fallen.with_columns(valid_to=pl.max_horizontal("valid_from", pl.lit(as_of_at).cast(pl.Datetime("us"))))
    return pl.concat([ended, closed, conform(current, HISTORY_SCHEMA)]).sort(*RECORD, "valid_from", "valid_to")


def tell_events(previous: pl.DataFrame, current: pl.DataFrame, as_of_at: object) -> pl.DataFrame:
    """EVENT_SCHEMA: persons whose records went to another since `previous`, one row a pair of persons.

    kind is `merge` where the person left is no more, `split` where the other is new, else `move`.
    """
    moved = (
        previous.select(*RECORD, from_person_id="person_id")
        .join(current.select(*RECORD, to_person_id="person_id"), on=RECORD)
        .filter(pl.col("from_person_id") != pl.col("to_person_id"))
        .group_by("from_person_id", "to_person_id")
        .agg(n_records=pl.len().cast(pl.Int64))
    )
    goes_on = pl.col("from_person_id").is_in(current["person_id"].unique().implode())
    was_there = pl.col("to_person_id").is_in(previous["person_id"].unique().implode())
    kind = pl.when(~goes_on).then(pl.lit("merge")).when(~was_there).then(pl.lit("split")).otherwise(pl.lit("move"))
    told = moved.with_columns(kind=kind, occurred_at=pl.lit(as_of_at).cast(pl.Datetime("us")))
    return conform(told, EVENT_SCHEMA).sort("kind", "from_person_id", "to_person_id")
