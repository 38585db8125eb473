"""Candidate records in a line each, and who of them is one person."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import polars as pl

from orchestration.compute.identity import link, persons
from orchestration.compute.identity.keys import CANDIDATE_SCHEMA

Row = dict[str, Any]
AS_OF = datetime(2026, 9, 30, 15)


def candidate(candidate_id: str, born: str | None = None, created: str | None = None, **more: Any) -> Row:
    row = {
        "source": "ats",
        "candidate_id": candidate_id,
        "birth_date": None if born is None else date.fromisoformat(born),
    }
    return row | {"created_at": None if created is None else datetime.fromisoformat(created)} | more


def candidates(*rows: Row) -> pl.DataFrame:
    return pl.DataFrame([{name: row.get(name) for name in CANDIDATE_SCHEMA} for row in rows], schema=CANDIDATE_SCHEMA)


def xref_of(*rows: Row, **more: Any) -> pl.DataFrame:
    frame = candidates(*rows)
    return persons(frame, link(frame), secret=b"secret", as_of_at=AS_OF, **more)


def people_of(*rows: Row) -> set[frozenset[str]]:
    """The records that are one person, as sets of their candidate_ids."""
    groups = xref_of(*rows).group_by("person_id").agg("candidate_id")
    return {frozenset(group) for group in groups["candidate_id"].to_list()}


def are_one(*rows: Row) -> bool:
    return len(people_of(*rows)) == 1
