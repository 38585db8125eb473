"""Scorecards read: who judged whom, in which sitting, how much of the scale was given."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, datetime

from tests.companies.applications import UNKNOWN, Applications
from tests.companies.home import Row
from tests.companies.labels import fold, stage_of
from tests.companies.measures import mean


def share_of_scale(value: float | None, low: float | None, high: float | None) -> float | None:
    """0 at the scale's lowest, 1 at its highest; None without a scale."""
    if value is None or low is None or high is None or high <= low:
        return None
    return (value - low) / (high - low)


class Sheets:
    """`rows` are the evaluations of applications in denominators; `sittings` what one interviewer made of a meeting."""

    def __init__(self, applications: Applications) -> None:
        self.applications, home = applications, applications.home
        self.meetings = {row["interview_id"]: row for row in home["interviews"]}
        every = [self._read(row) for row in home["evaluations"]]
        self.of_application: dict[str, list[Row]] = defaultdict(list)
        for row in every:
            if row["application"]:
                self.of_application[row["application"]["application_id"]].append(row)
        self.rows = [row for row in every if row["application"] and not row["application"]["is_excluded"]]
        first: dict[str, str] = {}
        for row in every:
            if row["interviewer"]:
                known = first.get(row["interviewer"], row["evaluation_id"])
                first[row["interviewer"]] = min(known, row["evaluation_id"])
        self.names = first
        groups: dict[tuple, list[Row]] = defaultdict(list)
        for row in self.rows:
            if row["interviewer"]:
                sitting = row["meeting"]["interview_id"] if row["meeting"] else row["stage_key"]
                groups[row["interviewer"], row["application"]["application_id"], sitting].append(row)
        self.sittings = [self._sit(rows) for rows in groups.values()]

    def _read(self, raw: Row) -> Row:
        meeting = self.meetings.get(raw["interview_id"])
        by_id, aliases = self.applications.by_id, self.applications.home.aliases
        application = by_id.get(raw["application_id"]) or by_id.get((meeting or {}).get("application_id"))
        label = raw["stage_label"] or (meeting or {}).get("stage_label")
        return raw | {
            "meeting": meeting,
            "application": application,
            "stage_key": stage_of(label, aliases),
            "interviewer": fold(raw["interviewer_label"]) or None,
            "department": raw["interviewer_department"] or UNKNOWN,
            "criterion": raw["criterion"] or UNKNOWN,
            "share": share_of_scale(raw["score"], raw["score_min"], raw["score_max"]),
        }

    def _sit(self, rows: list[Row]) -> Row:
        meeting, home = rows[0]["meeting"], self.applications.home
        submitted = min((row["submitted_at"] for row in rows if row["submitted_at"]), default=None)
        held_at = meeting["held_at"] if meeting else None
        sat_at = held_at or submitted or (meeting["scheduled_at"] if meeting else None)
        given = [row for row in rows if row["recommendation"]]
        given.sort(key=lambda row: (row["submitted_at"] or datetime.min, row["evaluation_id"]))
        return {
            "interviewer": rows[0]["interviewer"],
            "application": rows[0]["application"],
            "half_year": half_of(home.local_date(sat_at), home.fiscal_year_start) if sat_at else None,
            "is_held": meeting is None or meeting["status"] == "held",
            "is_submitted": any(row["submitted_at"] or row["score"] is not None for row in rows) or bool(given),
            "hours": max(0.0, (submitted - held_at).total_seconds() / 3_600) if submitted and held_at else None,
            "shares": [row["share"] for row in rows if row["share"] is not None],
            "recommendation": given[-1]["recommendation"] if given else None,
            "department": rows[0]["department"],
        }

    def stage_of(self, meeting: Row) -> str:
        return stage_of(meeting["stage_label"], self.applications.home.aliases)

    def mean_score(self, application_id: str) -> float | None:
        """Mean of all scores of an application."""
        return mean([row["share"] for row in self.of_application[application_id] if row["share"] is not None])


def half_of(day: date, fiscal_year_start: int) -> date:
    """First day of the half of the fiscal year the day is in."""
    into = (day.month - fiscal_year_start) % 6
    year, month = divmod(day.year * 12 + day.month - 1 - into, 12)
    return date(year, month + 1, 1)
