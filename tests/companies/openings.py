"""mart_offer and mart_job: what became of offers, and which jobs are filled."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime

from tests.companies.applications import UNKNOWN, Applications
from tests.companies.home import Row
from tests.companies.labels import ORDER
from tests.companies.measures import mean, name_rate, percentile, wilson
from tests.companies.stages import LEFT, SMALL, visits_of, what_became
from tests.companies.visits import days_between

# Where the letter does not tell the answer, the application's outcome does.
ANSWERS = {"hired": "accepted", "offer_declined": "declined", "withdrawn": "declined", "rejected": "withdrawn"}
UNANSWERED = {"draft", "superseded", "sent", None}


def current_version(row: Row) -> Row | None:
    """The last version that is neither draft nor superseded, else the last."""
    versions = row["offer_versions"]
    standing = [offer for offer in versions if offer["status"] not in ("draft", "superseded")]
    return (standing or versions or [None])[-1]


def is_extended(row: Row) -> bool:
    return any(offer["sent_at"] or offer["status"] not in ("draft", None) for offer in row["offer_versions"])


def answer_of(row: Row) -> str:
    """accepted, declined, withdrawn or open."""
    offer = current_version(row)
    status = offer["status"] if offer else None
    return ANSWERS.get(row["outcome"], "open") if status in UNANSWERED else str(status)


def mart_offer(applications: Applications) -> list[Row]:
    """One offer an application, in the local month of its first letter."""
    grains: dict[tuple, list[Row]] = defaultdict(list)
    for row in applications.counted():
        if is_extended(row):
            sent = first_letter(row)
            month = applications.home.local_date(sent).replace(day=1) if sent else None
            grains[month, row["job_family"]].append(row)
    lines = []
    for (month, family), rows in grains.items():
        answers = [answer_of(row) for row in rows]
        n = {answer: answers.count(answer) for answer in ("accepted", "declined", "withdrawn", "open")}
        broken = [row for row, answer in zip(rows, answers, strict=True) if answer == "accepted"]
        lines.append(
            {
                "extended_month": month,
                "job_family": family,
                "as_of_date": applications.home.as_of_date,
                "n_extended": len(rows),
                **{f"n_{answer}": count for answer, count in n.items()},
                "n_declined_after_acceptance": sum(1 for row in broken if row["outcome"] in LEFT),
                "is_small": len(rows) < SMALL,
                **name_rate("acceptance_rate", n["accepted"], len(rows)),
                **name_rate("mature_acceptance_rate", n["accepted"], len(rows) - n["open"]),
                **name_rate("candidate_acceptance_rate", n["accepted"], n["accepted"] + n["declined"]),
                "median_days_to_answer": percentile(days := _days_to_answer(rows), 0.5),
                "p90_days_to_answer": percentile(days, 0.9),
            }
        )
    return lines


def first_letter(row: Row) -> datetime | None:
    return min((offer["sent_at"] for offer in row["offer_versions"] if offer["sent_at"]), default=None)


def _days_to_answer(rows: list[Row]) -> list[float]:
    found = []
    for row in rows:
        sent, answered = first_letter(row), _answered_at(row)
        if sent and answered:
            found.append(days_between(sent, answered))
    return found


def _answered_at(row: Row) -> datetime | None:
    """When the candidate accepted or declined: what the letter says; a refusal without a date has none."""
    answer, offer = answer_of(row), current_version(row)
    if answer not in ("accepted", "declined"):
        return None
    resolved = offer["resolved_at"] if offer else None
    return resolved if answer == "declined" else (resolved or row["accepted_at"])


def mart_job(applications: Applications) -> list[Row]:
    """Every job of the list, and those that only applications name."""
    own: dict[str, list[Row]] = defaultdict(list)
    for row in applications.counted():
        if row["job_id"]:
            own[row["job_id"]].append(row)
    named = {row["job_id"] for row in applications.rows if row["job_id"]}
    return [_job(job_id, own[job_id], applications) for job_id in {*applications.jobs, *named}]


def _job(job_id: str, rows: list[Row], applications: Applications) -> Row:
    home, job = applications.home, applications.jobs.get(job_id)
    known = job or {}
    opened, closed, openings = (known.get(name) for name in ("opened_date", "closed_date", "openings"))
    is_open = None if job is None else closed is None or closed > home.as_of_date
    last = home.as_of_date if is_open or closed is None else closed
    hires = sorted((row["accepted_at"], row["application_id"]) for row in rows if row["outcome"] == "hired")
    filling = hires if openings is None else hires[: max(0, openings)]
    fills = [days_between(home.local_midnight(opened), at) for at, _ in filling] if opened else []
    hardest = _hardest(rows)
    return {
        "source": home.source,
        "job_id": job_id,
        **{name: known.get(name) or UNKNOWN for name in ("job_family", "department", "hiring_type")},
        "as_of_date": home.as_of_date,
        "opened_date": opened,
        "closed_date": closed,
        "is_open": is_open,
        "days_open": max(0, (last - opened).days) if opened else None,
        "openings": openings,
        "n_filled": len(filling),
        "n_unfilled": None if openings is None else openings - len(filling),
        "time_to_fill": mean(fills),
        "n_applications": len(rows),
        "n_persons": len({row["person"] for row in rows}),
        **{
            f"n_{outcome}": sum(1 for row in rows if row["outcome"] == outcome)
            for outcome in ("open", "rejected", "withdrawn", "offer_declined", "hired")
        },
        **hardest,
    }


def _hardest(rows: list[Row]) -> Row:
    """The stage below accepted whose pass rate has the lowest upper bound; the earlier one where two have."""
    found = []
    for key, order in ORDER.items():
        fates = [what_became(row, key) for row in rows if visits_of(row, key)]
        decided = sum(1 for fate in fates if fate in ("advanced", "rejected", "withdrawn"))
        passed = fates.count("advanced")
        if decided and order < ORDER["accepted"]:
            found.append((wilson(passed, decided)[2], order, key, passed, decided))
    _, _, key, passed, decided = min(found, default=(None, None, None, 0, 0))
    head = {"hardest_stage_key": key, "hardest_n_decided": decided, "is_small": decided < SMALL}
    return head | name_rate("hardest_pass_rate", passed, decided)
