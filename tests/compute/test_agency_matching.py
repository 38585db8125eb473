"""Whom a registration means, and which application it follows."""

from __future__ import annotations

import pytest
from relay_frames import Row, application, judge, match, message, only, registration

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


def match_by(found: Row) -> tuple[str, str, str | None]:
    return found["person_id"], found["matched_by"], found["token_application"]


@pytest.mark.parametrize(
    ("reported", "expected"),
    [
        ({"token": "tk1"} | P2, ("P1", "token", "A1")),
        (P2, ("P2", "email", None)),
        ({"email_hash": hash_email("p2@example.com")}, ("P2", "email_hash", None)),
    ],
)
def test_a_match_tells_by_what_it_was_made(reported: Row, expected: tuple[str, str, str | None]) -> None:
    assert match_by(only(match([registration("R1", **reported)], [application("A1")], [message("M1")]))) == expected


def test_no_address_and_no_hash_of_one_is_kept() -> None:
    found = match([registration("R1", email_hash=hash_email("p1@example.com")), registration("R2", **P2)])
    assert found.height == 2
    assert found.columns == [
        *("source", "registration_id", "person_id", "matched_by", "consent_at", "token_source", "token_application")
    ]


@pytest.mark.parametrize("said", [None, "", " ", "×", "なし", "ＮＯ", "未同意"])
def test_on_a_list_that_tells_consent_who_gave_none_is_matched_to_nobody(said: str | None) -> None:
    consented = registration("R1", consent_at="2026-02-01 09:00", **P1)
    found = match([consented, registration("R2", token="tk1", consent_at=said, **P2)], [application("A2", "P2")])
    assert [(row["registration_id"], row["consent_at"]) for row in found.to_dicts()] == [("R1", "2026-02-01 09:00")]


def test_a_list_that_tells_no_consent_is_matched_and_another_lists_consent_is_not_its_own() -> None:
    consented = registration("R1", consent_at="○", **P1) | {"source": "other"}
    assert match([consented, registration("R2", **P2)]).height == 2
