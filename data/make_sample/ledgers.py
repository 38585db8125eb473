"""What the recruiting and the HR office keep for themselves, in Tsunagu's own template: offers and yearly reviews."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from random import Random

from data.make_sample.sheets import Hire
from data.make_sample.story import END, JOBS, LAST_DAY, Story

OFFER_FIELDS = (
    "offer_id", "version", "application_id", "status", "sent_at", "resolved_at", "decline_reason_label", "start_date",
    "annual_salary",
)  # fmt: skip
JOB_FIELDS = (
    "job_id", "title", "job_family", "department", "hiring_type", "status", "opened_date", "closed_date", "openings",
)  # fmt: skip
REVIEW_FIELDS = ("employee_id", "period_end_date", "rating", "rating_min", "rating_max")
# A review in March covers the year to then; who joined after October is not rated yet.
PERIOD_END, RATED_FROM = date(2026, 3, 31), date(2025, 10, 1)


def write_jobs() -> bytes:
    """The postings of head office with what the ATS's export of applications does not tell: days and openings."""
    return _to_csv(
        JOB_FIELDS,
        (
            [job.job_id, job.title, job.family, job.department, job.hiring_type, "closed" if job.closed else "open",
             job.opened, job.closed, job.openings]
            for job in JOBS
        ),
    )  # fmt: skip


def write_offers(random: Random, story: Story) -> bytes:
    """One line a letter; after a salary talk a second version replaces the first. Some still wait for an answer."""
    lines: list[list[object]] = []
    for application in story.hq:
        sent = next((moment for stage, moment in application.stages if stage == "offer"), None)
        if sent is None:
            continue
        assert application.job is not None
        accepted = next((moment for stage, moment in application.stages if stage == "accepted"), None)
        number = f"OF-{application.application_id[1:]}"
        salary = application.job.salary + random.randrange(-3, 6) * 100_000
        version = 1
        if random.random() < 0.15:
            raised = sent + timedelta(days=2, hours=3)
            if raised < (accepted or application.closed or END):
                lines.append(
                    [number, 1, application.application_id, "superseded", _jst(sent), None, None, None, salary]
                )
                sent, version, salary = raised, 2, salary + 200_000
        resolved, status = accepted, "accepted"
        if accepted is None:
            resolved, status = application.closed, "declined" if application.closed else "sent"
        lines.append([
            number, version, application.application_id, status, _jst(sent), _jst(resolved),
            application.reason if status == "declined" else None, application.joined, salary,
        ])  # fmt: skip
    return _to_csv(OFFER_FIELDS, lines)


def write_reviews(random: Random, staff: Mapping[str, Hire]) -> bytes:
    """One line an employee who was there all year, 1 to 5."""
    lines = [
        [code, PERIOD_END, max(1, min(5, round(random.gauss(3.2, 0.9)))), 1, 5]
        for code, hire in staff.items()
        if hire.hired < RATED_FROM and (hire.left is None or hire.left > PERIOD_END) and hire.hired <= LAST_DAY
    ]
    return _to_csv(REVIEW_FIELDS, lines)


def _jst(moment: datetime | None) -> str | None:
    return moment.strftime("%Y-%m-%dT%H:%M:%S+09:00") if moment else None


def _to_csv(header: Iterable[str], lines: Iterable[list[object]]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(header)
    writer.writerows(lines)
    return text.getvalue().encode()
