"""The warning for an agency's invoice that names no application beside a fee that its terms estimate."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

import duckdb
import polars as pl
import pytest

from tests.dbt_project.empty_warehouse import PROJECT

TEST = PROJECT / "tests" / "invoices_stand_for_the_fees_they_bill.sql"
ESTIMATE = {
    "amount_basis": "estimated",
    "kind": "success_fee",
    "application_id": "A1",
    "attributed_channel_id": "agent",
}
INVOICE = {"amount_basis": "given", "kind": "success_fee", "application_id": None, "channel_id": "agent"}


@pytest.mark.parametrize(
    ("change", "n"),
    [
        ({}, 1),
        ({"cost_month": date(2026, 5, 1)}, 1),
        ({"cost_month": date(2026, 3, 1)}, 1),
        ({"cost_month": date(2026, 6, 1)}, 0),
        ({"application_id": "A2"}, 0),
        ({"channel_id": "another"}, 0),
        ({"kind": "refund"}, 0),
        ({"kind": "fixed"}, 0),
        ({"amount_basis": "estimated"}, 0),
    ],
)
def test_an_invoice_without_an_application_beside_an_estimate_is_told(
    change: dict[str, Any], n: int, connection: duckdb.DuckDBPyConnection
) -> None:
    rows = [ESTIMATE | {"cost_month": date(2026, 4, 1)}, INVOICE | {"cost_month": date(2026, 4, 1), **change}]
    connection.register("given", pl.DataFrame(rows, infer_schema_length=None).to_arrow())
    connection.execute("delete from marts.fct_channel_costs; insert into marts.fct_channel_costs by name from given")
    query = re.sub(r"\{\{ ref\('(\w+)'\) \}\}", r"marts.\1", TEST.read_text(encoding="utf-8"))
    found = connection.execute(re.sub(r"\{\{ config.*?\}\}", "", query)).fetchall()
    assert len(found) == n
