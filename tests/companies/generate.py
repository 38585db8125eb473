"""Random companies with every trap of the specification, and what the marts must say of them.

    python -m tests.companies.generate DIR --seed N --applications 240 [--as-of 2026-09-30]

The same seed gives the same company. What is planted:
- forms: ISO with Z, +09:00, +0530 or no offset, T or blank, 2025/3/1 9:05, 2025年3月1日 9時5分, wareki, full width,
  date-only; ○ × 有 無 1 true; 1,234; UTF-8 with and without mark, CP932, TSV, CRLF, quoted, shuffled and more columns;
  a row repeated, a row with an older version above it; zones with half-hour offsets and clocks that are set back
- labels: full and half width, case, blanks inside and around, the company's own aliases, labels nobody knows, none
- visits: re-entered, skipped, undone after 0 to 300 and after 301 seconds, exempt, of unknown stages, equal times,
  date-only, the source's own `applied`, exits and exit types given or not or `open`, a current stage without events
- applications: local midnight, month ends, terminal without closed_at, open with one, an outcome only in status_label,
  prospects, duplicates, unknown jobs and candidates, several of a person at one time, rejected twice
- people: two records of one person, an agency's address, a family's phone, the anonymised, alternate addresses
- offers in several versions, drafts, none sent; reasons none, blank, alike, several
- messages without or with an unknown application, bounced, sent again, before the closing, replies quoting the line,
  a token in two mails; clicks of scanners, too early, of no token; registrations by token, address, hash, unknown,
  repeated, before the rejection, invalid late
- interviews put off, missed, at local midnight, of no known stage; sheets late, not handed in, of other scales and
  of interviewers spelt anyhow; reviews before the first day; jobs closed, not yet opened, of no or of many openings
- costs over years, with fees and refunds, of a channel without applications, of an unknown application
- employees unlinked, of refused offers, leaving on day 0, 180, 181 and tomorrow, back again, hired tomorrow
- agencies' terms in none to eight entries, by agency and by channel, with gaps, exclusions and steps of refund
- relay terms in one to three entries or none; uses before any slot; now and then a file that is not there at all
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from random import Random
from zoneinfo import ZoneInfo

import yaml

from tests.companies.agencies import list_agencies
from tests.companies.careers import Career, dress_stage, offers_of
from tests.companies.home import midnight
from tests.companies.letters import Letters
from tests.companies.market import CHANNELS, LABELS, STATUS_LABELS, list_costs, list_jobs, list_reasons
from tests.companies.panels import judge
from tests.companies.people import (
    Person,
    anonymised_record,
    record,
    second_record,
    share_agent_address,
    share_family_phone,
)
from tests.companies.recompute import write_expected
from tests.companies.relaying import list_clicks, list_registrations, list_terms, list_uses
from tests.companies.staff import list_employees
from tests.companies.template import FIELDS
from tests.companies.writing import DayOnly, Row, Writer, repeat_rows, write_table

ZONES = ("Asia/Tokyo",) * 5 + ("America/New_York", "Europe/London", "UTC", "Asia/Kolkata", "Australia/Lord_Howe")
NO_SUCH_APPLICATION = "A99999X"
HISTORY_DAYS = 760
# What a company may not keep at all; everything else hangs on the other files.
MAY_LACK = ("jobs", "application_reasons", "offers", "employees", "channel_costs", "messages", "relay_slot_uses")
# Of their own random numbers: the rest of a seed stays as it was.
LATER = ("interviews", "evaluations", "reviews", "relay_clicks")


class Company:
    """One company in the making: `tables` holds what its files will say."""

    def __init__(self, seed: int, applications: int, as_of: date) -> None:
        self.random = Random(seed)
        self.as_of, self.count = as_of, applications
        self.zone = ZoneInfo(self.random.choice(ZONES))
        self.until = midnight(as_of + timedelta(days=1), self.zone)
        self.start = self.until - timedelta(days=HISTORY_DAYS)
        self.id_form = self.random.choice(("A{:05d}", "{:06d}", "app-{}"))
        self.terms = list_terms(self.start.date(), self.random)
        self.agencies = list_agencies(self.start.date(), Random(f"{seed} agencies"))
        self.tables: dict[str, list[Row]] = {name: [] for name in FIELDS}
        self.people: list[Person] = []
        self.careers: dict[str, tuple[Career, Person | None]] = {}
        self.letters = Letters(self.until, NO_SUCH_APPLICATION, self.random)
        self.tables["jobs"] = list_jobs(max(4, min(40, applications // 20)), self.start.date(), self.random)
        self._meet_people()
        self._receive_applications()
        self._surround()
        judge(self.tables, self.careers, as_of, self.zone, NO_SUCH_APPLICATION, Random(f"{seed} judged"))

    def _meet_people(self) -> None:
        """About four persons to five applications, some with two records, some sharing what they should not."""
        random, candidates = self.random, self.tables["candidates"]
        for number in range(max(6, self.count * 4 // 5)):
            person = Person(number, random)
            self.people.append(person)
            for copy in range(2 if random.random() < 0.12 else 1):
                candidate_id = f"C{len(candidates) + 1:05d}"
                person.candidate_ids.append(candidate_id)
                candidates.append((second_record if copy else record)(person, candidate_id, random))
        lone = [person for person in self.people if len(person.candidate_ids) == 1]
        random.shuffle(lone)
        rows = {row["candidate_id"]: row for row in candidates}
        for person in lone[:2]:
            person.is_anonymised = True
            rows[person.candidate_ids[0]] |= dict.fromkeys(FIELDS["candidates"]) | anonymised_record(
                person.candidate_ids[0]
            )
        for person in lone[2:4]:
            person.has_shared_address = True
        share_agent_address([rows[person.candidate_ids[0]] for person in lone[2:4]])
        share_family_phone([rows[person.candidate_ids[0]] for person in lone[4:6]], lone[4].phone)

    def _receive_applications(self) -> None:
        for number in range(1, self.count + 1):
            application_id = self.id_form.format(number)
            person = self.random.choice(self.people) if self.random.random() > 0.01 else None
            career = Career(self._applied_at(), self.until, self.random)
            self.careers[application_id] = career, person
            application = self._apply(application_id, career, person)
            self.tables["applications"].append(application)
            self._follow(application, career)
            self.letters.write_to(application, person, career.closed_at)
        self.letters.write_to_strangers()
        self.letters.confuse()

    def _applied_at(self) -> datetime:
        """Any second of the history; often at local midnight, at a month's end, or when somebody else applied."""
        random = self.random
        others = self.tables["applications"]
        if others and random.random() < 0.03:
            return random.choice(others)["applied_at"]
        moment = self.start + timedelta(seconds=random.randrange(HISTORY_DAYS * 86_400))
        local = moment.replace(tzinfo=UTC).astimezone(self.zone)
        if random.random() < 0.06:
            first = midnight(local.date().replace(day=1), self.zone)
            moment = max(self.start, first + timedelta(seconds=random.choice((-1, 0, 1, 1_800))))
        if random.random() < 0.05:
            moment = DayOnly(*midnight(local.date(), self.zone).timetuple()[:6])
        return moment

    def _apply(self, application_id: str, career: Career, person: Person | None) -> Row:
        random, outcome = self.random, career.outcome
        lacks_outcome = random.random() < 0.08
        status = STATUS_LABELS.get(outcome) if lacks_outcome else random.choice((None, None, "Zq選考中"))
        lacks_outcome = lacks_outcome and (status is not None or outcome == "open")
        party = {"rejected": "company", "withdrawn": "candidate", "offer_declined": "candidate"}.get(outcome, "system")
        closed_at = None if random.random() < 0.04 else career.closed_at
        if outcome == "open" and random.random() < 0.05:
            closed_at = career.visits[-1][1]
        has_stage = random.random() < 0.4
        shown = random.choice([stage for stage, *_ in career.visits])
        job = random.choice(self.tables["jobs"])["job_id"]
        return {
            "application_id": application_id,
            "candidate_id": random.choice(person.candidate_ids) if person else f"C9{application_id}",
            "job_id": random.choice((None, "J999")) if random.random() < 0.03 else job,
            "channel_label": random.choice(random.choice(CHANNELS)),
            "agency_label": random.choice((None, "よその紹介会社")),
            "is_prospect": True if random.random() < 0.04 else random.choice((None, False)),
            "applied_at": career.applied_at,
            "applied_at_basis": random.choice(("ats", "ats", "mail", "ingested")),
            "status_label": status,
            "outcome": random.choice((None, "　")) if lacks_outcome else outcome,
            "closed_at": closed_at,
            "closed_by": None if outcome == "open" or random.random() < 0.1 else party,
            "current_stage_label": dress_stage(shown, random) if has_stage else None,
            "updated_at": career.updated_at if has_stage else None,
            "truth": outcome,
        }

    def _follow(self, application: Row, career: Career) -> None:
        random, application_id = self.random, application["application_id"]
        if random.random() > 0.08:
            self.tables["stage_events"] += career.to_events(application_id)
        self.tables["offers"] += offers_of(career, application_id, random)
        self.tables["application_reasons"] += list_reasons(application_id, career.outcome, random)

    def _surround(self) -> None:
        """Everything beside the applications: costs, staff, mail and the relay."""
        random, tables = self.random, self.tables
        ends: dict[str, list[tuple[str, date, Person]]] = {"hired": [], "offer_declined": []}
        for application_id, (career, person) in self.careers.items():
            if career.outcome in ends and person and career.closed_at:
                ends[career.outcome].append((application_id, career.closed_at.date(), person))
        hired = [application_id for application_id, *_ in ends["hired"]]
        tables["channel_costs"] = list_costs(self.start.date(), list(self.careers), hired, NO_SUCH_APPLICATION, random)
        tables["employees"] = list_employees(
            ends["hired"], ends["offer_declined"], self.as_of, NO_SUCH_APPLICATION, random
        )
        tables["messages"] = self.letters.finish()
        count = max(40, self.count // 4)
        tables["relay_registrations"] = list_registrations(
            self.letters.tokens, self._registrants(), self.start, self.until, count, random
        )
        tables["relay_clicks"] = list_clicks(self.letters.tokens, self.until, Random(f"{self.count} clicked"))
        jobs = [row["job_id"] for row in tables["jobs"]]
        tables["relay_slot_uses"] = list_uses(hired, jobs, self.start, self.until, NO_SUCH_APPLICATION, random)
        lost = {"application_id": NO_SUCH_APPLICATION}
        tables["application_reasons"].append(lost | {"ordinal": 1, "reason_label": "理由5", "party": "company"})
        tables["stage_events"].append(
            lost | {"event_id": "1", "stage_label": "document", "entered_at": self.start, "precision": "timestamp"}
        )

    def _registrants(self) -> list[Person]:
        """Mostly those whose applications ended, excluded ones too; some who are still waiting or never applied."""
        ended = ("rejected", "rejected", "withdrawn", "duplicate")
        told = [person for career, person in self.careers.values() if person and career.outcome in ended]
        return told * 2 + self.people

    def write(self, home: Path) -> None:
        """tsunagu.yml, labels.csv and the inbox; the same seed writes the same bytes."""
        folder = home / "inbox" / "template"
        folder.mkdir(parents=True, exist_ok=True)
        writer, later = Writer(self.random, self.zone), Writer(Random(f"{self.count} written"), self.zone)
        for name, rows in self.tables.items():
            if name in LATER:
                if later.random.random() > 0.04:
                    write_table(folder / name, rows, FIELDS[name], later)
            elif name not in MAY_LACK or self.random.random() >= 0.04:
                write_table(folder / name, repeat_rows(name, rows, self.random), FIELDS[name], writer)
        settings = {
            "company": {
                "name": "株式会社ゼット",
                "timezone": self.zone.key,
                "fiscal_year_start": self.random.randrange(1, 13),
            },
            "sources": {"t": {"connector": "table", "path": "inbox/template"}},
            "relay": self.terms,
            "agencies": self.agencies,
            "labels": "labels.csv",
        }
        text = yaml.safe_dump(settings, allow_unicode=True, sort_keys=False)
        (home / "tsunagu.yml").write_text(text, encoding="utf-8")
        lines = ["vocabulary,label,key", *(",".join(row) for row in LABELS)]
        (home / "labels.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")


def generate(home: Path, seed: int, applications: int, as_of: date) -> None:
    """Write a home and expected/ as the golden companies have them."""
    Company(seed, applications, as_of).write(home)
    write_expected(home, as_of, home / "expected")


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="write a random company and what its marts must say")
    parser.add_argument("home", type=Path)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--applications", type=int, default=240)
    parser.add_argument("--as-of", type=date.fromisoformat, default=date(2026, 9, 30))
    options = parser.parse_args(arguments)
    generate(options.home, options.seed, options.applications, options.as_of)


if __name__ == "__main__":
    main()
