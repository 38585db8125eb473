"""Edges become persons: connected records are one person, under an opaque and stable id."""

from __future__ import annotations

import hmac

import polars as pl

from orchestration.compute.identity.history import inherit_ids
from orchestration.compute.identity.keys import conform, order_records
from orchestration.compute.identity.linking import STRONG_KEYS

PERSON_XREF_SCHEMA = {
    "source": pl.String,
    "candidate_id": pl.String,
    "person_id": pl.String,
    "rule": pl.String,
    "probability": pl.Float64,
    "valid_from": pl.Datetime("us"),
}
APPLICATION_KEY_SCHEMA = {"source": pl.String, "application_id": pl.String, "candidate_id": pl.String}
ALONE = "alone"


def persons(
    candidates: pl.DataFrame,
    edges: pl.DataFrame,
    *,
    secret: bytes,
    as_of_at: object,
    applications: pl.DataFrame | None = None,
    previous: pl.DataFrame | None = None,
) -> pl.DataFrame:
    """person_xref: source, candidate_id, person_id, rule, probability, valid_from; one row a candidate record.

    `edges` come from `link` over the same candidates. `person_id` is HMAC-SHA-256, hex, under `secret`, of the
    person's first record (by created_at, source, candidate_id; blanks last), and stays what it was in `previous`, an
    earlier xref, through merges and splits (`inherit_ids`). `rule` is the strongest one that ties
    the record to its person, `alone` where none does. `valid_from` is the as_of_at (naive UTC) of the run that first
    said so: where `previous` has the same person for the record, its valid_from is kept.

    `applications` (source, application_id, candidate_id) adds those whose candidate no source lists: the candidate_id,
    and where even that is missing `application|<application_id>`, is a person of its own. Raises ValueError for an
    empty secret.
    """
    if not secret:
        raise ValueError("the secret of person_id is empty; an unkeyed hash could be reversed by trying addresses")
    prepared = order_records(candidates).select("node", "source", "candidate_id")
    labels = label_components(prepared.height, edges)
    known = prepared.with_columns(labels.alias("first")).join(_strongest(edges), on="node", how="left")
    firsts = known.select("first").unique().sort("first")
    if previous is None:
        ids = _name_persons(firsts, known, secret)
    else:
        kept = inherit_ids(known, conform(previous, PERSON_XREF_SCHEMA))
        fresh = _name_persons(firsts.join(kept, on="first", how="anti", maintain_order="left"), known, secret)
        # The id that a part split off would get may be the one that the other part keeps.
        is_taken = pl.col("person_id").is_in(kept["kept_id"].implode())
        again = _name_persons(fresh.filter(is_taken), known, secret, f"|{as_of_at}")
        ids = pl.concat([kept.rename({"kept_id": "person_id"}), fresh.filter(~is_taken), again])
    xref = known.join(ids, on="first").sort("node").select("source", "candidate_id", "person_id", "rule", "probability")
    if applications is not None:
        xref = pl.concat([xref, _unlisted(applications, xref, secret)])
    xref = xref.with_columns(
        pl.col("rule").fill_null(ALONE),
        pl.col("probability").fill_null(1.0),
        pl.lit(as_of_at).cast(pl.Datetime("us")).alias("valid_from"),
    )
    if previous is not None:
        known_since = conform(previous, PERSON_XREF_SCHEMA).select(
            "source", "candidate_id", "person_id", pl.col("valid_from").alias("since")
        )
        xref = xref.join(
            known_since, on=["source", "candidate_id", "person_id"], how="left", maintain_order="left"
        ).with_columns(valid_from=pl.coalesce("since", "valid_from"))
    return conform(xref, PERSON_XREF_SCHEMA)


def label_components(size: int, edges: pl.DataFrame) -> pl.Series:
    """The smallest node of each node's connected component, for nodes 0 … size−1.

    Every round hands each node the smallest label of its neighbours and then its label's own label, so the distance a
    label travels doubles: a chain of a million records takes some twenty rounds, real ones two or three.
    """
    labels = pl.int_range(size, dtype=pl.UInt32, eager=True)
    pairs = pl.concat(
        [
            edges.select(pl.col("left").cast(pl.UInt32).alias("to"), pl.col("right").cast(pl.UInt32).alias("from")),
            edges.select(pl.col("right").cast(pl.UInt32).alias("to"), pl.col("left").cast(pl.UInt32).alias("from")),
        ]
    ).unique()
    while pairs.height:
        offered = pairs.with_columns(label=labels.gather(pairs["from"])).group_by("to").agg(pl.col("label").min())
        lower = offered.filter(pl.col("label") < labels.gather(offered["to"]))
        if lower.is_empty():
            break
        labels = labels.scatter(lower["to"], lower["label"])
        labels = labels.gather(labels)
    return labels


def _name_persons(firsts: pl.DataFrame, known: pl.DataFrame, secret: bytes, suffix: str = "") -> pl.DataFrame:
    """first, person_id: the new ids of the persons with those first records."""
    rows = known.select("source", "candidate_id")[firsts["first"]]
    keys = ("candidate|" + rows["source"] + "|" + rows["candidate_id"] + suffix).to_list()
    return firsts.select("first").with_columns(pl.Series("person_id", _sign(keys, secret), dtype=pl.String))


def _strongest(edges: pl.DataFrame) -> pl.DataFrame:
    strength = {rule.name: place for place, rule in enumerate(STRONG_KEYS)}
    both = pl.concat(
        [edges.select(pl.col(end).alias("node"), "rule", "probability") for end in ("left", "right")]
    ).with_columns(place=pl.col("rule").replace_strict(strength, default=len(strength), return_dtype=pl.Int32))
    return (
        both.sort("node", pl.col("probability"), "place", "rule", descending=[False, True, False, False])
        .unique("node", keep="first", maintain_order=True)
        .select(pl.col("node").cast(pl.UInt32), "rule", "probability")
    )


def _unlisted(applications: pl.DataFrame, xref: pl.DataFrame, secret: bytes) -> pl.DataFrame:
    keyed = conform(applications, APPLICATION_KEY_SCHEMA).select(
        "source",
        candidate_id=pl.coalesce("candidate_id", pl.lit("application|") + pl.col("application_id")),
        key=pl.when(pl.col("candidate_id").is_null())
        .then(pl.lit("application|") + pl.col("source") + "|" + pl.col("application_id"))
        .otherwise(pl.lit("candidate|") + pl.col("source") + "|" + pl.col("candidate_id")),
    )
    missing = keyed.join(xref, on=["source", "candidate_id"], how="anti").unique().sort("source", "candidate_id")
    return missing.select(
        "source",
        "candidate_id",
        pl.Series("person_id", _sign(missing["key"].to_list(), secret), dtype=pl.String),
        pl.lit(None, dtype=pl.String).alias("rule"),
        pl.lit(None, dtype=pl.Float64).alias("probability"),
    )


def _sign(keys: list[str], secret: bytes) -> list[str]:
    return [hmac.digest(secret, key.encode(), "sha256").hex() for key in keys]
