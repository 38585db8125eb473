"""Small relay worlds, written down in a line a row. Times are UTC; "2026-01-05" is its midnight."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import polars as pl

from orchestration.compute.agency_matching import (
    MESSAGE_SCHEMA,
    REGISTRANT_SCHEMA,
    list_token_applications,
    match_agency_list,
)
from orchestration.compute.quota_ledger import append_ledger
from orchestration.compute.quota_slots import USE_SCHEMA
from orchestration.compute.relay_referrals import APPLICATION_SCHEMA, REGISTRATION_SCHEMA, build_referrals
from orchestration.compute.relay_terms import Terms, read_terms

Row = dict[str, Any]
ADDRESS_SCHEMA = {"email": pl.String, "person_id": pl.String}


def moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


def application(
    application_id: str,
    person: str | None = "P1",
    outcome: str = "rejected",
    closed: str | None = "2026-01-05",
    **more: Any,
) -> Row:
    closed_at = None if outcome == "open" else moment(closed)
    row = {"source": "ats", "application_id": application_id, "person_id": person, "outcome": outcome}
    return row | {"closed_at": closed_at, "is_excluded": False} | more


def registration(registration_id: str, at: str = "2026-02-01", status: str | None = "valid", **more: Any) -> Row:
    row: Row = {"source": "agency", "registration_id": registration_id, "registered_at": moment(at), "status": status}
    return row | {key: moment(value) if key == "status_at" else value for key, value in more.items()}


def message(message_id: str, application_id: str | None = "A1", at: str | None = "2026-01-06", **more: Any) -> Row:
    row = {"source": "ats", "message_id": message_id, "application_id": application_id, "sent_at": moment(at)}
    row |= {"direction": "outbound", "kind": "rejection", "relay_url_present": True, "relay_token": "tk1"}
    return row | {"delivery": "delivered"} | more


def use(slot_use_id: str, at: str | None, **more: Any) -> Row:
    return {"source": "agency", "slot_use_id": slot_use_id, "used_at": moment(at)} | more


def terms(*entries: Row, timezone: str = "Asia/Tokyo", **one: Any) -> tuple[Terms, ...]:
    """Entries of terms; keyword arguments make a single entry in force since 2020."""
    rows = entries or ({"valid_from": date(2020, 4, 1)} | one,)
    names = {name for row in rows for name in row}
    return read_terms(pl.DataFrame([{name: row.get(name) for name in names} for row in rows]), timezone)


def table(rows: list[Row], schema: dict[str, Any]) -> pl.DataFrame:
    return pl.DataFrame([{name: row.get(name) for name in schema} for row in rows], schema=schema)


def match(
    registrations: list[Row],
    applications: list[Row] | None = None,
    messages: list[Row] | None = None,
    addresses: dict[str, str] | None = None,
) -> pl.DataFrame:
    """identity.agency_matches. Unless told otherwise p1@example.com is P1's, p2@… P2's, and so on."""
    known = addresses if addresses is not None else {f"p{n}@example.com": f"P{n}" for n in range(1, 60)}
    return match_agency_list(
        table(registrations, REGISTRANT_SCHEMA),
        list_token_applications(table(messages or [], MESSAGE_SCHEMA), table(applications or [], APPLICATION_SCHEMA)),
        table([{"email": email, "person_id": person} for email, person in known.items()], ADDRESS_SCHEMA),
        b"a key of this test",
    )


def judge(
    registrations: list[Row],
    applications: list[Row] | None = None,
    messages: list[Row] | None = None,
    addresses: dict[str, str] | None = None,
    entries: tuple[Terms, ...] | None = None,
) -> pl.DataFrame:
    """fct_relay_referrals by registration_id, its persons as of `match`."""
    return build_referrals(
        table(registrations, REGISTRATION_SCHEMA),
        match(registrations, applications, messages, addresses),
        table(applications or [], APPLICATION_SCHEMA),
        entries if entries is not None else terms(),
    ).sort("registration_id")


def column(frame: pl.DataFrame, name: str) -> list[Any]:
    return frame[name].to_list()


def only(frame: pl.DataFrame) -> Row:
    assert frame.height == 1
    return frame.row(0, named=True)


def referred(count: int, start: str = "2026-02-01") -> tuple[list[Row], list[Row]]:
    """`count` people rejected on 2026-01-05 who register from `start` on, one a day: R01 by P1, R02 by P2 …"""
    first = datetime.fromisoformat(start)
    registrations = [
        registration(f"R{n:02}", (first + timedelta(days=n - 1)).isoformat(), email=f"p{n}@example.com")
        for n in range(1, count + 1)
    ]
    return registrations, [application(f"A{n}", f"P{n}") for n in range(1, count + 1)]


def keep_book(
    referrals: pl.DataFrame,
    uses: list[Row] | None = None,
    entries: tuple[Terms, ...] | None = None,
    existing: pl.DataFrame | None = None,
    as_of: str = "2026-12-31",
) -> pl.DataFrame:
    as_of_at = datetime.fromisoformat(as_of)
    return append_ledger(referrals, table(uses or [], USE_SCHEMA), entries or terms(), existing, as_of_at)


def lines(ledger: pl.DataFrame) -> list[tuple[str, int | None, str]]:
    """(entry_type, slot_no, entry_at) of every line, the midnight left off."""
    return [
        (kind, slot, at.isoformat().removesuffix("T00:00:00"))
        for kind, slot, at in ledger.select("entry_type", "slot_no", "entry_at").iter_rows()
    ]
