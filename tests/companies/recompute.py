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

from tests.companies.applications import Applications, fct_applications, fct_stage_visits
from tests.companies.channels import mart_channel
from tests.companies.employees import mart_retention
from tests.companies.home import Row, read_home
from tests.companies.labels import ORDER
from tests.companies.persons import Persons
from tests.companies.quota import fct_quota_ledger, mart_quota_balance
from tests.companies.referrals import Referrals, fct_relay_referrals
from tests.companies.rejections import mart_rejection
from tests.companies.stages import mart_stage_conversion, mart_stage_curve
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
    "mart_quota_balance": "balance_date as_of_date counted_total remainder to_next earned used expired reversed"
    " available is_overdrawn value_used expected_next_slot_date",
}


def recompute(home: Path, as_of: date) -> dict[str, list[Row]]:
    """table → its rows; `person` stands for person_id, as the smallest application id of the person."""
    applications = Applications(read := read_home(home, as_of), Persons(read))
    referrals = Referrals(applications)
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
