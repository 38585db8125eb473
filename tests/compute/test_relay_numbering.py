"""The number of a referral and of the slot that it adds to."""

from __future__ import annotations

from datetime import date, datetime

import polars as pl
from relay_frames import application, column, judge, registration, terms

P1 = {"email": "p1@example.com"}
P2 = {"email": "p2@example.com"}


def test_referrals_are_numbered_by_counted_at_and_then_by_registration() -> None:
    rows = [
        registration("R1", "2026-02-01", email="p1@example.com"),
        registration("R3", "2026-02-03", email="p3@example.com"),
        registration("R2", "2026-02-03", email="p2@example.com"),
    ]
    applications = [application("A1", "P1", closed="2026-03-01"), application("A2", "P2"), application("A3", "P3")]
    found = judge(rows, applications)
    assert column(found, "registration_id") == ["R1", "R2", "R3"]
    assert column(found, "referral_no") == [3, 1, 2]


def test_a_slot_number_is_the_referral_number_over_the_slot_rounded_up() -> None:
    people = range(1, 8)
    found = judge(
        [registration(f"R{n}", f"2026-02-0{n}", email=f"p{n}@example.com") for n in people],
        [application(f"A{n}", f"P{n}") for n in people],
        entries=terms(referrals_per_slot=3),
    )
    assert column(found, "slot_no") == [1, 1, 1, 2, 2, 2, 3]
    assert column(found.filter("completes_slot"), "referral_no") == [3, 6]


def test_referrals_since_the_last_slot_carry_over_when_the_number_changes() -> None:
    entries = terms(
        {"valid_from": date(2020, 4, 1), "referrals_per_slot": 4},
        {"valid_from": date(2026, 2, 7), "referrals_per_slot": 2},
        {"valid_from": date(2026, 2, 9), "referrals_per_slot": 3},
    )
    people = range(1, 10)
    found = judge(
        [registration(f"R{n}", f"2026-02-0{n}T12:00:00", email=f"p{n}@example.com") for n in people],
        [application(f"A{n}", f"P{n}") for n in people],
        entries=entries,
    )
    # 1–4 fill a slot of four; 5 and 6 carry over, so 7 finds three where two are needed; 8 carries over into threes.
    assert column(found.filter("completes_slot"), "referral_no") == [4, 7]
    assert column(found, "slot_no") == [1, 1, 1, 1, 2, 2, 2, 3, 3]


def test_a_slot_is_completed_under_the_entry_of_the_referral_that_completes_it() -> None:
    entries = terms(
        {"valid_from": date(2020, 4, 1), "referrals_per_slot": 2},
        {"valid_from": date(2026, 2, 2), "referrals_per_slot": 3},
    )
    people = range(1, 4)
    found = judge(
        [registration(f"R{n}", f"2026-02-0{n}", email=f"p{n}@example.com") for n in people],
        [application(f"A{n}", f"P{n}") for n in people],
        entries=entries,
    )
    assert column(found.filter("completes_slot"), "referral_no") == [3]


def test_whether_they_found_a_job_elsewhere_is_kept_and_changes_nothing() -> None:
    rows = [registration("R1", outcome_elsewhere="Offered", **P1), registration("R2", outcome_elsewhere="不採用", **P2)]
    found = judge(rows, [application("A1", "P1"), application("A2", "P2")])
    assert column(found, "offered_elsewhere") == [True, False]
    assert column(found, "is_counted") == [True, True]


def test_the_order_of_the_rows_changes_nothing() -> None:
    people = range(1, 8)
    rows = [registration(f"R{n}", f"2026-02-0{9 - n}", email=f"p{n % 5}@example.com") for n in people]
    applications = [application(f"A{n}", f"P{n % 5}", closed=f"2026-01-0{n}") for n in people]
    assert judge(rows, applications).equals(judge(rows[::-1], applications[::-1]))


def test_no_registrations_make_an_empty_table_of_the_same_columns() -> None:
    found = judge([], [application("A1")])
    assert found.is_empty()
    assert found.schema == judge([registration("R1", **P1)], [application("A1")]).schema
    assert isinstance(found.schema["counted_at"], pl.Datetime)
    assert datetime(2026, 1, 1) not in column(found, "counted_at")
