"""What an analyst is told about every mart, and that the relay's own unit tests ran: they need its Python facts."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import duckdb

from tests.dbt_project.empty_warehouse import RELAY, list_behind_relay, run_dbt

JAPANESE = re.compile(r"[ぁ-んァ-ヶ一-龥]")
ENGLISH = re.compile(r"^[A-Za-z0-9_(]")
MARTS = {
    "mart_channel",
    "mart_channel_total",
    "mart_stage_conversion",
    "mart_stage_curve",
    "mart_time_in_stage",
    "mart_stage_activity",
    "mart_offer",
    "mart_job",
    "mart_interviewer",
    "mart_department_calibration",
    "mart_rejection",
    "mart_retention",
    "mart_quota_balance",
    "mart_relay_funnel",
}


def list_marts(manifest: dict[str, Any]) -> dict[str, Any]:
    nodes = {node["name"]: node for node in manifest["nodes"].values() if node["resource_type"] == "model"}
    return {name: node for name, node in nodes.items() if name.startswith("mart_")}


def test_every_mart_is_under_contract_and_every_column_is_described_in_english_then_japanese(
    built: Path, manifest: dict[str, Any]
) -> None:
    marts = list_marts(manifest)
    assert set(marts) >= MARTS
    with duckdb.connect(str(built / "warehouse.duckdb"), read_only=True) as connection:
        for name, node in marts.items():
            assert node["config"]["contract"]["enforced"], name
            comments = connection.execute(
                "select column_name, comment from duckdb_columns() where schema_name = 'marts' and table_name = ?",
                [name],
            ).fetchall()
            assert {column for column, _ in comments} == set(node["columns"]), name
            for column, comment in comments:
                assert comment and ENGLISH.match(comment) and JAPANESE.search(comment), f"{name}.{column}"


def test_a_mart_asks_its_question_and_ends_with_its_grain_which_is_tested(manifest: dict[str, Any]) -> None:
    grains = {
        test["attached_node"].split(".")[-1]: test["test_metadata"]["kwargs"]["columns"]
        for test in manifest["nodes"].values()
        if test["resource_type"] == "test" and (test.get("test_metadata") or {}).get("name") == "unique_grain"
    }
    for name, node in list_marts(manifest).items():
        description = " ".join(node["description"].split())
        assert "?" in description, name
        assert description.endswith(f"One row a {', '.join(grains[name])}."), name


def test_every_mart_says_up_to_which_day_it_looks(manifest: dict[str, Any]) -> None:
    assert [name for name, node in list_marts(manifest).items() if "as_of_date" not in node["columns"]] == []


def test_every_rate_has_its_bounds_beside_it(manifest: dict[str, Any]) -> None:
    rates = 0
    for name, node in list_marts(manifest).items():
        for column in (column for column in node["columns"] if column.endswith("_rate")):
            assert {f"{column}_lo", f"{column}_hi", "is_small"} <= set(node["columns"]), f"{name}.{column}"
            rates += 1
    assert rates >= 14


def test_the_unit_tests_behind_the_relay_hold(built: Path, manifest: dict[str, Any]) -> None:
    done = run_dbt(built, "test", "--select", f"test_type:unit,{RELAY}")
    results = json.loads((built / "target" / "run_results.json").read_text(encoding="utf-8"))["results"]
    passed = {result["unique_id"] for result in results if result["status"] == "pass"}
    wanted = list_behind_relay(manifest) & set(manifest["unit_tests"])
    assert len(wanted) >= 4
    assert passed >= wanted, done.stdout
