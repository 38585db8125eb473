"""Each check passes on sound tables and fails on the damage it is there to find."""

from __future__ import annotations

from datetime import date, datetime

import polars as pl
from relay_frames import application, judge, keep_book, moment, referred, table, terms, use

from orchestration.compute.quota_slots import USE_SCHEMA
from orchestration.compute.relay_checks import (
    check_balance,
    check_earned,
    check_eligibility,
    check_rebuild,
    check_relay,
    check_units,
    check_uses,
)
from orchestration.compute.relay_referrals import APPLICATION_SCHEMA

PAIRS = terms(referrals_per_slot=2)
AS_OF = datetime(2026, 12, 31)
REGISTRATIONS, APPLICATIONS = referred(5)
REFERRALS = judge(REGISTRATIONS, APPLICATIONS, entries=PAIRS)
USES = [use("U1", "2026-02-20")]
LEDGER = keep_book(REFERRALS, USES, PAIRS)


def test_sound_tables_pass_every_check() -> None:
    checks = check_relay(
        REFERRALS, LEDGER, table(USES, USE_SCHEMA), table(APPLICATIONS, APPLICATION_SCHEMA), PAIRS, AS_OF
    )
    assert [check.passed for check in checks] == [True] * 5
    assert [check.severity for check in checks] == ["error", "error", "warn", "error", "error"]


def test_a_person_counted_twice_is_found() -> None:
    doubled = REFERRALS.with_columns(person_id=pl.lit("P1"))
    check = check_units(doubled, PAIRS)
    assert (check.passed, check.metadata) == (False, {"repeated": 4, "registrations": "R02, R03, R04, R05"})


def test_two_applications_of_a_person_are_two_units_where_the_terms_say_so() -> None:
    doubled = REFERRALS.with_columns(person_id=pl.lit("P1"))
    by_application = terms(unit="application")
    assert check_units(doubled, by_application).passed
    assert not check_units(doubled.with_columns(application_id=pl.lit("A1")), by_application).passed


def test_people_nobody_knows_are_not_taken_for_one() -> None:
    assert check_units(REFERRALS.with_columns(person_id=pl.lit(None, dtype=pl.String)), PAIRS).passed


def test_a_slot_missing_from_the_ledger_is_found() -> None:
    check = check_earned(REFERRALS, LEDGER.filter(pl.col("slot_no") != 2), PAIRS)
    assert (check.passed, check.metadata) == (False, {"counted": 5, "due": 2, "earned": 1})


def test_earned_slots_are_due_by_each_referrals_own_entry() -> None:
    entries = terms(
        {"valid_from": date(2020, 4, 1), "referrals_per_slot": 2},
        {"valid_from": date(2026, 2, 3), "referrals_per_slot": 3},
    )
    referrals = judge(REGISTRATIONS, APPLICATIONS, entries=entries)
    check = check_earned(referrals, keep_book(referrals, entries=entries), entries)
    assert (check.passed, check.metadata["due"]) == (True, 2)


def test_reversed_slots_are_taken_off_what_was_earned() -> None:
    fewer = judge(REGISTRATIONS[:3], APPLICATIONS, entries=PAIRS)
    ledger = keep_book(fewer, USES, PAIRS, LEDGER, "2027-01-31")
    assert check_earned(fewer, ledger, PAIRS).metadata == {"counted": 3, "due": 1, "earned": 1}


def test_a_use_without_a_slot_warns_until_it_is_taken_back() -> None:
    early = keep_book(REFERRALS, [use("U1", "2026-01-01")], PAIRS)
    check = check_uses(early)
    assert (check.passed, check.severity) == (False, "warn")
    assert check.metadata == {"without_slot": 1, "slot_uses": "U1"}
    assert check_uses(keep_book(REFERRALS, [], PAIRS, early, "2027-01-31")).passed


def test_what_counts_without_an_eligible_application_is_found() -> None:
    assert check_eligibility(REFERRALS, table(APPLICATIONS, APPLICATION_SCHEMA), PAIRS).passed
    for damage in ({"outcome": "hired"}, {"is_excluded": True}, {"person_id": "P9"}, {"closed_at": None}):
        damaged = table([APPLICATIONS[0] | damage, *APPLICATIONS[1:]], APPLICATION_SCHEMA)
        check = check_eligibility(REFERRALS, damaged, PAIRS)
        assert (check.passed, check.metadata) == (False, {"ineligible": 1, "registrations": "R01"})


def test_nothing_needs_to_be_eligible_where_no_match_is_required() -> None:
    free = terms(referrals_per_slot=2, require_match=False)
    hired = [application("A1", outcome="hired")]
    assert check_eligibility(judge(REGISTRATIONS, hired, entries=free), table(hired, APPLICATION_SCHEMA), free).passed


def test_a_ledger_that_lost_a_line_differs_from_its_rebuild() -> None:
    check = check_rebuild(REFERRALS, LEDGER.head(2), table(USES, USE_SCHEMA), PAIRS, AS_OF)
    assert (check.passed, check.metadata) == (False, {"ledger": 2, "rebuilt": 1})


def test_the_ledger_is_held_against_the_last_day_of_the_balance() -> None:
    balance = pl.DataFrame({"balance_date": [date(2026, 12, 31), date(2026, 2, 1)], "available": [1, 7]})
    assert check_balance(LEDGER, balance, AS_OF).passed
    assert not check_balance(LEDGER, balance.with_columns(available=pl.lit(2)), AS_OF).passed
    assert check_balance(LEDGER.clear(), balance.clear(), AS_OF).passed


def test_lines_after_as_of_are_not_in_the_balance_yet() -> None:
    day = moment("2026-02-03")
    assert day is not None
    assert check_balance(LEDGER, pl.DataFrame({"balance_date": [date(2026, 2, 3)], "available": [1]}), day).passed
