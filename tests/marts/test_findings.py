"""mart_findings: on data with no effect it stays silent, and what is really there it says, in both languages."""

from __future__ import annotations

import random
from datetime import date
from typing import Any

import pytest
from scipy import stats

from tests.marts.conftest import RunMart

PAGES = 80  # at a true rate of 5 % more than 10 of them speak once in a thousand times
CHANNELS = [f"channel-{number:02}" for number in range(12)]


def draw_channels(draw: random.Random, rates: dict[str, float]) -> list[dict[str, Any]]:
    rows = []
    for channel, rate in rates.items():
        n = draw.randint(60, 300)
        hired = sum(draw.random() < rate for _ in range(n))
        rows.append(
            {"channel_id": channel, "n_applications": n, "n_open": 0, "n_hired": hired, "mature_hire_rate": hired / n}
        )
    return rows


def draw_conversions(draw: random.Random) -> list[dict[str, Any]]:
    rows = []
    for family in ("cook", "sales", "office"):
        for stage in ("document", "interview_1", "interview_final"):
            n = draw.randint(40, 150)
            advanced = sum(draw.random() < 0.5 for _ in range(n))
            rows.append(
                {
                    "job_family": family,
                    "stage_key": stage,
                    "n_advanced": advanced,
                    "n_rejected": n - advanced,
                    "n_withdrawn": 0,
                }
            )
    return rows


def draw_withdrawals(draw: random.Random) -> list[dict[str, Any]]:
    months = [date(2025, month, 1) for month in (7, 8, 9, 10, 11, 12)] + [date(2026, m, 1) for m in range(1, 10)]
    rows = []
    for month in months:
        for reason in ("salary", "location", "other_offer", "hours"):
            n = sum(draw.random() < 0.25 for _ in range(40))
            rows.append(
                {
                    "closed_month": month,
                    "party": "candidate",
                    "reason_key": reason,
                    "n_applications": n,
                    "weighted_n": float(n),
                }
            )
    return rows


def draw_departments(draw: random.Random) -> list[dict[str, Any]]:
    rows = []
    for number in range(6):
        n = draw.randint(20, 80)
        error = 0.2 / n**0.5
        leniency = draw.gauss(0, error)
        rows.append(
            {
                "department": f"d{number}",
                "n_compared": n,
                "leniency": leniency,
                "leniency_lo": leniency - 1.959964 * error,
                "leniency_hi": leniency + 1.959964 * error,
            }
        )
    return rows


def test_on_data_with_no_effect_at_most_one_page_in_twenty_finds_one(run_mart: RunMart) -> None:
    draw = random.Random(1)
    speaking = tested = 0
    for _ in range(PAGES):
        rows = run_mart(
            "mart_findings",
            mart_channel_total=draw_channels(draw, dict.fromkeys(CHANNELS, 0.2)),
            mart_stage_conversion=draw_conversions(draw),
            mart_rejection=draw_withdrawals(draw),
            mart_department_calibration=draw_departments(draw),
        )
        speaking += rows.height > 0
        tested += 1
    assert tested == PAGES and speaking <= 10


def test_what_is_there_is_found_with_its_numbers_and_a_sentence_in_both_languages(run_mart: RunMart) -> None:
    draw = random.Random(2)
    channels = draw_channels(draw, dict.fromkeys(CHANNELS[:4], 0.1) | {"referral": 0.6})
    rows = run_mart("mart_findings", mart_channel_total=channels)
    assert set(rows["channel_id"]) == {"referral"} and rows.height == 1
    row = rows.row(0, named=True)
    own = next(c for c in channels if c["channel_id"] == "referral")
    other = next(c for c in channels if c["channel_id"] == row["other_channel_id"])
    assert (row["n"], row["k"]) == (own["n_applications"], own["n_hired"])
    assert (row["comparison_n"], row["comparison_k"]) == (other["n_applications"], other["n_hired"])
    assert row["value_lo"] > row["comparison_hi"] and row["p_value"] <= row["q_value"] <= 0.05
    assert f"{row['k']} of {row['n']}" in row["sentence_en"]
    assert f"{row['n']}人中{row['k']}人" in row["sentence_ja"]


def test_p_and_q_are_those_of_scipy(run_mart: RunMart) -> None:
    channels = [
        {"channel_id": "a", "n_applications": 200, "n_open": 0, "n_hired": 80, "mature_hire_rate": 0.4},
        {"channel_id": "b", "n_applications": 300, "n_open": 0, "n_hired": 60, "mature_hire_rate": 0.2},
        {"channel_id": "c", "n_applications": 200, "n_open": 0, "n_hired": 70, "mature_hire_rate": 0.35},
    ]
    rows = run_mart("mart_findings", mart_channel_total=channels).sort("channel_id")

    def p_of(k: int, n: int, k2: int, n2: int) -> float:
        pooled = (k + k2) / (n + n2)
        return float(2 * stats.norm.sf(abs(k / n - k2 / n2) / (pooled * (1 - pooled) * (1 / n + 1 / n2)) ** 0.5))

    ps = [p_of(80, 200, 60, 300), p_of(70, 200, 60, 300), p_of(80, 200, 70, 200)]
    qs = stats.false_discovery_control(ps)
    assert rows["channel_id"].to_list() == ["a", "c"]
    assert rows["p_value"].to_list() == pytest.approx(ps[:2], rel=1e-6)
    assert rows["q_value"].to_list() == pytest.approx(list(qs[:2]), rel=1e-6)
    assert rows["n_tested"].to_list() == [3, 3]
