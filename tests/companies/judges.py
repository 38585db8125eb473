"""mart_interviewer and mart_department_calibration: who hands in, and who judges apart from the others."""

from __future__ import annotations

import math
import statistics
from collections import defaultdict
from collections.abc import Sequence

from scipy import stats

from tests.companies.home import Row
from tests.companies.measures import Z, divide, mean, name_rate, percentile
from tests.companies.sheets import Sheets
from tests.companies.stages import SMALL

VERDICTS = {"yes": True, "strong_yes": True, "no": False, "definitely_no": False}
DECISIONS = {"hired": True, "offer_declined": True, "rejected": False}


def mart_interviewer(sheets: Sheets) -> list[Row]:
    groups: dict[tuple, list[Row]] = defaultdict(list)
    for sitting in sheets.sittings:
        groups[sitting["interviewer"], sitting["half_year"]].append(sitting)
    voices = {name: mean(shares) for name, shares in _shares(sheets.sittings).items()}
    return [_line(name, half, sittings, voices, sheets) for (name, half), sittings in groups.items()]


def _shares(sittings: Sequence[Row]) -> dict[tuple[str, str], list[float]]:
    """(interviewer, application) → every score given."""
    found: dict[tuple[str, str], list[float]] = defaultdict(list)
    for sitting in sittings:
        if sitting["shares"]:
            found[sitting["interviewer"], sitting["application"]["application_id"]] += sitting["shares"]
    return found


def _line(name: str, half: object, sittings: list[Row], voices: dict, sheets: Sheets) -> Row:
    held = [sitting for sitting in sittings if sitting["is_held"]]
    submitted = sum(1 for sitting in held if sitting["is_submitted"])
    hours = [sitting["hours"] for sitting in sittings if sitting["hours"] is not None]
    own = {application: mean(shares) for (_, application), shares in _shares(sittings).items()}
    pairs = []
    for application, score in own.items():
        others = [voice for (other, seen), voice in voices.items() if seen == application and other != name]
        if others:
            pairs.append((score, mean(others)))
    judged = [
        VERDICTS[sitting["recommendation"]] == DECISIONS[sitting["application"]["outcome"]]
        for sitting in sittings
        if sitting["recommendation"] in VERDICTS and sitting["application"]["outcome"] in DECISIONS
    ]
    return {
        "interviewer": sheets.names[name],
        "half_year": half,
        "as_of_date": sheets.applications.home.as_of_date,
        "n_held": len(held),
        "n_submitted": submitted,
        "n_open": sum(1 for sitting in sittings if sitting["application"]["outcome"] == "open"),
        "is_small": len(held) < SMALL,
        **name_rate("submitted_rate", submitted, len(held)),
        "median_hours_to_submit": percentile(hours, 0.5),
        "p90_hours_to_submit": percentile(hours, 0.9),
        "n_scored": len(own),
        "mean_score": mean([score for score in own.values() if score is not None]),
        "n_compared": len(pairs),
        "expected_score": mean([other for _, other in pairs]),
        **_leniency([score - other for score, other in pairs]),
        "n_judged": len(judged),
        "n_agreed": sum(judged),
        **name_rate("agreement_rate", sum(judged), len(judged)),
    }


def _leniency(differences: Sequence[float]) -> Row:
    middle, bounds = mean(differences), (None, None)
    if middle is not None and len(differences) > 1:
        width = Z * statistics.stdev(differences) / math.sqrt(len(differences))
        bounds = middle - width, middle + width
    return {"leniency": middle, "leniency_lo": bounds[0], "leniency_hi": bounds[1]}


def mart_department_calibration(sheets: Sheets) -> list[Row]:
    """A voice is an interviewer's mean score on an application; the variances by the classical table, F by scipy."""
    departments = {(s["interviewer"], s["application"]["application_id"]): s["department"] for s in sheets.sittings}
    voices: dict[str, list[tuple[str, str, float]]] = defaultdict(list)
    for (interviewer, application), shares in _shares(sheets.sittings).items():
        voices[departments[interviewer, application]].append(
            (interviewer, application, math.fsum(shares) / len(shares))
        )
    company = _variances([[score for *_, score in group] for group in voices.values()])
    lines = []
    for department, group in voices.items():
        pairs = []
        for application in {seen for _, seen, _ in group}:
            inside = [score for _, seen, score in group if seen == application]
            outside = [
                score
                for other, rows in voices.items()
                for _, seen, score in rows
                if seen == application and other != department
            ]
            if outside:
                pairs.append((math.fsum(inside) / len(inside), math.fsum(outside) / len(outside)))
        scores = [score for *_, score in group]
        lines.append(
            {
                "department": department,
                "as_of_date": sheets.applications.home.as_of_date,
                "n_scores": len(scores),
                "n_interviewers": len({name for name, *_ in group}),
                "n_applications": len({seen for _, seen, _ in group}),
                "is_small": len(scores) < SMALL,
                "mean_score": mean(scores),
                "variance": statistics.variance(scores) if len(scores) > 1 else None,
                "n_compared": len(pairs),
                "panel_score": mean([other for _, other in pairs]),
                **_leniency([one - other for one, other in pairs]),
                **company,
            }
        )
    return lines


def _variances(groups: list[list[float]]) -> Row:
    """One-way analysis of variance; None where a degree of freedom is missing."""
    scores = [score for group in groups for score in group]
    k, n = len(groups), len(scores)
    line: Row = {"n_departments": k, "mean_of_all": mean(scores)}
    line |= dict.fromkeys(("variance_between", "variance_within", "between_share", "f_statistic"))
    if n > k:
        within = math.fsum((len(group) - 1) * statistics.variance(group) for group in groups if len(group) > 1) / (
            n - k
        )
        line["variance_within"] = within
        if k > 1:
            f = float(stats.f_oneway(*groups).statistic) if within else None
            size = (n - sum(len(group) ** 2 for group in groups) / n) / (k - 1)
            between = max(0.0, (f * within - within) / size) if f is not None else None
            line |= {"f_statistic": f, "variance_between": between}
            line["between_share"] = divide(between, between + within) if between is not None else None
    return line
