"""What counts once: a person, an application, a stranger's address; and whom the agency's list alone makes count."""

from __future__ import annotations

from datetime import date

from relay_frames import application, column, judge, message, moment, only, registration, terms

from orchestration.compute.identity import hash_email

P1 = {"email": "p1@example.com"}
P2 = {"email": "p2@example.com"}


def test_a_person_counts_once_and_by_the_event_not_by_the_order_of_arrival() -> None:
    found = judge(
        [registration("R1", "2026-02-03", **P1), registration("R2", "2026-02-02", **P1)],
        [application("A1"), application("A2", closed="2026-02-02T12:00:00")],
    )
    assert column(found, "not_counted_reason") == ["duplicate", None]


def test_the_first_of_two_that_wait_for_one_rejection_is_the_one_that_registered_first() -> None:
    found = judge(
        [registration("R1", "2026-02-03", **P1), registration("R2", "2026-02-02", **P1)],
        [application("A1", closed="2026-03-05")],
    )
    assert column(found, "is_counted") == [False, True]


def test_at_equal_events_the_smaller_registration_id_is_first() -> None:
    found = judge([registration("R2", **P1), registration("R1", **P1)], [application("A1")])
    assert column(found, "is_counted") == [True, False]


def test_what_anything_else_bars_is_not_the_first_of_its_unit() -> None:
    found = judge(
        [registration("R1", "2026-02-01", "invalid", **P1), registration("R2", "2026-02-02", **P1)], [application("A1")]
    )
    assert column(found, "not_counted_reason") == ["invalid", None]


def test_with_unit_application_a_person_counts_once_an_application() -> None:
    applications = [application("A1"), application("A2", closed="2026-02-10")]
    registrations = [
        registration("R1", "2026-02-01", **P1),
        registration("R2", "2026-02-02", **P1),
        registration("R3", "2026-02-20", **P1),
    ]
    by_application = judge(registrations, applications, entries=terms(unit="application"))
    assert column(by_application, "not_counted_reason") == [None, "duplicate", None]
    assert column(judge(registrations, applications), "not_counted_reason") == [None, "duplicate", "duplicate"]


def test_with_unit_application_the_day_is_that_of_the_followed_application() -> None:
    found = judge(
        [registration("R1", token="tk1")],
        [application("A1", closed="2026-03-05"), application("A2", closed="2026-01-05")],
        [message("M1")],
        entries=terms(unit="application"),
    )
    assert only(found)["counted_at"] == moment("2026-03-05")


def test_the_unit_is_the_one_in_force_at_the_registration() -> None:
    entries = terms(
        {"valid_from": date(2020, 4, 1), "counting_event": "acknowledged", "unit": "application"},
        {"valid_from": date(2026, 2, 5)},
    )
    applications = [application("A1"), application("A2", closed="2026-02-02")]
    registrations = [
        registration("R1", "2026-02-01", status_at="2026-02-09", **P1),
        registration("R2", "2026-02-04", status_at="2026-02-10", **P1),
    ]
    # Both events fall under the later entry, whose unit is the person; both registrations under the earlier one.
    assert column(judge(registrations, applications, entries=entries), "is_counted") == [True, True]


def test_an_unmatched_registration_counts_only_where_no_match_is_required() -> None:
    stranger = registration("R1", email="stranger@example.com")
    assert only(judge([stranger]))["not_counted_reason"] == "unmatched"
    found = only(judge([stranger], entries=terms(require_match=False)))
    assert (found["is_counted"], found["counted_at"], found["person_id"]) == (True, moment("2026-02-01"), None)


def test_without_require_match_the_event_is_the_day_whatever_the_applications_say() -> None:
    free = terms(require_match=False)
    closed_later = judge([registration("R1", **P1)], [application("A1", closed="2026-03-05")], entries=free)
    hired = judge([registration("R1", **P1)], [application("A1", outcome="hired")], entries=free)
    assert column(closed_later, "counted_at") + column(hired, "counted_at") == [moment("2026-02-01")] * 2


def test_without_require_match_invalid_and_duplicate_still_do_not_count() -> None:
    registrations = [registration("R1", status="invalid", **P1), registration("R2", status="duplicate", **P2)]
    assert column(judge(registrations, entries=terms(require_match=False)), "not_counted_reason") == [
        "invalid",
        "duplicate",
    ]


def test_an_unmatched_registrations_unit_is_its_email_hash_else_itself() -> None:
    found = judge(
        [
            registration("R1", email=" Stranger@example.com"),
            registration("R2", email_hash=hash_email("stranger@example.com")),
            registration("R3"),
            registration("R4"),
        ],
        entries=terms(require_match=False),
    )
    assert column(found, "not_counted_reason") == [None, "duplicate", None, None]


def test_with_unit_application_a_person_without_one_is_its_own_unit() -> None:
    rows = [registration("R1", **P1), registration("R2", **P1), registration("R3", **P2)]
    hired = [application("A1", "P1", "hired"), application("A2", "P2", "hired")]
    found = judge(rows, hired, entries=terms(unit="application", require_match=False))
    assert column(found, "is_counted") == [True, False, True]


def test_an_unmatched_registrations_email_goes_before_its_hash() -> None:
    other = hash_email("other@example.com")
    found = judge(
        [registration("R1", email="stranger@example.com", email_hash=other), registration("R2", email_hash=other)],
        entries=terms(require_match=False),
    )
    assert column(found, "is_counted") == [True, True]
