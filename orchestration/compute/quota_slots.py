"""Slots by today's facts alone: when each was earned, which use took it, when it lapses."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import polars as pl

from orchestration.compute.identity.keys import conform
from orchestration.compute.relay_referrals import REFERRAL_SCHEMA
from orchestration.compute.relay_terms import MOMENT, Terms, find_in_force

USE_SCHEMA = {
    "source": pl.String,
    "slot_use_id": pl.String,
    "used_at": MOMENT,
    "application_source": pl.String,
    "application_id": pl.String,
}


@dataclass(frozen=True)
class Slot:
    """A slot and the registration that completed it.

    `terms_from` is that referral's entry; `valid_days` and `valid_from`, its day, are of the entry in force at the
    earn, which is another one where the referral waited for its rejection while the terms changed.
    """

    slot_no: int
    earned_at: datetime
    source: str
    registration_id: str
    terms_from: date
    valid_days: int | None
    valid_from: date | None

    @property
    def lapses_at(self) -> datetime | None:
        """slot_valid_days × 24 h after it was earned, None where a slot never lapses."""
        return None if self.valid_days is None else self.earned_at + timedelta(days=self.valid_days)

    def is_open(self, moment: datetime) -> bool:
        """Earned and not lapsed; a slot is open from the moment it is earned to just before it lapses."""
        return self.earned_at <= moment and (self.lapses_at is None or moment < self.lapses_at)


@dataclass(frozen=True)
class Use:
    source: str
    slot_use_id: str
    used_at: datetime
    application_source: str | None
    application_id: str | None


def read_slots(referrals: pl.DataFrame, terms: Sequence[Terms]) -> list[Slot]:
    """The slots that `referrals` (REFERRAL_SCHEMA) complete, by slot_no."""
    completing = conform(referrals, REFERRAL_SCHEMA).filter("completes_slot").sort("slot_no")
    slots = []
    for number, earned_at, source, registration_id, terms_from in completing.select(
        "slot_no", "counted_at", "source", "registration_id", "terms_from"
    ).iter_rows():
        entry = find_in_force(terms, earned_at)
        days, valid_from = (entry.slot_valid_days, entry.valid_from) if entry else (None, None)
        slots.append(Slot(number, earned_at, source, registration_id, terms_from, days, valid_from))
    return slots


def read_uses(uses: pl.DataFrame) -> list[Use]:
    """The uses of USE_SCHEMA by used_at, slot_use_id, source; one without used_at has not happened and is left out."""
    dated = conform(uses, USE_SCHEMA).drop_nulls("used_at").sort("used_at", "slot_use_id", "source")
    return [Use(**row) for row in dated.iter_rows(named=True)]


def allot_slots(uses: Sequence[Use], slots: Sequence[Slot], taken: Collection[int] = ()) -> Mapping[Use, int | None]:
    """The slot of each use, in the order of `uses`: the oldest that is open at used_at and not taken, else None."""
    gone = set(taken)
    allotted: dict[Use, int | None] = {}
    for use in uses:
        free = (slot.slot_no for slot in slots if slot.slot_no not in gone and slot.is_open(use.used_at))
        number = next(free, None)
        allotted[use] = number
        if number is not None:
            gone.add(number)
    return allotted
