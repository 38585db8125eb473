"""When a registration counts, by which terms, and the reason where it does not."""

from __future__ import annotations

from datetime import date

import pytest
from relay_frames import application, column, judge, message, moment, only, registration, terms

P1 = {"email": "p1@example.com"}
P2 = {"email": "p2@example.com"}


def test_a_registration_counts_at_its_event_where_the_rejection_came_before() -> None:
    found = only(judge([registration("R1", "2026-02-01T03:04:05", **P1)], [application("A1")]))
    assert (found["event_at"], found["counted_at"]) == (moment("2026-02-01T03:04:05"),) * 2
    assert (found["referral_no"], found["slot_no"], found["not_counted_reason"]) == (1, 1, None)


def test_a_registration_before_the_rejection_counts_from_the_day_of_the_rejection() -> None:
    found = only(judge([registration("R1", **P1)], [application("A1", closed="2026-03-05")]))
    assert (found["is_counted"], found["counted_at"]) == (True, moment("2026-03-05"))
    assert found["event_at"] == moment("2026-02-01")


def test_the_earliest_eligible_closing_sets_the_day_though_the_token_names_a_later_one() -> None:
    found = judge(
        [registration("R1", token="tk1")],
        [application("A1", closed="2026-03-05"), application("A2", closed="2026-01-05")],
        [message("M1")],
    )
    assert (only(found)["application_id"], only(found)["counted_at"]) == ("A1", moment("2026-02-01"))


def test_a_registration_waits_while_an_application_of_the_person_is_open() -> None:
    found = only(judge([registration("R1", **P1)], [application("A1", outcome="open")]))
    assert found["not_counted_reason"] == "before_rejection_open"
    assert (found["application_id"], found["counted_at"], found["referral_no"]) == (None, None, None)


def test_a_person_with_nothing_open_and_nothing_eligible_is_not_eligible() -> None:
    found = judge([registration("R1", **P1)], [application("A1", outcome="hired")])
    assert only(found)["not_counted_reason"] == "not_eligible"


def test_an_excluded_application_is_never_eligible_but_an_open_one_is_waited_for() -> None:
    rejected = judge([registration("R1", **P1)], [application("A1", is_excluded=True)])
    prospect = judge([registration("R1", **P1)], [application("A1", outcome="open", is_excluded=True)])
    assert column(rejected, "not_counted_reason") == ["not_eligible"]
    assert column(prospect, "not_counted_reason") == ["before_rejection_open"]


@pytest.mark.parametrize("outcome", ["withdrawn", "offer_declined"])
def test_withdrawn_and_declined_are_eligible_only_where_the_terms_add_them(outcome: str) -> None:
    applications = [application("A1", outcome=outcome)]
    assert column(judge([registration("R1", **P1)], applications), "is_counted") == [False]
    added = terms(eligible_outcomes=f"rejected;{outcome}")
    assert column(judge([registration("R1", **P1)], applications, entries=added), "is_counted") == [True]


def test_outcomes_are_eligible_by_the_entry_in_force_at_the_event() -> None:
    entries = terms(
        {"valid_from": date(2020, 4, 1)}, {"valid_from": date(2026, 2, 1), "eligible_outcomes": "withdrawn"}
    )
    applications = [application(f"A{n}", f"P{n}", "withdrawn") for n in (1, 2)]
    found = judge(
        [registration("R1", "2026-01-31T14:59:59", **P1), registration("R2", "2026-01-31T15:00:00", **P2)],
        applications,
        entries=entries,
    )
    assert column(found, "is_counted") == [False, True]
    assert column(found, "terms_from") == [date(2020, 4, 1), date(2026, 2, 1)]


def test_before_the_first_entry_nothing_counts() -> None:
    entries = terms({"valid_from": date(2026, 2, 1)})
    found = judge(
        [registration("R1", "2026-01-31T14:59:59", **P1), registration("R2", "2026-01-31T15:00:00", **P2)],
        [application("A1", "P1"), application("A2", "P2")],
        entries=entries,
    )
    assert column(found, "not_counted_reason") == ["no_terms", None]
    assert column(judge([registration("R1", **P1)], [application("A1")], entries=()), "not_counted_reason") == [
        "no_terms"
    ]


def test_a_registration_before_the_first_entry_never_counts_though_acknowledged_under_it() -> None:
    entries = terms({"valid_from": date(2026, 2, 5), "counting_event": "acknowledged"})
    found = judge([registration("R1", status_at="2026-02-09", **P1)], [application("A1")], entries=entries)
    assert only(found)["not_counted_reason"] == "no_terms"


@pytest.mark.parametrize(("status", "reason"), [("invalid", "invalid"), ("duplicate", "duplicate"), ("pending", None)])
def test_under_registered_all_but_invalid_and_duplicate_count(status: str, reason: str | None) -> None:
    found = only(judge([registration("R1", status=status, **P1)], [application("A1")]))
    assert (found["not_counted_reason"], found["is_counted"]) == (reason, reason is None)
    assert (found["person_id"], found["application_id"]) == ("P1", "A1")


def test_under_acknowledged_the_event_is_the_day_the_agency_said_valid() -> None:
    registrations = [
        registration("R1", status_at="2026-02-09", **P1),
        registration("R2", status="pending", status_at="2026-02-09", **P2),
    ]
    found = judge(
        registrations,
        [application("A1", "P1"), application("A2", "P2")],
        entries=terms(counting_event="acknowledged"),
    )
    assert column(found, "event_at") == [moment("2026-02-09"), None]
    assert column(found, "not_counted_reason") == [None, "pending"]


def test_under_acknowledged_a_valid_without_its_day_is_still_pending() -> None:
    found = judge([registration("R1", **P1)], [application("A1")], entries=terms(counting_event="acknowledged"))
    assert only(found)["not_counted_reason"] == "pending"


def test_the_counting_event_is_the_one_in_force_at_the_registration() -> None:
    entries = terms(
        {"valid_from": date(2020, 4, 1)}, {"valid_from": date(2026, 2, 5), "counting_event": "acknowledged"}
    )
    found = judge(
        [
            registration("R1", status_at="2026-02-09", **P1),
            registration("R2", "2026-02-06", status_at="2026-02-09", **P2),
        ],
        [application("A1", "P1"), application("A2", "P2")],
        entries=entries,
    )
    assert column(found, "event_at") == [moment("2026-02-01"), moment("2026-02-09")]


def test_without_an_event_outcomes_are_eligible_by_the_entry_at_the_registration() -> None:
    entries = terms(
        {"valid_from": date(2020, 4, 1), "counting_event": "acknowledged", "eligible_outcomes": "withdrawn"},
        {"valid_from": date(2026, 2, 5)},
    )
    found = judge(
        [registration("R1", status="pending", **P1)], [application("A1", outcome="withdrawn")], entries=entries
    )
    assert only(found)["application_id"] == "A1"
    valid = judge(
        [registration("R1", status_at="2026-02-09", **P1)], [application("A1", outcome="withdrawn")], entries=entries
    )
    assert only(valid)["not_counted_reason"] == "not_eligible"


REASONS = [
    (registration("R1", status="invalid", email="stranger@example.com"), "invalid"),
    (registration("R1", status="duplicate", email="stranger@example.com"), "duplicate"),
    (registration("R1", status="pending", email="stranger@example.com"), "pending"),
    (registration("R1", status_at="2026-02-02", email="stranger@example.com"), "unmatched"),
]


@pytest.mark.parametrize(("row", "reason"), REASONS, ids=[reason for _, reason in REASONS])
def test_of_several_reasons_the_first_in_order_is_given(row: dict[str, object], reason: str) -> None:
    assert only(judge([row], entries=terms(counting_event="acknowledged")))["not_counted_reason"] == reason


def test_invalid_goes_before_no_eligible_application_and_before_being_a_repeat() -> None:
    hired = judge([registration("R1", status="invalid", **P1)], [application("A1", outcome="hired")])
    repeat = judge([registration("R1", **P1), registration("R2", "2026-02-02", "invalid", **P1)], [application("A1")])
    assert column(hired, "not_counted_reason") + column(repeat, "not_counted_reason") == ["invalid", None, "invalid"]


def test_without_clawback_days_an_invalid_registration_never_counts_whenever_it_turned() -> None:
    found = judge([registration("R1", status="invalid", status_at="2027-12-31", **P1)], [application("A1")])
    assert only(found)["is_counted"] is False


@pytest.mark.parametrize(("turned", "counts"), [("2026-02-11T00:00:00", False), ("2026-02-11T00:00:01", True)])
def test_a_registration_that_turns_invalid_after_the_clawback_keeps_its_place(turned: str, counts: bool) -> None:
    rows = [registration("R1", status="invalid", status_at=turned, **P1), registration("R2", "2026-02-02", **P2)]
    applications = [application("A1", "P1"), application("A2", "P2")]
    found = judge(rows, applications, entries=terms(clawback_days=10))
    assert column(found, "is_counted") == [counts, True]
    assert column(found, "referral_no") == ([1, 2] if counts else [None, 1])


def test_the_clawback_runs_from_counted_at_not_from_the_registration() -> None:
    row = registration("R1", status="invalid", status_at="2026-03-12", **P1)
    found = judge([row], [application("A1", closed="2026-03-05")], entries=terms(clawback_days=10))
    assert only(found)["not_counted_reason"] == "invalid"


def test_the_clawback_does_not_save_a_duplicate_nor_one_that_turned_at_an_unknown_time() -> None:
    rows = [
        registration("R1", status="duplicate", status_at="2027-01-01", **P1),
        registration("R2", status="invalid", **P2),
    ]
    found = judge(rows, [application("A1", "P1"), application("A2", "P2")], entries=terms(clawback_days=10))
    assert column(found, "not_counted_reason") == ["duplicate", "invalid"]
