"""mart_interviewer and mart_department_calibration against a second method: scipy, and loops over the sittings."""

from __future__ import annotations

import random
from collections import defaultdict
from datetime import date
from statistics import mean
from typing import Any

import pytest
from scipy import stats

from tests.marts.conftest import RunMart

HALVES = (date(2025, 10, 1), date(2026, 4, 1))
Row = dict[str, Any]


def draw_sittings(seed: int, n: int) -> list[Row]:
    """Sittings of six interviewers in three departments with many ties; some without any score."""
    draw = random.Random(seed)
    found: dict[tuple, Row] = {}
    for _ in range(n):
        number, application, sitting = draw.randrange(6), f"A{draw.randrange(n // 4)}", f"I{draw.randrange(3)}"
        n_scores = draw.choice((0, 1, 1, 3))
        found[number, application, sitting] = {
            "interviewer_id": f"IV{number}",
            "source": "t",
            "application_id": application,
            "sitting_key": sitting,
            "half_year": draw.choice(HALVES),
            "interviewer_department": "abc"[number // 2],
            "is_held": True,
            "is_submitted": n_scores > 0,
            "n_scores": n_scores,
            "score_share": draw.randrange(5) / 4 if n_scores else None,
            "outcome": "open",
        }
    return list(found.values())


def weigh(sittings: list[Row]) -> float:
    """Mean of all scores given in these sittings."""
    return sum(s["score_share"] * s["n_scores"] for s in sittings) / sum(s["n_scores"] for s in sittings)


def group(sittings: list[Row], *columns: str) -> dict[tuple, list[Row]]:
    groups: dict[tuple, list[Row]] = defaultdict(list)
    for sitting in sittings:
        if sitting["n_scores"]:
            groups[tuple(sitting[column] for column in columns)].append(sitting)
    return groups


def assert_mean_with_bounds(row: Row, differences: list[float]) -> None:
    """leniency and its bounds are scipy's of these differences."""
    assert row["n_compared"] == len(differences)
    if not differences:
        assert row["leniency"] is row["leniency_lo"] is row["leniency_hi"] is None
        return
    assert row["leniency"] == pytest.approx(mean(differences), abs=1e-12)
    if len(differences) < 2:
        assert row["leniency_lo"] is row["leniency_hi"] is None
    elif (error := float(stats.sem(differences))) > 0:
        bounds = stats.norm.interval(0.95, loc=mean(differences), scale=error)
        assert (row["leniency_lo"], row["leniency_hi"]) == pytest.approx(bounds, abs=1e-6)


@pytest.mark.parametrize(("seed", "n"), [(0, 12), (1, 40), (2, 400)])
def test_an_interviewer_is_measured_against_the_others_on_the_same_applications(
    run_mart: RunMart, seed: int, n: int
) -> None:
    sittings = draw_sittings(seed, n)
    rows = run_mart("mart_interviewer", fct_interviewer_sittings=sittings)
    voices = {key: weigh(own) for key, own in group(sittings, "application_id", "interviewer_id").items()}
    assert rows.height == len({(s["interviewer_id"], s["half_year"]) for s in sittings})
    for row in rows.iter_rows(named=True):
        differences = []
        own = group(sittings, "interviewer_id", "half_year", "application_id")
        for (interviewer, half, application), sat in own.items():
            others = [v for (a, i), v in voices.items() if a == application and i != interviewer]
            if (interviewer, half) == (row["interviewer_id"], row["half_year"]) and others:
                differences.append(weigh(sat) - mean(others))
        assert_mean_with_bounds(row, differences)


@pytest.mark.parametrize(("seed", "n"), [(0, 12), (1, 40), (2, 400), (3, 2_000)])
def test_departments_are_analysed_as_scipy_does(run_mart: RunMart, seed: int, n: int) -> None:
    sittings = draw_sittings(seed, n)
    rows = run_mart("mart_department_calibration", fct_interviewer_sittings=sittings)
    voices = {
        key: weigh(own)
        for key, own in group(sittings, "interviewer_department", "application_id", "interviewer_id").items()
    }
    groups = {name: [v for (d, _, _), v in voices.items() if d == name] for name in {key[0] for key in voices}}
    assert set(rows["department"]) == set(groups)
    f = float(stats.f_oneway(*groups.values()).statistic)
    total, sizes = len(voices), [len(own) for own in groups.values()]
    within = sum(len(own) * stats.moment(own, 2) for own in groups.values()) / (total - len(groups))
    size = (total - sum(n_own**2 for n_own in sizes) / total) / (len(groups) - 1)
    for row in rows.iter_rows(named=True):
        own = groups[row["department"]]
        assert row["n_scores"] == len(own)
        assert row["mean_score"] == pytest.approx(mean(own), abs=1e-12)
        assert row["variance"] == (pytest.approx(stats.tvar(own), abs=1e-12) if len(own) > 1 else None)
        assert row["f_statistic"] == pytest.approx(f, rel=1e-9)
        assert row["variance_within"] == pytest.approx(within, rel=1e-9)
        assert row["variance_between"] == pytest.approx(max(0.0, (f - 1) * within / size), abs=1e-9)
        differences = []
        for application in {a for d, a, _ in voices if d == row["department"]}:
            ours = [v for (d, a, _), v in voices.items() if a == application and d == row["department"]]
            others = [v for (d, a, _), v in voices.items() if a == application and d != row["department"]]
            differences += [mean(ours) - mean(others)] if others else []
        assert_mean_with_bounds(row, differences)


def test_one_department_and_one_voice_have_no_variance(run_mart: RunMart) -> None:
    sitting = next(s for s in draw_sittings(0, 40) if s["n_scores"])
    row = run_mart("mart_department_calibration", fct_interviewer_sittings=[sitting]).row(0, named=True)
    assert row["mean_score"] == sitting["score_share"]
    empty = ("variance", "leniency", "variance_between", "variance_within", "between_share", "f_statistic")
    assert {row[name] for name in empty} == {None}
