"""mart_talent_pool: whom we turned down, who has not been back, and for whom a job is open today."""

from __future__ import annotations

from collections import defaultdict
from datetime import date

from tests.companies.applications import UNKNOWN
from tests.companies.home import Row
from tests.companies.labels import KEY_OF_ORDER
from tests.companies.measures import mean
from tests.companies.sheets import Sheets
from tests.companies.visits import days_between


def mart_talent_pool(sheets: Sheets) -> list[Row]:
    applications, home = sheets.applications, sheets.applications.home
    persons: dict[str, list[Row]] = defaultdict(list)
    for row in sorted(applications.counted(), key=lambda row: row["application_seq"]):
        persons[row["person"]].append(row)
    employed = {_person_of(row, sheets) for row in home["employees"]}
    veiled = {applications.persons.of(row["candidate_id"]) for row in home["candidates"] if row["is_anonymised"]}
    lines: list[Row] = []
    for person, rows in persons.items():
        last, outcomes = rows[-1], {row["outcome"] for row in rows}
        jobs = _open_jobs(last["job_family"], home["jobs"], home.as_of_date)
        if last["outcome"] != "rejected" or outcomes & {"hired", "open"} or person in employed | veiled or not jobs:
            continue
        best = max((row["reached"] for row in rows if row["reached"] is not None), default=None)
        ids = {row["application_id"] for row in rows}
        scores = [
            row["share"]
            for row in sheets.rows
            if row["application"]["application_id"] in ids and row["share"] is not None
        ]
        reasons = applications.reasons_of(last)
        lines.append(
            {name: last[name] for name in ("application_id", "job_family", "department", "channel_id", "closed_date")}
            | {
                "as_of_date": home.as_of_date,
                "best_stage_key": None if best is None else KEY_OF_ORDER.get(best),
                "best_stage_order": best,
                "n_scores": len(scores),
                "score_share": mean(scores),
                "reason_key": reasons[0][0] if reasons else None,
                "days_since_rejection": max(0.0, days_between(last["closed_at"], home.as_of_at)),
                "n_open_jobs": len(jobs),
                "open_job_id": min(jobs, key=_newest_first)["job_id"],
                "closed_at": last["closed_at"],
            }
        )
    families: dict[str, int] = defaultdict(int)
    for line in sorted(lines, key=_best_first):
        families[line["job_family"]] += 1
        line["pool_rank"] = families[line["job_family"]]
    return lines


def _person_of(employee: Row, sheets: Sheets) -> str | None:
    """The person of the application that the row names, else whom its own keys tell."""
    named = sheets.applications.by_id.get(employee["application_id"])
    return named["person"] if named else sheets.applications.persons.of_employee(employee)


def _open_jobs(family: str, jobs: list[Row], as_of: date) -> list[Row]:
    """Jobs of a known family, begun and not ended at as_of."""
    if family == UNKNOWN:
        return []
    own = [job for job in jobs if (job["job_family"] or UNKNOWN) == family]
    begun = [job for job in own if job["opened_date"] is None or job["opened_date"] <= as_of]
    return [job for job in begun if job["closed_date"] is None or job["closed_date"] > as_of]


def _newest_first(job: Row) -> tuple:
    opened = job["opened_date"]
    return opened is None, -opened.toordinal() if opened else 0, job["job_id"]


def _best_first(line: Row) -> tuple:
    score = line["score_share"]
    closed = -line["closed_at"].timestamp()
    return -(line["best_stage_order"] or 0), score is None, -round(score or 0.0, 9), closed, line["application_id"]
