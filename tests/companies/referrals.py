"""fct_relay_referrals: which registrations count, when, and towards which slot."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from tests.companies.applications import Applications
from tests.companies.home import Home, Row
from tests.companies.persons import hash_email, normalise_email


def terms_at(home: Home, moment: datetime | None) -> Row | None:
    """The entry in force: the newest whose valid_from has begun, in the company's time zone."""
    begun = [entry for entry in home.terms if moment and home.local_midnight(entry["valid_from"]) <= moment]
    return begun[-1] if begun else None


class Referrals:
    """Every registration judged; `counted` holds the counted ones in order of their number."""

    def __init__(self, applications: Applications) -> None:
        self.applications, self.home = applications, applications.home
        self.tokens = self._read_tokens()
        self.rows = [self._judge(row) for row in self.home["relay_registrations"]]
        self._bar_repeats()
        self.counted = sorted(
            (row for row in self.rows if row["is_counted"]), key=lambda row: (row["counted_at"], row["registration_id"])
        )
        self._number()

    def _read_tokens(self) -> dict[str, Row]:
        """token → the application of the earliest outbound message that carries it."""
        first: dict[str, tuple[tuple[datetime, str], Row]] = {}
        for application_id, messages in self.applications.messages.items():
            for message in messages:
                token, at = message["relay_token"], (message["sent_at"], message["message_id"])
                if message["direction"] == "outbound" and token and (token not in first or at < first[token][0]):
                    first[token] = at, self.applications.by_id[application_id]
        return {token: application for token, (_, application) in first.items()}

    def _judge(self, raw: Row) -> Row:
        row = {name: raw[name] for name in ("registration_id", "token", "registered_at", "status")}
        row |= dict.fromkeys(("person_id", "application_id", "counted_at", "referral_no", "slot_no"))
        row |= {"is_counted": False, "not_counted_reason": None, "email_hash": self._hash(raw), "unit": None}
        row["offered_elsewhere"] = raw["outcome_elsewhere"]
        at_registration = terms_at(self.home, raw["registered_at"])
        acknowledged = at_registration is not None and at_registration["counting_event"] == "acknowledged"
        valid_at = raw["status_at"] if raw["status"] == "valid" else None
        row["event_at"] = valid_at if acknowledged else raw["registered_at"]
        named = self.tokens.get(raw["token"])
        row["person_id"] = named["person"] if named else self._find_person(raw)
        terms = terms_at(self.home, row["event_at"] or raw["registered_at"])
        row["terms"] = terms
        if terms is None or at_registration is None:
            row["not_counted_reason"] = "no_terms"
            return row
        eligible = self._list_eligible(row["person_id"], terms)
        chosen = self._choose(named, eligible, raw["registered_at"])
        row["application_id"] = chosen["application_id"] if chosen else None
        row["counted_at"] = self._counted_at(row, eligible, chosen, terms, at_registration["unit"])
        row["not_counted_reason"] = self._bar(row, raw, eligible, terms, acknowledged=acknowledged)
        row["unit"] = self._unit(row, at_registration["unit"])
        return row

    def _hash(self, raw: Row) -> str | None:
        """The e-mail goes before its hash."""
        if normalise_email(raw["email"]):
            return hash_email(raw["email"])
        return (raw["email_hash"] or "").lower() or None

    def _find_person(self, raw: Row) -> str | None:
        """By the e-mail, where nobody has it by the hash."""
        persons = self.applications.persons
        by_address = persons.of_address(raw["email"]) if normalise_email(raw["email"]) else None
        return by_address or (persons.of_hash(raw["email_hash"]) if raw["email_hash"] else None)

    def _list_eligible(self, person: str | None, terms: Row) -> list[Row]:
        rows = (row for row in self.applications.counted() if row["person"] == person)
        return sorted(
            (row for row in rows if row["outcome"] in terms["eligible_outcomes"]),
            key=lambda row: (row["closed_at"], row["application_id"]),
        )

    def _choose(self, named: Row | None, eligible: Sequence[Row], registered_at: datetime) -> Row | None:
        """The one the token names, else the latest closed before the registration, else the earliest."""
        if named in eligible:
            return named
        before = [row for row in eligible if row["closed_at"] < registered_at]
        return before[-1] if before else next(iter(eligible), None)

    def _counted_at(self, row: Row, eligible: list[Row], chosen: Row | None, terms: Row, unit: str) -> datetime | None:
        if row["event_at"] is None or not terms["require_match"] or chosen is None:
            return row["event_at"]
        since = chosen if unit == "application" else eligible[0]
        return max(row["event_at"], since["closed_at"])

    def _bar(self, row: Row, raw: Row, eligible: list[Row], terms: Row, *, acknowledged: bool) -> str | None:
        """Why it does not count, the first reason that holds; None where nothing but a repeat could bar it."""
        unfit = self._unfit(row["person_id"], eligible) if terms["require_match"] else None
        # What never counted cannot stay counted, however late it turned.
        if raw["status"] == "invalid" and (unfit or not self._is_kept(row["counted_at"], raw["status_at"], terms)):
            return "invalid"
        if raw["status"] == "duplicate":
            return "duplicate"
        if raw["status"] == "pending" and acknowledged:
            return "pending"
        return unfit

    def _unfit(self, person: str | None, eligible: list[Row]) -> str | None:
        """Why nobody of ours stands behind it, where somebody must."""
        if person is None:
            return "unmatched"
        if eligible:
            return None
        own = [other for other in self.applications.rows if other["person"] == person]
        return "before_rejection_open" if any(other["outcome"] == "open" for other in own) else "not_eligible"

    def _is_kept(self, counted_at: datetime | None, turned_at: datetime | None, terms: Row) -> bool:
        """An invalid one that turned too late to be clawed back."""
        if terms["clawback_days"] is None or counted_at is None or turned_at is None:
            return False
        return turned_at > counted_at + timedelta(days=terms["clawback_days"])

    def _unit(self, row: Row, unit: str) -> tuple[str, Any]:
        if row["person_id"] is None:
            return ("hash", row["email_hash"]) if row["email_hash"] else ("registration", row["registration_id"])
        if unit == "application" and row["application_id"]:
            return "application", row["application_id"]
        return "person", row["person_id"]

    def _bar_repeats(self) -> None:
        seen = set()
        candidates = [row for row in self.rows if row["not_counted_reason"] is None]
        for row in sorted(candidates, key=lambda row: (row["event_at"], row["registration_id"])):
            row["is_counted"] = row["unit"] not in seen
            row["not_counted_reason"] = None if row["is_counted"] else "duplicate"
            seen.add(row["unit"])
        for row in self.rows:
            row["counted_at"] = row["counted_at"] if row["is_counted"] else None

    def _number(self) -> None:
        """Slots accumulate under the entry of the referral that completes them; what is left over carries over."""
        slot, since = 1, 0
        for number, row in enumerate(self.counted, 1):
            row["referral_no"], row["slot_no"] = number, slot
            since += 1
            row["completes"] = since >= row["terms"]["referrals_per_slot"]
            if row["completes"]:
                slot, since = slot + 1, 0
            row["remainder"] = since


def fct_relay_referrals(referrals: Referrals, persons: dict[str, str]) -> list[Row]:
    """The fact's rows; `persons` names each person by the smallest application id."""
    return [row | {"person": row["person_id"] and persons.get(row["person_id"])} for row in referrals.rows]
