"""Invented candidates for measuring linkage: names by real frequency, duplicates planted with what really differs.

Names and readings come from the public lists in ../shared/fixtures/er (surnames with counts of bearers, given names
with readings); every person, address and number is invented. `invent(records, seed)` gives the frame and who is who.
"""

from __future__ import annotations

import csv
from datetime import date, timedelta
from pathlib import Path
from random import Random
from typing import Any

import polars as pl

from orchestration.compute.identity.keys import CANDIDATE_SCHEMA

NAMES = Path(__file__).resolve().parents[2] / "shared" / "fixtures" / "er" / "jp_names_shuheilocale"
OLD_FORMS = dict(
    zip("高崎辺斎沢桜広国恵浜真栄関竜寿円実徳蔵条", "髙﨑邊齋澤櫻廣國惠濱眞榮關龍壽圓實德藏條", strict=True)
)
DOMAINS = ("mail.example.com", "web.example.co.jp", "phone.example.co.jp", "example.com", "net.example.co.jp")
# How often a person has 1, 2, 3, 4 records, and what becomes of a later record's fields.
RECORDS = ((1, 0.72), (2, 0.2), (3, 0.06), (4, 0.02))
AGENT = "desk@agency.example.co.jp"
SCHEMA = {name: dtype for name, dtype in CANDIDATE_SCHEMA.items() if name != "address"}
KATAKANA = {code: code + 0x60 for code in range(0x3041, 0x3097)}


class Names:
    """Surnames (kanji, kana, romaji) weighted by bearers, given names of either sex with their readings."""

    def __init__(self, folder: Path = NAMES) -> None:
        with (folder / "last_name_org.csv").open(encoding="utf-8") as file:
            rows = [row for row in csv.reader(file) if len(row) >= 4 and row[1].isdigit()]
        self.families = [(row[0], row[2], row[3]) for row in rows]
        self.weights = [int(row[1]) for row in rows]
        self.given = {sex: self._read(folder / f"first_name_{sex}_opti.csv") for sex in ("man", "woman")}

    def _read(self, path: Path) -> list[tuple[str, str, str]]:
        with path.open(encoding="utf-8") as file:
            return [(kanji, row[0], row[1]) for row in csv.reader(file) for kanji in row[2:14] if kanji]

    def family(self, chance: Random) -> tuple[str, str, str]:
        return chance.choices(self.families, self.weights)[0]


class Person:
    """The truth behind the records; `women` may marry."""

    def __init__(self, names: Names, chance: Random) -> None:
        self.sex = chance.choice(("man", "woman"))
        self.family = names.family(chance)
        self.given = chance.choice(names.given[self.sex])
        self.born = date(1960, 1, 1) + timedelta(days=chance.randrange(16_800))
        self.phone = invent_phone(chance)
        self.email = invent_email(self, chance)


def invent_phone(chance: Random) -> str:
    return f"0{chance.choice('789')}0-{chance.randrange(10**4):04}-{chance.randrange(10**4):04}"


def invent_email(person: Person, chance: Random) -> str:
    family, given = person.family[2], person.given[2]
    local = chance.choice((f"{given}.{family}", f"{family}{given[0]}", f"{given}{family[0]}", f"{family}_{given}"))
    return f"{local}{chance.choice(('', person.born.year % 100, chance.randrange(1, 1000)))}@{chance.choice(DOMAINS)}"


def write(person: Person, chance: Random) -> dict[str, Any]:
    """A full record in the usual form of an ATS."""
    return {
        "family_name": person.family[0],
        "given_name": person.given[0],
        "kana": f"{person.family[1]} {person.given[1]}".translate(KATAKANA),
        "email": person.email,
        "phone": chance.choice((person.phone, person.phone.replace("-", ""), "+81 " + person.phone[1:])),
        "birth_date": person.born,
    }


def blur(row: dict[str, Any], person: Person, names: Names, chance: Random) -> dict[str, Any]:
    """A later record of the person: another address, number or way of writing the name, a slip of the pen."""
    person_now = person
    married = person.sex == "woman" and chance.random() < 0.12
    if married:
        person_now = Person.__new__(Person)
        person_now.__dict__ |= person.__dict__ | {"family": names.family(chance)}
        row |= write(person_now, chance)
    pick = chance.random()
    family, given = person_now.family, person_now.given
    if pick < 0.15:
        row |= {"family_name": None, "given_name": None, "full_name": f"{given[2].title()} {family[2].title()}"}
        row["kana"] = None
    elif pick < 0.3:
        row |= {"kana": None}
    elif pick < 0.4:
        row |= {"family_name": "".join(OLD_FORMS.get(sign, sign) for sign in family[0])}
        row |= {"given_name": "".join(OLD_FORMS.get(sign, sign) for sign in given[0]), "kana": None}
    elif pick < 0.45:
        row |= {"family_name": None, "given_name": None, "full_name": None}
    elif pick < 0.5:
        row |= {"family_name": given[0], "given_name": family[0], "kana": f"{given[1]} {family[1]}"}
    elif pick < 0.55:
        other = chance.choice([name for name in names.given[person.sex][:400] if name[1] == given[1]] or [given])
        row |= {"given_name": other[0]}
    # A bride keeps her address or number: her given name and birth date alone prove nothing.
    lost = int(married)
    if chance.random() < 0.5:
        row["email"] = chance.choice((None, invent_email(person_now, chance), slip(row["email"], chance)))
        lost += 1
    if chance.random() < 0.5 and not (married and lost > 1):
        row["phone"] = chance.choice((None, invent_phone(chance), slip(row["phone"], chance)))
        lost += 1
    pick = chance.random()
    if pick < 0.25:
        row["birth_date"] = None if lost < 2 else row["birth_date"]
    elif pick < 0.4 and lost < 2:
        row["birth_date"] = slip_date(person.born, chance)
    return row


def slip(text: str, chance: Random) -> str:
    place = chance.randrange(1, max(2, len(text.split("@")[0]) - 1))
    digit = text[place]
    swapped = text[:place] + text[place + 1] + digit + text[place + 2 :]
    other = str((int(digit) + chance.randrange(1, 10)) % 10) if digit.isdigit() else chance.choice("aeiourstn")
    return chance.choice((swapped, text[:place] + other + text[place + 1 :]))


def slip_date(day: date, chance: Random) -> date:
    if day.day <= 12 and chance.random() < 0.3:
        return date(day.year, day.day, day.month)
    if chance.random() < 0.5:
        return day.replace(year=day.year + chance.choice((-10, -1, 1, 10)), day=min(day.day, 28))
    return day.replace(day=day.day + 1 if day.day < 28 else day.day - 1)


def invent(records: int, seed: int = 1) -> tuple[pl.DataFrame, pl.Series]:
    """Candidates of SCHEMA in a shuffled order, and the person of each. Among them are agencies' candidates (one
    address on forty), families (one phone on three) and namesakes, as there are in the lists of a real company."""
    names, chance = Names(), Random(seed)
    rows: list[dict[str, Any]] = []
    number = 0
    while len(rows) < records:
        person = Person(names, chance)
        number += 1
        copies = chance.choices([n for n, _ in RECORDS], [share for _, share in RECORDS])[0]
        for copy in range(copies):
            row = {"person": number, **write(person, chance)}
            rows.append(row if copy == 0 else blur(row, person, names, chance))
        if chance.random() < 0.01:  # a brother or sister at the same number
            sibling = Person(names, chance)
            sibling.__dict__ |= {"family": person.family, "phone": person.phone}
            number += 1
            rows.append({"person": number, **write(sibling, chance)})
        if chance.random() < 0.0005:
            for _ in range(40):
                stranger = Person(names, chance)
                stranger.email = AGENT.replace("@", f"{number}@")
                number += 1
                rows.append({"person": number, **write(stranger, chance), "phone": None})
    rows = rows[:records]
    chance.shuffle(rows)
    for place, row in enumerate(rows):
        row |= {"source": f"ats{place % 3}", "candidate_id": f"C{place:07}"}
        if row.get("family_name") and "full_name" not in row:
            row["full_name"] = f"{row['family_name']} {row['given_name']}"
    frame = pl.DataFrame([{name: row.get(name) for name in SCHEMA} for row in rows], schema=SCHEMA)
    return frame, pl.Series("person", [row["person"] for row in rows])
