"""fct_application_stages and mart_stage_conversion against the specification's sentences, spelled out in Python."""

from __future__ import annotations

import random
from collections import defaultdict
from datetime import datetime, timedelta
from typing import Any

import polars as pl
import pytest

from tests.marts.conftest import RunMart

ORDER = {"applied": 0, "document": 10, "test": 20, "interview_1": 30, "offer": 70, "accepted": 80, "独自段階": None}
START = datetime.fromisoformat("2026-01-01")
AS_OF = datetime.fromisoformat("2026-09-30 15:00:00")
FATES = ("advanced", "rejected", "withdrawn", "exempt", "open")
LEFT = ("withdrawn", "offer_declined")
Row = dict[str, Any]


def draw_company(seed: int, n: int) -> tuple[list[Row], list[Row]]:
    """Applications and their visits: skipped, re-entered and simultaneous stages, slips, exemptions, early closings."""
    draw = random.Random(seed)
    applications, visits = [], []
    for number in range(n):
        keys = ["applied", *(draw.choice(list(ORDER)) for _ in range(draw.randrange(5)))]
        entered = sorted(START + timedelta(hours=draw.randrange(0, 240, 8)) for _ in keys)
        own = sorted(zip(entered, keys, strict=True), key=lambda v: (v[0], ORDER[v[1]] is None, ORDER[v[1]] or 0))
        for place, (at, key) in enumerate(own, start=1):
            visits.append(
                {
                    "source": "t",
                    "application_id": f"A{number}",
                    "visit_no": place,
                    "stage_key": key,
                    "stage_order": ORDER[key],
                    "entered_at": at,
                    "exit_type": draw.choice(("advance", "back", "transfer", "exempt")),
                    "is_accidental": draw.random() < 0.1,
                }
            )
        outcome = draw.choice(("open", "hired", "rejected", "withdrawn", "offer_declined", "duplicate"))
        closed_at = None if outcome == "open" else START + timedelta(hours=draw.randrange(0, 480, 8))
        real = [v for v in visits if v["application_id"] == f"A{number}" and not v["is_accidental"]]
        accepted = [v["entered_at"] for v in real if v["stage_key"] == "accepted"]
        accepted_at = min(accepted, default=closed_at if outcome == "hired" else None)
        orders = [v["stage_order"] for v in real if v["stage_order"] is not None]
        applications.append(
            {
                "source": "t",
                "application_id": f"A{number}",
                "outcome": outcome,
                "is_excluded": outcome == "duplicate",
                "closed_at": closed_at,
                "accepted_at": accepted_at,
                "applied_month": START.date(),
                "job_family": draw.choice("fg"),
                "department": "d",
                "channel_id": "c",
                "hiring_type": "h",
                "reached_stage_order": max([*orders, 80 if outcome == "hired" else 0], default=None),
            }
        )
    return applications, visits


def decide_fate(application: Row, key: str, real: list[Row]) -> str:
    last = [v for v in real if v["stage_key"] == key][-1]
    order = ORDER[key]
    if last["exit_type"] == "exempt":
        return "exempt"
    higher = order is not None and any(
        v["stage_order"] is not None and v["stage_order"] > order and v["entered_at"] >= last["entered_at"]
        for v in real
    )
    is_below_accepted = order is not None and order < 80
    if application["outcome"] == "hired" or (is_below_accepted and (higher or application["accepted_at"])):
        return "advanced"
    if application["outcome"] == "rejected":
        return "rejected"
    return "withdrawn" if application["outcome"] in LEFT else "open"


def race(application: Row, key: str, real: list[Row]) -> tuple[str, float] | None:
    """The first event after the first visit and its day; None where there is no clock."""
    order, accepted_at = ORDER[key], application["accepted_at"]
    start = next(v["entered_at"] for v in real if v["stage_key"] == key)
    if order is None or order >= 80 or decide_fate(application, key, real) == "exempt":
        return None
    if accepted_at is not None and accepted_at < start:
        return None
    above = [
        v["entered_at"]
        for v in real
        if v["stage_order"] is not None and v["stage_order"] > order and v["entered_at"] >= start
    ]
    advances = above + ([accepted_at] if accepted_at else [])
    if advances:
        event, at = "advance", min(advances)
    elif application["outcome"] == "rejected":
        event, at = "reject", application["closed_at"]
    elif application["outcome"] in LEFT:
        event, at = "withdraw", application["closed_at"]
    else:
        event, at = "censored", AS_OF
    return event, max(0.0, (at - start).total_seconds() / 86_400)


@pytest.mark.parametrize("seed", range(2))
def test_every_visited_stage_has_the_fate_and_the_race_that_the_specification_gives_it(
    run_mart: RunMart, seed: int
) -> None:
    applications, visits = draw_company(seed, 300)
    rows = run_mart("fct_application_stages", fct_applications=applications, fct_stage_visits=visits)
    by_application = defaultdict(list)
    for visit in visits:
        if not visit["is_accidental"]:
            by_application[visit["application_id"]].append(visit)
    expected = {
        (a["application_id"], key): (decide_fate(a, key, real), race(a, key, real))
        for a in applications
        if not a["is_excluded"] and (real := by_application[a["application_id"]])
        for key in {v["stage_key"] for v in real}
    }
    found = {
        (row["application_id"], row["stage_key"]): (
            row["fate"],
            (row["first_event"], row["days_to_first_event"]) if row["is_on_curve"] else None,
        )
        for row in rows.iter_rows(named=True)
    }
    assert found == expected
    assert {fate for fate, _ in found.values()} == set(FATES)


def test_a_cohort_is_counted_by_fate_and_by_how_far_it_got(run_mart: RunMart) -> None:
    applications, visits = draw_company(5, 400)
    stages = run_mart("fct_application_stages", fct_applications=applications, fct_stage_visits=visits)
    rows = run_mart("mart_stage_conversion", fct_application_stages=stages)
    entered = stages.group_by("job_family", "stage_key", "fate").len()
    counts = {(family, key, fate): n for family, key, fate, n in entered.iter_rows()}
    assert rows.height == stages.select("job_family", "stage_key").n_unique() == 2 * len(ORDER)
    for row in rows.iter_rows(named=True):
        family, key = row["job_family"], row["stage_key"]
        assert [row[f"n_{fate}"] for fate in FATES] == [counts.get((family, key, fate), 0) for fate in FATES]
        assert row["n_entered"] == sum(row[f"n_{fate}"] for fate in FATES)
        reached = [a["reached_stage_order"] for a in applications if a["job_family"] == family and not a["is_excluded"]]
        if ORDER[key] is None:
            assert row["n_reached"] is None and row["implied_pass_rate"] is None
            continue
        assert row["n_reached"] == sum(order is not None and order >= ORDER[key] for order in reached)
        later = sorted(order for order in ORDER.values() if order is not None and order > (ORDER[key] or 0))
        if later:
            further = sum(order is not None and order >= later[0] for order in reached)
            assert row["implied_pass_rate"] == further / row["n_reached"]
        else:
            assert row["implied_pass_rate"] is None


def test_a_cohort_without_a_known_month_is_kept(run_mart: RunMart) -> None:
    applications, visits = draw_company(6, 30)
    undated = [a | {"applied_month": None} for a in applications]
    stages = run_mart("fct_application_stages", fct_applications=undated, fct_stage_visits=visits)
    rows = run_mart("mart_stage_conversion", fct_application_stages=stages)
    assert rows["applied_month"].is_null().all()
    known = rows.filter(pl.col("stage_key") == "applied")
    assert known.height == 2 and known["n_reached"].is_not_null().all()
