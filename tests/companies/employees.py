"""mart_retention and the first spell of each employee, with the application it came from."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, timedelta

from tests.companies.applications import UNKNOWN, Applications
from tests.companies.home import Row
from tests.companies.measures import survive
from tests.companies.stages import DIMENSIONS

HORIZONS = (30, 90, 180, 365, 730, 1095)
EVENTS = {"voluntary", "involuntary", "unknown"}
EARLY_DAYS = 180


@dataclass(frozen=True)
class Spell:
    """A first spell: days observed, whether it ended in a departure, its kind, its application, later spells."""

    application: Row | None
    hire_date: date
    days: int
    is_event: bool
    termination: str | None
    n_rehired: int


def list_spells(applications: Applications) -> list[Spell]:
    """First spells hired by as_of_date, without those whose application is not hired."""
    as_of = applications.home.as_of_date
    employees: dict[str, list[Row]] = defaultdict(list)
    for row in applications.home["employees"]:
        employees[row["employee_id"]].append(row)
    spells = []
    for rows in employees.values():
        rows.sort(key=lambda row: (row["hire_date"], row["spell_no"]))
        first = rows[0]
        application = find_application(first, applications)
        if first["hire_date"] > as_of or (application and application["outcome"] != "hired"):
            continue
        last, kind = first["last_date"], first["termination_type"]
        is_over = last is not None and last <= as_of
        spells.append(
            Spell(
                application=application,
                hire_date=first["hire_date"],
                days=((last if is_over else as_of) - first["hire_date"]).days,
                is_event=is_over and (kind or UNKNOWN) in EVENTS,
                termination=(kind or UNKNOWN) if is_over else None,
                n_rehired=sum(1 for row in rows[1:] if row["hire_date"] <= as_of),
            )
        )
    return spells


def find_application(employee: Row, applications: Applications) -> Row | None:
    """The one the row names, else the person's hired one closed last before hire_date + 180 days."""
    named = applications.by_id.get(employee["application_id"])
    if named is not None:
        return named
    person = applications.persons.of_employee(employee)
    until = applications.home.local_midnight(employee["hire_date"] + timedelta(days=EARLY_DAYS))
    hired = [
        row
        for row in applications.rows
        if row["person"] == person and row["outcome"] == "hired" and row["closed_at"] < until
    ]
    return max(hired, key=lambda row: (row["closed_at"], row["application_id"]), default=None)


def mart_retention(applications: Applications) -> list[Row]:
    members: dict[tuple[str, str], list[Spell]] = defaultdict(list)
    for spell in list_spells(applications):
        members["all", "all"].append(spell)
        members["hire_year", str(spell.hire_date.year)].append(spell)
        for dimension, column in DIMENSIONS.items():
            member = spell.application[column] if spell.application else UNKNOWN
            members[dimension, member].append(spell)
    return [
        _line(dimension, member, horizon, spells, applications.home.as_of_date)
        for (dimension, member), spells in members.items()
        for horizon in HORIZONS
    ]


def _line(dimension: str, member: str, horizon: int, spells: list[Spell], as_of: date) -> Row:
    survival, low, high = survive([(spell.days, spell.is_event) for spell in spells], horizon)
    early = [spell for spell in spells if spell.is_event and spell.days <= EARLY_DAYS]
    return {
        "dimension": dimension,
        "member": member,
        "horizon_days": horizon,
        "as_of_date": as_of,
        "n_start": len(spells),
        "n_events": sum(1 for spell in spells if spell.is_event and spell.days <= horizon),
        "n_censored": sum(1 for spell in spells if not spell.is_event and spell.days < horizon),
        "at_risk": sum(1 for spell in spells if spell.days >= horizon),
        "survival": survival,
        "survival_lo": low,
        "survival_hi": high,
        "n_rehired": sum(spell.n_rehired for spell in spells),
        "n_left_180": sum(1 for spell in early if spell.termination != "involuntary"),
        "n_unknown": sum(1 for spell in early if spell.termination == UNKNOWN),
    }
