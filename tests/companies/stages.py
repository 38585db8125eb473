"""mart_stage_conversion and mart_stage_curve: the cohort's last word, and the race against time."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime

from tests.companies.applications import Applications
from tests.companies.home import Row
from tests.companies.labels import KEY_OF_ORDER, ORDER
from tests.companies.measures import incidence, name_rate
from tests.companies.visits import days_between

DAYS = (1, 3, 7, 14, 21, 30, 45, 60, 90, 180)
SMALL = 20
LEFT = {"withdrawn", "offer_declined"}
DIMENSIONS = {
    "job_family": "job_family",
    "department": "department",
    "channel": "channel_id",
    "hiring_type": "hiring_type",
}


def visits_of(row: Row, stage_key: str) -> list[Row]:
    return [visit for visit in row["real"] if visit["stage_key"] == stage_key]


def what_became(row: Row, stage_key: str) -> str:
    """exempt, advanced, rejected, withdrawn or open: what became of an application that entered this stage."""
    last = visits_of(row, stage_key)[-1]
    if last["exit_type"] == "exempt":
        return "exempt"
    if is_advanced(row, stage_key, last):
        return "advanced"
    if row["outcome"] == "rejected":
        return "rejected"
    return "withdrawn" if row["outcome"] in LEFT else "open"


def is_advanced(row: Row, stage_key: str, last: Row) -> bool:
    if row["outcome"] == "hired":
        return True
    order = ORDER.get(stage_key)
    if order is None or order >= ORDER["accepted"]:
        return False
    higher = any(
        visit["stage_order"] is not None and visit["stage_order"] > order and visit["entered_at"] >= last["entered_at"]
        for visit in row["real"]
    )
    return higher or row["accepted_at"] is not None


def mart_stage_conversion(applications: Applications) -> list[Row]:
    grains: dict[tuple, list[Row]] = defaultdict(list)
    for row in applications.counted():
        grains[row["applied_month"], row["job_family"], row["department"], row["channel_id"]].append(row)
    lines = []
    for (month, family, department, channel), rows in grains.items():
        keys = {visit["stage_key"] for row in rows for visit in row["real"]}
        known = sorted(ORDER[key] for key in keys if key in ORDER)
        for key in keys:
            fates = [what_became(row, key) for row in rows if visits_of(row, key)]
            n = {fate: fates.count(fate) for fate in ("advanced", "rejected", "withdrawn", "exempt", "open")}
            decided = n["advanced"] + n["rejected"] + n["withdrawn"]
            line: Row = {
                "applied_month": month,
                "job_family": family,
                "department": department,
                "channel_id": channel,
                "stage_key": key,
                "as_of_date": applications.home.as_of_date,
                "n_entered": len(fates),
                **{f"n_{fate}": count for fate, count in n.items()},
                "n_reached": _count_reached(rows, ORDER.get(key)),
                "is_small": decided < SMALL,
                **name_rate("actual_pass_rate", n["advanced"], decided),
                **name_rate("company_pass_rate", n["advanced"], n["advanced"] + n["rejected"]),
                **name_rate("withdrawal_rate", n["withdrawn"], decided),
                **name_rate("implied_pass_rate", 0, 0),
            }
            later = [order for order in known if key in ORDER and order > ORDER[key]]
            if later:
                line |= name_rate("implied_pass_rate", _count_reached(rows, later[0]) or 0, line["n_reached"])
            lines.append(line)
    return lines


def _count_reached(rows: list[Row], order: int | None) -> int | None:
    if order is None:
        return None
    return sum(1 for row in rows if row["reached"] is not None and row["reached"] >= order)


def mart_stage_curve(applications: Applications) -> list[Row]:
    members: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for row in applications.counted():
        members["all", "all"].append(row)
        for dimension, column in DIMENSIONS.items():
            members[dimension, row[column]].append(row)
    lines = []
    for (dimension, member), rows in members.items():
        for order, key in KEY_OF_ORDER.items():
            if order >= ORDER["accepted"]:
                continue
            subjects = [subject for row in rows if (subject := _race(row, key, applications.home.as_of_at))]
            if not subjects:
                continue
            for day, values in incidence(subjects, DAYS, ("advance", "reject", "withdraw")).items():
                line = {"dimension": dimension, "member": member, "stage_key": key, "day": day}
                line |= {"as_of_date": applications.home.as_of_date, "at_risk": values.pop("at_risk")}
                lines.append(line | {f"cif_{cause}": value for cause, value in values.items()})
    return lines


def _race(row: Row, stage_key: str, as_of_at: datetime) -> tuple[float, str | None] | None:
    """(days to the first event, its name or None where censored) from the first visit; None where no subject."""
    own = visits_of(row, stage_key)
    if not own or what_became(row, stage_key) == "exempt":
        return None
    start = own[0]["entered_at"]
    if row["accepted_at"] and row["accepted_at"] < start:
        return None
    ends = [
        visit["entered_at"]
        for visit in row["real"]
        if visit["stage_order"] is not None and visit["stage_order"] > ORDER[stage_key] and visit["entered_at"] >= start
    ]
    ends += [row["accepted_at"]] if row["accepted_at"] else []
    # Who went on went on, though a closing given as a day alone lies before that day's stages.
    if ends:
        return days_between(start, min(ends)), "advance"
    if row["outcome"] == "rejected":
        return days_between(start, row["closed_at"]), "reject"
    if row["outcome"] in LEFT:
        return days_between(start, row["closed_at"]), "withdraw"
    return days_between(start, as_of_at), None
