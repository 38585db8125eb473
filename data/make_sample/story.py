"""What happened: who applied where, how far they came, and why it ended. The exports tell it in their own words."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from random import Random

from data.make_sample.people import Person, invent_people

FIRST_DAY, LAST_DAY = date(2025, 4, 1), date(2026, 9, 30)
END = datetime(2026, 9, 30, 18, 0)
STAGES = ("document", "test", "interview_1", "interview_2", "interview_final", "offer", "accepted", "joined")


@dataclass(frozen=True)
class Job:
    job_id: str
    title: str
    family: str
    department: str
    hiring_type: str
    opened: date
    openings: int
    weight: float
    salary: int
    closed: date | None = None


JOBS = (
    Job("JOB-101", "法人営業（首都圏）", "営業", "営業部", "mid_career", date(2025, 4, 1), 4, 3.0, 5_200_000),
    Job("JOB-102", "ルート営業", "営業", "営業部", "mid_career", date(2025, 6, 1), 3, 2.0, 4_300_000),
    Job("JOB-103", "商品企画", "企画", "商品本部", "mid_career", date(2025, 5, 1), 2, 2.0, 5_600_000),
    Job("JOB-104", "経理", "管理", "管理本部", "mid_career", date(2025, 9, 1), 1, 1.2, 5_000_000),
    Job("JOB-105", "社内ＳＥ", "情報システム", "管理本部", "mid_career", date(2025, 4, 1), 2, 1.5, 6_200_000),
    Job("JOB-106", "品質管理", "製造", "製造部", "mid_career", date(2025, 4, 1), 2, 1.5, 4_600_000, date(2026, 6, 30)),
    Job("JOB-201", "2026年新卒 総合職", "総合職", "人事部", "new_graduate", date(2025, 4, 1), 8, 4.0, 3_200_000),
    Job("JOB-202", "2027年新卒 総合職", "総合職", "人事部", "new_graduate", date(2026, 3, 1), 8, 2.5, 3_300_000),
)
SHOPS = (
    ("S01", "みなと店"), ("S02", "かもめ台店"), ("S03", "ひばりヶ丘モール店"), ("S04", "あおぞら駅前店"),
    ("S05", "港南店"),
)  # fmt: skip
# channel as the export writes it → (weight, chance to pass a stage, who brings them)
CHANNELS = {
    "リクナビNEXT": (3.0, 0.42),
    "ﾘｸﾅﾋﾞＮＥＸＴ": (0.6, 0.42),
    "ビズリーチ": (1.6, 0.62),
    "BizReach": (0.4, 0.62),
    "社員紹介": (0.8, 0.75),
    "リファラル": (0.3, 0.75),
    "自社HP": (1.2, 0.50),
    "マイナビ転職": (1.5, 0.40),
    "エージェント": (1.2, 0.58),
    "みなと転職フェア": (0.4, 0.45),
}
SHOP_CHANNELS = {"Indeed": 4.0, "求人ボックス": 2.0, "タウンワーク": 2.0, "店頭ポスター": 1.0, "ハローワーク": 0.6}
COMPANY_REASONS = ("スキル不足", "経験不足", "カルチャーフィット", "コミュニケーション", "条件不一致")
CANDIDATE_REASONS = ("他社内定", "年収", "勤務地", "連絡が取れない", "家庭の事情", "選考が長い")


@dataclass
class Application:
    application_id: str
    person: Person
    job: Job | None
    shop: tuple[str, str] | None
    channel: str
    applied: datetime
    stages: list[tuple[str, datetime]] = field(default_factory=list)
    outcome: str = "open"
    closed: datetime | None = None
    reason: str = ""
    scout: bool = False
    joined: date | None = None

    @property
    def reached(self) -> str:
        return self.stages[-1][0] if self.stages else "applied"


@dataclass
class Story:
    people: list[Person]
    hq: list[Application]
    shop: list[Application]

    @property
    def all(self) -> list[Application]:
        return sorted([*self.hq, *self.shop], key=lambda a: (a.applied, a.application_id))


def tell(random: Random) -> Story:
    """About 600 applications to head office and 900 to the shops, 1 in 14 by somebody who applied before."""
    people = invent_people(random, 1390)
    fresh = iter(people)
    hq: list[Application] = []
    shop: list[Application] = []
    rejected: list[tuple[datetime, Person]] = []
    moments = sorted(_moment(random) for _ in range(1500))
    for index, applied in enumerate(moments):
        earlier = [person for closed, person in rejected if closed < applied]
        again = earlier and random.random() < 0.07
        person = random.choice(earlier) if again else next(fresh, None)
        if person is None:
            break
        if index % 5 < 2:
            application = _apply_to_head_office(random, f"H{len(hq) + 10001}", person, applied)
            hq.append(application)
        else:
            application = _apply_to_shop(random, f"{len(shop) + 700001}", person, applied)
            shop.append(application)
        if application.outcome == "rejected" and application.closed:
            rejected.append((application.closed, person))
    return Story(people, hq, shop)


def _moment(random: Random) -> datetime:
    day = FIRST_DAY + timedelta(days=random.randrange((LAST_DAY - FIRST_DAY).days))
    # People apply in the evening and past midnight: those hours fall into the UTC day before.
    return datetime.combine(day, datetime.min.time()) + timedelta(
        hours=random.choice((0, 1, 7, 8, 9, 10, 12, 12, 13, 15, 18, 20, 21, 21, 22, 22, 23, 23)),
        minutes=random.randrange(60),
        seconds=random.randrange(60),
    )


def _office_hours(random: Random, moment: datetime, days: float) -> datetime:
    later = moment + timedelta(days=max(0.3, random.expovariate(1 / days)))
    while later.weekday() >= 5:
        later += timedelta(days=1)
    return later.replace(hour=random.randrange(9, 18), minute=random.choice((0, 5, 15, 30, 45)), second=0)


def _apply_to_head_office(random: Random, number: str, person: Person, applied: datetime) -> Application:
    open_jobs = [j for j in JOBS if j.opened <= applied.date() and (j.closed is None or applied.date() <= j.closed)]
    job = random.choices(open_jobs, [j.weight for j in open_jobs])[0]
    channel = random.choices(list(CHANNELS), [weight for weight, _ in CHANNELS.values()])[0]
    application = Application(number, person, job, None, channel, applied, scout=channel in ("ビズリーチ", "BizReach"))
    chance = CHANNELS[channel][1] * (0.8 if job.department == "管理本部" else 1.0)
    path = [s for s in STAGES if s != "test" or job.hiring_type == "new_graduate"]
    if random.random() < 0.12:
        path.remove("interview_2")  # a strong applicant skips a round
    moment = applied
    for stage in path:
        moment = _office_hours(random, moment, {"document": 2, "joined": 45}.get(stage, 9))
        if moment > END:
            return application  # still open
        if stage != "joined":
            application.stages.append((stage, moment))
        if stage == "joined":
            application.outcome, application.closed = "hired", application.stages[-1][1]
            application.joined = moment.date().replace(day=1)
            application.stages.append(("joined", moment))
            return application
        passed = random.random() < (
            0.9 if stage in ("offer", "accepted") else chance + (0.1 if stage != "document" else 0)
        )
        left = random.random() < 0.10
        if passed and not left:
            continue
        end = _office_hours(random, moment, 6)
        if end > END:
            return application
        application.closed = end
        if stage in ("offer", "accepted"):
            application.outcome, application.reason = "offer_declined", random.choice(CANDIDATE_REASONS[:3])
        elif left:
            application.outcome, application.reason = "withdrawn", random.choice(CANDIDATE_REASONS)
        else:
            application.outcome, application.reason = "rejected", random.choice(COMPANY_REASONS)
        return application
    return application


def _apply_to_shop(random: Random, number: str, person: Person, applied: datetime) -> Application:
    shop = random.choice(SHOPS)
    channel = random.choices(list(SHOP_CHANNELS), list(SHOP_CHANNELS.values()))[0]
    application = Application(number, person, None, shop, channel, applied)
    if random.random() < 0.02:
        application.outcome, application.closed = "duplicate", applied + timedelta(hours=3)
        return application
    contact = _office_hours(random, applied, 2)
    if contact > END:
        return application
    if random.random() < 0.25:
        application.outcome, application.closed, application.reason = "withdrawn", contact, "連絡が取れない"
        return application
    interview = _office_hours(random, contact, 5)
    if interview > END:
        return application
    application.stages.append(("interview_1", interview))
    decision = _office_hours(random, interview, 3)
    if decision > END:
        return application
    application.closed = decision
    draw = random.random()
    if draw < 0.34:
        application.outcome, application.joined = "hired", (decision + timedelta(days=10)).date()
    elif draw < 0.85:
        application.outcome, application.reason = "rejected", random.choice(COMPANY_REASONS[1:])
    else:
        application.outcome, application.reason = "withdrawn", random.choice(CANDIDATE_REASONS)
    return application
