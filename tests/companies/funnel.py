"""mart_relay_funnel: from eligible to counted, the rejections that an agency answers left out."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime, timedelta
from itertools import pairwise

from tests.companies.applications import Applications
from tests.companies.home import Row
from tests.companies.measures import name_rate
from tests.companies.referrals import Referrals, terms_at
from tests.companies.stages import SMALL

STEPS = ("eligible", "notified", "url_present", "delivered", "clicked", "registered", "counted")
YOUNG_DAYS = 30
HUMAN_AFTER = timedelta(seconds=5)  # what comes sooner is a mail gateway that opens every link


def mart_relay_funnel(applications: Applications, referrals: Referrals) -> list[Row]:
    """One row a closed_month, department, channel_id."""
    home = applications.home
    clicked: dict[str | None, list[datetime]] = defaultdict(list)
    for click in home["relay_clicks"]:
        if not click["is_automated"]:
            clicked[click["token"]].append(click["clicked_at"])
    followed: dict[str, list[bool]] = defaultdict(list)
    for registration in referrals.rows:
        if registration["application_id"]:
            followed[registration["application_id"]].append(registration["is_counted"])
    cells: dict[tuple, dict[str, int]] = defaultdict(lambda: dict.fromkeys(STEPS, 0))
    for row in applications.counted():
        terms = terms_at(home, row["closed_at"])
        if terms is None or row["outcome"] not in terms["eligible_outcomes"]:
            continue
        if row["agency_label"] and not _was_tried(row, applications):
            continue
        cell = cells[row["closed_date"].replace(day=1), row["department"], row["channel_id"]]
        told, own = row["rejection"], followed[row["application_id"]]
        is_told = bool(told and told["relay_url_present"])
        is_clicked = bool(told and told["relay_token"]) and any(
            moment > told["sent_at"] + HUMAN_AFTER for moment in clicked[told["relay_token"]]
        )
        reached = (True, bool(told), is_told, is_told, is_clicked, bool(own), any(own))
        for step, is_reached in zip(STEPS, reached, strict=True):
            cell[step] += is_reached
    lines = []
    for (month, department, channel), counts in cells.items():
        ends = (month + timedelta(days=31)).replace(day=1) - timedelta(days=1)
        line: Row = {"closed_month": month, "department": department, "channel_id": channel}
        line |= {"as_of_date": home.as_of_date, "is_censored": (home.as_of_date - ends).days < YOUNG_DAYS}
        line |= {f"n_{step}": count for step, count in counts.items()} | {"is_small": counts["eligible"] < SMALL}
        for before, step in pairwise(STEPS):
            line |= name_rate(f"{step}_rate", counts[step], counts[before])
        lines.append(line)
    return lines


def _was_tried(row: Row, applications: Applications) -> bool:
    """We sent a rejection ourselves, arrived or not."""
    sent = applications.messages[row["application_id"]]
    return any((message["direction"], message["kind"]) == ("outbound", "rejection") for message in sent)
