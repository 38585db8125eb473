"""What the company did with its applicants: interviews kept and missed, scorecards, and the reviews that followed."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

from tests.companies.careers import Career, dress_stage
from tests.companies.home import midnight
from tests.companies.market import DEPARTMENTS, REASONS
from tests.companies.people import Person
from tests.companies.writing import DayOnly, Row

# Each interviewer in the writings of which folding must make one.
INTERVIEWERS = (
    ("面接官 甲", "面接官甲", "面接官　甲 "),
    ("Ｚｑ Ｔａｎａｋａ", "zq tanaka", "ZqTanaka"),
    ("ｲﾝﾀﾋﾞｭｱｰ乙", "インタビュアー 乙"),
    ("zq.mori", "ZQ.MORI"),
    ("面接官丙",),
    ("Zq 部長", "zq部長"),
    ("面接官丁",),
)
CRITERIA = ("論理性", "Zq協調性", "意欲")
SCALES = ((1, 5), (1, 5), (1, 5), (0, 100), (1, 4), (None, None), (None, 5))
RECOMMENDATIONS = ("definitely_no", "no", "no_decision", "yes", "strong_yes", None)
SEEN = ("casual", "interview_1", "interview_2", "interview_3", "interview_final")


def judge(
    tables: dict[str, list[Row]],
    careers: dict[str, tuple[Career, Person | None]],
    as_of: date,
    zone: ZoneInfo,
    lost: str,
    random: Random,
) -> None:
    """Fill interviews, evaluations and reviews, and what jobs and offers say beside. `lost`: an unknown application."""
    until = midnight(as_of + timedelta(days=1), zone)
    dress_jobs(tables["jobs"], as_of, random)
    dress_offers(tables["offers"], REASONS["candidate"], random)
    tables["interviews"] = list_interviews(careers, lost, until, zone, random)
    tables["evaluations"] = list_evaluations(tables["interviews"], until, lost, random)
    tables["reviews"] = list_reviews(tables["employees"], as_of, random)


def list_interviews(
    careers: dict[str, tuple[Career, Person | None]], lost: str, until: datetime, zone: ZoneInfo, random: Random
) -> list[Row]:
    """Held, put off and held later, missed, cancelled, still to come; at local midnight; of no known application."""
    rows: list[Row] = []
    for application_id, (career, _) in careers.items():
        for stage, entered_at, _ in career.visits:
            if (stage in SEEN or stage.lower() not in ("applied", "document", "offer", "accepted", "joined")) and (
                random.random() < 0.8
            ):
                rows += _meetings(application_id, stage, entered_at, until, zone, random)
    rows += [row | {"application_id": random.choice((lost, None))} for row in rows[:2]]
    random.shuffle(rows)
    for number, row in enumerate(rows, 1):
        row["interview_id"] = f"I{number:05d}"
    return rows


def _meetings(
    application_id: str, stage: str, entered_at: datetime, until: datetime, zone: ZoneInfo, random: Random
) -> list[Row]:
    """One meeting, after none to two that did not take place."""
    label = dress_stage(stage, random) if random.random() > 0.04 else None
    head: Row = {"application_id": application_id, "stage_label": label}
    at, rows = entered_at, []
    for _ in range(random.choice((0, 0, 0, 1, 2))):
        rows.append(head | {"scheduled_at": at, "status": random.choice(("cancelled", "no_show"))})
        at += timedelta(hours=random.randrange(1, 90))
    at += timedelta(minutes=random.choice((0, 60, 1_440, 4_000)))
    if random.random() < 0.1:
        day = midnight(at.date(), zone)
        at = DayOnly(*day.timetuple()[:6]) if random.random() < 0.5 else day + timedelta(seconds=random.choice((-1, 0)))
    held_at = at if random.random() < 0.6 else at + timedelta(minutes=random.choice((15, 2_000)))
    if held_at > until:
        return [*rows, head | {"scheduled_at": at, "status": "scheduled"}]
    is_told = random.random() < 0.96
    return [*rows, head | {"scheduled_at": at, "held_at": held_at if is_told else None, "status": "held"}]


def list_evaluations(interviews: list[Row], until: datetime, lost: str, random: Random) -> list[Row]:
    """A sheet for each interviewer of a panel: late, never handed in, of other scales, without interview, repeated."""
    count = random.randrange(3, len(INTERVIEWERS) + 1)
    homes = {names: random.choice(DEPARTMENTS) for names in INTERVIEWERS[:count]}
    bias = {names: random.choice((-0.25, 0.0, 0.0, 0.2)) for names in homes}
    rows: list[Row] = []
    for meeting in interviews:
        held_at = meeting.get("held_at")
        if held_at is None and random.random() > 0.05:
            continue
        worth = random.random()
        for names in random.sample(list(homes), random.choice((1, 1, 2, 2, 3))):
            rows += _sheet(meeting, names, homes[names], worth + bias[names], held_at, until, random)
    if rows:
        rows.append(rows[0] | {"application_id": lost, "interview_id": None})
        rows.append(rows[-1] | {"application_id": None, "interview_id": "I99999"})
    for number, row in enumerate(rows, 1):
        row["evaluation_id"] = f"E{number:06d}"
    random.shuffle(rows)
    return rows


def _sheet(
    meeting: Row,
    names: tuple[str, ...],
    department: str,
    worth: float,
    held_at: datetime | None,
    until: datetime,
    random: Random,
) -> list[Row]:
    low, high = random.choice(SCALES)
    waited = timedelta(minutes=random.choice((-60, 5, 90, 1_500, 9_000)))
    submitted_at = held_at + waited if held_at and random.random() < 0.85 else None
    if submitted_at and submitted_at > until:
        submitted_at = None
    recommendation = random.choice(RECOMMENDATIONS)
    criteria = [None] if random.random() < 0.1 else random.sample(CRITERIA, random.randrange(1, 4))
    return [
        {
            "application_id": meeting["application_id"],
            "interview_id": meeting["interview_id"] if random.random() < 0.9 else None,
            "stage_label": meeting["stage_label"],
            "interviewer_label": random.choice(names) if random.random() < 0.98 else None,
            "interviewer_department": department,
            "criterion": criterion,
            "score": _score(worth, low, high, random) if submitted_at and random.random() < 0.95 else None,
            "score_min": low,
            "score_max": high,
            "recommendation": recommendation,
            "submitted_at": submitted_at,
            "comment": random.choice((None, "面接メモ", 'とても"良い"、次へ')),
        }
        for criterion in criteria
    ]


def _score(worth: float, low: int | None, high: int | None, random: Random) -> float:
    """A share of the scale, now and then between two steps."""
    floor, top = 1 if low is None else low, 5 if high is None else high
    value = floor + (top - floor) * min(1.0, max(0.0, worth + random.uniform(-0.3, 0.3)))
    return round(value) if random.random() < 0.9 else round(value * 2) / 2


def list_reviews(employees: list[Row], as_of: date, random: Random) -> list[Row]:
    """None to three ratings an employee: before the first day, after the last, to come, without a scale, of nobody."""
    rows: list[Row] = []
    begun = {row["employee_id"]: row["hire_date"] for row in employees if row["spell_no"] == 1}
    for employee_id, hire_date in (begun | {"S99999": as_of - timedelta(days=500)}).items():
        days = sorted(random.sample((-30, 90, 182, 365, 500, 730), random.choice((0, 1, 1, 2, 3))))
        low, high = random.choice(((1, 5), (1, 5), (0, 10), (None, None)))
        for day in days:
            rating = random.randrange(low or 1, (high or 5) + 1)
            rows.append(
                {
                    "employee_id": employee_id,
                    "period_end_date": hire_date + timedelta(days=day),
                    "rating": rating if random.random() < 0.95 else None,
                    "rating_min": low,
                    "rating_max": high,
                }
            )
    random.shuffle(rows)
    return rows


def dress_jobs(jobs: list[Row], as_of: date, random: Random) -> None:
    """Jobs closed, to be filled later, never opened, of no or of a hundred openings."""
    for row in jobs:
        opened, pick = row["opened_date"], random.random()
        if pick < 0.4:
            row |= {"status": "closed", "closed_date": opened + timedelta(days=random.choice((0, 30, 200, 500, 900)))}
        if random.random() < 0.3:
            row["target_start_date"] = opened + timedelta(days=random.randrange(30, 300))
        row["openings"] = random.choice((None, 0, 100)) if random.random() < 0.2 else row["openings"]
        row["opened_date"] = None if random.random() < 0.06 else opened
        if random.random() < 0.06:
            row["opened_date"] = as_of + timedelta(days=5)


def dress_offers(offers: list[Row], reasons: tuple[tuple[str, ...], ...], random: Random) -> None:
    """Reasons of the refusals, where anybody asked."""
    for row in offers:
        if row["status"] == "declined" and random.random() < 0.8:
            row["decline_reason_label"] = random.choice(random.choice(reasons))
        if row.get("sent_at") and random.random() < 0.5:
            row["start_date"] = row["sent_at"].date() + timedelta(days=random.randrange(1, 90))
