"""Shares and their bounds, on every small k of n and on large ones."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest
from scipy.stats import binomtest

from tests.marts.conftest import RunMart

PAIRS = [(k, n) for n in (*range(13), 19, 20, 1_000) for k in sorted({0, 1, 3, n // 2, n - 1, n}) if 0 <= k <= n]
PAIRS += [(1, 5_000_000), (4_999_999, 5_000_000)]
COUNTS = ("excluded", "open", "rejected", "withdrawn", "offer_declined", "reached_interview", "reached_offer")


def make_months(pairs: list[tuple[int, int]]) -> list[dict[str, Any]]:
    """Rows of mart_channel, one channel a pair: k hired of n applications."""
    rest = dict.fromkeys((*(f"n_{name}" for name in COUNTS), "n_hired_left_180d"), 0)
    money = {"cost_gross": 0.0, "cost_refunded": 0.0}
    return [{"channel_id": f"{k}/{n}", "n_applications": n, "n_hired": k, **rest, **money} for k, n in pairs]


def test_bounds_are_those_of_scipy(run_mart: RunMart) -> None:
    rows = run_mart("mart_channel_total", mart_channel=make_months(PAIRS))
    assert rows.height == len(PAIRS)
    for name, n, k, rate, low, high, is_small in rows.select(
        "channel_id", "n_applications", "n_hired", "hire_rate", "hire_rate_lo", "hire_rate_hi", "is_small"
    ).iter_rows():
        assert is_small == (n < 20), name
        if n == 0:
            assert (rate, low, high) == (None, None, None)
            continue
        expected = binomtest(k, n).proportion_ci(method="wilson")
        assert rate == k / n, name
        assert (low, high) == pytest.approx((expected.low, expected.high), rel=1e-6, abs=1e-12), name
        assert 0 <= low <= rate <= high <= 1, name


def test_bounds_are_the_specifications_to_the_third_place_and_exact_at_the_ends(run_mart: RunMart) -> None:
    rows = run_mart("mart_channel_total", mart_channel=make_months([(3, 10), (0, 5), (1, 1)])).sort("n_applications")
    bounds = rows.select(pl.col("hire_rate_lo").round(3), pl.col("hire_rate_hi").round(3)).rows()
    assert bounds == [(0.207, 1.0), (0.0, 0.434), (0.108, 0.603)]
    assert rows["hire_rate_hi"][0] == 1.0
    assert rows["hire_rate_lo"][1] == 0.0
