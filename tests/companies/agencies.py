"""Agencies' fees: their terms at random, and by them what a hire costs until the invoice says it."""

from __future__ import annotations

from datetime import date, timedelta
from random import Random
from typing import Any

from tests.companies.applications import Applications, first_entry
from tests.companies.employees import find_application
from tests.companies.home import Row
from tests.companies.labels import fold

# As applications name them: an agency of its own, and a channel that is one.
AGENCIES = ("ヨソの紹介会社", "よその紹介会社 ", "㈱ゼット紹介", "スカウト丁")
STEPS = ((30, 0.8), (90, 0.5), (180, 0.25))
LEAVES = ("voluntary", "involuntary", "contract_end", "transfer", "death", "unknown")
TYPES = ("new_graduate", "mid_career", "part_time", "other", "unknown")


def list_agencies(start: date, random: Random) -> list[Row]:
    """None to four agencies with one or two entries each; the second leaves some terms to their defaults."""
    entries: list[Row] = []
    for agency in random.sample(AGENCIES, random.choice((0, 2, 3, 4))):
        for begins in (-3000, 300)[: random.choice((1, 2))]:
            entry: dict[str, Any] = {"agency": agency, "valid_from": start + timedelta(days=begins), "fee_rate": 0.35}
            optional = {
                "minimum_fee": random.choice((0, 2_000_000)),
                "typical_salary": 5_000_000,
                "refund_steps": [{"within_days": days, "refund_rate": rate} for days, rate in random.sample(STEPS, 2)],
                "fee_excludes": random.sample(TYPES[:4], 1),
                "refund_excludes": random.sample(LEAVES, random.choice((0, 2))),
            }
            entries.append(entry | {name: value for name, value in optional.items() if random.random() < 0.7})
    return entries


def estimate_fees(applications: Applications) -> list[Row]:
    """Cost lines of one day for hires that an agency's terms cover and no invoice names."""
    home = applications.home
    used = {row["application_id"] for row in home["relay_slot_uses"]}
    spells = _first_spells(applications)
    lines: list[Row] = []
    for row in applications.counted():
        if row["outcome"] != "hired" or row["application_id"] in used:
            continue
        spell = spells.get(row["application_id"])
        starts = _first_day(row, spell, applications)
        entry = _find_entry(row, starts, home.agencies)
        if entry is None or starts > home.as_of_date or row["hiring_type"] in entry["fee_excludes"]:
            continue
        own = [cost for cost in home["channel_costs"] if cost["application_id"] == row["application_id"]]
        invoiced = [cost["amount"] for cost in own if cost["kind"] == "success_fee"]
        fee = sum(invoiced) if invoiced else _charge(row, entry)
        if not invoiced:
            lines.append(_line(row, "success_fee", fee, starts))
        if spell and not any(cost["kind"] == "refund" for cost in own):
            lines.append(_line(row, "refund", _give_back(fee, spell, entry, home.as_of_date), spell["last_date"]))
    return [line for line in lines if line["amount"]]


def _first_spells(applications: Applications) -> dict[str, Row]:
    found: dict[str, Row] = {}
    order = sorted(
        applications.home["employees"],
        key=lambda row: (row["hire_date"], row["last_date"] or date.max, row["employee_id"]),
    )
    for row in order:
        application = find_application(row, applications)
        if application:
            found.setdefault(application["application_id"], row)
    return found


def _first_day(row: Row, spell: Row | None, applications: Applications) -> date:
    """By the roster, else the stage `joined`, else the offer, else the acceptance."""
    if spell:
        return spell["hire_date"]
    joined = first_entry(row, "joined")
    if joined:
        return applications.home.local_date(joined)
    offer = _offer_of(row) or {}
    return offer.get("start_date") or applications.home.local_date(row["accepted_at"])


def _offer_of(row: Row) -> Row | None:
    for status in ("accepted", "sent"):
        versions = [offer for offer in row["offer_versions"] if offer["status"] == status]
        if versions:
            return versions[-1]
    return None


def _find_entry(row: Row, starts: date, agencies: list[Row]) -> Row | None:
    """The entry of the agency, else of the channel, that the first day of work is under."""
    for name in (fold(row["agency_label"]), row["channel_id"]):
        begun = [entry for entry in agencies if fold(entry["agency"]) == name and entry["valid_from"] <= starts]
        if name and begun:
            return max(begun, key=lambda entry: entry["valid_from"])
    return None


def _charge(row: Row, entry: Row) -> float | None:
    offer = _offer_of(row)
    salary = (offer and offer["annual_salary"]) or entry["typical_salary"]
    return max(entry["minimum_fee"], entry["fee_rate"] * salary) if salary else None


def _give_back(fee: float | None, spell: Row, entry: Row, as_of: date) -> float | None:
    left = spell["last_date"]
    if (
        fee is None
        or left is None
        or left > as_of
        or (spell["termination_type"] or "unknown") in entry["refund_excludes"]
    ):
        return None
    for step in sorted(entry["refund_steps"], key=lambda step: step["within_days"]):
        if (left - spell["hire_date"]).days <= step["within_days"]:
            return fee * step["refund_rate"]
    return None


def _line(row: Row, kind: str, amount: float | None, day: date | None) -> Row:
    return {
        "application_id": row["application_id"],
        "kind": kind,
        "amount": amount,
        "period_start_date": day,
        "period_end_date": day,
        "is_estimated": True,
    }
