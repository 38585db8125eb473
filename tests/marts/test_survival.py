"""mart_retention and mart_stage_curve against a second method: lifelines, and counting by hand."""

from __future__ import annotations

import itertools
import math
import random
from typing import Any

import lifelines
import polars as pl
import pytest

from tests.marts.conftest import RunMart

HORIZONS = (30, 90, 180, 365, 730, 1095)
DAYS = (1, 3, 7, 14, 21, 30, 45, 60, 90, 180)
EVENTS = ("advance", "reject", "withdraw")
CAUSE = {name: number for number, name in enumerate(EVENTS, start=1)}


def draw_employees(seed: int, n: int) -> list[dict[str, Any]]:
    """Whole days with many ties, some on a horizon, departures and censorings mixed."""
    draw = random.Random(seed)
    return [
        {
            "source": "hr",
            "employee_id": str(number),
            "channel_id": draw.choice("abc"),
            "job_family": "f",
            "department": "d",
            "hiring_type": "h",
            "hire_year": "2024",
            "days": draw.choice((0, 30, 90, 180, 365, 1095, *(int(draw.expovariate(1 / 300)) for _ in range(6)))),
            "is_event": draw.random() < 0.5,
            "termination_type": "voluntary",
            "n_rehired": 0,
        }
        for number in range(n)
    ]


@pytest.mark.parametrize("seed", range(3))
def test_survival_and_its_bounds_are_those_of_lifelines(run_mart: RunMart, seed: int) -> None:
    employees = draw_employees(seed, 40 * (seed + 1) ** 2)
    rows = run_mart("mart_retention", fct_retention_subjects=employees).filter(
        pl.col("dimension").is_in(["all", "channel"])
    )
    compared = 0
    for row in rows.iter_rows(named=True):
        own = [e for e in employees if row["member"] in ("all", e["channel_id"])]
        times, events = [e["days"] for e in own], [e["is_event"] for e in own]
        fitter = lifelines.KaplanMeierFitter().fit(times, events)
        expected = float(fitter.survival_function_at_times(row["horizon_days"]).iloc[0])
        if max(times) < row["horizon_days"] and expected > 0:
            assert row["survival"] is None
            continue
        assert row["survival"] == pytest.approx(expected, abs=1e-9)
        assert row["at_risk"] == sum(time >= row["horizon_days"] for time in times)
        if 0 < expected < 1:
            bounds = fitter.confidence_interval_
            low, high = bounds[bounds.index <= row["horizon_days"]].iloc[-1]
            # lifelines takes its normal quantile to more places than the specification's 1.959964.
            assert (row["survival_lo"], row["survival_hi"]) == pytest.approx((low, high), rel=1e-6)
            compared += 1
    assert compared >= 12


def draw_applications(seed: int, n: int, *, ties: bool) -> list[dict[str, Any]]:
    draw = random.Random(seed)
    return [
        {
            "source": "t",
            "application_id": str(number),
            "stage_key": "document",
            "job_family": draw.choice("ab"),
            "department": "d",
            "channel_id": "c",
            "hiring_type": "h",
            "is_on_curve": True,
            "first_event": draw.choice((*EVENTS, "censored")),
            "days_to_first_event": draw.choice((0.0, 1.0, 3.0, 7.0, 30.0, 31.0, 180.0, 200.0))
            if ties
            else draw.expovariate(1 / 40),
        }
        for number in range(n)
    ]


def list_own(applications: list[dict[str, Any]], row: dict[str, Any]) -> list[dict[str, Any]]:
    return [a for a in applications if row["member"] in ("all", a["job_family"])]


@pytest.mark.parametrize("seed", range(3))
def test_incidences_are_those_of_lifelines(run_mart: RunMart, seed: int) -> None:
    applications = draw_applications(seed, 50 * (seed + 1) ** 2, ties=False)
    rows = run_mart("mart_stage_curve", fct_application_stages=applications).filter(
        pl.col("dimension").is_in(["all", "job_family"])
    )
    assert rows.height == 3 * len(DAYS)
    by_member = {row["member"]: row for row in rows.iter_rows(named=True)}
    for event in EVENTS:
        fitters = {}
        for member, row in by_member.items():
            own = list_own(applications, row)
            times = [a["days_to_first_event"] for a in own]
            causes = [CAUSE.get(a["first_event"], 0) for a in own]
            fitter = lifelines.AalenJohansenFitter(calculate_variance=False)
            fitters[member] = fitter.fit(times, causes, event_of_interest=CAUSE[event]).cumulative_density_
        for row in rows.iter_rows(named=True):
            curve = fitters[row["member"]]
            expected = float(curve[curve.index <= row["day"]].iloc[-1].iloc[0])
            assert row[f"cif_{event}"] == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("seed", range(3))
def test_incidences_with_ties_are_those_counted_step_by_step(run_mart: RunMart, seed: int) -> None:
    # lifelines shakes tied times apart, so ties are counted here: all who share a time are at risk at it.
    applications = draw_applications(seed, 30, ties=True)
    rows = run_mart("mart_stage_curve", fct_application_stages=applications).filter(
        pl.col("dimension").is_in(["all", "job_family"])
    )
    for row in rows.iter_rows(named=True):
        own = list_own(applications, row)
        reached: dict[str, float] = dict.fromkeys(EVENTS, 0.0)
        free = 1.0
        for time in sorted({a["days_to_first_event"] for a in own if a["days_to_first_event"] <= row["day"]}):
            at_risk = sum(a["days_to_first_event"] >= time for a in own)
            now = [a["first_event"] for a in own if a["days_to_first_event"] == time and a["first_event"] in EVENTS]
            for event in now:
                reached[event] += free / at_risk
            free *= 1 - len(now) / at_risk
        assert [row[f"cif_{event}"] for event in EVENTS] == pytest.approx(list(reached.values()), abs=1e-12)
        assert row["at_risk"] == sum(a["days_to_first_event"] >= row["day"] for a in own)


@pytest.mark.parametrize("seed", range(3))
def test_with_ties_all_endings_together_are_what_lifelines_says_is_gone(run_mart: RunMart, seed: int) -> None:
    # Whatever the cause, ties need no shaking: lifelines' Kaplan–Meier is exact on them. One member has one
    # application, one has none that ended.
    draw = random.Random(seed)
    applications = draw_applications(seed, 60 * (seed + 1), ties=True)
    applications.append({**applications[0], "job_family": "alone", "first_event": draw.choice(EVENTS)})
    applications += [{**a, "job_family": "waiting", "first_event": "censored"} for a in applications[:5]]
    rows = run_mart("mart_stage_curve", fct_application_stages=applications).filter(
        pl.col("dimension").is_in(["all", "job_family"])
    )
    assert set(rows["member"]) == {"all", "a", "b", "alone", "waiting"}
    for row in rows.iter_rows(named=True):
        own = list_own(applications, row)
        fitter = lifelines.KaplanMeierFitter().fit(
            [a["days_to_first_event"] for a in own], [a["first_event"] != "censored" for a in own]
        )
        gone = 1 - float(fitter.survival_function_at_times(row["day"]).iloc[0])
        assert sum(row[f"cif_{event}"] for event in EVENTS) == pytest.approx(gone, abs=1e-9)


def test_nobody_gives_no_curve(run_mart: RunMart) -> None:
    assert run_mart("mart_stage_curve", fct_application_stages=[]).height == 0
    assert run_mart("mart_retention", fct_retention_subjects=[]).height == 0


@pytest.mark.parametrize(("days", "is_event"), [(0, True), (0, False), (180, True), (180, False), (400, True)])
def test_the_survival_of_one_is_that_of_lifelines(run_mart: RunMart, days: int, is_event: bool) -> None:
    one = draw_employees(0, 1)[0] | {"days": days, "is_event": is_event}
    for row in run_mart("mart_retention", fct_retention_subjects=[one]).iter_rows(named=True):
        fitter = lifelines.KaplanMeierFitter().fit([days], [is_event])
        expected = float(fitter.survival_function_at_times(row["horizon_days"]).iloc[0])
        is_unknown = days < row["horizon_days"] and expected > 0
        assert row["survival"] == (None if is_unknown else expected)
        assert row["survival_lo"] is None and row["survival_hi"] is None


def test_a_young_cohort_shows_its_true_pass_rate_though_rejections_come_first(run_mart: RunMart) -> None:
    # 40 % pass after 20 days on average, 60 % are rejected after 5; everybody applied within the last 30 days.
    draw = random.Random(7)
    applications = []
    for number in range(20_000):
        passes = draw.random() < 0.4
        takes, seen = draw.expovariate(1 / 20 if passes else 1 / 5), draw.uniform(0, 30)
        event = "advance" if passes else "reject"
        applications.append(
            {
                "source": "t",
                "application_id": str(number),
                "stage_key": "document",
                "job_family": "f",
                "department": "d",
                "channel_id": "c",
                "hiring_type": "h",
                "is_on_curve": True,
                "first_event": event if takes <= seen else "censored",
                "days_to_first_event": min(takes, seen),
            }
        )
    rows = run_mart("mart_stage_curve", fct_application_stages=applications)
    row = rows.filter((pl.col("dimension") == "all") & (pl.col("day") == 21)).row(0, named=True)
    observable = 0.4 * (1 - math.exp(-21 / 20))
    decided = [a["first_event"] for a in applications if a["first_event"] != "censored"]
    assert row["cif_advance"] == pytest.approx(observable, abs=0.015)
    assert decided.count("advance") / len(decided) < 0.35
    assert decided.count("advance") / len(applications) < 0.25


def test_a_curve_is_the_same_to_the_last_bit_with_any_order_and_number_of_threads(
    run_mart: RunMart, connection: Any
) -> None:
    # More rows than one row group (122,880): several threads then share the sums.
    applications = pl.DataFrame(draw_applications(1, 3_000, ties=False))
    many = pl.concat(
        applications.with_columns(
            pl.col("application_id") + f"-{copy}", days_to_first_event=pl.col("days_to_first_event") + copy / 97
        )
        for copy in range(50)
    )
    results = []
    for threads, frame in itertools.product((1, 4), (many, many.reverse())):
        connection.execute(f"set threads = {threads}")
        rows = run_mart("mart_stage_curve", fct_application_stages=frame)
        results.append(rows.sort("dimension", "member", "stage_key", "day"))
    assert all(result.equals(results[0]) for result in results[1:])
