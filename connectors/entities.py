"""The entities every source speaks: the contract between connectors and staging.

Types: id and text are text; at is a point in time (kept in UTC); date a day in the company's time zone; n a whole
number; num a number; yen an amount of money; flag true or false; list several texts joined by `;`.
`source`, the connection's name, is part of every key and is added by the loader, never a column of a file.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["id", "text", "at", "date", "n", "num", "yen", "flag", "list"]


@dataclass(frozen=True)
class Entity:
    """One entity: its key without `source`, and its fields in the order the template shows them."""

    name: str
    key: tuple[str, ...]
    fields: dict[str, Kind]


def _entity(name: str, key: str, **fields: Kind) -> Entity:
    return Entity(name, tuple(key.split()), fields)


_ALL = (
    _entity(
        "jobs",
        "job_id",
        job_id="id",
        title="text",
        job_family="text",
        department="text",
        hiring_type="text",
        status="text",
        opened_date="date",
        closed_date="date",
        openings="n",
        target_start_date="date",
    ),
    _entity(
        "candidates",
        "candidate_id",
        candidate_id="id",
        full_name="text",
        family_name="text",
        given_name="text",
        kana="text",
        email="list",
        phone="list",
        birth_date="date",
        created_at="at",
        is_anonymised="flag",
    ),
    _entity(
        "applications",
        "application_id",
        application_id="id",
        candidate_id="id",
        job_id="id",
        channel_label="text",
        agency_label="text",
        referrer_label="text",
        is_prospect="flag",
        applied_at="at",
        applied_at_basis="text",
        status_label="text",
        outcome="text",
        closed_at="at",
        closed_by="text",
        current_stage_label="text",
        updated_at="at",
    ),
    _entity(
        "application_reasons",
        "application_id ordinal",
        application_id="id",
        ordinal="n",
        reason_label="text",
        party="text",
        reason_text="text",
    ),
    _entity(
        "stage_events",
        "application_id event_id",
        application_id="id",
        event_id="id",
        stage_label="text",
        entered_at="at",
        exited_at="at",
        exit_type="text",
        precision="text",
    ),
    _entity(
        "interviews",
        "interview_id",
        interview_id="id",
        application_id="id",
        stage_label="text",
        scheduled_at="at",
        held_at="at",
        status="text",
    ),
    _entity(
        "evaluations",
        "evaluation_id",
        evaluation_id="id",
        application_id="id",
        interview_id="id",
        stage_label="text",
        interviewer_label="text",
        interviewer_department="text",
        criterion="text",
        score="num",
        score_min="num",
        score_max="num",
        recommendation="text",
        submitted_at="at",
        comment="text",
    ),
    _entity(
        "offers",
        "offer_id version",
        offer_id="id",
        version="n",
        application_id="id",
        status="text",
        sent_at="at",
        resolved_at="at",
        decline_reason_label="text",
        start_date="date",
        annual_salary="yen",
    ),
    _entity(
        "employees",
        "employee_id spell_no",
        employee_id="id",
        spell_no="n",
        application_id="id",
        full_name="text",
        kana="text",
        email="list",
        birth_date="date",
        department="text",
        hire_date="date",
        last_date="date",
        termination_type="text",
        reason_label="text",
    ),
    _entity(
        "reviews",
        "employee_id period_end_date",
        employee_id="id",
        period_end_date="date",
        rating="num",
        rating_min="num",
        rating_max="num",
    ),
    _entity(
        "channel_costs",
        "cost_id",
        cost_id="id",
        channel_label="text",
        kind="text",
        period_start_date="date",
        period_end_date="date",
        amount="yen",
        application_id="id",
    ),
    _entity(
        "messages",
        "message_id",
        message_id="id",
        direction="text",
        from_address="text",
        to_address="text",
        subject="text",
        sent_at="at",
        kind="text",
        relay_url_present="flag",
        relay_token="text",
        delivery="text",
        application_id="id",
    ),
    _entity(
        "feedback",
        "feedback_id",
        feedback_id="id",
        thread_label="text",
        author_label="text",
        posted_at="at",
        application_id="id",
        candidate_ref="text",
        text="text",
    ),
    _entity(
        "relay_clicks",
        "click_id",
        click_id="id",
        token="text",
        clicked_at="at",
        is_automated="flag",
    ),
    _entity(
        "relay_registrations",
        "registration_id",
        registration_id="id",
        token="text",
        email="text",
        email_hash="text",
        registered_at="at",
        status="text",
        status_at="at",
        outcome_elsewhere="text",
    ),
    _entity(
        "relay_slot_uses",
        "slot_use_id",
        slot_use_id="id",
        used_at="at",
        application_id="id",
        job_id="id",
    ),
)

ENTITIES: dict[str, Entity] = {entity.name: entity for entity in _ALL}

# What a field tells of a person. direct: names or reaches somebody, or is free text that may; indirect: tells one
# person's row from another's, or of one person's fate; none: tells of jobs, money and the company.
Pii = Literal["direct", "indirect", "none"]
DIRECT = frozenset(
    "full_name family_name given_name kana email phone birth_date referrer_label reason_text interviewer_label comment"
    " from_address to_address subject thread_label author_label candidate_ref text email_hash".split()
)
ABOUT_NOBODY = frozenset({"jobs", "channel_costs"})
# Of the entities about persons: words of a vocabulary or of the company, and counts.
IMPERSONAL = frozenset(
    "job_id channel_label agency_label is_prospect applied_at_basis status_label outcome closed_by current_stage_label"
    " ordinal reason_label party stage_label exit_type precision status interviewer_department criterion score_min"
    " score_max version decline_reason_label spell_no department termination_type rating_min rating_max direction kind"
    " relay_url_present delivery is_automated is_anonymised".split()
)


def classify(entity: str, field: str) -> Pii:
    """What `field` of `entity` tells of a person; what nobody has classified counts as direct."""
    if field not in ENTITIES[entity].fields or field in DIRECT:
        return "direct"
    if entity in ABOUT_NOBODY and field != "application_id":
        return "none"
    return "none" if field in IMPERSONAL else "indirect"
