"""The relay's side: terms of every kind, registrations of every kind, uses of slots."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from random import Random
from typing import Any

from tests.companies.people import AGENT, Person, dress_address
from tests.companies.persons import hash_email
from tests.companies.writing import Row

STATUSES = ("valid",) * 9 + ("pending", "pending", "invalid", "invalid", "duplicate")


def list_terms(start: date, random: Random) -> list[Row]:
    """None to three entries; each names some terms and leaves the others to their defaults."""
    entries = []
    begins = start - timedelta(days=random.choice((2000, 100, -60)))
    for _ in range(random.choice((0, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 3, 3, 3))):
        entry: dict[str, Any] = {
            "valid_from": begins,
            "url_patterns": ["https://relay.example.com/?c=*"],
            "referrals_per_slot": random.choice((1, 2, 3, 3, 4, 5, 7)),
        }
        optional = {
            "counting_event": random.choice(("registered", "acknowledged")),
            "eligible_outcomes": random.choice(
                (["rejected"], ["rejected", "withdrawn"], ["offer_declined", "rejected", "withdrawn"], ["withdrawn"])
            ),
            "require_match": random.random() < 0.6,
            "unit": random.choice(("person", "application")),
            "slot_kind": random.choice(("hire", "hire", "introduction", "interview")),
            "slot_valid_days": random.choice((20, 60, 180)),
            "clawback_days": random.choice((0, 3, 30)),
            "fee_rate": random.choice((0.2, 0.3)),
            "typical_salary": 5_000_000,
            "slot_value": random.choice((1_000_000, 1_234_567)),
        }
        shares = {"slot_kind": 0.3, "slot_value": 0.2, "require_match": 0.3, "unit": 0.4}
        entries.append(
            entry | {name: value for name, value in optional.items() if random.random() < shares.get(name, 0.5)}
        )
        begins = max(begins, start) + timedelta(days=random.randrange(60, 400))
    return entries


def list_registrations(
    tokens: list[tuple[str, str, datetime]],
    people: list[Person],
    start: datetime,
    until: datetime,
    count: int,
    random: Random,
) -> list[Row]:
    """By token, address or hash; unknown ones; again; before the rejection; invalid, pending, acknowledged late."""
    reachable = [person for person in people if not person.is_anonymised]
    rows: list[Row] = []
    for _ in range(count):
        row: Row = {"registered_at": start + (until - start) * random.random()}
        pick = random.random()
        if pick < 0.35 and tokens:
            token, _, sent_at = random.choice(tokens)
            row["token"] = token
            row["registered_at"] = sent_at + timedelta(seconds=random.choice((60, 86_400, 900_000, -86_400)))
        elif pick < 0.45:
            row["token"] = "tkunknown"
        if pick < 0.1 or pick >= 0.35:
            _identify(row, random.choice(reachable), random)
        if rows and random.random() < 0.12:
            row |= {name: random.choice(rows).get(name) for name in ("token", "email", "email_hash")}
        rows.append(row)
    for number, row in enumerate(rows, 1):
        row["registration_id"] = f"R{number:05d}"
        row["registered_at"] = min(row["registered_at"], until - timedelta(hours=1)).replace(microsecond=0)
        row["status"] = random.choice(STATUSES)
        if row["status"] in ("valid", "invalid") or random.random() < 0.2:
            later = row["registered_at"] + timedelta(seconds=random.choice((60, 3_600, 86_400, 500_000, 3_000_000)))
            row["status_at"] = min(later, until - timedelta(minutes=1))
        row["outcome_elsewhere"] = random.choice((None, None, "offered"))
    return rows


def list_clicks(tokens: list[tuple[str, str, datetime]], until: datetime, random: Random) -> list[Row]:
    """Before the mail, with it, 5 and 6 seconds after, long after; a scanner's or not; of no token we sent."""
    rows: list[Row] = []
    for token, _, sent_at in tokens:
        for _ in range(random.choice((0, 0, 1, 1, 2, 3))):
            seconds = random.choice((-86_400, -1, 0, 3, 5, 6, 90, 7_200, 200_000, 200_000))
            row: Row = {"token": token, "clicked_at": sent_at + timedelta(seconds=seconds)}
            row["is_automated"] = random.choice((None, None, False, False, True))
            row["token"] = random.choice((token,) * 20 + ("tkunknown", None))
            rows.append(row)
    random.shuffle(rows)
    kept = [row for row in rows if row["clicked_at"] <= until]
    return [row | {"click_id": f"K{number:06d}"} for number, row in enumerate(kept, 1)]


def _identify(row: Row, person: Person, random: Random) -> None:
    """An address of the person or of nobody, typed anyhow, or its hash, or both of two different people."""
    address = AGENT if person.has_shared_address else person.email
    address = address if random.random() < 0.85 else f"nobody{random.randrange(9)}@example.com"
    address = person.alternate if person.alternate and random.random() < 0.3 else address
    pick = random.random()
    if pick < 0.6:
        row["email"] = dress_address(address, random)
    elif pick < 0.9:
        row["email_hash"] = random.choice((hash_email(address), hash_email(address).upper()))
    else:
        row |= {"email": dress_address(address, random), "email_hash": hash_email("nobody@example.com")}


def list_uses(
    hired: list[str], jobs: list[str], start: datetime, until: datetime, lost: str, random: Random
) -> list[Row]:
    """Uses before any slot, of hires, of unknown ones and of none."""
    return [
        {
            "slot_use_id": f"U{number:03d}",
            "used_at": (start + (until - start) * random.random()).replace(microsecond=0),
            "application_id": random.choice((*hired[:6], *hired[:6], lost, None)),
            "job_id": random.choice(jobs),
        }
        for number in range(1, random.randrange(3, 10))
    ]
