"""One application's way through the stages: skips, returns, slips of the hand, exemptions, and how it ended."""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random

from tests.companies.labels import ORDER, STAGES
from tests.companies.writing import DayOnly, Row

WAY = ("document", "casual", "test", "interview_1", "interview_2", "interview_3", "interview_final", "offer")
OFTEN = {"document": 0.85, "casual": 0.12, "test": 0.3, "interview_1": 0.9, "interview_3": 0.2}
OUTCOMES = {
    "rejected": 42,
    "withdrawn": 16,
    "hired": 16,
    "open": 13,
    "offer_declined": 6,
    "duplicate": 3,
    "not_considered": 3,
}
LAST_EXIT = {"rejected": "reject", "withdrawn": "withdraw", "offer_declined": "withdraw", "hired": "hire"}
ODD_STAGES = ("Zq社長会食", "zq 社長会食", "ＺＱ適職診断会")
UNDONE = (0, 20, 240, 300)  # seconds; 300 is the last that is a slip, 301 the first that is not


class Career:
    """`visits` are (stage, entered_at, exit_type or None) in order; times are UTC without tzinfo."""

    def __init__(self, applied_at: datetime, until: datetime, random: Random) -> None:
        self.random, self.applied_at, self.until = random, applied_at, until
        self.clock = applied_at
        self.outcome = random.choices(list(OUTCOMES), list(OUTCOMES.values()))[0]
        self.visits: list[tuple[str, datetime, str | None]] = [("applied", applied_at, None)]
        self._walk()
        self.closed_at: datetime | None = None
        if self.outcome != "open":
            self._wait()
            self.closed_at = self.clock
            if self.closed_at > until:
                self.outcome, self.closed_at = "open", None
        self.visits = [visit for visit in self.visits if visit[1] <= until]

    def _wait(self) -> None:
        scale = self.random.choice((60, 3_600, 86_400, 86_400, 86_400 * 5))
        self.clock += timedelta(seconds=round(self.random.expovariate(1) * scale) + 1)
        if self.random.random() < 0.3:
            self.clock += timedelta(seconds=60 - self.clock.second)

    def _enter(self, stage: str, exit_type: str | None = None) -> None:
        self._wait()
        self.visits.append((stage, self.clock, exit_type))

    def _walk(self) -> None:
        random = self.random
        far = len(WAY) if self.outcome == "hired" else random.choice((0, 1, 2, 4, 5, 6, 7, 8))
        if self.outcome == "offer_declined" and random.random() < 0.8:
            far = len(WAY)
        for place, stage in enumerate(WAY[:far]):
            if random.random() > OFTEN.get(stage, 0.6):
                continue
            exempt = random.random() < 0.04
            self._enter(stage, "exempt" if exempt else None)
            pick = random.random()
            if pick < 0.06:
                self._slip(stage, WAY[min(place + 1 + random.randrange(3), len(WAY) - 1)])
            elif pick < 0.11 and len(self.visits) > 2:
                self._enter(self.visits[-2][0])
                self._enter(stage)
            elif pick < 0.14:
                self._enter(random.choice(ODD_STAGES), "advance")
        if self.outcome == "hired" or (far == len(WAY) and random.random() < 0.15):
            if random.random() < 0.7:
                self._enter("accepted")
            if self.outcome == "hired" and random.random() < 0.4:
                self._enter("joined")

    def _slip(self, stage: str, wrong: str) -> None:
        """Moved to the wrong stage and back within five minutes, or just not."""
        if wrong == stage:
            return
        self._enter(wrong)
        self.clock += timedelta(seconds=self.random.choice((*UNDONE, *UNDONE, 301)))
        self.visits.append((stage, self.clock, None))

    @property
    def updated_at(self) -> datetime:
        """After the closing only where no race is run: which of two events counts then, nothing says."""
        later = self.visits[-1][1] + timedelta(hours=2)
        is_raced = self.outcome in ("rejected", "withdrawn", "offer_declined")
        return min(later, self.closed_at) if is_raced and self.closed_at else later

    def to_events(self, application_id: str) -> list[Row]:
        """stage_events rows in the source's manner: some give applied, exits and exit types, some do not."""
        random = self.random
        gives_applied, gives_types, is_daily = (random.random() < share for share in (0.25, 0.4, 0.05))
        # Days tie where moments do not: an exit type drawn from the true order would speak of another visit.
        gives_types = gives_types and not is_daily
        given = self.visits if gives_applied else self.visits[1:]
        rows = []
        for place, (stage, entered_at, exit_type) in enumerate(given):
            is_last = place + 1 == len(given)
            ends = self.closed_at if is_last else given[place + 1][1]
            exited_at = ends if random.random() < 0.7 and not is_daily else None
            rows.append(
                {
                    "application_id": application_id,
                    "event_id": f"{application_id}-{place + 1}",
                    "stage_label": dress_stage(stage, random),
                    "entered_at": DayOnly(*entered_at.timetuple()[:6]) if is_daily else entered_at,
                    "exited_at": exited_at,
                    "exit_type": exit_type or (self._exit_type(given, place) if gives_types else None),
                    "precision": "date" if is_daily else "timestamp",
                }
            )
        if rows and random.random() < 0.1 and rows[-1]["exit_type"] is None:
            rows[-1]["exit_type"] = "open"
        random.shuffle(rows)
        return rows

    def _exit_type(self, given: list[tuple[str, datetime, str | None]], place: int) -> str | None:
        stage = given[place][0]
        ordered = [ORDER[other] for other, *_ in given[place + 1 :] if other in ORDER]
        if not ordered:
            return LAST_EXIT.get(self.outcome, "open" if self.outcome == "open" else "transfer")
        return "advance" if ordered[0] > ORDER.get(stage, 0) else "back"


def dress_stage(stage: str, random: Random) -> str:
    """A stage's key or Japanese name, in any case and width."""
    if stage not in STAGES:
        return stage
    name = STAGES[stage][1]
    wide = stage.translate({code: code + 0xFEE0 for code in range(0x21, 0x7F)})
    forms = [stage] * 8 + [stage.upper(), stage.title(), wide, name, f"　{name} "]
    if stage == "interview_1":
        forms += ["一次選考", "１次面接", "ZQ 面談"]
    return random.choice(forms)


def offers_of(career: Career, application_id: str, random: Random) -> list[Row]:
    """Versions of one offer: superseded, the one that counted, and a draft that came too late."""
    sent = [entered for stage, entered, _ in career.visits if stage == "offer"]
    if not sent and not (career.outcome in ("hired", "offer_declined") and random.random() < 0.5):
        draft = {"offer_id": f"O{application_id}", "version": 1, "application_id": application_id, "status": "draft"}
        return [draft] if random.random() < 0.03 else []
    sent_at = sent[-1] if sent else career.visits[-1][1]
    salary = random.randrange(30, 100) * 100_000
    accepted = [entered for stage, entered, _ in career.visits if stage == "accepted"]
    status = {"hired": "accepted", "offer_declined": "declined", "open": "sent", "rejected": "withdrawn"}.get(
        career.outcome, random.choice(("withdrawn", "draft"))
    )
    resolved = accepted[0] if accepted else sent_at + (career.clock - sent_at) * random.random()
    rows = [{"status": "superseded", "sent_at": sent_at - timedelta(hours=2)}] if random.random() < 0.3 else []
    is_sent, is_resolved = status != "draft", status in ("accepted", "declined", "withdrawn")
    rows.append(
        {
            "status": status,
            "sent_at": sent_at if is_sent else None,
            "resolved_at": resolved.replace(microsecond=0) if is_resolved else None,
        }
    )
    if status == "accepted" and random.random() < 0.15:
        rows.append({"status": "draft"})
    head = {"offer_id": f"O{application_id}", "application_id": application_id}
    return [
        head | {"version": number, "annual_salary": None if random.random() < 0.05 else salary} | row
        for number, row in enumerate(rows, 1)
    ]
