"""mart_selection_validity and mart_reapplicant: what scores foretold, and what was said the last time."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence

from scipy import stats

from tests.companies.applications import Applications
from tests.companies.employees import Spell, find_application, list_spells
from tests.companies.home import Row
from tests.companies.labels import KEY_OF_ORDER
from tests.companies.measures import Z
from tests.companies.sheets import Sheets, share_of_scale
from tests.companies.stages import SMALL
from tests.companies.visits import days_between

YEAR = 365


def mart_selection_validity(sheets: Sheets) -> list[Row]:
    applications = sheets.applications
    ratings, stays = _ratings(applications), _stays(applications)
    started = {spell.application["application_id"] for spell in list_spells(applications) if spell.application}
    cells: dict[tuple[str, str], dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    for row in sheets.rows:
        if row["share"] is not None:
            cells[row["stage_key"], row["criterion"]][row["application"]["application_id"]].append(row["share"])
    lines = []
    for (stage, criterion), by_application in cells.items():
        scores = {application: math.fsum(shares) / len(shares) for application, shares in by_application.items()}
        rated = [(score, ratings[own]) for own, score in scores.items() if own in ratings]
        stayed = [(score, stays[own]) for own, score in scores.items() if own in stays]
        lines.append(
            {
                "stage_key": stage,
                "criterion": criterion,
                "as_of_date": applications.home.as_of_date,
                "n_scored": len(scores),
                "n_started": len(scores.keys() & started),
                "n_rating": len(rated),
                **_correlation("rating_correlation", rated),
                "n_retention": len(stayed),
                **_correlation("retention_correlation", stayed),
                "is_small": len(rated) < SMALL,
            }
        )
    return lines


def _ratings(applications: Applications) -> dict[str, float]:
    """application_id → mean rating between hire and as_of_date, of the employee's first spell."""
    home = applications.home
    first: dict[str, Row] = {}
    for row in sorted(home["employees"], key=lambda row: (row["hire_date"], row["spell_no"])):
        first.setdefault(row["employee_id"], row)
    found: dict[str, list[float]] = defaultdict(list)
    for review in home["reviews"]:
        spell = first.get(review["employee_id"])
        share = share_of_scale(review["rating"], review["rating_min"], review["rating_max"])
        if spell is None or share is None or not spell["hire_date"] <= review["period_end_date"] <= home.as_of_date:
            continue
        application = find_application(spell, applications)
        if application and application["outcome"] == "hired":
            found[application["application_id"]].append(share)
    return {application: math.fsum(shares) / len(shares) for application, shares in found.items()}


def _stays(applications: Applications) -> dict[str, float]:
    """application_id → 1 where the hire was there for a year, 0 where it left within; unknown ones out."""
    found: dict[str, list[float]] = defaultdict(list)
    for spell in list_spells(applications):
        if spell.application and (_has_left(spell) or spell.days >= YEAR):
            found[spell.application["application_id"]].append(0.0 if _has_left(spell) else 1.0)
    return {application: min(stays) for application, stays in found.items()}


def _has_left(spell: Spell) -> bool:
    return spell.is_event and spell.days <= YEAR


def _correlation(name: str, pairs: Sequence[tuple[float, float]]) -> Row:
    line: Row = dict.fromkeys((name, f"{name}_lo", f"{name}_hi"))
    xs, ys = [x for x, _ in pairs], [y for _, y in pairs]
    if len(pairs) < 3 or max(xs) - min(xs) < 1e-12 or max(ys) - min(ys) < 1e-12:
        return line
    r = float(stats.pearsonr(xs, ys)[0])  # pyright: ignore[reportArgumentType]  (scipy has no types)
    line[name] = r
    if len(pairs) > 3:
        width = Z / math.sqrt(len(pairs) - 3)
        z = math.copysign(math.inf, r) if abs(r) >= 1 - 1e-12 else math.atanh(r)
        line |= {f"{name}_lo": math.tanh(z - width), f"{name}_hi": math.tanh(z + width)}
    return line


def mart_reapplicant(sheets: Sheets) -> list[Row]:
    applications, lines = sheets.applications, []
    for row in applications.rows:
        before = applications.by_id.get(row["prev_application_id"])
        if before is None:
            continue
        reasons = applications.reasons_of(before)
        told = before["rejection"]
        head = {name: row[name] for name in ("application_id", "application_seq", "applied_at", "applied_month")}
        mine = {name: row[name] for name in ("job_family", "department", "channel_id", "outcome", "is_excluded")}
        lines.append(
            head
            | mine
            | _reached(row, "")
            | {f"prev_{name}": before[name] for name in ("application_id", "job_family", "department", "channel_id")}
            | _reached(before, "prev_")
            | {
                "prev_outcome": before["outcome"],
                "prev_reason_key": reasons[0][0] if reasons else None,
                "prev_score_share": sheets.mean_score(before["application_id"]),
                "gap_days": days_between(before["closed_at"], row["applied_at"]) if before["closed_at"] else None,
                "is_prev_relay_invited": bool(told and told["relay_url_present"]),
                "as_of_date": applications.home.as_of_date,
            }
        )
    return lines


def _reached(row: Row, prefix: str) -> Row:
    return {
        f"{prefix}reached_stage_key": KEY_OF_ORDER.get(row["reached"]),
        f"{prefix}reached_stage_order": row["reached"],
    }
