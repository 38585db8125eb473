"""What a finding must not be made of: every condition of the page, with rows that only it keeps out."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import pytest

from tests.marts.conftest import RunMart

Row = dict[str, Any]
# as_of is 2026-09-30: three recent months, the twelve before them.
RECENT = [date(2026, month, 1) for month in (7, 8, 9)]
BEFORE = [date(2025, month, 1) for month in range(7, 13)] + [date(2026, month, 1) for month in range(1, 7)]


def channel(name: str, n: int, hired: int, waiting: int = 0) -> Row:
    return {
        "channel_id": name,
        "n_applications": n + waiting,
        "n_open": waiting,
        "n_hired": hired,
        "mature_hire_rate": hired / n,
    }


def left(month: date | None, reason: str, n: int, party: str = "candidate") -> Row:
    return {"closed_month": month, "party": party, "reason_key": reason, "n_applications": n, "weighted_n": float(n)}


def grown(reason: str = "salary") -> list[Row]:
    """30 of 50 a month say it of late, 3 of 23 before."""
    return [
        left(month, key, n)
        for months, said in ((RECENT, 30), (BEFORE, 3))
        for month in months
        for key, n in ((reason, said), ("location", 20))
    ]


def stage(family: str, key: str, advanced: int, rejected: int) -> Row:
    return {
        "job_family": family,
        "stage_key": key,
        "n_advanced": advanced,
        "n_rejected": rejected,
        "n_withdrawn": 0,
    }


def department(name: str, n: int, leniency: float, lo: float, hi: float) -> Row:
    return {"department": name, "n_compared": n, "leniency": leniency, "leniency_lo": lo, "leniency_hi": hi}


def numbers(rows: Any) -> list[tuple]:
    return rows.select("n", "k", "comparison_n", "comparison_k").rows()


GROWN = (150, 90, 276, 36)


def test_a_reason_that_grew_is_found_as_counted_by_hand(run_mart: RunMart) -> None:
    assert numbers(run_mart("mart_findings", mart_rejection=grown())) == [GROWN]


@pytest.mark.parametrize(
    "other",
    [
        left(date(2026, 8, 1), "salary", 500, "company"),
        left(date(2025, 9, 1), "location", 500, "company"),
        left(None, "salary", 500),
        left(date(2025, 6, 1), "salary", 500),
        left(date(2026, 10, 1), "salary", 500),
    ],
    ids=["ours, of late", "ours, before", "no month", "sixteen months ago", "next month"],
)
def test_what_is_no_withdrawal_of_these_fifteen_months_counts_nowhere(other: Row, run_mart: RunMart) -> None:
    assert numbers(run_mart("mart_findings", mart_rejection=[*grown(), other])) == [GROWN]


@pytest.mark.parametrize(
    ("month", "n", "comparison_n"), [(date(2026, 7, 1), 157, 276), (date(2026, 6, 1), 150, 283), (BEFORE[0], 150, 283)]
)
def test_the_first_of_three_months_is_of_late_and_the_first_of_fifteen_is_before(
    month: date, n: int, comparison_n: int, run_mart: RunMart
) -> None:
    (row,) = numbers(run_mart("mart_findings", mart_rejection=[*grown(), left(month, "location", 7)]))
    assert (row[0], row[2]) == (n, comparison_n)


def test_that_more_say_nothing_is_no_reason_that_grew(run_mart: RunMart) -> None:
    assert run_mart("mart_findings", mart_rejection=grown("missing")).is_empty()


def test_a_stage_after_the_decision_is_no_bottleneck(run_mart: RunMart) -> None:
    def found(key: str) -> int:
        rows = [stage("調理", key, 20, 180), stage("営業", key, 150, 50), stage("事務", key, 150, 50)]
        return run_mart("mart_findings", mart_stage_conversion=rows).height

    assert (found("offer"), found("accepted")) == (1, 0)


def test_applications_that_still_wait_are_no_failures(run_mart: RunMart) -> None:
    rows = run_mart("mart_findings", mart_channel_total=[channel("a", 200, 80, 300), channel("b", 250, 25, 100)])
    assert numbers(rows) == [(200, 80, 250, 25)]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ((19, 17), (300, 100)),  # nineteen of one
        ((300, 200), (19, 2)),  # nineteen of the other
        ((20, 6), (400, 0)),  # fewer than five expected hires
        ((20, 20), (400, 320)),  # fewer than five expected others: 20 × 80/420
        ((200, 80), (200, 58)),  # p is 0.02, and the intervals meet
    ],
)
def test_channels_that_cannot_be_told_apart_are_not(
    one: tuple[int, int], other: tuple[int, int], run_mart: RunMart
) -> None:
    assert run_mart("mart_findings", mart_channel_total=[channel("a", *one), channel("b", *other)]).is_empty()


def test_twenty_of_each_with_five_expected_are_enough(run_mart: RunMart) -> None:
    assert run_mart("mart_findings", mart_channel_total=[channel("a", 20, 18), channel("b", 20, 3)]).height == 1


def test_where_intervals_meet_neither_a_stage_nor_a_reason_is_told(run_mart: RunMart) -> None:
    stages = [stage("調理", "document", 58, 142), stage("営業", "document", 80, 120)]
    reasons = [
        *(left(RECENT[0], key, n) for key, n in (("salary", 80), ("location", 120))),
        *(left(BEFORE[0], key, n) for key, n in (("salary", 58), ("location", 142))),
    ]
    assert run_mart("mart_findings", mart_stage_conversion=stages).is_empty()
    assert run_mart("mart_findings", mart_rejection=reasons).is_empty()


@pytest.mark.parametrize(
    ("row", "n"),
    [
        (department("東京", 20, 0.2, 0.1, 0.3), 1),
        (department("東京", 20, -0.2, -0.3, -0.1), 1),
        (department("東京", 19, 0.2, 0.1, 0.3), 0),  # too few compared
        (department("東京", 40, 0.15, -0.01, 0.21), 0),  # p is 0.008, and the interval holds 0
    ],
)
def test_a_department_is_apart_where_twenty_were_compared_and_the_interval_leaves_zero(
    row: Row, n: int, run_mart: RunMart
) -> None:
    assert run_mart("mart_findings", mart_department_calibration=[row]).height == n


def test_a_department_without_any_variance_is_not_tested(run_mart: RunMart) -> None:
    rows = [department("東京", 40, 0.2, 0.1, 0.3), department("大阪", 40, 0.2, 0.2, 0.2)]
    found = run_mart("mart_findings", mart_department_calibration=rows)
    assert found.select("department", "n_tested").rows() == [("東京", 1)]


def test_of_a_familys_stages_the_clearest_stands_for_all_and_families_stand_apart(run_mart: RunMart) -> None:
    rows = [
        *(stage(family, key, 150, 50) for family in ("営業", "事務") for key in ("document", "offer")),
        stage("調理", "document", 60, 140),
        stage("調理", "offer", 20, 180),
        stage("清掃", "document", 20, 180),
    ]
    found = run_mart("mart_findings", mart_stage_conversion=rows).sort("stage_key")
    assert found.select("job_family", "stage_key").rows() == [("清掃", "document"), ("調理", "offer")]


def test_of_equal_comparisons_the_first_by_name_is_told(run_mart: RunMart) -> None:
    rows = [channel(name, 300, 30) for name in ("d", "b", "c")]
    found = run_mart("mart_findings", mart_channel_total=[*rows, channel("a", 300, 150)])
    assert found.select("channel_id", "other_channel_id").rows() == [("a", "b")]


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


def wait(number: int, days: float) -> Row:
    return {
        "source": "ats",
        "application_id": f"A{number}",
        "stage_key": "interview_1",
        "days": days,
        "is_accidental": False,
    }


def usual(family: str, days: float) -> Row:
    return {
        "job_family": family,
        "department": "東京",
        "stage_key": "interview_1",
        "p90_days": days,
        "is_small": False,
    }


def test_waits_are_held_against_the_own_familys_days(run_mart: RunMart) -> None:
    found = run_mart(
        "mart_findings",
        mart_time_in_stage=[usual("営業", 10.0), usual("調理", 1.0)],
        fct_applications=[application(1), application(2)],
        fct_stage_visits=[wait(1, 5.0), wait(2, 12.0)],
    )
    assert found.select("job_family", "n", "k", "comparison_value").rows() == [("営業", 2, 1, 10.0)]


def test_where_nobody_waits_too_long_nothing_is_told(run_mart: RunMart) -> None:
    found = run_mart(
        "mart_findings",
        mart_time_in_stage=[usual("営業", 10.0)],
        fct_applications=[application(1)],
        fct_stage_visits=[wait(1, 10.0)],
    )
    assert found.is_empty()


def test_a_department_whose_rejections_all_had_the_line_is_not_told(run_mart: RunMart) -> None:
    closed = {"outcome": "rejected", "closed_month": date(2026, 9, 1)}
    invited = {"source": "ats", "is_notified": True}
    found = run_mart(
        "mart_findings",
        fct_applications=[application(1, **closed), application(2, **{**closed, "department": "大阪"})],
        fct_relay_invitations=[
            {**invited, "application_id": "A1", "url_present": False},
            {**invited, "application_id": "A2", "url_present": True},
        ],
    )
    assert found["department"].to_list() == ["東京"]


def entry(slot: int, kind: str, at: datetime, terms_from: datetime = datetime(2026, 4, 1)) -> Row:
    return {"slot_no": slot, "entry_type": kind, "entry_at": at, "terms_from": terms_from}


def test_a_slot_that_was_used_taken_back_or_lapsed_is_no_more_and_one_earned_again_is(run_mart: RunMart) -> None:
    found = run_mart(
        "mart_findings",
        ops__relay_terms=[{"valid_from": datetime(2026, 4, 1), "slot_valid_days": 90}],
        fct_quota_ledger=[
            *(entry(slot, "earn", datetime(2026, 8, 1)) for slot in (1, 2, 3, 4, 5)),
            entry(1, "use", datetime(2026, 8, 2)),
            entry(2, "reverse", datetime(2026, 8, 2)),
            entry(3, "expire", datetime(2026, 8, 2)),
            entry(4, "reverse", datetime(2026, 8, 2)),
            entry(4, "earn", datetime(2026, 8, 3)),
        ],
    )
    assert found["k"].to_list() == [2]  # the fifth, and the fourth as earned again


def test_a_slot_lapses_by_the_terms_it_was_earned_under(run_mart: RunMart) -> None:
    found = run_mart(
        "mart_findings",
        ops__relay_terms=[
            {"valid_from": datetime(2026, 4, 1), "slot_valid_days": 90},
            {"valid_from": datetime(2026, 8, 1), "slot_valid_days": 100},
        ],
        fct_quota_ledger=[entry(1, "earn", datetime(2026, 8, 5), datetime(2026, 8, 1))],
    )
    # 2026-11-13 is 44 days from 2026-09-30; ninety days would be 34.
    assert found.select("k", "value").rows() == [(1, 44.0)]
