"""Which records are one person: rules that turn keys into edges.

A rule is anything with `find_edges(prepared)`; a matcher that weighs evidence joins by yielding edges of its own
with a probability below 1, and nothing else changes.

When a key is shared, and so does not link
------------------------------------------
A value (an address, a number, a kana with a birth date) is carried by a group of records. The group is taken for one
person unless its other keys say otherwise:

1. names or birth dates contradict each other. Names are compared as kana, as Japanese text and in Latin letters, each
   among those who have it; where one of the three is the same in every record, the name agrees and a differing birth
   date or second spelling alone is a slip of the pen, both together are two people. A differing family name with equal
   given name and birth date is a marriage, no contradiction;
2. or more than MANY records carry it and no name confirms that they are one: the agency's own address on forty
   candidates of whom it tells nothing else.

A shared value of up to MANY records still counts as one of two keys: a family's phone links the records that also
agree in name and do not contradict each other in birth date. A value of more is an organisation's and counts for
nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import polars as pl

from orchestration.compute.identity.keys import NAMES, carry_key, conform, order_records, prepare_keys

# A family, or one person's applications over the years, stays within ten records; an agency passes it in a month.
MANY = 10
EDGE_SCHEMA = {"left": pl.UInt32, "right": pl.UInt32, "rule": pl.String, "probability": pl.Float64}


class Rule(Protocol):
    """`name` appears in person_xref.rule. Edges have EDGE_SCHEMA; left < right are nodes of `order_records`."""

    @property
    def name(self) -> str: ...

    def find_edges(self, prepared: pl.DataFrame) -> pl.DataFrame: ...


@dataclass(frozen=True)
class ContactRule:
    """E-mail or phone equality, and where the value is shared by few, equality of it and of a name."""

    name: str

    def find_edges(self, prepared: pl.DataFrame) -> pl.DataFrame:
        # Within a group texts are only told apart, which their hashes do, and numbers compare ten times as fast.
        texts = [
            pl.when(pl.col(name).is_not_null()).then(pl.col(name).hash()).alias(name) for name in (*NAMES, "given")
        ]
        groups = _group(carry_key(prepared, self.name), ["value"])
        people = groups.join(prepared.select("node", "birth_date", *texts), on="node")
        judged = people.group_by("group").agg(
            carriers=pl.len(),
            name_agrees=pl.any_horizontal(_same(kind) for kind in NAMES),
            name_differs=pl.any_horizontal(_varies(kind) for kind in NAMES),
            birth_differs=_varies("birth_date"),
            is_marriage=_same("given") & _same("birth_date"),
        )
        is_shared = (
            pl.when("name_agrees")
            .then(pl.col("name_differs") & pl.col("birth_differs"))
            .otherwise(
                (pl.col("name_differs") & ~pl.col("is_marriage"))
                | pl.col("birth_differs")
                | (pl.col("carriers") > MANY)
            )
        )
        own = people.join(judged.filter(~is_shared), on="group", how="semi")
        few = people.join(judged.filter(is_shared & (pl.col("carriers") <= MANY)), on="group", how="semi")
        return pl.concat([_star(own, ["group"], self.name), *(self._with_name(few, kind) for kind in NAMES)])

    def _with_name(self, shared: pl.DataFrame, kind: str) -> pl.DataFrame:
        keys = ["group", kind]
        differs = pl.any_horizontal(_varies(column).over(keys) for column in ("birth_date", *NAMES) if column != kind)
        return _star(shared.drop_nulls(kind).filter(~differs), keys, f"{self.name}_and_{kind}")


@dataclass(frozen=True)
class NameRule:
    """One way of writing the name, and the birth date.

    Both alike by chance happens (鈴木一郎, a million candidates, some 15,000 birth dates), so the pair does not link
    where another way of writing the name differs and at least two records could have shown a common address or phone.
    """

    kind: str

    @property
    def name(self) -> str:
        return f"{self.kind}_and_birth_date"

    def find_edges(self, prepared: pl.DataFrame) -> pl.DataFrame:
        keys = [self.kind, "birth_date"]
        groups = _group(prepared.select("node", *keys).drop_nulls(), keys)
        people = groups.join(prepared.select("node", *NAMES, "email", "phone"), on="node")
        differs = pl.any_horizontal(_varies(name).over("group") for name in NAMES if name != self.kind)
        reachable = pl.max_horizontal(
            pl.col(contact).is_not_null().sum().over("group") for contact in ("email", "phone")
        )
        return _star(people.filter(~(differs & (reachable > 1))), ["group"], self.name)


# In order of strength: the first rule that holds a record in its person is the one that person_xref names.
STRONG_KEYS: tuple[Rule, ...] = (
    ContactRule("email"),
    ContactRule("phone"),
    NameRule("kana"),
    NameRule("name"),
    NameRule("latin"),
)


def link(candidates: pl.DataFrame, rules: Sequence[Rule] = STRONG_KEYS) -> pl.DataFrame:
    """Edges between candidate records: left, right (nodes of `order_records(candidates)`), rule, probability.

    A group of n records that one key holds together yields n − 1 edges, from its first record to each other.
    """
    prepared = prepare_keys(order_records(candidates))
    return pl.concat([conform(rule.find_edges(prepared), EDGE_SCHEMA) for rule in rules])


def _group(carriers: pl.DataFrame, keys: list[str]) -> pl.DataFrame:
    """group, node: the nodes that share a value of `keys`, where more than one does."""
    return (
        carriers.group_by(keys)
        .agg("node")
        .filter(pl.col("node").list.len() > 1)
        .with_row_index("group")
        .select("group", "node")
        .explode("node")
    )


def _star(people: pl.DataFrame, keys: list[str], rule: str) -> pl.DataFrame:
    return (
        people.with_columns(left=pl.col("node").min().over(keys))
        .filter(pl.col("left") < pl.col("node"))
        .select("left", pl.col("node").alias("right"), pl.lit(rule).alias("rule"), pl.lit(1.0).alias("probability"))
    )


def _same(column: str) -> pl.Expr:
    return ~_varies(column) & (pl.col(column).null_count() == 0)


def _varies(column: str) -> pl.Expr:
    # Smallest and largest, NULLs aside: a tenth of the time that counting distinct values takes.
    return (pl.col(column).min() != pl.col(column).max()).fill_null(False)
