"""fct_applications and fct_stage_visits, one application at a time."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime
from typing import Any

from tests.companies.home import Home, Row
from tests.companies.labels import KEY_OF_ORDER, ORDER, channel_of, outcome_of, reason_of
from tests.companies.persons import Persons, choose_application
from tests.companies.visits import days_between, list_visits

EXCLUDED = {"duplicate", "not_considered"}
UNKNOWN = "unknown"


class Applications:
    """Every application with its visits, offers, reasons and messages; `rows` stand in the source's order."""

    def __init__(self, home: Home, persons: Persons) -> None:
        self.home, self.persons = home, persons
        self.jobs = {row["job_id"]: row for row in home["jobs"]}
        self.offers = _group(home["offers"])
        self.reasons = _group(home["application_reasons"])
        events = _group(home["stage_events"])
        self.rows = [self._resolve(row, events[row["application_id"]]) for row in home["applications"]]
        self.by_id = {row["application_id"]: row for row in self.rows}
        self._number()
        self.messages = self._assign_messages()
        for row in self.rows:
            row["rejection"] = self._first_rejection(row["application_id"])

    def counted(self) -> list[Row]:
        """The applications that are in denominators."""
        return [row for row in self.rows if not row["is_excluded"]]

    def _resolve(self, raw: Row, events: list[Row]) -> Row:
        home, row = self.home, dict(raw)
        row["outcome"] = outcome_of(raw["outcome"], raw["status_label"], home.aliases)
        if row["outcome"] == "open":
            row["closed_at"] = None
        row["is_excluded"] = row["outcome"] in EXCLUDED or bool(raw["is_prospect"])
        row["person"] = self.persons.of(raw["candidate_id"])
        row["seq_key"] = (raw["applied_at"], raw["application_id"])
        row["channel_id"] = channel_of(raw["channel_label"], home.aliases)
        job = self.jobs.get(raw["job_id"], {})
        for name in ("job_family", "department", "hiring_type"):
            row[name] = job.get(name) or UNKNOWN
        row["applied_date"] = home.local_date(row["applied_at"])
        row["applied_month"] = row["applied_date"].replace(day=1)
        row["visits"] = list_visits(row, events, home)
        row["real"] = [visit for visit in row["visits"] if not visit["is_accidental"]]
        row["closed_date"] = home.local_date(row["closed_at"]) if row["closed_at"] else None
        row["offer_versions"] = sorted(self.offers[raw["application_id"]], key=lambda offer: offer["version"])
        row["accepted_at"] = self._accepted_at(row)
        row["reached"] = self._reached(row)
        return row

    def _accepted_at(self, row: Row) -> datetime | None:
        entered = first_entry(row, "accepted")
        if entered:
            return entered
        resolved = [offer["resolved_at"] for offer in row["offer_versions"] if offer["status"] == "accepted"]
        resolved = [moment for moment in resolved if moment]
        if resolved:
            return resolved[-1]
        return row["closed_at"] if row["outcome"] == "hired" else None

    def _reached(self, row: Row) -> int | None:
        orders = [visit["stage_order"] for visit in row["real"] if visit["stage_order"] is not None]
        if any(offer["sent_at"] for offer in row["offer_versions"]):
            orders.append(ORDER["offer"])
        if row["outcome"] == "hired":
            orders.append(ORDER["accepted"])
        return max(orders, default=None)

    def _number(self) -> None:
        last: dict[str, Row] = {}
        for row in sorted(self.rows, key=lambda row: row["seq_key"]):
            before = last.get(row["person"])
            row["application_seq"] = before["application_seq"] + 1 if before else 1
            row["prev_application_id"] = before["application_id"] if before else None
            last[row["person"]] = row

    def _assign_messages(self) -> dict[str, list[Row]]:
        """application_id → its messages by sent_at."""
        found: dict[str, list[Row]] = defaultdict(list)
        own: dict[str, list[Row]] = defaultdict(list)
        for row in sorted(self.rows, key=lambda row: row["seq_key"]):
            own[row["person"]].append(row)
        for message in sorted(self.home["messages"], key=lambda row: (row["sent_at"], row["message_id"])):
            application = self.by_id.get(message["application_id"])
            if application is None:
                outbound = message["direction"] == "outbound"
                person = self.persons.of_address(message["to_address" if outbound else "from_address"])
                if person is not None:
                    is_rejection = message["kind"] == "rejection"
                    application = choose_application(own[person], message["sent_at"], is_rejection=is_rejection)
            if application is not None:
                found[application["application_id"]].append(message)
        return found

    def _first_rejection(self, application_id: str) -> Row | None:
        """The first outbound rejection that did not bounce."""
        for message in self.messages[application_id]:
            if (message["direction"], message["kind"]) == ("outbound", "rejection") and message[
                "delivery"
            ] != "bounced":
                return message
        return None

    def reasons_of(self, row: Row) -> list[tuple[str, str | None]]:
        """(reason_key, party) by ordinal, blank ones out."""
        rows = sorted(self.reasons[row["application_id"]], key=lambda reason: reason["ordinal"])
        keyed = [(reason_of(reason["reason_label"], self.home.aliases), reason["party"]) for reason in rows]
        return [(key, party) for key, party in keyed if key is not None]


def _group(rows: list[Row]) -> dict[str, list[Row]]:
    groups: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        groups[row["application_id"]].append(row)
    return groups


def first_entry(row: Row, stage_key: str) -> datetime | None:
    return min((visit["entered_at"] for visit in row["real"] if visit["stage_key"] == stage_key), default=None)


def fct_applications(applications: Applications) -> list[Row]:
    """The fact's rows; `person` is the smallest application id of the person."""
    smallest: dict[str, str] = {}
    for row in applications.rows:
        smallest[row["person"]] = min(smallest.get(row["person"], row["application_id"]), row["application_id"])
    return [_fact(row, smallest[row["person"]], applications) for row in applications.rows]


def _fact(row: Row, person: str, applications: Applications) -> Row:
    is_open = row["outcome"] == "open"
    reasons = applications.reasons_of(row)
    rejection = row["rejection"]
    fact: dict[str, Any] = {
        "application_id": row["application_id"],
        "source": applications.home.source,
        "person": person,
        "job_id": row["job_id"],
        **{name: row[name] for name in ("job_family", "department", "hiring_type", "channel_id")},
        **{name: row[name] for name in ("applied_at", "applied_date", "applied_month", "applied_at_basis", "outcome")},
        "closed_at": row["closed_at"],
        "closed_date": row["closed_date"],
        "closed_stage_key": None if is_open else row["real"][-1]["stage_key"],
        "closed_by": None if is_open else row["closed_by"] or UNKNOWN,
        "reason_key": reasons[0][0] if reasons else None,
        "reason_party": reasons[0][1] if reasons else None,
        "reached_stage_key": KEY_OF_ORDER.get(row["reached"]),
        "reached_stage_order": row["reached"],
        "application_seq": row["application_seq"],
        "prev_application_id": row["prev_application_id"],
        "is_excluded": row["is_excluded"],
        "rejection_message_at": rejection["sent_at"] if rejection else None,
        "days_to_outcome": days_between(row["applied_at"], row["closed_at"]) if row["closed_at"] else None,
        "days_to_hire": days_to_hire(row),
    }
    fact |= {f"{key}_at": first_entry(row, key) for key in ORDER if key != "applied"}
    return fact | {"accepted_at": row["accepted_at"]}


def days_to_hire(row: Row) -> float | None:
    return days_between(row["applied_at"], row["accepted_at"]) if row["outcome"] == "hired" else None


def fct_stage_visits(applications: Applications) -> list[Row]:
    return [{"application_id": row["application_id"], **visit} for row in applications.rows for visit in row["visits"]]
