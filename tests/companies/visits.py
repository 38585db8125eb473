"""The visits of one application: where it was, from when to when, and how it left."""

from __future__ import annotations

from datetime import datetime

from tests.companies.either import Either
from tests.companies.home import Home, Row
from tests.companies.labels import ORDER, stage_of

LAST_EXIT = {
    "rejected": "reject",
    "withdrawn": "withdraw",
    "offer_declined": "withdraw",
    "hired": "hire",
    "open": "open",
}
NO_ORDER = 10**6  # a stage without an alias sorts last at equal times
UNDONE_SECONDS = 300
# A stage of no order is neither lower nor higher than the next one, and nothing says how it was left.
UNSAID = Either(None, "advance", "back", "transfer")


def days_between(start: datetime, end: datetime) -> float:
    """Elapsed days, never below 0."""
    return max(0.0, (end - start).total_seconds() / 86_400)


def list_visits(application: Row, events: list[Row], home: Home) -> list[Row]:
    """The visits in order; sets the application's closed_at where it is terminal and the source gave none."""
    visits = [_visit(row, stage_of(row["stage_label"], home.aliases)) for row in events]
    if not visits and (application["current_stage_label"] or ""):
        row = {"entered_at": application["updated_at"], "precision": "snapshot"}
        visits.append(_visit(row, stage_of(application["current_stage_label"], home.aliases)))
    if not any(visit["stage_key"] == "applied" for visit in visits):
        visits.append(_visit({"entered_at": application["applied_at"]}, "applied"))
    visits.sort(key=lambda visit: (visit["entered_at"], visit["sort_order"], visit["event_id"]))
    for number, visit in enumerate(visits, 1):
        visit["visit_no"] = number
        later = visits[number:]
        if visit["exited_at"] is None and later:
            visit["exited_at"] = later[0]["entered_at"]
        if visit["exit_type"] in (None, "open"):
            visit["exit_type"] = _exit_type(visit, later, application["outcome"])
        visit["is_accidental"] = _is_accidental(visit)
    if application["outcome"] != "open":
        ends_at = application["closed_at"]
        if visits[-1]["exited_at"] is None:
            visits[-1]["exited_at"] = ends_at or _last_entry(visits)
            visits[-1]["is_accidental"] = _is_accidental(visits[-1])
        # A last visit that says `back` and ends at once is a slip, and the one before it is where it closed.
        application["closed_at"] = ends_at or _last_entry(visits)
    for visit in visits:
        visit["days"] = days_between(visit["entered_at"], visit["exited_at"] or home.as_of_at)
    return visits


def _last_entry(visits: list[Row]) -> datetime:
    return max(visit["entered_at"] for visit in visits if not visit["is_accidental"])


def _visit(row: Row, stage_key: str) -> Row:
    order = ORDER.get(stage_key)
    return {
        "stage_key": stage_key,
        "stage_order": order,
        "sort_order": NO_ORDER if order is None else order,
        "entered_at": row["entered_at"],
        "exited_at": row.get("exited_at"),
        "exit_type": row.get("exit_type"),
        "precision": row.get("precision"),
        "event_id": row.get("event_id") or "",
    }


def _exit_type(visit: Row, later: list[Row], outcome: str) -> str | Either:
    ordered = [other for other in later if other["stage_order"] is not None]
    if not ordered:
        return LAST_EXIT.get(outcome, "transfer")
    if visit["stage_order"] is None:
        return UNSAID
    return "advance" if ordered[0]["stage_order"] > visit["stage_order"] else "back"


def _is_accidental(visit: Row) -> bool:
    if visit["exit_type"] != "back" or visit["exited_at"] is None:
        return False
    return (visit["exited_at"] - visit["entered_at"]).total_seconds() <= UNDONE_SECONDS
