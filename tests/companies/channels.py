"""mart_channel: what each channel brought in each month, and what it cost."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, timedelta

from tests.companies.agencies import estimate_fees
from tests.companies.applications import Applications, days_to_hire
from tests.companies.employees import EARLY_DAYS, Spell, list_spells
from tests.companies.home import Row
from tests.companies.labels import ORDER, channel_of
from tests.companies.measures import divide, median, name_rate
from tests.companies.stages import SMALL

OUTCOMES = ("open", "rejected", "withdrawn", "offer_declined", "hired")
Cell = tuple[str, date]


def spread_costs(applications: Applications) -> dict[Cell, dict[str, float]]:
    """(channel, month) → gross and refunded, each amount spread over the days of its period."""
    costs: dict[Cell, dict[str, float]] = defaultdict(lambda: {"gross": 0.0, "refunded": 0.0})
    for row in applications.home["channel_costs"] + estimate_fees(applications):
        side = "refunded" if row["kind"] == "refund" else "gross"
        application = applications.by_id.get(row["application_id"])
        if application:
            costs[application["channel_id"], application["applied_month"]][side] += row["amount"]
            continue
        channel = channel_of(row["channel_label"], applications.home.aliases)
        days = (row["period_end_date"] - row["period_start_date"]).days + 1
        for n in range(days):
            day = row["period_start_date"] + timedelta(days=n)
            costs[channel, day.replace(day=1)][side] += row["amount"] / days
    return costs


def mart_channel(applications: Applications) -> list[Row]:
    cells: dict[Cell, list[Row]] = defaultdict(list)
    for row in applications.rows:
        cells[row["channel_id"], row["applied_month"]].append(row)
    costs = spread_costs(applications)
    spells = [spell for spell in list_spells(applications) if spell.application]
    return [
        _line(cell, cells.get(cell, []), costs.get(cell, {"gross": 0.0, "refunded": 0.0}), spells, applications)
        for cell in {*cells, *costs}
    ]


def _line(cell: Cell, rows: list[Row], cost: dict[str, float], spells: list[Spell], applications: Applications) -> Row:
    own = [row for row in rows if not row["is_excluded"]]
    n = {outcome: sum(1 for row in own if row["outcome"] == outcome) for outcome in OUTCOMES}
    net = cost["gross"] - cost["refunded"]
    hired = {row["application_id"] for row in own if row["outcome"] == "hired"}
    left = [spell for spell in spells if spell.is_event and spell.days <= EARLY_DAYS]
    return {
        "channel_id": cell[0],
        "applied_month": cell[1],
        "as_of_date": applications.home.as_of_date,
        "n_applications": len(own),
        "n_persons": len({row["person"] for row in own}),
        "n_excluded": len(rows) - len(own),
        **{f"n_{outcome}": count for outcome, count in n.items()},
        "n_reached_interview": _count_reached(own, ORDER["interview_1"]),
        "n_reached_offer": _count_reached(own, ORDER["offer"]),
        "is_small": len(own) < SMALL,
        "cost_gross": cost["gross"],
        "cost_refunded": cost["refunded"],
        "cost_net": net,
        "cost_per_application": divide(net, len(own)),
        "cost_per_hire": divide(net, n["hired"]),
        "median_days_to_hire": median([days for row in own if (days := days_to_hire(row)) is not None]),
        "n_hired_left_180d": len({spell.application["application_id"] for spell in left if spell.application} & hired),
        **name_rate("hire_rate", n["hired"], len(own)),
        **name_rate("mature_hire_rate", n["hired"], len(own) - n["open"]),
    }


def _count_reached(rows: list[Row], order: int) -> int:
    return sum(1 for row in rows if row["reached"] is not None and row["reached"] >= order)
