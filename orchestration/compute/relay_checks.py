"""What must hold of the relay's three tables, computed anew and another way than they were built."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

import polars as pl

from orchestration.compute.quota_ledger import append_ledger
from orchestration.compute.relay_terms import Terms, find_in_force

# How many keys a failed check shows; enough to look one up, short enough for a terminal.
SHOWN = 10


class Check(NamedTuple):
    """One verdict. `severity` is `error` (stops the publication) or `warn`; `metadata` values are int or text."""

    name: str
    passed: bool
    severity: str
    description: str
    metadata: dict[str, Any]


def check_relay(
    referrals: pl.DataFrame,
    ledger: pl.DataFrame,
    uses: pl.DataFrame,
    applications: pl.DataFrame,
    terms: Sequence[Terms],
    as_of_at: datetime,
) -> list[Check]:
    """Every check that needs no mart. Frames as of build_referrals, append_ledger, quota_slots.USE_SCHEMA and
    relay_referrals.APPLICATION_SCHEMA; `as_of_at` naive UTC."""
    return [
        check_units(referrals, terms),
        check_earned(referrals, ledger, terms),
        check_uses(ledger),
        check_eligibility(referrals, applications, terms),
        check_rebuild(referrals, ledger, uses, terms, as_of_at),
    ]


def check_units(referrals: pl.DataFrame, terms: Sequence[Terms]) -> Check:
    """No person, and under unit application no application, counts twice."""
    seen: set[tuple[str | None, ...]] = set()
    twice: list[str] = []
    counted = referrals.filter("is_counted").select(
        "registration_id", "registered_at", "person_id", "application_source", "application_id"
    )
    for registration_id, registered_at, person_id, source, application_id in counted.iter_rows():
        entry = find_in_force(terms, registered_at)
        by_application = entry is not None and entry.unit == "application" and application_id is not None
        unit = (source, application_id) if by_application else (person_id,)
        if unit != (None,) and unit in seen:
            twice.append(registration_id)
        seen.add(unit)
    return Check(
        "relay_unit_counts_once",
        not twice,
        "error",
        "A person (or application, where the terms say so) counts once, however often it registers.",
        {"repeated": len(twice), "registrations": ", ".join(twice[:SHOWN])},
    )


def check_earned(referrals: pl.DataFrame, ledger: pl.DataFrame, terms: Sequence[Terms]) -> Check:
    """Earned less reversed is floor(counted / referrals_per_slot), with the number of each referral's own entry."""
    needed = {entry.valid_from: entry.referrals_per_slot for entry in terms}
    counted = referrals.filter("is_counted").sort("referral_no")
    numbers = {needed[terms_from] for terms_from in counted["terms_from"]}
    if len(numbers) <= 1:
        due = counted.height // next(iter(numbers), 1)
    else:
        due = since = 0
        for terms_from in counted["terms_from"]:
            due, since = (due + 1, 0) if since + 1 >= needed[terms_from] else (due, since + 1)
    earned = int(ledger.filter(pl.col("entry_type").is_in(["earn", "reverse"]))["slots"].sum())
    return Check(
        "relay_earned_slots_follow_the_count",
        earned == due,
        "error",
        "Slots earned less slots reversed are what the counted referrals complete.",
        {"counted": counted.height, "due": due, "earned": earned},
    )


def check_uses(ledger: pl.DataFrame) -> Check:
    """Every use that still stands took a slot. A warning: the company used more than it had."""
    standing = (
        ledger.drop_nulls("slot_use_id")
        .group_by("source", "slot_use_id")
        .agg(pl.col("slots").sum(), has_slot=pl.col("slot_no").last().is_not_null())
        .filter((pl.col("slots") < 0) & ~pl.col("has_slot"))
        .sort("slot_use_id")
    )
    return Check(
        "relay_every_use_has_a_slot",
        standing.is_empty(),
        "warn",
        "Every slot used was open when it was used.",
        {"without_slot": standing.height, "slot_uses": ", ".join(standing["slot_use_id"].head(SHOWN))},
    )


def check_eligibility(referrals: pl.DataFrame, applications: pl.DataFrame, terms: Sequence[Terms]) -> Check:
    """What counts under require_match follows a closed application of that person, eligible under its own entry."""
    by_date = {entry.valid_from: entry for entry in terms}
    rules = pl.DataFrame(
        [(day, entry.require_match, list(entry.eligible_outcomes)) for day, entry in by_date.items()],
        schema={"terms_from": pl.Date, "require_match": pl.Boolean, "eligible_outcomes": pl.List(pl.String)},
        orient="row",
    )
    followed = applications.select(
        "application_id", "outcome", "closed_at", "is_excluded", application_source="source", owner="person_id"
    )
    counted = (
        referrals.filter("is_counted")
        .join(rules, on="terms_from", how="left")
        .filter(pl.col("require_match").fill_null(True))
        .join(followed, on=["application_source", "application_id"], how="left")
    )
    sound = (
        pl.col("eligible_outcomes").list.contains(pl.col("outcome"))
        & ~pl.col("is_excluded").fill_null(False)
        & (pl.col("owner") == pl.col("person_id"))
        & (pl.col("counted_at") >= pl.col("event_at"))
        & pl.col("closed_at").is_not_null()
    )
    unsound = counted.filter(~sound.fill_null(False)).sort("registration_id")
    return Check(
        "relay_nothing_ineligible_counts",
        unsound.is_empty(),
        "error",
        "What counts follows an eligible application of the same person.",
        {"ineligible": unsound.height, "registrations": ", ".join(unsound["registration_id"].head(SHOWN))},
    )


def check_rebuild(
    referrals: pl.DataFrame, ledger: pl.DataFrame, uses: pl.DataFrame, terms: Sequence[Terms], as_of_at: datetime
) -> Check:
    """The ledger, with all its reversals, sums to what a ledger written from nothing today sums to."""
    kept = sum_slots(ledger, as_of_at)
    anew = sum_slots(append_ledger(referrals, uses, terms, None, as_of_at), as_of_at)
    return Check(
        "relay_ledger_equals_its_rebuild",
        kept == anew,
        "error",
        "The balance reached line by line is the balance that today's facts give.",
        {"ledger": kept, "rebuilt": anew},
    )


def check_balance(ledger: pl.DataFrame, balance: pl.DataFrame, as_of_at: datetime) -> Check:
    """Σ slots of the ledger up to as_of_at = `available` of mart_quota_balance (balance_date, available) at its end."""
    last = balance.sort("balance_date").tail(1)
    available = int(last["available"][0]) if last.height else 0
    total = sum_slots(ledger, as_of_at)
    return Check(
        "relay_ledger_sums_to_the_balance",
        total == available,
        "error",
        "The lines of the ledger add up to the balance of the last day.",
        {"ledger": total, "balance": available},
    )


def sum_slots(ledger: pl.DataFrame, as_of_at: datetime) -> int:
    """The slots available at as_of_at (naive UTC); below 0 where more were used than earned."""
    return int(ledger.filter(pl.col("entry_at") <= as_of_at)["slots"].sum())
