"""Which records are one person: union of records that share a strong key nobody else contradicts.

Strong keys: an e-mail, a phone, kana with birth date. Two holders of a key contradict each other where both give a
birth date and they differ, or where both names and both kana differ: then the key is shared and links nobody.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from datetime import datetime

from tests.companies.cells import fold_width
from tests.companies.home import Home, Row
from tests.companies.labels import fold

VARIANTS = str.maketrans("髙﨑邊邉齋齊斎", "高崎辺辺斉斉斉")


def normalise_email(address: str | None) -> str:
    """NFKC, trim, lower case; nothing else."""
    return fold_width(address).lower()


def hash_email(address: str) -> str:
    return hashlib.sha256(normalise_email(address).encode()).hexdigest()


def _phone(number: str) -> str:
    digits = "".join(sign for sign in fold_width(number) if sign.isdigit())
    return "0" + digits[2:] if digits.startswith("81") else digits


def _name(record: Row) -> str:
    return fold((record.get("full_name") or "").translate(VARIANTS)).translate(VARIANTS)


def _kana(record: Row) -> str:
    return fold(record.get("kana"))


def strong_keys(record: Row) -> set[tuple[str, str]]:
    """The keys by which this record may be known; none where it is anonymised."""
    if record.get("is_anonymised"):
        return set()
    keys = {("email", normalise_email(address)) for address in record.get("email") or []}
    keys |= {("phone", _phone(number)) for number in record.get("phone") or []}
    if _kana(record) and record.get("birth_date"):
        keys.add(("born", f"{_kana(record)} {record['birth_date']}"))
    return keys


def contradict(one: Row, other: Row) -> bool:
    """True where two records cannot be one person."""
    born = one.get("birth_date"), other.get("birth_date")
    names, kanas = (_name(one), _name(other)), (_kana(one), _kana(other))
    if all(born) and born[0] != born[1]:
        return True
    differ = [pair[0] != pair[1] for pair in (names, kanas) if all(pair)]
    return bool(differ) and all(differ)


class Persons:
    """person of a candidate_id; addresses and hashes of persons; the person an employee is."""

    def __init__(self, home: Home) -> None:
        self.records = {row["candidate_id"]: row for row in home["candidates"]}
        self._root: dict[str, str] = {}
        self._holders: dict[tuple[str, str], list[str]] = defaultdict(list)
        for candidate, row in self.records.items():
            for key in strong_keys(row):
                self._holders[key].append(candidate)
        self._hashes = {hash_email(value): rows for (kind, value), rows in self._holders.items() if kind == "email"}
        self._alike: dict[tuple[str, str], set[str]] = defaultdict(set)
        for candidate, row in self.records.items():
            for key in () if row["is_anonymised"] else weak_keys(row):
                self._alike[key].add(candidate)
        for holders in self._holders.values():
            if not self._is_shared(holders):
                for other in holders[1:]:
                    self._unite(holders[0], other)

    def _is_shared(self, holders: list[str]) -> bool:
        rows = [self.records[holder] for holder in holders]
        return any(contradict(one, other) for place, one in enumerate(rows) for other in rows[place + 1 :])

    def _unite(self, one: str, other: str) -> None:
        if self.of(one) != self.of(other):
            self._root[self.of(other)] = self.of(one)

    def of(self, candidate: str) -> str:
        """The person of a candidate record: the name of one of the records. An unknown candidate is a person too."""
        while candidate in self._root:
            candidate = self._root[candidate]
        return candidate

    def of_address(self, address: str | None) -> str | None:
        """The one person with this address, None where nobody or several have it."""
        return self._only(self._holders.get(("email", normalise_email(address)), []))

    def of_hash(self, digest: str) -> str | None:
        return self._only(self._hashes.get(digest.strip().lower(), []))

    def _only(self, holders: list[str]) -> str | None:
        persons = {self.of(holder) for holder in holders}
        return persons.pop() if len(persons) == 1 else None

    def of_employee(self, employee: Row) -> str | None:
        """The person two of whose keys (name, kana, birth date, e-mail) agree with the employee's."""
        keys = weak_keys(employee)
        alike = {candidate for key in keys for candidate in self._alike[key]}
        persons = {
            self.of(candidate)
            for candidate in alike
            if not contradict(self.records[candidate], employee) and len(keys & weak_keys(self.records[candidate])) >= 2
        }
        return persons.pop() if len(persons) == 1 else None


def weak_keys(record: Row) -> set[tuple[str, str]]:
    """Name, kana, birth date and e-mails: two of them make an employee a person."""
    keys = {("name", _name(record)), ("kana", _kana(record)), ("born", str(record["birth_date"] or ""))}
    keys |= {("email", normalise_email(address)) for address in record.get("email") or []}
    return {(kind, value) for kind, value in keys if value}


def choose_application(own: list[Row], sent_at: datetime, *, is_rejection: bool) -> Row | None:
    """The application a message without one belongs to, of the person's own, oldest first.

    For a rejection the one closed nearest before it was sent; else the one open at that time; else the latest.
    """
    closed = [row for row in own if row["closed_at"] and row["closed_at"] <= sent_at]
    if is_rejection and closed:
        return max(closed, key=lambda row: (row["closed_at"], row["seq_key"]))
    open_then = [
        row for row in own if row["applied_at"] <= sent_at and (not row["closed_at"] or row["closed_at"] > sent_at)
    ]
    return (open_then or own or [None])[-1]
