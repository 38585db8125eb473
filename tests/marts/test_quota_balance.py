"""mart_quota_balance against a book kept day by day in Python."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl
import pytest

from tests.marts.conftest import RunMart

TOKYO = ZoneInfo("Asia/Tokyo")
AS_OF = date(2026, 9, 30)
PER_SLOT = 3
TERMS = [
    {
        "valid_from": date(2020, 4, 1),
        "referrals_per_slot": PER_SLOT,
        "slot_kind": "hire",
        "fee_rate": 0.35,
        "typical_salary": 5_000_000.0,
    }
]


def local_date(at: datetime) -> date:
    return at.replace(tzinfo=UTC).astimezone(TOKYO).date()


def draw_book(seed: int, days: int) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Referrals by counted_at, and a ledger that earns by them and uses at random."""
    draw = random.Random(seed)
    end = datetime.combine(AS_OF, datetime.min.time()) + timedelta(hours=15)
    moments = sorted(end - timedelta(seconds=draw.randrange(days * 86_400)) for _ in range(days // 12))
    referrals = [
        {
            "source": "t",
            "registration_id": f"R{number}",
            "is_counted": True,
            "counted_at": at,
            "referral_no": number,
            "completes_slot": number % PER_SLOT == 0,
        }
        for number, at in enumerate(moments, start=1)
    ]
    earns = [r["counted_at"] for r in referrals if r["completes_slot"]]
    uses = [at + timedelta(days=draw.randrange(-5, 40)) for at in earns]
    ledger = [("earn", 1, at, None) for at in earns]
    ledger += [("use", -1, at, f"U{number}") for number, at in enumerate(uses) if at <= end]
    entries = [
        {
            "source": "t",
            "entry_id": f"e{number}",
            "entry_type": kind,
            "slots": slots,
            "entry_at": at,
            "slot_no": 1,
            "slot_use_id": use,
            "terms_from": date(2020, 4, 1),
        }
        for number, (kind, slots, at, use) in enumerate(ledger)
    ]
    return referrals, entries


@pytest.mark.parametrize("seed", range(3))
def test_every_day_has_the_balance_of_a_book_kept_by_hand(run_mart: RunMart, seed: int) -> None:
    referrals, entries = draw_book(seed, days=400)
    rows = run_mart(
        "mart_quota_balance", ops__relay_terms=TERMS, fct_relay_referrals=referrals, fct_quota_ledger=entries
    ).sort("balance_date")
    counted = [local_date(r["counted_at"]) for r in referrals]
    uses = [local_date(e["entry_at"]) for e in entries if e["entry_type"] == "use"]
    earns = [local_date(e["entry_at"]) for e in entries if e["entry_type"] == "earn"]
    first = min([*counted, *uses])
    assert rows["balance_date"].to_list() == [first + timedelta(days=n) for n in range((AS_OF - first).days + 1)]
    for row in rows.iter_rows(named=True):
        day = row["balance_date"]
        total = sum(at <= day for at in counted)
        used, earned = sum(at <= day for at in uses), sum(at <= day for at in earns)
        assert (row["counted_total"], row["remainder"], row["to_next"]) == (
            total,
            total % PER_SLOT,
            PER_SLOT - total % PER_SLOT,
        )
        assert (row["earned"], row["used"], row["available"]) == (earned, used, earned - used)
        assert row["is_overdrawn"] == (earned < used)
        assert row["value_used"] == pytest.approx(0.35 * 5_000_000 * used, abs=0.01)
        assert row["counted_90d"] == sum(day - timedelta(days=90) < at <= day for at in counted)
        if day < AS_OF:
            assert row["expected_next_slot_date"] is None
    last = rows.row(-1, named=True)
    wait = -(-last["to_next"] * 90 // last["counted_90d"])
    assert last["expected_next_slot_date"] == AS_OF + timedelta(days=wait)


def test_nothing_is_forecast_on_the_ninety_first_day_without_a_referral(run_mart: RunMart) -> None:
    def ask(days_ago: int) -> tuple[int, date | None]:
        at = datetime.combine(AS_OF, datetime.min.time()) - timedelta(days=days_ago)
        referral = {"registration_id": "R", "is_counted": True, "counted_at": at, "referral_no": 1}
        rows = run_mart(
            "mart_quota_balance",
            ops__relay_terms=TERMS,
            fct_relay_referrals=[referral | {"completes_slot": False}],
            fct_quota_ledger=[],
        )
        return rows.filter(pl.col("balance_date") == AS_OF).select("counted_90d", "expected_next_slot_date").row(0)

    assert ask(89) == (1, AS_OF + timedelta(days=180))
    assert ask(90) == (0, None)


def test_a_company_without_a_relay_has_no_balance(run_mart: RunMart) -> None:
    rows = run_mart("mart_quota_balance", ops__relay_terms=[], fct_relay_referrals=[], fct_quota_ledger=[])
    assert rows.is_empty()
