"""Cells that a profile reads as something else than they say: an amount with tax, a month as one of its days."""

from __future__ import annotations

import calendar
import re
import unicodedata
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

import polars as pl

from connectors.formats.dates import to_canonical
from connectors.formats.moments import DateSystem

MONTH = re.compile(r"(\d{4})\s*[-/.年]?\s*(\d{1,2})\s*月?度?分?")
YEN_CENT = Decimal("0.01")


def take_tax_off(cells: pl.Series, rate: Decimal) -> pl.Series:
    """gross ÷ (1 + rate), half a sen rounded up, kept to 0.01 yen so that a month of lines still adds up to the sheet's
    own total; what is no amount stays as it is, to be refused with its own text."""

    distinct = cells.unique().drop_nulls()
    amounts, ok = to_canonical(distinct, "yen")
    nets = {
        text: str((Decimal(amount) / (1 + rate)).quantize(YEN_CENT, ROUND_HALF_UP))
        for text, amount, known in zip(distinct, amounts, ok, strict=True)
        if known and amount
    }
    return cells.replace(nets)


def to_month_edge(cells: pl.Series, is_end: bool, date_system: DateSystem = "1900") -> pl.Series:
    """The first or last day of the month that a cell names (2025年4月, 2025/04, 202504, 4/1/2025 of a date cell)."""
    distinct = cells.unique().drop_nulls()
    days, ok = to_canonical(distinct, "date", date_system=date_system)
    edges: dict[str, str] = {}
    for text, day, known in zip(distinct, days, ok, strict=True):
        match = MONTH.fullmatch(unicodedata.normalize("NFKC", text).strip())
        year, month = (int(match[1]), int(match[2])) if match else (0, 0)
        if not match and known and day:
            year, month = int(day[:4]), int(day[5:7])
        if 1 <= month <= 12:
            last = calendar.monthrange(year, month)[1]
            edges[text] = date(year, month, last if is_end else 1).isoformat()
    return cells.replace(edges)
