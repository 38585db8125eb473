"""Whom a registration means, and which application it follows."""

from __future__ import annotations

from relay_frames import application, judge, message, only, registration

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
        message("M3", "A1", "2026-01-06"),
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
