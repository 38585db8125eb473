"""mart_time_in_stage against a second method: lifelines for the median with censoring, numpy for the percentiles."""

from __future__ import annotations

import math
import random
from datetime import datetime
from typing import Any

import lifelines
import numpy as np
import pytest

from tests.marts.conftest import RunMart

ENDED = datetime.fromisoformat("2026-09-01")
DEPARTMENTS = ("many", "few", "one", "all_open", "all_done")


def draw_visits(seed: int) -> list[dict[str, Any]]:
    """Stays with many ties between leaving and censoring; one group of one, one all open, one all completed."""
    draw = random.Random(seed)
    sizes = dict(zip(DEPARTMENTS, (400, draw.randrange(2, 9), 1, 7, 12), strict=True))
    visits = []
    for department, size in sizes.items():
        for number in range(size):
            is_completed = {"all_open": False, "all_done": True}.get(department, draw.random() < 0.6)
            visits.append(
                {
                    "source": "t",
                    "application_id": department,
                    "visit_no": number + 1,
                    "stage_key": "document",
                    "stage_order": 10,
                    "exited_at": ENDED if is_completed else None,
                    "days": draw.choice((0.0, 1.0, 2.0, 3.5, 10.0, draw.expovariate(1 / 9))),
                    "is_accidental": False,
                }
            )
    return visits


def run(run_mart: RunMart, visits: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    applications = [
        {"source": "t", "application_id": name, "job_family": "f", "department": name, "is_excluded": False}
        for name in DEPARTMENTS
    ]
    rows = run_mart("mart_time_in_stage", fct_applications=applications, fct_stage_visits=visits)
    return {row["department"]: row for row in rows.iter_rows(named=True)}


@pytest.mark.parametrize("seed", range(12))
def test_medians_and_percentiles_are_those_of_lifelines_and_numpy(run_mart: RunMart, seed: int) -> None:
    visits = draw_visits(seed)
    rows = run(run_mart, visits)
    assert set(rows) == set(DEPARTMENTS)
    for department, row in rows.items():
        own = [visit for visit in visits if visit["application_id"] == department]
        times, done = [v["days"] for v in own], [v["exited_at"] is not None for v in own]
        median = lifelines.KaplanMeierFitter().fit(times, done).median_survival_time_
        if math.isinf(median):
            assert row["km_median_days"] is None
        else:
            assert row["km_median_days"] == pytest.approx(median, abs=1e-9)
        completed = [time for time, is_completed in zip(times, done, strict=True) if is_completed]
        still = [time for time, is_completed in zip(times, done, strict=True) if not is_completed]
        assert (row["n_completed"], row["n_open"]) == (len(completed), len(still))
        assert row["oldest_open_days"] == max(still, default=None)
        found = [row["median_days"], row["p75_days"], row["p90_days"]]
        expected = list(np.percentile(completed, (50, 75, 90))) if completed else [None] * 3
        assert found == (pytest.approx(expected, abs=1e-9) if completed else expected)


@pytest.mark.parametrize("n", [2, 6, 10, 14, 22, 50, 1_000])
def test_exactly_a_half_gone_is_the_median_whatever_the_rounding(run_mart: RunMart, n: int) -> None:
    # Products such as 5/6 · 4/5 · 3/4 are a half, though their logarithms add up to a hair more or less.
    visit = {"source": "t", "application_id": "many", "stage_key": "document", "stage_order": 10}
    visits = [
        visit | {"visit_no": day, "exited_at": ENDED, "days": float(day), "is_accidental": False}
        for day in range(1, n + 1)
    ]
    assert run(run_mart, visits)["many"]["km_median_days"] == n / 2


def test_no_visit_gives_no_row(run_mart: RunMart) -> None:
    assert run(run_mart, []) == {}
