from __future__ import annotations

from datetime import date
from typing import Any

import polars as pl
import pytest
from relay_frames import Row, application, column, judge, message, moment, only, registration, table, terms

from orchestration.compute.agency_matching import MESSAGE_SCHEMA
from orchestration.compute.relay_invitations import CLICK_SCHEMA, INVITED_SCHEMA, build_invitations
from orchestration.compute.relay_terms import Terms


def invite(
    applications: list[Row],
    messages: list[Row] | None = None,
    clicks: list[Row] | None = None,
    registrations: list[Row] | None = None,
    entries: tuple[Terms, ...] | None = None,
) -> pl.DataFrame:
    entries = terms() if entries is None else entries
    return build_invitations(
        table(applications, INVITED_SCHEMA),
        table(messages or [], MESSAGE_SCHEMA),
        table(clicks or [], CLICK_SCHEMA),
        judge(registrations or [], applications, messages, entries=entries),
        entries,
    )


def click(at: str, **more: Any) -> Row:
    return {"token": "tk1", "clicked_at": moment(at), "is_automated": None} | more


def test_every_rejected_application_has_a_row_told_or_not() -> None:
    found = invite([application("A1"), application("A2", closed="2026-01-06")], [message("M1")])
    assert column(found, "application_id") == ["A1", "A2"]
    assert column(found, "is_notified") == [True, False]
    assert column(found, "rejection_message_at") == [moment("2026-01-06"), None]
    assert column(found, "url_present") == [True, False]
    assert column(found, "delivery") == ["delivered", None]


def test_open_excluded_and_ineligible_applications_have_none() -> None:
    rows = [application("A1", outcome="open"), application("A2", is_excluded=True), application("A3", outcome="hired")]
    assert invite(rows).is_empty()


def test_who_is_eligible_is_said_by_the_entry_in_force_at_the_closing() -> None:
    entries = terms(
        {"valid_from": date(2026, 1, 5)}, {"valid_from": date(2026, 2, 1), "eligible_outcomes": "withdrawn"}
    )
    rows = [
        application("A1", closed="2026-01-04T14:59:59"),
        application("A2", closed="2026-01-04T15:00:00"),
        application("A3", closed="2026-02-02", outcome="withdrawn"),
        application("A4", closed="2026-02-02"),
    ]
    assert column(invite(rows, entries=entries), "application_id") == ["A2", "A3"]


def test_the_first_delivered_rejection_wins_over_one_sent_again_with_the_line() -> None:
    messages = [
        message("M2", at="2026-01-08"),
        message("M1", at="2026-01-07", relay_url_present=False, relay_token=None),
    ]
    found = only(invite([application("A1")], messages))
    assert (found["rejection_message_at"], found["url_present"], found["token"]) == (moment("2026-01-07"), False, None)


def test_a_bounced_rejection_is_no_invitation() -> None:
    bounced = message("M1", at="2026-01-06", delivery="bounced")
    alone = only(invite([application("A1")], [bounced]))
    assert (alone["is_notified"], alone["rejection_message_at"], alone["url_present"]) == (False, None, False)
    assert alone["delivery"] == "bounced"
    sent_again = only(invite([application("A1")], [bounced, message("M2", at="2026-01-08", delivery=None)]))
    assert (sent_again["rejection_message_at"], sent_again["delivery"]) == (moment("2026-01-08"), "unknown")


@pytest.mark.parametrize("quoting", [{"direction": "inbound"}, {"kind": "other"}])
def test_a_reply_that_quotes_the_line_is_no_invitation(quoting: Row) -> None:
    assert column(invite([application("A1")], [message("M1", **quoting)]), "is_notified") == [False]


def test_an_application_that_an_agency_answers_is_left_out() -> None:
    rows = [application("A1", is_via_agency=True), application("A2", is_via_agency=True), application("A3")]
    assert column(invite(rows, [message("M1", "A2")]), "application_id") == ["A2", "A3"]


def test_the_first_click_of_a_human_is_after_five_seconds_and_not_marked_automated() -> None:
    clicks = [
        click("2026-01-05T23:59:00"),
        click("2026-01-06T00:00:05"),
        click("2026-01-06T00:00:06", is_automated=True),
        click("2026-01-06T00:00:08"),
        click("2026-01-06T00:00:07", is_automated=False),
        click("2026-01-06T00:00:06", token="tk2"),
    ]
    found = only(invite([application("A1")], [message("M1")], clicks))
    assert found["first_human_click_at"] == moment("2026-01-06T00:00:07")
    assert only(invite([application("A1")], [message("M1")], clicks[:3]))["first_human_click_at"] is None


def test_the_counted_registration_is_shown_and_else_the_earliest() -> None:
    rows = [
        registration("R1", "2026-02-01", "invalid", email="p1@example.com"),
        registration("R2", "2026-02-02", email="p1@example.com"),
    ]
    counted = only(invite([application("A1")], registrations=rows))
    assert (counted["registered_at"], counted["registration_status"]) == (moment("2026-02-02"), "valid")
    assert counted["is_counted"] is True
    barred = only(invite([application("A1")], registrations=[row | {"status": "invalid"} for row in rows]))
    assert (barred["registered_at"], barred["is_counted"]) == (moment("2026-02-01"), False)


def test_an_application_nobody_registered_from_counts_as_not_counted() -> None:
    found = only(invite([application("A1")], [message("M1")]))
    assert (found["is_counted"], found["registered_at"], found["registration_status"]) == (False, None, None)


def test_a_message_counts_for_the_application_of_its_source_only() -> None:
    rows = [application("A1"), application("A1", source="other")]
    messages = [message("M1", source="mail", application_source="other")]
    found = invite(rows, messages).sort("source")
    assert column(found, "is_notified") == [False, True]


def test_without_terms_nobody_is_invited() -> None:
    assert invite([application("A1")], [message("M1")], entries=()).is_empty()
