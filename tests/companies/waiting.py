"""mart_time_in_stage: how long a stage takes, those still in it counted as such."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from fractions import Fraction

from tests.companies.applications import Applications
from tests.companies.home import Row
from tests.companies.measures import percentile
from tests.companies.stages import SMALL


def mart_time_in_stage(applications: Applications) -> list[Row]:
    """Every visit that is no slip, of the applications in denominators."""
    grains: dict[tuple[str, str, str], list[Row]] = defaultdict(list)
    for row in applications.counted():
        for visit in row["real"]:
            grains[visit["stage_key"], row["job_family"], row["department"]].append(visit)
    return [_line(grain, visits, applications) for grain, visits in grains.items()]


def _line(grain: tuple[str, str, str], visits: list[Row], applications: Applications) -> Row:
    ended = [visit["days"] for visit in visits if visit["exited_at"] is not None]
    waiting = [visit["days"] for visit in visits if visit["exited_at"] is None]
    return {
        **dict(zip(("stage_key", "job_family", "department"), grain, strict=True)),
        "stage_order": visits[0]["stage_order"],
        "as_of_date": applications.home.as_of_date,
        "n_completed": len(ended),
        "n_open": len(waiting),
        "is_small": len(ended) < SMALL,
        "median_days": percentile(ended, 0.5),
        "p75_days": percentile(ended, 0.75),
        "p90_days": percentile(ended, 0.9),
        "km_median_days": km_median([(days, True) for days in ended] + [(days, False) for days in waiting]),
        "oldest_open_days": max(waiting, default=None),
    }


def km_median(times: Sequence[tuple[float, bool]]) -> float | None:
    """The first time at which at most half are still there; None where more than half always are."""
    survival = Fraction(1)
    for moment in sorted({time for time, is_event in times if is_event}):
        at_risk = sum(1 for time, _ in times if time >= moment)
        events = sum(1 for time, is_event in times if is_event and time == moment)
        survival *= Fraction(at_risk - events, at_risk)
        if survival <= Fraction(1, 2):
            return moment
    return None
