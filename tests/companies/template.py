"""The template's fields, entity by entity, as the specification lists them."""

from __future__ import annotations

_FIELDS = {
    "jobs": (
        "job_id title job_family department hiring_type status opened_date closed_date openings target_start_date"
    ),
    "candidates": (
        "candidate_id full_name family_name given_name kana email phone birth_date created_at is_anonymised"
    ),
    "applications": (
        "application_id candidate_id job_id channel_label agency_label referrer_label is_prospect"
        " applied_at applied_at_basis status_label outcome closed_at closed_by current_stage_label"
        " updated_at"
    ),
    "application_reasons": "application_id ordinal reason_label party reason_text",
    "stage_events": "application_id event_id stage_label entered_at exited_at exit_type precision",
    "offers": (
        "offer_id version application_id status sent_at resolved_at decline_reason_label start_date annual_salary"
    ),
    "employees": (
        "employee_id spell_no application_id full_name kana email birth_date department hire_date"
        " last_date termination_type reason_label"
    ),
    "channel_costs": "cost_id channel_label kind period_start_date period_end_date amount application_id",
    "messages": (
        "message_id direction from_address to_address subject sent_at kind relay_url_present relay_token"
        " delivery application_id"
    ),
    "relay_registrations": "registration_id token email email_hash registered_at status status_at outcome_elsewhere",
    "relay_slot_uses": "slot_use_id used_at application_id job_id",
    "interviews": "interview_id application_id stage_label scheduled_at held_at status",
    "evaluations": (
        "evaluation_id application_id interview_id stage_label interviewer_label interviewer_department criterion"
        " score score_min score_max recommendation submitted_at comment"
    ),
    "reviews": "employee_id period_end_date rating rating_min rating_max",
    "relay_clicks": "click_id token clicked_at is_automated",
}

FIELDS: dict[str, list[str]] = {entity: fields.split() for entity, fields in _FIELDS.items()}
