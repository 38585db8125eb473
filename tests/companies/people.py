"""Candidates: persons with one or several records, shared addresses, families, and those who asked to be forgotten."""

from __future__ import annotations

from datetime import date, timedelta
from random import Random
from typing import Any

from tests.companies.writing import Row

FAMILY = "安井宇江岡加木久佐志須瀬曽田知津手戸奈仁沼根野原日部保真三村目森"
KANA = "アイウエオカキクサシスセソタチツテトナニヌネノハヒヘホマミムメモ"
AGENT = "desk@agency.example.co.jp"  # an agency's own address, given for many of its candidates
VARIANT = {"高": "髙", "崎": "﨑", "辺": "邊"}


class Person:
    """One human: the truth behind the records. `alternate` is a second address of theirs."""

    def __init__(self, number: int, random: Random) -> None:
        digits = [number // 32**place % 32 for place in (2, 1, 0)]
        family, given = random.randrange(32), random.randrange(32)
        self.number = number
        rare = random.choice(("", "", "", "高", "崎", "辺"))
        self.family = FAMILY[family] + FAMILY[digits[2]] + rare
        self.given = FAMILY[digits[0]] + FAMILY[digits[1]] + FAMILY[given]
        self.kana = f"{KANA[family]}{KANA[digits[2]]} {KANA[digits[0]]}{KANA[digits[1]]}{KANA[given]}"
        self.email = (
            f"zq{number}.{random.choice('abcdef')}{random.randrange(10, 99)}@{random.choice(('', 'mail.'))}example.com"
        )
        self.alternate = f"alt{number}@example.co.jp" if random.random() < 0.15 else None
        self.phone = f"090-{2000 + number // 10000}-{number % 10000:04d}"
        self.birth_date = date(1962, 1, 1) + timedelta(days=number)
        self.candidate_ids: list[str] = []
        self.is_anonymised = False
        self.has_shared_address = False

    @property
    def full_name(self) -> str:
        return f"{self.family} {self.given}"


def dress_address(address: str, random: Random) -> str:
    """The same address as people type it: other case, full width, blanks around."""
    wide = address.translate({code: code + 0xFEE0 for code in range(0x30, 0x7B)})
    return random.choice((address, address, address.upper(), address.title(), f" {address}", f"{address}　", wide))


def record(person: Person, candidate_id: str, random: Random) -> Row:
    """A full record of the person."""
    emails = [dress_address(person.email, random).strip()]
    if person.alternate:
        emails.insert(random.randrange(2), person.alternate)
    phone = random.choice((person.phone, person.phone, person.phone.replace("-", ""), f"+81-{person.phone[1:]}"))
    return _named(person, candidate_id) | {
        "kana": random.choice((person.kana, person.kana, person.kana.replace(" ", "　"))),
        "email": emails,
        "phone": [phone],
        "birth_date": person.birth_date,
        "is_anonymised": random.choice((None, False)),
    }


def second_record(person: Person, candidate_id: str, random: Random) -> Row:
    """Another record of a person: whole, or known by the address and name, or by all but the address."""
    row = record(person, candidate_id, random)
    pick = random.random()
    if pick < 0.4:
        row |= {"kana": None, "phone": None, "birth_date": None}
    elif pick < 0.6:
        row |= {"email": [f"new{person.number}@example.co.jp"], "full_name": _other_kanji(person.full_name)}
    return row


def anonymised_record(candidate_id: str) -> Row:
    return {"candidate_id": candidate_id, "is_anonymised": True}


def share_agent_address(rows: list[Row]) -> None:
    """Several candidates of one agency: its address instead of theirs."""
    for row in rows:
        row["email"] = [AGENT]


def share_family_phone(rows: list[Row], number: str) -> None:
    for row in rows:
        row["phone"] = [number]


def _named(person: Person, candidate_id: str) -> dict[str, Any]:
    return {
        "candidate_id": candidate_id,
        "full_name": person.full_name,
        "family_name": person.family,
        "given_name": person.given,
    }


def _other_kanji(name: str) -> str:
    return "".join(VARIANT.get(sign, sign) for sign in name)
