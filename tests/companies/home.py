"""A home read by hand: its settings and the rows of its template files, typed."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import yaml

from tests.companies.cells import (
    read_date,
    read_flag,
    read_list,
    read_moment,
    read_number,
    read_text,
    read_whole,
    read_word,
)

Row = dict[str, Any]

# entity → (key fields, the fields that are not plain text)
ENTITIES: dict[str, tuple[str, dict[str, str]]] = {
    "jobs": (
        "job_id",
        {
            "hiring_type": "word",
            "opened_date": "date",
            "closed_date": "date",
            "openings": "n",
            "target_start_date": "date",
        },
    ),
    "candidates": (
        "candidate_id",
        {"email": "list", "phone": "list", "birth_date": "date", "created_at": "at", "is_anonymised": "flag"},
    ),
    "applications": (
        "application_id",
        {
            "is_prospect": "flag",
            "applied_at": "at",
            "applied_at_basis": "word",
            "outcome": "word",
            "closed_at": "at",
            "closed_by": "word",
            "updated_at": "at",
        },
    ),
    "application_reasons": ("application_id ordinal", {"ordinal": "n", "party": "word"}),
    "stage_events": (
        "application_id event_id",
        {"entered_at": "at", "exited_at": "at", "exit_type": "word", "precision": "word"},
    ),
    "offers": (
        "offer_id version",
        {
            "version": "n",
            "status": "word",
            "sent_at": "at",
            "resolved_at": "at",
            "start_date": "date",
            "annual_salary": "num",
        },
    ),
    "employees": (
        "employee_id spell_no",
        {
            "spell_no": "n",
            "email": "list",
            "birth_date": "date",
            "hire_date": "date",
            "last_date": "date",
            "termination_type": "word",
        },
    ),
    "channel_costs": (
        "cost_id",
        {"kind": "word", "period_start_date": "date", "period_end_date": "date", "amount": "num"},
    ),
    "messages": (
        "message_id",
        {"direction": "word", "sent_at": "at", "kind": "word", "relay_url_present": "flag", "delivery": "word"},
    ),
    "relay_registrations": (
        "registration_id",
        {"registered_at": "at", "status": "word", "status_at": "at"},
    ),
    "relay_slot_uses": ("slot_use_id", {"used_at": "at"}),
    "interviews": ("interview_id", {"scheduled_at": "at", "held_at": "at", "status": "word"}),
    "evaluations": (
        "evaluation_id",
        {"score": "num", "score_min": "num", "score_max": "num", "recommendation": "word", "submitted_at": "at"},
    ),
    "reviews": (
        "employee_id period_end_date",
        {"period_end_date": "date", "rating": "num", "rating_min": "num", "rating_max": "num"},
    ),
    "relay_clicks": ("click_id", {"clicked_at": "at", "is_automated": "flag"}),
}
TERMS: Row = {
    "referrals_per_slot": 10,
    "counting_event": "registered",
    "eligible_outcomes": ["rejected"],
    "require_match": True,
    "unit": "person",
    "slot_kind": "hire",
    "slot_valid_days": None,
    "clawback_days": None,
    "fee_rate": 0.35,
    "typical_salary": None,
    "slot_value": None,
}

AGENCY: Row = {
    "minimum_fee": 0,
    "typical_salary": None,
    "refund_steps": [],
    "fee_excludes": [],
    "refund_excludes": ["contract_end", "transfer", "death"],
}


@dataclass(frozen=True)
class Home:
    """Settings and rows. Times are UTC without tzinfo; `as_of_at` is the local midnight after `as_of_date`."""

    source: str
    zone: ZoneInfo
    fiscal_year_start: int
    terms: list[Row]
    agencies: list[Row]
    aliases: dict[tuple[str, str], str]
    as_of_date: date
    as_of_at: datetime
    tables: dict[str, list[Row]]

    def __getitem__(self, entity: str) -> list[Row]:
        return self.tables[entity]

    def local_date(self, moment: datetime) -> date:
        return moment.replace(tzinfo=UTC).astimezone(self.zone).date()

    def local_midnight(self, day: date) -> datetime:
        return midnight(day, self.zone)


def midnight(day: date, zone: ZoneInfo) -> datetime:
    """The start of a local day, in UTC without tzinfo."""
    return datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC).replace(tzinfo=None)


def decode(content: bytes) -> str:
    """UTF-8 with or without mark, else CP932: what the generator writes."""
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp932")


def read_rows(path: Path) -> list[dict[str, str]]:
    text = decode(path.read_bytes())
    delimiter = "\t" if "\t" in text.splitlines()[0] else ","
    return list(csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter))


def read_entity(folder: Path, entity: str, zone: ZoneInfo) -> list[Row]:
    """The newest row of each key, in the order of first appearance: a later row of a file replaces an earlier one."""
    keys, kinds = ENTITIES[entity]
    readers = {
        "at": partial(read_moment, zone=zone),
        "date": read_date,
        "n": read_whole,
        "num": read_number,
        "flag": read_flag,
        "list": read_list,
        "word": read_word,
    }
    found: dict[tuple[Any, ...], Row] = {}
    for path in sorted(folder.glob(f"{entity}.[ct]sv")):
        for raw in read_rows(path):
            row = {name: readers.get(kinds.get(name, ""), read_text)(cell) for name, cell in raw.items()}
            found[tuple(row[name] for name in keys.split())] = row
    return list(found.values())


def read_home(root: Path, as_of: date) -> Home:
    """Read a home with one table source in the template's format."""
    settings = yaml.safe_load((root / "tsunagu.yml").read_text(encoding="utf-8"))
    zone = ZoneInfo(settings["company"].get("timezone", "Asia/Tokyo"))
    ((source, connection),) = settings["sources"].items()
    folder = root / connection["path"]
    aliases = {}
    if settings.get("labels"):
        from tests.companies.labels import fold

        rows = read_rows(root / settings["labels"])
        aliases = {(row["vocabulary"], fold(row["label"])): row["key"] for row in rows}
    return Home(
        source=source,
        zone=zone,
        fiscal_year_start=settings["company"].get("fiscal_year_start", 4),
        terms=sorted((TERMS | entry for entry in settings.get("relay", [])), key=lambda entry: entry["valid_from"]),
        agencies=[AGENCY | entry for entry in settings.get("agencies", [])],
        aliases=aliases,
        as_of_date=as_of,
        as_of_at=midnight(as_of + timedelta(days=1), zone),
        tables={entity: read_entity(folder, entity, zone) for entity in ENTITIES},
    )
