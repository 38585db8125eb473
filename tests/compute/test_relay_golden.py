"""Both golden companies, row for row: the frames go in as the company exported them, what it expects must come out."""

from __future__ import annotations

import polars as pl
import pytest
import yaml
from golden_frames import (
    AS_OF,
    COMPANIES,
    GOLDEN,
    read,
    read_applications,
    read_candidates,
    read_messages,
    read_persons,
    read_registrations,
    read_uses,
    utc,
)

from orchestration.compute.agency_matching import list_token_applications, match_agency_list
from orchestration.compute.identity import list_addresses
from orchestration.compute.quota_ledger import append_ledger
from orchestration.compute.relay_referrals import build_referrals
from orchestration.compute.relay_terms import Terms, read_terms


def terms_of(company: str) -> tuple[Terms, ...]:
    settings = yaml.safe_load((GOLDEN / company / "tsunagu.yml").read_text(encoding="utf-8"))
    entries = [
        {name: ";".join(value) if isinstance(value, list) else value for name, value in entry.items()}
        for entry in settings["relay"]
    ]
    return read_terms(pl.DataFrame(entries, infer_schema_length=None), settings["company"]["timezone"])


def referrals_of(company: str) -> pl.DataFrame:
    addresses = list_addresses(read_candidates(company), read_persons(company))
    registrations, applications = read_registrations(company), read_applications(company)
    tokens = list_token_applications(read_messages(company), applications)
    matches = match_agency_list(registrations, tokens, addresses, b"a key of this test")
    return build_referrals(registrations, matches, applications, terms_of(company))


def as_text(frame: pl.DataFrame, columns: list[str]) -> list[tuple[str | None, ...]]:
    moments = [name for name, dtype in frame.schema.items() if isinstance(dtype, pl.Datetime)]
    flags = [name for name, dtype in frame.schema.items() if dtype == pl.Boolean]
    return (
        frame.with_columns(
            *(pl.col(name).dt.strftime("%Y-%m-%d %H:%M:%S") for name in moments),
            *(pl.when(pl.col(name)).then(pl.lit("True")).otherwise(pl.lit("False")).alias(name) for name in flags),
        )
        .select(pl.col(columns).cast(pl.String))
        .rows()
    )


@pytest.mark.parametrize("company", COMPANIES)
def test_every_registration_of_a_golden_company_is_judged_as_expected(company: str) -> None:
    expected = read(company, "expected/fct_relay_referrals.csv")
    found = referrals_of(company).rename({"person_id": "person"}).sort("registration_id")
    assert as_text(found, expected.columns) == expected.sort("registration_id").rows()


@pytest.mark.parametrize("company", COMPANIES)
def test_the_ledger_of_a_golden_company_is_the_expected_one_line_by_line(company: str) -> None:
    expected = read(company, "expected/fct_quota_ledger.csv")
    found = append_ledger(referrals_of(company), read_uses(company), terms_of(company), None, AS_OF)
    assert as_text(found, expected.columns) == expected.rows()


@pytest.mark.parametrize("company", COMPANIES)
def test_the_ledger_sums_to_the_expected_balance_of_the_last_day(company: str) -> None:
    balance = read(company, "expected/mart_quota_balance.csv").sort("balance_date").row(-1, named=True)
    found = append_ledger(referrals_of(company), read_uses(company), terms_of(company), None, AS_OF)
    assert found.filter(pl.col("entry_at") <= AS_OF)["slots"].sum() == int(balance["available"])


@pytest.mark.parametrize("company", COMPANIES)
def test_running_a_golden_company_day_after_day_reaches_the_ledger_written_at_once(company: str) -> None:
    referrals, uses, terms = referrals_of(company), read_uses(company), terms_of(company)
    at_once = append_ledger(referrals, uses, terms, None, AS_OF)
    months = pl.datetime_range(at_once["entry_at"].min(), AS_OF, "17d", eager=True).to_list()
    ledger = None
    for as_of_at in [*months, AS_OF]:
        ledger = append_ledger(referrals, uses, terms, ledger, as_of_at)
    assert ledger is not None
    facts = [name for name in ledger.columns if name != "recorded_at"]
    assert ledger.select(facts).sort("entry_id").equals(at_once.select(facts).sort("entry_id"))


def test_the_expected_moments_are_read_as_utc() -> None:
    frame = pl.DataFrame({"closed_at": ["2026-03-14 05:33:24"]}).select(utc("closed_at"))
    assert frame["closed_at"].dtype == pl.Datetime("us")
