"""fct_relay_invitations: whom the rejection mail reached, with our line or without, and what came of it."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from orchestration.compute.agency_matching import MESSAGE_SCHEMA
from orchestration.compute.identity.keys import conform
from orchestration.compute.relay_referrals import APPLICATION_SCHEMA, REFERRAL_SCHEMA
from orchestration.compute.relay_terms import MOMENT, Terms, number_in_force, tabulate_terms

INVITED_SCHEMA = APPLICATION_SCHEMA | {"is_via_agency": pl.Boolean}
CLICK_SCHEMA = {"token": pl.String, "clicked_at": MOMENT, "is_automated": pl.Boolean}
INVITATION_SCHEMA = {
    "source": pl.String,
    "application_id": pl.String,
    "person_id": pl.String,
    "closed_at": MOMENT,
    "rejection_message_at": MOMENT,
    "is_notified": pl.Boolean,
    "url_present": pl.Boolean,
    "token": pl.String,
    "delivery": pl.String,
    "first_human_click_at": MOMENT,
    "registered_at": MOMENT,
    "registration_status": pl.String,
    "is_counted": pl.Boolean,
}
# A mail gateway opens every link as the mail arrives; nobody reads a rejection to its end that fast.
AUTOMATED_SECONDS = 5


def build_invitations(
    applications: pl.DataFrame,
    messages: pl.DataFrame,
    clicks: pl.DataFrame,
    referrals: pl.DataFrame,
    terms: Sequence[Terms],
) -> pl.DataFrame:
    """One row an eligible application that we answer ourselves, INVITATION_SCHEMA, ordered by closed_at and key.

    Frames as of INVITED_SCHEMA (fct_applications; `is_via_agency`: it came through an agency, as channel_group or
    agency_label says), agency_matching.MESSAGE_SCHEMA, CLICK_SCHEMA and `build_referrals`. Eligible: not excluded and
    its outcome is in the eligible_outcomes in force at closed_at. An application that came through an agency and was
    sent no rejection by us is answered by the agency and left out.

    The first rejection message that did not bounce is the invitation; `delivery` is its own, `bounced` where every one
    bounced, NULL where none was sent. A click is a human's if nothing marks it automated (HEAD, a known scanner) and
    it came more than AUTOMATED_SECONDS after that message. Of several registrations that follow an application the
    counted one is shown, else the earliest.
    """
    eligible = _list_eligible(conform(applications, INVITED_SCHEMA), terms)
    sent = (
        conform(messages, MESSAGE_SCHEMA)
        .filter((pl.col("direction") == "outbound") & (pl.col("kind") == "rejection"))
        .select(
            pl.coalesce("application_source", "source").alias("source"),
            "application_id",
            "message_id",
            "sent_at",
            pl.col("relay_url_present").fill_null(False),
            "relay_token",
            pl.col("delivery").fill_null("unknown"),
        )
    )
    key = ["source", "application_id"]
    attempted = sent.select(*key, was_attempted=pl.lit(True)).unique()
    first = (
        sent.filter(pl.col("delivery") != "bounced")
        .sort("sent_at", "message_id", nulls_last=True)
        .unique(key, keep="first", maintain_order=True)
        .rename({"sent_at": "rejection_message_at", "relay_url_present": "url_present", "relay_token": "token"})
    )
    answered = (
        eligible.join(attempted, on=key, how="left")
        .filter(pl.col("was_attempted") | ~pl.col("is_via_agency").fill_null(False))
        .join(first, on=key, how="left")
        .with_columns(
            is_notified=pl.col("message_id").is_not_null(),
            url_present=pl.col("url_present").fill_null(False),
            delivery=pl.coalesce("delivery", pl.when("was_attempted").then(pl.lit("bounced"))),
        )
    )
    return conform(
        answered.join(_find_clicks(answered, conform(clicks, CLICK_SCHEMA)), on=key, how="left")
        .join(_find_registrations(conform(referrals, REFERRAL_SCHEMA)), on=key, how="left")
        .with_columns(pl.col("is_counted").fill_null(False))
        .sort("closed_at", *key),
        INVITATION_SCHEMA,
    )


def _list_eligible(applications: pl.DataFrame, terms: Sequence[Terms]) -> pl.DataFrame:
    return (
        applications.filter(~pl.col("is_excluded").fill_null(False) & pl.col("closed_at").is_not_null())
        .with_columns(entry=number_in_force(terms, pl.col("closed_at")))
        .join(tabulate_terms(terms).select("entry", "eligible_outcomes"), on="entry")
        .filter(pl.col("eligible_outcomes").list.contains(pl.col("outcome")))
    )


def _find_clicks(invitations: pl.DataFrame, clicks: pl.DataFrame) -> pl.DataFrame:
    human = clicks.filter(~pl.col("is_automated").fill_null(False))
    return (
        invitations.select("source", "application_id", "token", "rejection_message_at")
        .join(human, on="token")
        .filter(pl.col("clicked_at") > pl.col("rejection_message_at") + pl.duration(seconds=AUTOMATED_SECONDS))
        .group_by("source", "application_id")
        .agg(first_human_click_at=pl.col("clicked_at").min())
    )


def _find_registrations(referrals: pl.DataFrame) -> pl.DataFrame:
    return (
        referrals.drop_nulls("application_id")
        .sort("is_counted", "registered_at", "registration_id", descending=[True, False, False], nulls_last=True)
        .unique(["application_source", "application_id"], keep="first", maintain_order=True)
        .select(
            pl.col("application_source").alias("source"),
            "application_id",
            "registered_at",
            pl.col("status").alias("registration_status"),
            "is_counted",
        )
    )
