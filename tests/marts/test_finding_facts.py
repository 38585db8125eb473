"""What mart_findings counts without a test: each kind from rows worked out by hand, with rows that must not count."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from tests.marts.conftest import RunMart

Row = dict[str, Any]


def application(number: int, **more: Any) -> Row:
    return {
        "source": "ats",
        "application_id": f"A{number}",
        "job_family": "営業",
        "department": "東京",
        "outcome": "open",
        "is_excluded": False,
        **more,
    }


def visit(number: int, days: float, **more: Any) -> Row:
    return {
        "source": "ats",
        "application_id": f"A{number}",
        "stage_key": "interview_1",
        "days": days,
        "is_accidental": False,
        **more,
    }


def only(rows: Any) -> Row:
    (row,) = rows.to_dicts()
    assert row["basis"] == "fact" and row["p_value"] is None
    return row


def test_waits_past_the_day_by_which_nine_in_ten_ended_are_counted(run_mart: RunMart) -> None:
    usual = {
        "job_family": "営業",
        "department": "東京",
        "stage_key": "interview_1",
        "p90_days": 10.0,
        "is_small": False,
    }
    row = only(
        run_mart(
            "mart_findings",
            mart_time_in_stage=[usual, usual | {"stage_key": "document", "is_small": True, "p90_days": 1.0}],
            fct_applications=[
                *(application(n) for n in range(6)),
                application(6, outcome="rejected"),
                application(7, is_excluded=True),
                application(8, department="大阪"),
            ],
            fct_stage_visits=[
                *(visit(n, days) for n, days in enumerate((2.0, 10.0, 10.5, 31.2))),
                visit(4, 50.0, exited_at=datetime(2026, 9, 1)),
                visit(5, 50.0, is_accidental=True),
                visit(0, 50.0, stage_key="document"),
                *(visit(n, 50.0) for n in (6, 7, 8)),
            ],
        )
    )
    assert (row["finding_kind"], row["n"], row["k"]) == ("overdue_stage", 4, 2)
    assert (row["value"], row["comparison_value"]) == (31.2, 10.0)
    assert row["sentence_en"].startswith("営業, 東京: 2 of 4 waiting in ")
    assert row["sentence_en"].endswith("past 10 days, which nine in ten never were; the longest 31.")
    assert row["sentence_ja"].endswith("で待つ4人中2人が、9割が終わる10日を過ぎています（最長31日）。")


def test_people_who_reached_the_final_interview_are_told_where_jobs_are_open(run_mart: RunMart) -> None:
    talent = {"job_family": "調理", "best_stage_order": 60, "n_open_jobs": 2}
    row = only(run_mart("mart_findings", mart_talent_pool=[talent, talent, talent | {"best_stage_order": 59}]))
    assert (row["finding_kind"], row["n"], row["comparison_value"]) == ("silver_medallists", 2, 2.0)
    assert row["sentence_en"] == "調理: 2 people reached the final interview before, and 2 jobs are open."
    assert row["sentence_ja"] == "調理：過去に最終面接まで進んだ2人がいます（募集中の求人2件）。"


def test_rejection_mails_without_the_relay_line_of_this_month_and_the_last_are_counted(run_mart: RunMart) -> None:
    closed = {1: date(2026, 9, 1), 2: date(2026, 8, 1), 3: date(2026, 9, 1), 4: date(2026, 7, 1), 5: date(2026, 9, 1)}
    invited = {"source": "ats", "is_notified": True}
    row = only(
        run_mart(
            "mart_findings",
            fct_applications=[application(n, outcome="rejected", closed_month=day) for n, day in closed.items()],
            fct_relay_invitations=[
                *({**invited, "application_id": f"A{n}", "url_present": n == 3} for n in (1, 2, 3, 4)),
                {**invited, "application_id": "A5", "url_present": False, "is_notified": False},
            ],
        )
    )
    assert (row["finding_kind"], row["department"], row["n"], row["k"]) == ("rejected_without_relay_line", "東京", 3, 2)
    # Wilson's interval of 2 in 3, by hand from z = 1.959964.
    assert (round(row["value_lo"], 4), round(row["value_hi"], 4)) == (0.2077, 0.9385)
    assert row["sentence_ja"] == "東京：今月と先月の不採用通知3通のうち2通にリレーの一行がありません。"


def test_slots_that_lapse_within_sixty_days_and_were_not_used_are_counted(run_mart: RunMart) -> None:
    def entry(slot: int, kind: str, at: datetime) -> Row:
        return {"slot_no": slot, "entry_type": kind, "entry_at": at, "terms_from": datetime(2026, 4, 1)}

    # 90 days from 2026-07-22 (local) is 2026-10-20, twenty days away; from 2026-06-01 it is past, from 09-30 far off.
    row = only(
        run_mart(
            "mart_findings",
            ops__relay_terms=[{"valid_from": datetime(2026, 4, 1), "slot_valid_days": 90}],
            fct_quota_ledger=[
                entry(1, "earn", datetime(2026, 7, 21, 15)),
                entry(2, "earn", datetime(2026, 8, 1)),
                entry(3, "earn", datetime(2026, 8, 1)),
                entry(3, "use", datetime(2026, 8, 2)),
                entry(4, "earn", datetime(2026, 6, 1)),
                entry(5, "earn", datetime(2026, 9, 30)),
            ],
        )
    )
    assert (row["finding_kind"], row["k"], row["value"]) == ("slots_about_to_lapse", 2, 20.0)
    assert row["sentence_en"] == "2 unused relay slots lapse soon, the first in 20 days."
    assert row["sentence_ja"] == "未使用のリレー枠2枠がまもなく失効します（最短20日後）。"


def test_a_department_that_scores_apart_and_a_reason_that_grew_are_told(run_mart: RunMart) -> None:
    apart = {"department": "東京", "n_compared": 40, "leniency": -0.3, "leniency_lo": -0.4, "leniency_hi": -0.2}
    months = [(date(2025, month, 1), 3) for month in range(7, 13)] + [(date(2026, m, 1), 3) for m in range(1, 7)]
    grown = [*months, *((date(2026, month, 1), 30) for month in (7, 8, 9))]
    reasons = [
        {"closed_month": month, "party": "candidate", "reason_key": key, "n_applications": n, "weighted_n": float(n)}
        for month, salary in grown
        for key, n in (("salary", salary), ("location", 20))
    ]
    rows = run_mart("mart_findings", mart_department_calibration=[apart], mart_rejection=reasons)
    kinds = {row["finding_kind"]: row for row in rows.to_dicts()}
    assert set(kinds) == {"department_apart", "growing_withdrawal_reason"}
    told = kinds["department_apart"]
    assert (
        told["sentence_en"]
        == "東京 scores the same applicants 30 points lower than other departments (40 applications)."
    )
    assert told["sentence_ja"] == "東京の評点は、同じ応募者への他部門の評点より30ポイント低いです（40件）。"
    grew = kinds["growing_withdrawal_reason"]
    assert (grew["reason_key"], grew["n"], grew["k"], grew["comparison_k"]) == ("salary", 150, 90, 36)
    assert "grew to 60 % (90 of 150) in three months, from 13 %" in grew["sentence_en"]
