"""Whatever happens between two runs, the book reached line by line sums to the book written from nothing."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st
from relay_frames import Row, application, judge, keep_book, registration, table, terms, use

from orchestration.compute.quota_slots import USE_SCHEMA
from orchestration.compute.relay_checks import check_relay, sum_slots
from orchestration.compute.relay_referrals import APPLICATION_SCHEMA

START = datetime(2026, 1, 1)
DAYS = 30
days = st.integers(0, DAYS)
# What one registration, application or use comes to look like, day by day of knowing it: None is not reported (yet).
statuses = st.lists(st.tuples(days, st.sampled_from([None, "pending", "valid", "invalid", "duplicate"])), max_size=4)
outcomes = st.lists(st.tuples(days, st.sampled_from(["open", "rejected", "hired"])), max_size=3)
presences = st.lists(st.tuples(days, st.booleans()), max_size=3)
histories = st.fixed_dictionaries(
    {
        "people": st.lists(st.tuples(days, statuses, days, outcomes), min_size=1, max_size=7),
        "uses": st.lists(st.tuples(days, presences), max_size=4),
        "runs": st.lists(days, min_size=1, max_size=5),
        "terms": st.fixed_dictionaries(
            {
                "referrals_per_slot": st.integers(1, 3),
                "slot_valid_days": st.none() | st.integers(1, 12),
                "counting_event": st.sampled_from(["registered", "acknowledged"]),
                "require_match": st.booleans(),
            }
        ),
    }
)


def day(number: int) -> str:
    return (START + timedelta(days=number)).isoformat()


def latest(history: list[tuple[int, Any]], today: int, default: Any) -> Any:
    """What is known today of a thing with this history; the last of several on a day."""
    known = [value for at, value in sorted(history, key=lambda change: change[0]) if at <= today]
    return known[-1] if known else default


def known_on(today: int, world: dict[str, Any]) -> tuple[list[Row], list[Row], list[Row]]:
    registrations, applications, uses = [], [], []
    for number, (registered, status, closed, outcome) in enumerate(world["people"], 1):
        word = latest(status, today, None)
        if word is not None and registered <= today:
            address = f"p{number % 5 + 1}@example.com"
            registrations.append(registration(f"R{number}", day(registered), word, status_at=day(today), email=address))
        result = latest(outcome, today, "open")
        applications.append(application(f"A{number}", f"P{number % 5 + 1}", result, day(min(closed, today))))
    for number, (used, presence) in enumerate(world["uses"], 1):
        if used <= today and latest(presence, today, False):
            uses.append(use(f"U{number}", day(used)))
    return registrations, applications, uses


@settings(max_examples=60, deadline=None, derandomize=True)
@given(histories)
def test_the_balance_reached_run_by_run_is_that_of_a_book_written_from_nothing(world: dict[str, Any]) -> None:
    entries = terms(**world["terms"])
    book: pl.DataFrame | None = None
    for today in [*sorted(world["runs"]), DAYS]:
        registrations, applications, uses = known_on(today, world)
        referrals = judge(registrations, applications, entries=entries)
        before = book
        book = keep_book(referrals, uses, entries, before, day(today))
        assert before is None or book.head(before.height).equals(before)
        assert book["entry_id"].is_unique().all()
        at = START + timedelta(days=today)
        assert sum_slots(book, at) == sum_slots(keep_book(referrals, uses, entries, None, day(today)), at)
        checks = check_relay(
            referrals, book, table(uses, USE_SCHEMA), table(applications, APPLICATION_SCHEMA), entries, at
        )
        assert [check.name for check in checks if not check.passed and check.severity == "error"] == []
