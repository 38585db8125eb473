"""fct_quota_ledger and mart_quota_balance, rebuilt from nothing."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from tests.companies.either import Either
from tests.companies.home import Row
from tests.companies.referrals import Referrals, terms_at

PACE_DAYS = 90


def fct_quota_ledger(referrals: Referrals) -> list[Row]:
    """Earned at the completing referral's counted_at, used oldest first, lapsed when their days are over."""
    home = referrals.home
    slots: list[Row] = []
    for row in referrals.counted:
        if row["completes"]:
            days = (terms_at(home, row["counted_at"]) or {}).get("slot_valid_days")
            lapses_at = row["counted_at"] + timedelta(days=days) if days is not None else None
            slots.append({"slot_no": row["slot_no"], "at": row["counted_at"], "lapses_at": lapses_at, "row": row})
    entries = [_entry("earn", slot["slot_no"], slot["at"], 1, slot["row"]["registration_id"]) for slot in slots]
    open_slots = list(slots)
    for use in sorted(home["relay_slot_uses"], key=lambda row: (row["used_at"], row["slot_use_id"])):
        taken = next((slot for slot in open_slots if _is_open(slot, use["used_at"])), None)
        if taken:
            open_slots.remove(taken)
        entry = _entry("use", taken["slot_no"] if taken else None, use["used_at"], -1)
        entries.append(entry | {"slot_use_id": use["slot_use_id"], "application_id": use["application_id"]})
    entries += [
        _entry("expire", slot["slot_no"], slot["lapses_at"], -1)
        for slot in open_slots
        if slot["lapses_at"] is not None and slot["lapses_at"] <= home.as_of_at
    ]
    return entries


def _is_open(slot: Row, at: datetime) -> bool:
    return slot["at"] <= at and (slot["lapses_at"] is None or at < slot["lapses_at"])


def _entry(kind: str, slot_no: int | None, at: datetime, slots: int, registration_id: str | None = None) -> Row:
    return {
        "entry_type": kind,
        "slot_no": slot_no,
        "entry_at": at,
        "slots": slots,
        "registration_id": registration_id,
        "slot_use_id": None,
        "application_id": None,
    }


def value_of_use(entry: Row, referrals: Referrals) -> float:
    """Yen a use is worth under the entry in force when it was used; 0 where it is unknown or had no slot."""
    terms = terms_at(referrals.home, entry["entry_at"])
    if terms is None or entry["slot_no"] is None:
        return 0.0
    if terms["slot_value"] is not None:
        return float(terms["slot_value"])
    if terms["slot_kind"] != "hire":
        return 0.0
    hire = referrals.applications.by_id.get(entry["application_id"])
    accepted = [offer for offer in (hire or {}).get("offer_versions", []) if offer["status"] == "accepted"]
    salaries = [offer["annual_salary"] for offer in accepted if offer["annual_salary"] is not None]
    salary = salaries[-1] if salaries else terms["typical_salary"]
    return 0.0 if salary is None else terms["fee_rate"] * salary


def mart_quota_balance(referrals: Referrals) -> list[Row]:
    """One row a day; the golden companies tell the next slot's date on the last day only."""
    home, ledger = referrals.home, fct_quota_ledger(referrals)
    counted = [(home.local_date(row["counted_at"]), row) for row in referrals.counted]
    entries = [(home.local_date(entry["entry_at"]), entry) for entry in ledger]
    starts = [day for day, _ in counted] + [day for day, entry in entries if entry["entry_type"] == "use"]
    lines, day = [], min(starts, default=home.as_of_date + timedelta(days=1))
    while day <= home.as_of_date:
        lines.append(_balance(day, counted, entries, referrals))
        day += timedelta(days=1)
    return lines


def _balance(day: date, counted: list[tuple[date, Row]], entries: list[tuple[date, Row]], referrals: Referrals) -> Row:
    home = referrals.home
    until = [row for at, row in counted if at <= day]
    booked = [entry for at, entry in entries if at <= day]
    n: dict[str, Any] = {
        kind: sum(1 for entry in booked if entry["entry_type"] == kind) for kind in ("earn", "use", "expire", "reverse")
    }
    terms = terms_at(home, home.local_midnight(day + timedelta(days=1)) - timedelta(microseconds=1))
    remainder = until[-1]["remainder"] if until else 0
    to_next = max(1, terms["referrals_per_slot"] - remainder) if terms else None
    # Before the first entry nothing counts, and nothing says whether the first slot is already in sight.
    unsaid = Either(None, home.terms[0]["referrals_per_slot"]) if home.terms and not terms else to_next
    pace = sum(1 for at, _ in counted if day - timedelta(days=PACE_DAYS) < at <= day)
    available = n["earn"] - n["reverse"] - n["use"] - n["expire"]
    return {
        "balance_date": day,
        "as_of_date": home.as_of_date,
        "counted_total": len(until),
        "remainder": remainder,
        "to_next": unsaid,
        "earned": n["earn"],
        "used": n["use"],
        "expired": n["expire"],
        "reversed": n["reverse"],
        "available": available,
        "is_overdrawn": available < 0,
        "value_used": sum(value_of_use(entry, referrals) for entry in booked if entry["entry_type"] == "use"),
        "expected_next_slot_date": day + timedelta(days=-(-to_next * PACE_DAYS // pace))
        if pace and to_next and day == home.as_of_date
        else None,
    }
