"""fct_relay_referrals: which registrations count, why the others do not, and which slot each adds to.

Four steps: resolve the terms and the event of each registration; find the application its person is followed to; give
the first reason that bars it; number what is left. See the module's functions for the rule that each one holds.
"""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from orchestration.compute.agency_matching import MATCH_SCHEMA
from orchestration.compute.identity import hash_email, normalise_email
from orchestration.compute.identity.keys import conform
from orchestration.compute.relay_terms import MOMENT, Terms, number_in_force, tabulate_terms

REGISTRATION_SCHEMA = {
    "source": pl.String,
    "registration_id": pl.String,
    "token": pl.String,
    "email": pl.String,
    "email_hash": pl.String,
    "registered_at": MOMENT,
    "status": pl.String,
    "status_at": MOMENT,
    "outcome_elsewhere": pl.String,
}
APPLICATION_SCHEMA = {
    "source": pl.String,
    "application_id": pl.String,
    "person_id": pl.String,
    "outcome": pl.String,
    "closed_at": MOMENT,
    "is_excluded": pl.Boolean,
}
REFERRAL_SCHEMA = {
    "source": pl.String,
    "registration_id": pl.String,
    "token": pl.String,
    "person_id": pl.String,
    "application_source": pl.String,
    "application_id": pl.String,
    "registered_at": MOMENT,
    "status": pl.String,
    "event_at": MOMENT,
    "is_counted": pl.Boolean,
    "not_counted_reason": pl.String,
    "counted_at": MOMENT,
    "referral_no": pl.Int64,
    "slot_no": pl.Int64,
    "completes_slot": pl.Boolean,
    "terms_from": pl.Date,
    "offered_elsewhere": pl.Boolean,
}
# What agencies write for "has an offer or a job by now"; anything else that is written means not (yet).
OFFERED = ["offered", "accepted", "hired", "joined", "true", "1", "内定", "内定承諾", "入社", "決定"]


def build_referrals(
    registrations: pl.DataFrame, matches: pl.DataFrame, applications: pl.DataFrame, terms: Sequence[Terms]
) -> pl.DataFrame:
    """One row a registration, REFERRAL_SCHEMA, ordered by registered_at, registration_id, source.

    Frames as of REGISTRATION_SCHEMA, `agency_matching.match_agency_list` and APPLICATION_SCHEMA (fct_applications).
    Beyond the columns of the model: `completes_slot` marks the referral that completes its slot_no, `terms_from` the
    entry it was judged by, `application_source` the source of application_id; `offered_elsewhere` is kept and used
    nowhere.
    """
    applications = conform(applications, APPLICATION_SCHEMA)
    resolved = _resolve_terms(conform(registrations, REGISTRATION_SCHEMA), terms)
    matched = (
        resolved.with_columns(reported_hash=_report_hash(resolved))
        .join(
            conform(matches, MATCH_SCHEMA).drop("matched_by", "consent_at"),
            on=["source", "registration_id"],
            how="left",
            maintain_order="left",
        )
        .with_row_index("row")
    )
    judged = _judge(_follow(matched, applications))
    numbered = _number(judged)
    offered = pl.col("outcome_elsewhere").str.normalize("NFKC").str.strip_chars().str.to_lowercase().is_in(OFFERED)
    return conform(
        numbered.with_columns(offered_elsewhere=offered).sort(
            "registered_at", "registration_id", "source", nulls_last=True
        ),
        REFERRAL_SCHEMA,
    )


def _report_hash(registrations: pl.DataFrame) -> pl.Series:
    """SHA-256 of the normalised e-mail, else the reported one: who is who on the agency's own list."""
    addresses = registrations.select(normalise_email(pl.col("email"))).to_series()
    own = pl.Series([None if text is None else hash_email(text) for text in addresses], dtype=pl.String)
    return own.fill_null(registrations.select(pl.col("email_hash").str.strip_chars().str.to_lowercase()).to_series())


def _resolve_terms(registrations: pl.DataFrame, terms: Sequence[Terms]) -> pl.DataFrame:
    """counting_event and unit as of registered_at; event_at; every other term as of event_at, else registered_at.

    A registration before the first entry has no counting_event, so its event is the registration and has no entry.
    """
    table = tabulate_terms(terms)
    at_registration = table.select("entry", "counting_event", "unit")
    at_event = table.drop("counting_event", "unit")
    acknowledged = pl.when(pl.col("status") == "valid").then("status_at")
    return (
        registrations.with_columns(entry=number_in_force(terms, pl.col("registered_at")))
        .join(at_registration, on="entry", how="left", maintain_order="left")
        .with_columns(
            event_at=pl.when(pl.col("counting_event") == "acknowledged").then(acknowledged).otherwise("registered_at")
        )
        .with_columns(entry=number_in_force(terms, pl.coalesce("event_at", "registered_at")))
        .join(at_event, on="entry", how="left", maintain_order="left")
    )


def _follow(matched: pl.DataFrame, applications: pl.DataFrame) -> pl.DataFrame:
    """application_id (with its source), closes_at and is_waiting of each registration.

    The application: the one the token names if it is eligible, else the person's latest eligible one closed before
    the registration, else the earliest. closes_at: closed_at of the earliest eligible one, with unit application of
    the chosen one. is_waiting: the person has an open application (a prospect too, which may yet become a candidate).
    """
    own = applications.filter(pl.col("person_id").is_not_null())
    asking = matched.select(
        "row", "person_id", "registered_at", "eligible_outcomes", "token_source", "token_application"
    ).drop_nulls("person_id")
    pairs = (
        asking.join(own.filter(~pl.col("is_excluded").fill_null(False)), on="person_id")
        .filter(pl.col("closed_at").is_not_null() & pl.col("eligible_outcomes").list.contains(pl.col("outcome")))
        .sort("closed_at", "application_id", "source")
        .with_row_index("place")
        .with_columns(
            is_named=(pl.col("token_source").eq_missing(pl.col("source")))
            & (pl.col("token_application").eq_missing(pl.col("application_id"))),
            is_before=(pl.col("closed_at") < pl.col("registered_at")).fill_null(False),
            distance=pl.when(pl.col("closed_at") < pl.col("registered_at"))
            .then(-pl.col("place").cast(pl.Int64))
            .otherwise(pl.col("place").cast(pl.Int64)),
        )
    )
    chosen = (
        pairs.sort("row", "is_named", "is_before", "distance", descending=[False, True, True, False])
        .group_by("row", maintain_order=True)
        .agg(
            pl.col("source").first().alias("application_source"),
            pl.col("application_id").first(),
            pl.col("closed_at").first().alias("own_closed_at"),
            pl.col("closed_at").min().alias("first_closed_at"),
        )
    )
    waiting = own.filter(pl.col("outcome") == "open").select("person_id", is_waiting=pl.lit(True)).unique()
    return (
        matched.join(chosen, on="row", how="left", maintain_order="left")
        .join(waiting, on="person_id", how="left", maintain_order="left")
        .with_columns(
            closes_at=pl.when(pl.col("unit") == "application").then("own_closed_at").otherwise("first_closed_at")
        )
    )


def _judge(followed: pl.DataFrame) -> pl.DataFrame:
    """counted_at and the first reason that bars each registration, duplicate by unit last.

    A registration that turned invalid more than clawback_days × 24 h after it was counted keeps its place. Under
    `acknowledged` nothing tells when an invalid one had been valid, so it never counts.
    """
    needs_match = pl.col("require_match")
    counted_at = (
        pl.when(~needs_match)
        .then("event_at")
        .when(pl.col("closes_at").is_not_null() & pl.col("event_at").is_not_null())
        .then(pl.max_horizontal("event_at", "closes_at"))
    )
    turned_late = pl.col("status_at") > pl.col("counted_at") + pl.duration(days=pl.col("clawback_days"))
    is_invalid = (pl.col("status") == "invalid") & ~turned_late.fill_null(False)
    barred = (
        pl.when(pl.col("entry").is_null())
        .then(pl.lit("no_terms"))
        .when(is_invalid)
        .then(pl.lit("invalid"))
        .when(pl.col("status") == "duplicate")
        .then(pl.lit("duplicate"))
        .when(pl.col("event_at").is_null())
        .then(pl.lit("pending"))
        .when(needs_match & pl.col("person_id").is_null())
        .then(pl.lit("unmatched"))
        .when(needs_match & pl.col("application_id").is_null())
        .then(pl.when(pl.col("is_waiting")).then(pl.lit("before_rejection_open")).otherwise(pl.lit("not_eligible")))
    )
    # The kinds of unit never meet: a person counted as one may count again for an application under later terms.
    unit_key = (
        pl.when((pl.col("unit") == "application") & pl.col("application_id").is_not_null())
        .then(pl.concat_str(pl.lit("application"), "application_source", "application_id", separator="|"))
        .when(pl.col("person_id").is_not_null())
        .then(pl.concat_str(pl.lit("person"), "person_id", separator="|"))
        .when(pl.col("reported_hash").is_not_null())
        .then(pl.concat_str(pl.lit("hash"), "reported_hash", separator="|"))
        .otherwise(pl.concat_str(pl.lit("registration"), "source", "registration_id", separator="|"))
    )
    ranked = (
        followed.with_columns(counted_at=counted_at)
        .with_columns(not_counted_reason=barred, unit_key=unit_key)
        .sort("event_at", "registration_id", "source", nulls_last=True)
        .with_columns(earlier=pl.col("not_counted_reason").is_null().cast(pl.Int64).cum_sum().over("unit_key"))
    )
    is_repeat = pl.col("not_counted_reason").is_null() & (pl.col("earlier") > 1)
    return ranked.with_columns(
        not_counted_reason=pl.when(is_repeat).then(pl.lit("duplicate")).otherwise("not_counted_reason")
    ).with_columns(
        is_counted=pl.col("not_counted_reason").is_null(),
        counted_at=pl.when(pl.col("not_counted_reason").is_null()).then("counted_at"),
    )


def _number(judged: pl.DataFrame) -> pl.DataFrame:
    """referral_no in order of counted_at, registration_id, source; slot_no; completes_slot.

    A slot is complete with the referral that finds, itself included, at least its own entry's referrals_per_slot
    since the slot before: with one number throughout slot_no = ceil(referral_no / referrals_per_slot), and what has
    gathered carries over where the number changes.
    """
    counted = judged.filter("is_counted").sort("counted_at", "registration_id", "source")
    slots: list[int] = []
    completes: list[bool] = []
    slot, since = 1, 0
    for needed in counted["referrals_per_slot"]:
        since += 1
        is_complete = since >= needed
        slots.append(slot)
        completes.append(is_complete)
        if is_complete:
            slot, since = slot + 1, 0
    numbers = counted.select("row").with_columns(
        pl.int_range(1, counted.height + 1, dtype=pl.Int64, eager=True).alias("referral_no"),
        pl.Series("slot_no", slots, dtype=pl.Int64),
        pl.Series("completes_slot", completes, dtype=pl.Boolean),
    )
    return judged.join(numbers, on="row", how="left").with_columns(pl.col("completes_slot").fill_null(False))
