"""mart_rejection: why applications ended, by whom, and whether the person was told."""

from __future__ import annotations

from collections import defaultdict
from fractions import Fraction

from tests.companies.applications import Applications
from tests.companies.home import Row
from tests.companies.measures import median

PARTY = {"rejected": "company", "withdrawn": "candidate", "offer_declined": "candidate"}
MISSING = "missing"


def mart_rejection(applications: Applications) -> list[Row]:
    lines: dict[tuple, list[tuple[Row, Fraction]]] = defaultdict(list)
    totals: dict[tuple, Fraction] = defaultdict(Fraction)
    for row in applications.counted():
        party = PARTY.get(row["outcome"])
        if party is None:
            continue
        month = row["closed_date"].replace(day=1)
        keys = {key for key, _ in applications.reasons_of(row)} or {MISSING}
        totals[month, party] += 1
        for key in keys:
            grain = month, row["real"][-1]["stage_key"], row["department"], row["channel_id"], party, key
            lines[grain].append((row, Fraction(1, len(keys))))
    return [_line(grain, rows, totals, applications) for grain, rows in lines.items()]


def _line(grain: tuple, rows: list[tuple[Row, Fraction]], totals: dict, applications: Applications) -> Row:
    month, _, _, _, party, reason = grain
    weight = sum((share for _, share in rows), Fraction(0))
    told = [row for row, _ in rows if row["rejection"]]
    waits = [(row["rejection"]["sent_at"] - row["closed_at"]).total_seconds() / 86_400 for row in told]
    names = ("closed_month", "stage_key", "department", "channel_id", "party", "reason_key")
    return {
        **dict(zip(names, grain, strict=True)),
        "as_of_date": applications.home.as_of_date,
        "n_applications": len(rows),
        "weighted_n": float(weight),
        "share_of_party": float(weight / totals[month, party]),
        "n_reason_missing": len(rows) if reason == MISSING else 0,
        "n_notified": len(told),
        "n_relay_invited": sum(1 for row in told if row["rejection"]["relay_url_present"]),
        "median_days_to_notice": median(waits),
    }
