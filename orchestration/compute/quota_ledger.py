"""fct_quota_ledger: slots earned, used and lapsed, as a book in which no line is ever changed.

Every run asks what today's facts alone say (quota_slots), holds that against the lines already written, and appends the
difference. So on the last day the sum is that of a book written from nothing today:

- a slot (lines earn and reverse): while a referral completes slot k, whoever it is, its earn stands; else a `reverse`
  takes it back, and where the facts bear it out again, it is earned anew;
- a use (use and adjust): its line stays as first written, with the slot it took then; a use that vanished from its
  source is taken back by an `adjust` of +1 that names the use;
- a lapse (expire and adjust): where later facts say that the slot was used in time, earned later or never, an `adjust`
  of +1 that names no use takes it back.

So used = −Σ slots of the lines with a slot_use_id, expired = −Σ of expire and the other adjusts. The first line of a
thing stands at its own time (counted_at, used_at, the lapse), later ones at as_of_at: that is when the book learned it.
What lies after as_of_at is written at its own time too, save lapses, which have not happened, and is never taken back
before it.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import polars as pl

from orchestration.compute.identity.keys import conform
from orchestration.compute.quota_slots import Slot, Use, allot_slots, read_slots, read_uses
from orchestration.compute.relay_terms import MOMENT, Terms, find_in_force

LEDGER_SCHEMA = {
    "source": pl.String,
    "entry_id": pl.String,
    "entry_type": pl.String,
    "slots": pl.Int64,
    "entry_at": MOMENT,
    "slot_no": pl.Int64,
    "registration_id": pl.String,
    "slot_use_id": pl.String,
    "application_source": pl.String,
    "application_id": pl.String,
    "terms_from": pl.Date,
    "recorded_at": MOMENT,
    "reason": pl.String,
}
TYPES = ("earn", "use", "expire", "reverse", "adjust")
Thing = tuple[Any, ...]
Line = dict[str, Any]


def append_ledger(
    referrals: pl.DataFrame,
    uses: pl.DataFrame,
    terms: Sequence[Terms],
    existing: pl.DataFrame | None,
    as_of_at: datetime,
) -> pl.DataFrame:
    """`existing` untouched, and after it what this run adds; LEDGER_SCHEMA.

    `referrals` as of `build_referrals`, `uses` as of quota_slots.USE_SCHEMA, `existing` the ledger of the run before
    (None or empty at first), `as_of_at` naive UTC. A balance sums the entries up to as_of_at.
    """
    before = conform(pl.DataFrame() if existing is None else existing, LEDGER_SCHEMA)
    book = _Book(as_of_at, before.to_dicts())
    slots = {slot.slot_no: slot for slot in read_slots(referrals, terms)}
    known = read_uses(uses)
    _settle_slots(book, slots, referrals)
    _settle_uses(book, list(slots.values()), known, terms)
    _settle_lapses(book, slots, set(allot_slots(known, list(slots.values())).values()))
    added = sorted(
        book.added,
        key=lambda line: (line["entry_at"], TYPES.index(line["entry_type"]), line["slot_no"] or 0, line["entry_id"]),
    )
    return pl.concat([before, pl.DataFrame(added, schema=LEDGER_SCHEMA)])


@dataclass
class _Book:
    """The lines written so far, by the thing that they speak of."""

    as_of_at: datetime
    written: list[Line]
    added: list[Line] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.lines: dict[Thing, list[Line]] = defaultdict(list)
        for line in self.written:
            self.lines[_name_thing(line)].append(line)

    def is_standing(self, thing: Thing) -> bool:
        return sum(_presence(line) for line in self.lines[thing]) > 0

    def list_things(self, kind: str) -> list[Thing]:
        return [thing for thing in self.lines if thing[0] == kind]

    def write(self, entry_type: str, entry_at: datetime, **values: Any) -> None:
        line = dict.fromkeys(LEDGER_SCHEMA) | values
        line |= {"entry_type": entry_type, "entry_at": entry_at, "recorded_at": self.as_of_at}
        line["slots"] = 1 if entry_type in ("earn", "adjust") else -1
        thing = _name_thing(line)
        time_no = 1 + sum(earlier["entry_type"] == entry_type for earlier in self.lines[thing])
        # Of what the line is about and its how-manieth, never of when it was computed: a book from nothing agrees.
        text = "|".join(str(part) for part in (entry_type, *thing, time_no))
        line["entry_id"] = hashlib.sha256(text.encode()).hexdigest()[:32]
        self.lines[thing].append(line)
        self.added.append(line)

    def find_moves(
        self, thing: Thing, wanted_at: datetime | None, *, foresee: bool = True
    ) -> Iterator[tuple[int, datetime]]:
        """What makes the lines of `thing` say that it stands from wanted_at on (None: not at all): ±1 and when."""
        lines = self.lines[thing]
        now = sum(_presence(line) for line in lines if line["entry_at"] <= self.as_of_at)
        balance = sum(_presence(line) for line in lines)
        is_due = wanted_at is not None and wanted_at <= self.as_of_at
        last_at = max((line["entry_at"] for line in lines), default=self.as_of_at)
        if wanted_at is not None and is_due and now < 1:
            yield 1, self.as_of_at if lines else wanted_at
            balance += 1
        elif not is_due and now > 0:
            yield -1, self.as_of_at
            balance -= 1
        if wanted_at is not None and balance < 1 and foresee:
            yield 1, wanted_at
        elif balance > (wanted_at is not None):
            yield -1, max(last_at, self.as_of_at)


def _settle_slots(book: _Book, slots: dict[int, Slot], referrals: pl.DataFrame) -> None:
    numbers = {thing[1] for thing in book.list_things("slot")} | set(slots)
    for number in sorted(numbers):
        slot = slots.get(number)
        thing = ("slot", number)
        for move, entry_at in list(book.find_moves(thing, slot.earned_at if slot else None)):
            if move > 0 and slot is not None:
                reason = "borne out again" if book.lines[thing] else None
                book.write("earn", entry_at, reason=reason, **_of_slot(slot), registration_id=slot.registration_id)
            else:
                earn = next(line for line in reversed(book.lines[thing]) if line["entry_type"] == "earn")
                kept = {key: earn[key] for key in ("source", "slot_no", "registration_id", "terms_from")}
                book.write("reverse", entry_at, reason=_explain_reversal(earn, slots, referrals), **kept)


def _settle_uses(book: _Book, slots: list[Slot], uses: list[Use], terms: Sequence[Terms]) -> None:
    known = {("use", use.source, use.slot_use_id): use for use in uses}
    standing = {thing for thing in book.list_things("use") if book.is_standing(thing)}
    taken = {_last(book.lines[thing], "use")["slot_no"] for thing in standing} - {None}
    allotted = allot_slots([use for thing, use in known.items() if thing not in standing], slots, taken)
    for thing in [*(thing for thing in book.list_things("use") if thing not in known), *known]:
        use = known.get(thing)
        for move, entry_at in list(book.find_moves(thing, use.used_at if use else None)):
            if move > 0 and use is not None:
                entry = find_in_force(terms, use.used_at)
                number = allotted.get(use)
                book.write(
                    "use",
                    entry_at,
                    source=use.source,
                    slot_no=number,
                    slot_use_id=use.slot_use_id,
                    application_source=use.application_source,
                    application_id=use.application_id,
                    terms_from=entry.valid_from if entry else None,
                    reason=None if number else "no slot was open",
                )
            else:
                _take_back(book, _last(book.lines[thing], "use"), entry_at, "its source no longer reports the use")


def _settle_lapses(book: _Book, slots: dict[int, Slot], used: set[int | None]) -> None:
    numbers = {thing[1] for thing in book.list_things("lapse") if thing[1] is not None} | set(slots)
    for number in sorted(numbers):
        slot = slots.get(number)
        wanted_at = None
        if slot is not None and slot.lapses_at is not None and number not in used:
            # An earn made anew stands later than the facts'; a slot does not lapse before its own earn's line.
            wanted_at = max(slot.lapses_at, _last(book.lines["slot", number], "earn")["entry_at"])
        for move, entry_at in list(book.find_moves(("lapse", number), wanted_at, foresee=False)):
            if move > 0 and slot is not None:
                lapsed = _of_slot(slot) | {"terms_from": slot.valid_from}
                book.write("expire", entry_at, reason=f"unused for {slot.valid_days} days", **lapsed)
            else:
                _take_back(
                    book, _last(book.lines["lapse", number], "expire"), entry_at, "today's facts do not let it lapse"
                )


def _take_back(book: _Book, line: Line, entry_at: datetime, reason: str) -> None:
    kept = ("source", "slot_no", "slot_use_id", "application_source", "application_id", "terms_from")
    book.write("adjust", entry_at, reason=reason, **{key: line[key] for key in kept})


def _of_slot(slot: Slot) -> Line:
    return {"source": slot.source, "slot_no": slot.slot_no, "terms_from": slot.terms_from}


def _explain_reversal(earn: Line, slots: dict[int, Slot], referrals: pl.DataFrame) -> str:
    named = f"registration {earn['registration_id']}"
    found = referrals.filter(
        (pl.col("source") == earn["source"]) & (pl.col("registration_id") == earn["registration_id"])
    )
    if found.is_empty():
        return f"{named} is no longer reported"
    if not found["is_counted"][0]:
        return f"{named} no longer counts: {found['not_counted_reason'][0]}"
    return f"the counted referrals complete {len(slots)} slots now"


def _last(lines: list[Line], entry_type: str) -> Line:
    return next(line for line in reversed(lines) if line["entry_type"] == entry_type)


def _name_thing(line: Line) -> Thing:
    if line["slot_use_id"] is not None:
        return ("use", line["source"], line["slot_use_id"])
    return ("slot" if line["entry_type"] in ("earn", "reverse") else "lapse", line["slot_no"])


def _presence(line: Line) -> int:
    """+1 for what makes the thing stand, −1 for what takes it back."""
    return line["slots"] if line["entry_type"] in ("earn", "reverse") else -line["slots"]
