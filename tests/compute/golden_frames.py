"""The golden companies as frames: parsed here by a few lines of their own, so that no model stands in between."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import polars as pl

GOLDEN = Path(__file__).resolve().parents[3] / "shared" / "golden"
COMPANIES = ("company-a", "company-b")
TOKYO = ZoneInfo("Asia/Tokyo")
AS_OF = datetime(2026, 9, 30, 15, 0)  # the local midnight after 2026-09-30
FLAGS = {"true": True, "1": True, "○": True, "false": False, "0": False, "×": False}


def read(company: str, path: str) -> pl.DataFrame:
    """A CSV as text, empty = NULL; what only white space fills is empty too."""
    frame = pl.read_csv(GOLDEN / company / path, infer_schema=False)
    return frame.select(pl.when(pl.all().str.strip_chars() != "").then(pl.all()))


def at(column: str) -> pl.Expr:
    """A point in time of the inbox: an offset counts, without one it is Tokyo's, a day is its midnight there."""
    return pl.col(column).map_elements(_to_utc, return_dtype=pl.Datetime("us"))


def utc(column: str) -> pl.Expr:
    """A point in time of the expected files, which is UTC."""
    return pl.col(column).str.to_datetime("%Y-%m-%d %H:%M:%S", time_unit="us")


def flag(column: str) -> pl.Expr:
    return pl.col(column).replace_strict(FLAGS, return_dtype=pl.Boolean)


def read_candidates(company: str) -> pl.DataFrame:
    return read(company, "inbox/template/candidates.csv").with_columns(
        at("created_at"), flag("is_anonymised"), pl.col("birth_date").str.to_date(), source=pl.lit("t")
    )


def read_employees(company: str) -> pl.DataFrame:
    return read(company, "inbox/template/employees.csv").with_columns(
        pl.col("birth_date").str.to_date(), source=pl.lit("t")
    )


def read_persons(company: str) -> pl.DataFrame:
    """person_xref without a secret: candidate_id → the smallest application_id of the expected person."""
    applications = read(company, "inbox/template/applications.csv").select("application_id", "candidate_id")
    persons = read(company, "expected/fct_applications.csv").select("application_id", person_id="person")
    xref = applications.join(persons, on="application_id").select("candidate_id", "person_id").unique()
    return xref.with_columns(source=pl.lit("t"))


def read_applications(company: str) -> pl.DataFrame:
    return read(company, "expected/fct_applications.csv").with_columns(
        utc("applied_at"),
        utc("closed_at"),
        pl.col("is_excluded") == "True",
        person_id=pl.col("person"),
    )


def read_registrations(company: str) -> pl.DataFrame:
    return read(company, "inbox/template/relay_registrations.csv").with_columns(
        at("registered_at"), at("status_at"), source=pl.lit("t")
    )


def read_uses(company: str) -> pl.DataFrame:
    return read(company, "inbox/template/relay_slot_uses.csv").with_columns(at("used_at"), source=pl.lit("t"))


def read_messages(company: str) -> pl.DataFrame:
    """Messages whose application_id is one we have; the others carry no token that a registration names."""
    applications = read_applications(company)
    messages = read(company, "inbox/template/messages.csv").with_columns(
        at("sent_at"), flag("relay_url_present"), source=pl.lit("t")
    )
    return messages.filter(pl.col("application_id").is_in(applications["application_id"].to_list()))


def _to_utc(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return (moment if moment.tzinfo else moment.replace(tzinfo=TOKYO)).astimezone(UTC).replace(tzinfo=None)
