"""Which registration counts, and why not: each rule with the smallest company that breaks without it."""

from __future__ import annotations

from datetime import date, datetime

import polars as pl
import pytest
from relay_frames import application, column, judge, message, moment, only, registration, terms

from orchestration.compute.identity import hash_email

P1 = {"email": "p1@example.com"}
P2 = {"email": "p2@example.com"}


def test_the_token_goes_before_the_email() -> None:
    found = judge(
        [registration("R1", token="tk1", **P2)], [application("A1", "P1"), application("A2", "P2")], [message("M1")]
    )
    assert only(found)["person_id"] == "P1"


def test_an_unknown_token_falls_back_to_the_email() -> None:
    assert only(judge([registration("R1", token="tk?", **P1)], [application("A1")]))["person_id"] == "P1"


def test_the_email_is_compared_after_nfkc_trim_and_lower_case() -> None:
    found = judge([registration("R1", email="　Ｐ1@Example.COM ")], [application("A1")])
    assert only(found)["person_id"] == "P1"


def test_nothing_else_of_an_email_is_normalised() -> None:
    found = judge([registration("R1", email="p.1+x@example.com")], [application("A1")])
    assert only(found)["not_counted_reason"] == "unmatched"


def test_a_hash_of_the_normalised_email_matches_in_any_case() -> None:
    found = judge([registration("R1", email_hash=hash_email("p1@example.com").upper())], [application("A1")])
    assert only(found)["person_id"] == "P1"


def test_the_email_goes_before_the_hash() -> None:
    found = judge(
        [registration("R1", email_hash=hash_email("p2@example.com"), **P1)],
        [application("A1", "P1"), application("A2", "P2")],
    )
    assert only(found)["person_id"] == "P1"


def test_a_token_names_the_application_of_the_earliest_outbound_message() -> None:
    messages = [
        message("M2", "A2", "2026-01-07"),
        message("M1", "A1", "2026-01-06"),
        message("M0", "A3", "2026-01-01", direction="inbound"),
    ]
    applications = [application(f"A{n}", f"P{n}") for n in (1, 2, 3)]
    assert only(judge([registration("R1", token="tk1")], applications, messages))["application_id"] == "A1"


def test_a_bounced_message_still_says_whose_its_token_is() -> None:
    found = judge(
        [registration("R1", token="tk1")],
        [application("A1", "P1"), application("A2", "P2")],
        [message("M1", delivery="bounced"), message("M2", "A2", "2026-01-09")],
    )
    assert only(found)["application_id"] == "A1"


def test_a_token_in_a_message_of_no_application_names_nobody() -> None:
    found = judge(
        [registration("R1", token="tk1")], [application("A1")], [message("M1", None), message("M2", "A9", "2026-01-07")]
    )
    assert only(found)["not_counted_reason"] == "unmatched"


def test_a_message_names_the_application_of_its_application_source() -> None:
    found = judge(
        [registration("R1", token="tk1")],
        [application("A1", "P1"), application("A1", "P2", source="other")],
        [message("M1", source="mail", application_source="other")],
    )
    assert (only(found)["application_source"], only(found)["person_id"]) == ("other", "P2")


def test_the_application_a_token_names_is_followed_though_another_closed_later() -> None:
    found = judge(
        [registration("R1", token="tk1")], [application("A1"), application("A2", closed="2026-01-20")], [message("M1")]
    )
    assert only(found)["application_id"] == "A1"


def test_where_the_named_application_is_not_eligible_the_persons_other_one_is_followed() -> None:
    found = judge(
        [registration("R1", token="tk1")],
        [application("A1", outcome="withdrawn"), application("A2", closed="2026-01-20")],
        [message("M1")],
    )
    assert (only(found)["application_id"], only(found)["is_counted"]) == ("A2", True)


def test_without_a_token_the_latest_eligible_application_closed_before_is_followed() -> None:
    applications = [
        application("A1", closed="2026-01-05"),
        application("A2", closed="2026-01-20"),
        application("A3", closed="2026-01-25", outcome="hired"),
        application("A4", closed="2026-02-20"),
    ]
    assert only(judge([registration("R1", **P1)], applications))["application_id"] == "A2"


def test_with_none_closed_before_the_earliest_eligible_one_is_followed() -> None:
    applications = [application("A1", closed="2026-03-05"), application("A2", closed="2026-02-20")]
    assert only(judge([registration("R1", **P1)], applications))["application_id"] == "A2"


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


def test_an_excluded_application_is_never_eligible_and_not_worth_waiting_for() -> None:
    rejected = judge([registration("R1", **P1)], [application("A1", is_excluded=True)])
    prospect = judge([registration("R1", **P1)], [application("A1", outcome="open", is_excluded=True)])
    assert column(rejected, "not_counted_reason") + column(prospect, "not_counted_reason") == ["not_eligible"] * 2


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


def test_a_person_counts_once_and_by_the_event_not_by_the_order_of_arrival() -> None:
    found = judge(
        [registration("R1", "2026-02-03", **P1), registration("R2", "2026-02-02", **P1)],
        [application("A1"), application("A2", closed="2026-02-02T12:00:00")],
    )
    assert column(found, "not_counted_reason") == ["duplicate", None]


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


def test_an_unmatched_registrations_email_goes_before_its_hash() -> None:
    other = hash_email("other@example.com")
    found = judge(
        [registration("R1", email="stranger@example.com", email_hash=other), registration("R2", email_hash=other)],
        entries=terms(require_match=False),
    )
    assert column(found, "is_counted") == [True, True]


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
