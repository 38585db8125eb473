"""Employees: hires with and without a named application, leavers of every kind, returners, strangers."""

from __future__ import annotations

from datetime import date, timedelta
from random import Random

from tests.companies.people import Person
from tests.companies.writing import Row

DEPARTURES = ("voluntary", "voluntary", "involuntary", "contract_end", "transfer", "death", "unknown", None)


def list_employees(
    hires: list[tuple[str, date, Person]],
    refusers: list[tuple[str, date, Person]],
    as_of: date,
    lost: str,
    random: Random,
) -> list[Row]:
    """Spells of hires, of some who accepted and never came, and of people nobody recruited here.

    `hires` and `refusers` are (application id, day it closed, person). A person is found once without the application
    named: some were hired twice, some joined so long before the closing that it is not theirs.
    """
    unnamed: set[int] = set()
    rows: list[Row] = []
    for application_id, closed, person in hires:
        if random.random() < 0.1:
            continue
        is_findable = not person.is_anonymised and person.number not in unnamed
        is_named = not is_findable or random.random() < 0.75
        begins = closed + timedelta(days=random.choice((0, 1, 20, 60, 100)))
        if not is_named:
            unnamed.add(person.number)
            begins -= timedelta(days=random.choice((0, 0, 0, 300)))
        row = _spell(person, begins, as_of, random)
        rows += _number(row | {"application_id": application_id if is_named else None}, as_of, random)
    for application_id, closed, person in refusers:
        if random.random() < 0.3:
            row = _spell(person, closed, as_of, random)
            rows += _number(row | {"application_id": application_id, "last_date": closed}, as_of, random)
    for number in range(len(hires) // 3 + 3):
        begins = as_of - timedelta(days=random.choice((0, -1, 5, 29, 30, 180, 364, 365, 800, 1095, 1600, 2000)))
        stranger = {
            "full_name": f"社員 乙{number}",
            "kana": f"シャイン ヌ{number}",
            "email": [f"old{number}@example.co.jp"],
            "birth_date": date(1950, 1, 1) + timedelta(days=number),
        }
        row = stranger | _term(begins, as_of, random)
        rows += _number(row | {"application_id": random.choice((None, lost))}, as_of, random)
    for place, employee_id in enumerate(dict.fromkeys(row["number"] for row in rows)):
        for row in rows:
            if row["number"] == employee_id:
                row["employee_id"] = f"S{place + 1:05d}"
    random.shuffle(rows)
    return rows


def _spell(person: Person, begins: date, as_of: date, random: Random) -> Row:
    known = {"full_name": person.full_name, "kana": person.kana, "birth_date": person.birth_date}
    if random.random() < 0.2:
        known.pop(random.choice(("full_name", "kana")))
    private = random.random() < 0.2
    return (
        known
        | {"email": [person.email if private else f"staff{person.number}@example.co.jp"]}
        | _term(begins, as_of, random)
    )


def _term(begins: date, as_of: date, random: Random) -> Row:
    """Still here, gone after 0, 179, 180, 181 … days, gone today, or leaving after the day of the report."""
    pick = random.random()
    stays = random.choice((0, 1, 29, 30, 90, 179, 180, 181, 365, 400, 730, 1095))
    last = None if pick < 0.5 else begins + timedelta(days=stays)
    if pick > 0.95 and begins <= as_of:
        last = as_of
    department = random.choice(("dept_a", "dept_b", "部門丙", " Dept　Ｄ"))
    kind = random.choice(DEPARTURES) if last else None
    return {"department": department, "hire_date": begins, "last_date": last, "termination_type": kind}


def _number(first: Row, as_of: date, random: Random) -> list[Row]:
    """The employee's spells; the first by hire date is not always the first by number."""
    mark = random.getrandbits(60)
    rows = [first | {"number": mark, "spell_no": 1}]
    if first["last_date"] and random.random() < 0.25:
        again = first["last_date"] + timedelta(days=random.choice((1, 40, 300)))
        rows.append(first | {"number": mark, "spell_no": 2, "hire_date": again, "application_id": None} | _open_end())
        if random.random() < 0.3:
            rows[0]["spell_no"], rows[1]["spell_no"] = 2, 1
    return rows


def _open_end() -> Row:
    return {"last_date": None, "termination_type": None}
