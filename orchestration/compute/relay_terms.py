"""The relay contract as terms in time: which entry is in force at a moment.

An entry is in force from the local midnight of its valid_from until the next entry's; a term it does not name has its
default, never the value of the entry before it.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import UTC, date, datetime, time
from itertools import pairwise
from zoneinfo import ZoneInfo

import polars as pl

# How polars and DuckDB hand a point in time over: naive, UTC, microseconds.
MOMENT = pl.Datetime("us")


@dataclass(frozen=True)
class Terms:
    """One entry. Days are days of 24 h, money is yen, `starts_at` is naive UTC."""

    valid_from: date
    starts_at: datetime
    url_patterns: tuple[str, ...] = ()
    referrals_per_slot: int = 10
    counting_event: str = "registered"
    eligible_outcomes: tuple[str, ...] = ("rejected",)
    require_match: bool = True
    unit: str = "person"
    slot_kind: str = "hire"
    slot_valid_days: int | None = None
    clawback_days: int | None = None
    fee_rate: float = 0.35
    typical_salary: float | None = None
    slot_value: float | None = None


LISTS = ("url_patterns", "eligible_outcomes")


def read_terms(frame: pl.DataFrame, timezone: str) -> tuple[Terms, ...]:
    """The entries of ops.relay_terms, by valid_from.

    `frame`: valid_from DATE and a column a term (url_patterns and eligible_outcomes joined by `;`); a column that is
    missing or NULL has its default. `timezone` is the company's IANA name. Raises ValueError for a valid_from that is
    missing or given twice.
    """
    entries = [_read_entry(row, ZoneInfo(timezone)) for row in frame.iter_rows(named=True)]
    entries.sort(key=lambda entry: entry.valid_from)
    for earlier, later in pairwise(entries):
        if earlier.valid_from == later.valid_from:
            raise ValueError(f"two entries of relay terms have valid_from {later.valid_from}")
    return tuple(entries)


def find_in_force(terms: Sequence[Terms], moment: datetime) -> Terms | None:
    """The entry in force at `moment` (naive UTC), None before the first."""
    place = bisect_right([entry.starts_at for entry in terms], moment)
    return terms[place - 1] if place else None


def number_in_force(terms: Sequence[Terms], moment: pl.Expr) -> pl.Expr:
    """The place in `terms` of the entry in force at each moment; NULL before the first and where the moment is NULL."""
    starts = pl.Series([entry.starts_at for entry in terms], dtype=MOMENT)
    place = pl.sum_horizontal([(moment >= start).cast(pl.Int32) for start in starts] or [pl.lit(0)]) - 1
    return pl.when(moment.is_not_null() & (place >= 0)).then(place)


def tabulate_terms(terms: Sequence[Terms]) -> pl.DataFrame:
    """A row an entry: `entry`, its place in `terms`, and the terms that counting needs."""
    return pl.DataFrame(
        {
            "entry": range(len(terms)),
            "terms_from": [entry.valid_from for entry in terms],
            "counting_event": [entry.counting_event for entry in terms],
            "unit": [entry.unit for entry in terms],
            "require_match": [entry.require_match for entry in terms],
            "referrals_per_slot": [entry.referrals_per_slot for entry in terms],
            "clawback_days": [entry.clawback_days for entry in terms],
            "eligible_outcomes": [list(entry.eligible_outcomes) for entry in terms],
        },
        schema={
            "entry": pl.Int32,
            "terms_from": pl.Date,
            "counting_event": pl.String,
            "unit": pl.String,
            "require_match": pl.Boolean,
            "referrals_per_slot": pl.Int64,
            "clawback_days": pl.Int64,
            "eligible_outcomes": pl.List(pl.String),
        },
    )


def _read_entry(row: dict[str, object], zone: ZoneInfo) -> Terms:
    valid_from = row["valid_from"]
    if not isinstance(valid_from, date):
        raise ValueError(f"an entry of relay terms has no valid_from: {row}")
    midnight = datetime.combine(valid_from, time(), tzinfo=zone).astimezone(UTC).replace(tzinfo=None)
    given = {field.name: row[field.name] for field in fields(Terms) if row.get(field.name) is not None}
    for name in LISTS:
        if isinstance(given.get(name), str):
            given[name] = tuple(part for part in (part.strip() for part in str(given[name]).split(";")) if part)
    return Terms(**given | {"starts_at": midnight})  # type: ignore[arg-type]
