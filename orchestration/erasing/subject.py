"""Who is to be erased: the records that are the person's, and every string by which the raw change log names her."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import duckdb
import polars as pl

from connectors.loading.suppression import ADDRESS, fold_address
from orchestration.compute.identity import hash_email
from orchestration.erasing.traces import spell_name, spell_phone
from orchestration.frames import read_frame, read_staged, table_exists

Key = tuple[str, str]  # source, id
# What a source writes in the place of a name that it took away itself: a search for it would find everybody's.
TAKEN_AWAY = frozenset("anonymized anonymised deleted redacted removed unknown 匿名 匿名化 削除済み 非公開".split())
NAMES_OF_RECORD = re.compile(r"^(full_?|first_?|last_?|preferred_?)?name$", re.IGNORECASE)


@dataclass
class Subject:
    """One person. `name_pairs`: (name, phone or birth date) by which she would be known again."""

    alias: str
    candidates: set[Key] = field(default_factory=set)
    applications: set[Key] = field(default_factory=set)
    employees: set[Key] = field(default_factory=set)
    rows: set[tuple[str, str, str]] = field(default_factory=set)  # source, entity, id: remarks and messages
    addresses: set[str] = field(default_factory=set)
    hashes: set[str] = field(default_factory=set)
    names: set[str] = field(default_factory=set)
    phones: set[str] = field(default_factory=set)
    births: set[str] = field(default_factory=set)

    def texts(self) -> set[str]:
        """Every string to be found nowhere afterwards."""
        return {
            *(text for name in self.names for text in spell_name(name)),
            *(text for phone in self.phones for text in spell_phone(phone)),
            *self.addresses,
        }

    def ids(self, kind: str) -> set[Key]:
        """Her ids as candidate, application or employee."""
        return {"candidate": self.candidates, "application": self.applications, "employee": self.employees}[kind]

    def all_hashes(self) -> set[str]:
        """Of her addresses, as agencies report them."""
        return self.hashes | {hash_email(address) for address in self.addresses}

    def is_told_by(self, text: str) -> bool:
        return any(part.lower() in text.lower() for part in self.texts())


class Staged:
    """What staging and identity say of everybody, read once for all subjects."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        candidate = ("candidate_id", "full_name", "family_name", "given_name", "kana", "email", "phone")
        self.candidates = read_staged(connection, "candidates", (*candidate, "birth_date"))
        self.applications = read_staged(connection, "applications", ("application_id", "candidate_id"))
        employee = ("employee_id", "application_id", "full_name", "kana", "email", "birth_date")
        self.employees = read_staged(connection, "employees", employee)
        self.messages = read_staged(connection, "messages", ("message_id", "application_id", "direction", "to_address"))
        self.registrations = read_staged(connection, "relay_registrations", ("registration_id", "email", "email_hash"))
        xref = read_frame(connection, "select * from identity.person_xref where valid_to is null")
        self.persons = xref.select("source", "candidate_id", "person_id")
        self.of_employees = read_frame(connection, "select source, employee_id, person_id from identity.employee_xref")
        self.of_messages = read_frame(connection, "select source, message_id, person_id from identity.message_xref")
        self.of_feedback = read_frame(
            connection, "select source, feedback_id, person_id from identity.feedback_xref where person_id is not null"
        )
        self.of_registrations = (
            read_frame(connection, "select registration_id, person_id from marts.fct_relay_referrals")
            if table_exists(connection, "marts", "fct_relay_referrals")
            else None
        )

    def find_address(self, address: str) -> set[str]:
        """person_id of everybody who has exactly this address."""
        wanted = fold_address(address)
        hers = self._with_address(self.candidates, wanted).join(self.persons, on=["source", "candidate_id"])
        staff = self._with_address(self.employees, wanted).join(self.of_employees, on=["source", "employee_id"])
        return {*hers["person_id"], *staff["person_id"]}

    def _with_address(self, records: pl.DataFrame, wanted: str) -> pl.DataFrame:
        near = records.filter(pl.col("email").str.contains("[@＠]"))
        told = [wanted in {fold_address(part) for part in text.split(";")} for text in near["email"]]
        return near.filter(pl.Series(told, dtype=pl.Boolean))

    def gather(self, person_id: str, alias: str) -> Subject:
        """The records of one person, and what staging says of them."""
        subject = Subject(alias)
        records = self.persons.filter(pl.col("person_id") == person_id)
        subject.candidates = _keys(records, "candidate_id")
        on = ["source", "candidate_id"]
        subject.applications = _keys(self.applications.join(records, on=on), "application_id")
        subject.applications |= {
            (source, text.removeprefix("application|"))
            for source, text in subject.candidates
            if text.startswith("application|")
        }
        ids = {text for _, text in subject.applications}
        staff = _keys(self.of_employees.filter(pl.col("person_id") == person_id), "employee_id")
        staff |= _keys(self.employees.filter(pl.col("application_id").is_in(ids)), "employee_id")
        subject.employees = staff
        for frame, entity, name in (
            (self.of_messages, "messages", "message_id"),
            (self.of_feedback, "feedback", "feedback_id"),
        ):
            subject.rows |= {(s, entity, i) for s, i in _keys(frame.filter(pl.col("person_id") == person_id), name)}
        told = self.messages.filter(pl.col("direction") == "outbound", pl.col("to_address").str.contains("@"))
        is_hers = pl.col("application_id").is_in(ids).fill_null(False)
        others = set(told.filter(~is_hers)["to_address"])
        subject.addresses |= {fold_address(a) for a in set(told.filter(is_hers)["to_address"]) - others}
        if self.of_registrations is not None:
            own = self.of_registrations.filter(pl.col("person_id") == person_id)
            named = self.registrations.join(own, on="registration_id")
            subject.addresses |= {fold_address(text) for text in named["email"].drop_nulls()}
            subject.hashes |= {text.strip().lower() for text in named["email_hash"].drop_nulls()}
        for row in self.candidates.join(records, on=on).iter_rows(named=True):
            note_fields(subject, row)
        for row in self.employees.iter_rows(named=True) if staff else ():
            if (row["source"], row["employee_id"]) in staff:
                note_fields(subject, row)
        return subject

    def others(self, subjects: Iterable[Subject]) -> str:
        """What the records of everybody else say, lower case: strings found in it name nobody alone."""
        subjects = list(subjects)
        texts: list[str] = []
        for frame, name, own in (
            (self.candidates, "candidate_id", {key for s in subjects for key in s.candidates}),
            (self.employees, "employee_id", {key for s in subjects for key in s.employees}),
        ):
            keyed = frame.with_columns(_key=pl.concat_str("source", name, separator="\x1f"))
            rest = keyed.filter(~pl.col("_key").is_in([f"{s}\x1f{i}" for s, i in own]))
            columns = [c for c in ("full_name", "kana", "email", "phone") if c in rest.columns]
            texts += (
                rest.select(pl.concat_str(columns, separator="\n", ignore_nulls=True))
                .to_series()
                .drop_nulls()
                .to_list()
            )
        return "\n".join(texts).lower()


def note_fields(subject: Subject, row: dict[str, Any]) -> None:
    """Take the strings of one record (fields of candidates or employees) for the subject's own."""
    names = [row.get("full_name"), row.get("kana")]
    if row.get("family_name") and row.get("given_name"):
        names.append(f"{row['family_name']} {row['given_name']}")
    subject.names |= {text.strip() for text in names if text and is_name(text)}
    for text in (row.get("email") or "").split(";"):
        subject.addresses |= {fold_address(found) for found in re.findall(ADDRESS, text)}
    subject.phones |= {text.strip() for text in (row.get("phone") or "").split(";") if text.strip()}
    if row.get("birth_date"):
        subject.births.add(str(row["birth_date"]))


def note_record(subject: Subject, text: str) -> None:
    """The same of an API's record: what stands under names, addresses and phones in it."""
    names: dict[str, str] = {}
    for name, value in _leaves(json.loads(text)):
        if re.search("mail", name, re.IGNORECASE) or (name == "value" and "@" in value):
            subject.addresses |= {fold_address(found) for found in re.findall(ADDRESS, value)}
        elif re.search("phone", name, re.IGNORECASE) or re.fullmatch(r"\+?[\d\s()-]{9,}", value):
            subject.phones.add(value)
        elif NAMES_OF_RECORD.match(name):
            names.setdefault(name.lower().replace("_", ""), value)
    first, last = names.get("firstname"), names.get("lastname")
    whole = [names.get("name"), names.get("fullname")]
    whole += [f"{first} {last}", f"{last} {first}"] if first and last else []
    subject.names |= {name for name in whole if name and is_name(name)}


def is_name(text: str) -> bool:
    return text.strip() != "" and text.strip().lower() not in TAKEN_AWAY


def _leaves(value: Any, name: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for key, item in value.items():
            # Below a company's own things a name is not the person's.
            if isinstance(item, dict) and not re.search("mail|phone|candidate", key, re.IGNORECASE):
                continue
            yield from _leaves(item, key)
    elif isinstance(value, list):
        for item in value:
            if isinstance(item, dict) and not re.search("mail|phone", name, re.IGNORECASE):
                continue
            yield from (_leaves(item, name) if isinstance(item, dict) else [(name, str(item))])
    elif isinstance(value, str):
        yield name, value


def _keys(frame: pl.DataFrame, name: str) -> set[Key]:
    return set(frame.select("source", name).drop_nulls().iter_rows())
