"""mart_cost_per_hire: (external + internal) / hires, by month and by the company's fiscal year."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, timedelta

from tests.companies.agencies import estimate_fees
from tests.companies.applications import Applications
from tests.companies.home import Row
from tests.companies.measures import divide
from tests.companies.quota import fct_quota_ledger, value_of_use
from tests.companies.referrals import Referrals

SUMS = (
    *("n_hired", "cost_external", "cost_internal", "cost_refunded", "cost_estimated", "cost_to_come"),
    *("n_slots_used", "slot_value_used"),
)
SIDES = {"internal": "cost_internal", "refund": "cost_refunded"}


def mart_cost_per_hire(applications: Applications, referrals: Referrals) -> list[Row]:
    home = applications.home
    months: dict[date, Row] = defaultdict(lambda: dict.fromkeys(SUMS, 0))
    hired_in = {
        row["application_id"]: home.local_date(row["accepted_at"]).replace(day=1)
        for row in applications.counted()
        if row["outcome"] == "hired"
    }
    for month in hired_in.values():
        months[month]["n_hired"] += 1
    for cost in home["channel_costs"] + estimate_fees(applications):
        side = SIDES.get(cost["kind"], "cost_external")
        for month, amount in _shares(cost, hired_in):
            if month > home.as_of_date:
                months[month]["cost_to_come"] += -amount if side == "cost_refunded" else amount
            else:
                months[month][side] += amount
                if cost.get("is_estimated") and side != "cost_refunded":
                    months[month]["cost_estimated"] += amount
    for entry in fct_quota_ledger(referrals):
        if entry["entry_type"] == "use" and entry["slot_no"] is not None:
            own = home.local_date(entry["entry_at"]).replace(day=1)
            month = hired_in.get(entry["application_id"], own)
            months[month]["n_slots_used"] += 1
            months[month]["slot_value_used"] += value_of_use(entry, referrals)
    years: dict[date, Row] = defaultdict(lambda: dict.fromkeys(SUMS, 0))
    for month, sums in months.items():
        year = years[_fiscal_start(month, home.fiscal_year_start)]
        for name in SUMS:
            year[name] += sums[name]
    lines = [_line("month", month, month, sums, applications) for month, sums in months.items()]
    return lines + [_line("fiscal_year", start, start, sums, applications) for start, sums in years.items()]


def _shares(cost: Row, hired_in: dict[str, date]) -> list[tuple[date, float]]:
    """(month, amount): a hire's own cost in its month, any other evenly over the days of its period."""
    if cost["application_id"] in hired_in:
        return [(hired_in[cost["application_id"]], cost["amount"])]
    days = (cost["period_end_date"] - cost["period_start_date"]).days + 1
    of_month: dict[date, int] = defaultdict(int)
    for n in range(days):
        of_month[(cost["period_start_date"] + timedelta(days=n)).replace(day=1)] += 1
    return [(month, cost["amount"] * count / days) for month, count in of_month.items()]


def _fiscal_start(month: date, first: int) -> date:
    return date(month.year - (month.month < first), first, 1)


def _line(period: str, start: date, month: date, sums: Row, applications: Applications) -> Row:
    home = applications.home
    length = 1 if period == "month" else 12
    end = date(start.year + (start.month - 1 + length) // 12, (start.month - 1 + length) % 12 + 1, 1)
    gross = sums["cost_external"] + sums["cost_internal"]
    net = gross - sums["cost_refunded"]
    after_slots = net - sums["slot_value_used"]
    return sums | {
        "period": period,
        "period_start": start,
        "fiscal_year": _fiscal_start(month, home.fiscal_year_start).year,
        "as_of_date": home.as_of_date,
        "is_complete": end <= home.as_of_date + timedelta(days=1),
        "cost_gross": gross,
        "cost_net": net,
        "cost_net_of_slots": after_slots,
        "cost_per_hire_gross": divide(gross, sums["n_hired"]),
        "cost_per_hire_net": divide(net, sums["n_hired"]),
        "cost_per_hire_net_of_slots": divide(after_slots, sums["n_hired"]),
    }
