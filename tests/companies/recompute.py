"""The second method: the marts of a home computed again, slow and simple, sharing no code with the pipeline.

python -m tests.companies.recompute HOME AS_OF_DATE OUT_DIR
"""

from __future__ import annotations

import csv
import sys
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

from tests.companies.activity import mart_data_quality, mart_stage_activity
from tests.companies.applications import Applications, fct_applications, fct_stage_visits
from tests.companies.channels import mart_channel
from tests.companies.employees import mart_retention
from tests.companies.funnel import STEPS, mart_relay_funnel
from tests.companies.hire_costs import mart_cost_per_hire
from tests.companies.home import Row, read_home
from tests.companies.judges import mart_department_calibration, mart_interviewer
from tests.companies.labels import ORDER
from tests.companies.openings import mart_job, mart_offer
from tests.companies.persons import Persons
from tests.companies.quota import fct_quota_ledger, mart_quota_balance
from tests.companies.referrals import Referrals, fct_relay_referrals
from tests.companies.rejections import mart_rejection
from tests.companies.replies import mart_candidate_experience
from tests.companies.sheets import Sheets
from tests.companies.stages import mart_stage_conversion, mart_stage_curve
from tests.companies.talents import mart_talent_pool
from tests.companies.validity import mart_reapplicant, mart_selection_validity
from tests.companies.waiting import mart_time_in_stage
from tests.golden import canonical_text

RATE = "{0} {0}_lo {0}_hi"
COLUMNS = {
    "fct_applications": "application_id source person job_id job_family department hiring_type channel_id applied_at"
    " applied_date applied_month applied_at_basis outcome closed_at closed_date closed_stage_key closed_by reason_key"
    " reason_party reached_stage_key reached_stage_order application_seq prev_application_id is_excluded"
    " rejection_message_at days_to_outcome days_to_hire " + " ".join(f"{key}_at" for key in ORDER if key != "applied"),
    "fct_stage_visits": "application_id visit_no entered_at stage_key stage_order is_accidental exited_at exit_type"
    " days precision",
    "mart_channel": "channel_id applied_month as_of_date n_applications n_persons n_excluded n_open n_rejected"
    " n_withdrawn n_offer_declined n_hired n_reached_interview n_reached_offer is_small cost_gross cost_refunded"
    " cost_net cost_per_application cost_per_hire median_days_to_hire n_hired_left_180d "
    + " ".join(RATE.format(name) for name in ("hire_rate", "mature_hire_rate")),
    "mart_stage_conversion": "applied_month job_family department channel_id stage_key as_of_date n_entered n_advanced"
    " n_rejected n_withdrawn n_exempt n_open n_reached is_small "
    + " ".join(
        RATE.format(name) for name in ("actual_pass_rate", "company_pass_rate", "withdrawal_rate", "implied_pass_rate")
    ),
    "mart_stage_curve": "dimension member stage_key day as_of_date at_risk cif_advance cif_reject cif_withdraw",
    "mart_rejection": "closed_month stage_key department channel_id party reason_key as_of_date n_applications"
    " weighted_n share_of_party n_reason_missing n_notified n_relay_invited median_days_to_notice",
    "mart_retention": "dimension member horizon_days as_of_date n_start n_events n_censored at_risk survival"
    " survival_lo survival_hi n_rehired n_left_180 n_unknown",
    "fct_relay_referrals": "registration_id token person application_id registered_at status event_at is_counted"
    " not_counted_reason counted_at referral_no slot_no",
    "fct_quota_ledger": "entry_type slot_no entry_at slots registration_id slot_use_id application_id",
    "mart_time_in_stage": "stage_key stage_order job_family department as_of_date n_completed n_open is_small"
    " median_days p75_days p90_days km_median_days oldest_open_days",
    "mart_stage_activity": "event_month stage_key stage_order basis as_of_date n_events n_applications n_persons"
    " n_snapshot",
    "mart_data_quality": "source entity as_of_date rows_in rows_quarantined n_quarantined_open n_rows n_unmatched",
    "mart_offer": "extended_month job_family as_of_date n_extended n_accepted n_declined n_withdrawn n_open"
    " n_declined_after_acceptance is_small median_days_to_answer p90_days_to_answer "
    + " ".join(
        RATE.format(name) for name in ("acceptance_rate", "mature_acceptance_rate", "candidate_acceptance_rate")
    ),
    "mart_job": "source job_id job_family department hiring_type as_of_date opened_date closed_date is_open days_open"
    " openings n_filled n_unfilled time_to_fill n_applications n_persons n_open n_rejected n_withdrawn n_offer_declined"
    " n_hired hardest_stage_key hardest_n_decided is_small " + RATE.format("hardest_pass_rate"),
    "mart_cost_per_hire": "period period_start fiscal_year as_of_date is_complete n_hired cost_external cost_internal"
    " cost_gross cost_refunded cost_net n_slots_used slot_value_used cost_net_of_slots cost_per_hire_gross"
    " cost_per_hire_net cost_per_hire_net_of_slots cost_estimated cost_to_come",
    "mart_candidate_experience": "applied_month channel_id as_of_date n_applications n_open n_answered"
    " n_open_unanswered n_closed n_never_answered is_small median_hours_to_first_reply p90_hours_to_first_reply"
    " median_hours_to_first_personal_reply n_rejected n_notified median_days_to_notice p90_days_to_notice"
    " n_relay_invited " + " ".join(RATE.format(name) for name in ("never_answered_rate", "relay_line_rate")),
    "mart_interviewer": "interviewer half_year as_of_date n_held n_submitted n_open is_small median_hours_to_submit"
    " p90_hours_to_submit n_scored mean_score n_compared expected_score leniency leniency_lo leniency_hi n_judged"
    " n_agreed " + " ".join(RATE.format(name) for name in ("submitted_rate", "agreement_rate")),
    "mart_department_calibration": "department as_of_date n_scores n_interviewers n_applications is_small mean_score"
    " variance n_compared panel_score leniency leniency_lo leniency_hi n_departments mean_of_all variance_between"
    " variance_within between_share f_statistic",
    "mart_selection_validity": "stage_key criterion as_of_date n_scored n_started n_rating n_retention is_small "
    + " ".join(RATE.format(name) for name in ("rating_correlation", "retention_correlation")),
    "mart_reapplicant": "application_id application_seq applied_at applied_month job_family department channel_id"
    " outcome reached_stage_key reached_stage_order is_excluded prev_application_id prev_job_family prev_department"
    " prev_channel_id prev_outcome prev_reached_stage_key prev_reached_stage_order prev_reason_key prev_score_share"
    " gap_days is_prev_relay_invited as_of_date",
    "mart_talent_pool": "application_id job_family department channel_id closed_date pool_rank best_stage_key"
    " best_stage_order score_share n_scores reason_key days_since_rejection n_open_jobs open_job_id as_of_date",
    "mart_relay_funnel": "closed_month department channel_id as_of_date is_censored is_small"
    " n_eligible " + " ".join(f"n_{step} " + RATE.format(f"{step}_rate") for step in STEPS[1:]),
    "mart_quota_balance": "balance_date as_of_date counted_total remainder to_next earned used expired reversed"
    " available is_overdrawn value_used expected_next_slot_date",
}


def recompute(home: Path, as_of: date) -> dict[str, list[Row]]:
    """table → its rows; `person` stands for person_id, as the smallest application id of the person."""
    applications = Applications(read := read_home(home, as_of), Persons(read))
    referrals, sheets = Referrals(applications), Sheets(applications)
    facts = fct_applications(applications)
    names = {row["person"]: fact["person"] for row, fact in zip(applications.rows, facts, strict=True)}
    return {
        "fct_applications": facts,
        "fct_stage_visits": fct_stage_visits(applications),
        "mart_channel": mart_channel(applications),
        "mart_stage_conversion": mart_stage_conversion(applications),
        "mart_stage_curve": mart_stage_curve(applications),
        "mart_rejection": mart_rejection(applications),
        "mart_retention": mart_retention(applications),
        "fct_relay_referrals": fct_relay_referrals(referrals, names),
        "fct_quota_ledger": fct_quota_ledger(referrals),
        "mart_quota_balance": mart_quota_balance(referrals),
        "mart_time_in_stage": mart_time_in_stage(applications),
        "mart_stage_activity": mart_stage_activity(sheets),
        "mart_data_quality": mart_data_quality(applications, home / "inbox" / "template"),
        "mart_offer": mart_offer(applications),
        "mart_job": mart_job(applications),
        "mart_cost_per_hire": mart_cost_per_hire(applications, referrals),
        "mart_candidate_experience": mart_candidate_experience(applications),
        "mart_interviewer": mart_interviewer(sheets),
        "mart_department_calibration": mart_department_calibration(sheets),
        "mart_selection_validity": mart_selection_validity(sheets),
        "mart_reapplicant": mart_reapplicant(sheets),
        "mart_talent_pool": mart_talent_pool(sheets),
        "mart_relay_funnel": mart_relay_funnel(applications, referrals),
    }


def tabulate(table: str, rows: Sequence[Row]) -> tuple[list[str], list[list[Any]]]:
    """The table's columns and its rows as the expected files have them."""
    columns = COLUMNS[table].split()
    return columns, [[row[name] for name in columns] for row in rows]


def write_expected(home: Path, as_of: date, folder: Path) -> None:
    """Write expected/ in the golden companies' layout."""
    folder.mkdir(parents=True, exist_ok=True)
    for table, rows in recompute(home, as_of).items():
        columns, cells = tabulate(table, rows)
        with (folder / f"{table}.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(columns)
            writer.writerows([_written(cell) for cell in row] for row in cells)


def _written(cell: Any) -> str:
    return repr(cell) if isinstance(cell, float) else canonical_text(cell)


if __name__ == "__main__":
    write_expected(Path(sys.argv[1]), date.fromisoformat(sys.argv[2]), Path(sys.argv[3]))
