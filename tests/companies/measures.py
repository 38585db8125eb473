"""The statistics of the marts, written out: Wilson intervals, Kaplan–Meier, Aalen–Johansen, medians."""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction
from itertools import groupby
from operator import itemgetter

Z = 1.959964  # the specification's 95 %


def divide(over: float, under: float) -> float | None:
    return over / under if under else None


def wilson(k: int, n: int) -> tuple[float | None, float | None, float | None]:
    """(k / n, lower, upper), all None where n is 0, without bounds where k exceeds n: that is no share."""
    if not n:
        return None, None, None
    p = k / n
    if k > n:
        return p, None, None
    centre = (p + Z * Z / (2 * n)) / (1 + Z * Z / n)
    half = Z * math.sqrt(p * (1 - p) / n + Z * Z / (4 * n * n)) / (1 + Z * Z / n)
    return p, max(0.0, centre - half), min(1.0, centre + half)


def name_rate(name: str, k: int, n: int) -> dict[str, float | None]:
    """The three columns of a rate."""
    rate, low, high = wilson(k, n)
    return {name: rate, f"{name}_lo": low, f"{name}_hi": high}


def median(values: Sequence[float]) -> float | None:
    ordered = sorted(values)
    if not ordered:
        return None
    middle = (len(ordered) - 1) / 2
    return (ordered[math.floor(middle)] + ordered[math.ceil(middle)]) / 2


def percentile(values: Sequence[float], share: float) -> float | None:
    """Interpolated between the two nearest, as percentile_cont does."""
    ordered = sorted(values)
    if not ordered:
        return None
    place = share * (len(ordered) - 1)
    low, high = ordered[math.floor(place)], ordered[math.ceil(place)]
    return low + (high - low) * (place - math.floor(place))


def mean(values: Sequence[float]) -> float | None:
    return math.fsum(values) / len(values) if values else None


def survive(times: Sequence[tuple[float, bool]], horizon: float) -> tuple[float | None, float | None, float | None]:
    """Kaplan–Meier survival at the horizon and its log–log Greenwood bounds.

    `times` are (time, is an event). Events come before censorings at equal times. None where the longest observed
    time is before the horizon and somebody has survived; the bounds also None where the survival is 0 or 1.
    """
    survival, greenwood = Fraction(1), 0.0
    for moment in sorted({time for time, is_event in times if is_event and time <= horizon}):
        at_risk = sum(1 for time, _ in times if time >= moment)
        events = sum(1 for time, is_event in times if is_event and time == moment)
        survival *= Fraction(at_risk - events, at_risk)
        if at_risk > events:
            greenwood += events / (at_risk * (at_risk - events))
    if not times or (max(time for time, _ in times) < horizon and survival > 0):
        return None, None, None
    if survival in (0, 1):
        return float(survival), None, None
    width = Z * math.sqrt(greenwood) / abs(math.log(survival))
    return float(survival), float(survival) ** math.exp(width), float(survival) ** math.exp(-width)


def incidence(
    subjects: Sequence[tuple[float, str | None]], days: Sequence[int], causes: Sequence[str]
) -> dict[int, dict[str, float]]:
    """Aalen–Johansen: day → cause → cumulative incidence by that day, and `at_risk` just before it.

    `subjects` are (time in days, cause or None where censored); events come before censorings at equal times.
    """
    free, reached, at_risk = 1.0, dict.fromkeys(causes, 0.0), len(subjects)
    curve, waiting = {}, sorted(days)
    for moment, group in groupby(sorted(subjects, key=itemgetter(0)), key=itemgetter(0)):
        while waiting and waiting[0] < moment:
            curve[waiting.pop(0)] = {**reached, "at_risk": at_risk}
        endings = [cause for _, cause in group]
        for cause in endings:
            if cause:
                reached[cause] += free / at_risk
        free *= 1 - sum(1 for cause in endings if cause) / at_risk
        if waiting and waiting[0] == moment:
            curve[waiting.pop(0)] = {**reached, "at_risk": at_risk}
        at_risk -= len(endings)
    return curve | {day: {**reached, "at_risk": 0} for day in waiting}
