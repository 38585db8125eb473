"""mart_candidate_experience: how long applicants waited for a word, and whether one came."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime

from tests.companies.applications import Applications
from tests.companies.home import Row
from tests.companies.measures import name_rate, percentile
from tests.companies.stages import SMALL


def mart_candidate_experience(applications: Applications) -> list[Row]:
    grains: dict[tuple, list[Row]] = defaultdict(list)
    for row in applications.counted():
        grains[row["applied_month"], row["channel_id"]].append(row)
    return [_line(grain, rows, applications) for grain, rows in grains.items()]


def first_reply(row: Row, messages: list[Row], *, is_personal: bool) -> datetime | None:
    """The first outbound message that did not bounce, sent at or after the application; by sent_at already."""
    for message in messages:
        arrived = message["direction"] == "outbound" and message["delivery"] != "bounced"
        is_fit = not is_personal or message["kind"] != "acknowledgement"
        if arrived and is_fit and message["sent_at"] >= row["applied_at"]:
            return message["sent_at"]
    return None


def _line(grain: tuple, rows: list[Row], applications: Applications) -> Row:
    own = applications.messages
    replies = [(row, first_reply(row, own[row["application_id"]], is_personal=False)) for row in rows]
    persons = [(row, first_reply(row, own[row["application_id"]], is_personal=True)) for row in rows]
    silent = [row for row, at in replies if at is None and row["rejection"] is None]
    closed = [row for row in rows if row["outcome"] != "open"]
    rejected = [row for row in rows if row["outcome"] == "rejected"]
    told = [row for row in rejected if row["rejection"]]
    waits = [(row["rejection"]["sent_at"] - row["closed_at"]).total_seconds() / 86_400 for row in told]
    hours = [(at - row["applied_at"]).total_seconds() / 3_600 for row, at in replies if at]
    invited = sum(1 for row in told if row["rejection"]["relay_url_present"])
    never = sum(1 for row in silent if row["outcome"] != "open")
    return {
        **dict(zip(("applied_month", "channel_id"), grain, strict=True)),
        "as_of_date": applications.home.as_of_date,
        "n_applications": len(rows),
        "n_open": len(rows) - len(closed),
        "n_closed": len(closed),
        "n_answered": len(rows) - len(silent),
        "n_open_unanswered": len(silent) - never,
        "n_never_answered": never,
        "is_small": len(closed) < SMALL,
        **name_rate("never_answered_rate", never, len(closed)),
        "median_hours_to_first_reply": percentile(hours, 0.5),
        "p90_hours_to_first_reply": percentile(hours, 0.9),
        "median_hours_to_first_personal_reply": percentile(
            [(at - row["applied_at"]).total_seconds() / 3_600 for row, at in persons if at], 0.5
        ),
        "n_rejected": len(rejected),
        "n_notified": len(told),
        "median_days_to_notice": percentile(waits, 0.5),
        "p90_days_to_notice": percentile(waits, 0.9),
        "n_relay_invited": invited,
        **name_rate("relay_line_rate", invited, len(rejected)),
    }
