"""The models as dbt sees them: they build on nothing, their own tests hold, and they keep the house's rules."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.dbt_project.empty_warehouse import (
    PROJECT,
    RELAY,
    fold_seed_labels,
    list_behind_relay,
    make_empty_warehouse,
    run_dbt,
)

# Columns that would name a person, or let free text through, in what is published.
PERSONAL = re.compile(
    r"(^|_)(full_name|family_name|given_name|kana|email|e_mail|phone|birth_date|address|subject|comment|text|label"
    r"|interviewer_label|author_label|candidate_ref)($|_)"
)
JAPANESE = re.compile(r"[ぁ-んァ-ヶ一-龥]")
# 6-portable-sql.md: what only one engine has, or what gives another result on the other. Macros may; models may not.
NOT_PORTABLE = {
    "distinct on": r"\bdistinct\s+on\b",
    "* exclude": r"\*\s+exclude\b",
    "union by name": r"\bunion\s+(all\s+)?by\s+name\b",
    "ignore nulls": r"\bignore\s+nulls\b",
    "date_diff": r"\bdate_?diff\s*\(",
    "strftime, epoch, strptime": r"\b(strftime|strptime|epoch\w*)\s*\(",
    "day of week": r"\b(dayofweek|isodow|monthname|dow)\b",
    "interval arithmetic": r"\binterval\b",
    "series and lists": r"\b(generate_series|range|unnest|list_\w+|string_agg|array_agg|struct_pack)\s*\(",
    "quantile_cont, arg_max": r"\b(quantile_cont|arg_max|arg_min)\s*\(",
    "sha256, strpos, starts_with, regexp_replace": r"\b(sha256|strpos|starts_with|regexp_replace|regexp_matches)\s*\(",
    "at time zone": r"\bat\s+time\s+zone\b|\btimezone\s*\(",
    "json": r"\bjson_\w+\s*\(|->>",
    "integer division": r"\s//\s",
    "quoted names": r'"',
    # Spark wants a length of every VARCHAR; `string` is the same on both.
    "varchar": r"\bvarchar\b",
}
MODELS = sorted((PROJECT / "models").rglob("*.sql"))


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any], dict[str, Any]]:
    """(home, manifest, run results) of a whole build, data tests and unit tests included, on an empty warehouse."""
    home = tmp_path_factory.mktemp("dbt")
    make_empty_warehouse(home / "warehouse.duckdb")
    fold_seed_labels(home / "warehouse.duckdb")
    done = run_dbt(home, "build", "--exclude", RELAY, "--warn-error-options", '{"error": ["Deprecations"]}')
    results = home / "target" / "run_results.json"
    assert results.is_file(), done.stdout + done.stderr
    manifest = json.loads((home / "target" / "manifest.json").read_text(encoding="utf-8"))
    return home, manifest, json.loads(results.read_text(encoding="utf-8"))


def test_everything_builds_and_holds_where_there_is_no_row_at_all(built: tuple[Path, dict, dict]) -> None:
    _, _, results = built
    wrong = [
        (result["unique_id"], result["status"], result["message"])
        for result in results["results"]
        if result["status"] not in ("success", "pass", "no-op")  # the last: an exposure, which builds nothing
    ]
    assert wrong == []


def test_unit_tests_ran(built: tuple[Path, dict, dict]) -> None:
    _, manifest, results = built
    ran = {result["unique_id"] for result in results["results"]}
    expected = set(manifest["unit_tests"]) - list_behind_relay(manifest)
    assert len(expected) > 30
    assert expected <= ran


def test_every_model_says_what_it_is_in_both_languages_and_ends_with_its_grain(built: tuple[Path, dict, dict]) -> None:
    _, manifest, _ = built
    wrong = []
    for node in manifest["nodes"].values():
        if node["resource_type"] not in ("model", "seed"):
            continue
        description = " ".join(node["description"].split())
        last = re.split(r"(?<=[.。])\s*", description.removesuffix("."))[-1]
        if not JAPANESE.search(description) or not last.startswith("One row"):
            wrong.append((node["name"], description[-80:]))
    assert wrong == []


def test_every_published_column_is_typed_by_contract_and_described_in_both_languages(
    built: tuple[Path, dict, dict],
) -> None:
    home, manifest, _ = built
    models = [
        node
        for node in manifest["nodes"].values()
        if node["resource_type"] == "model" and node["original_file_path"].startswith("models/marts/core/")
    ]
    assert len(models) >= 15
    with duckdb.connect(str(home / "warehouse.duckdb"), read_only=True) as connection:
        for node in models:
            assert node["config"]["contract"]["enforced"], node["name"]
            comments = connection.execute(
                "select column_name, comment from duckdb_columns() where schema_name = 'marts' and table_name = ?",
                [node["name"]],
            ).fetchall()
            assert {name for name, _ in comments} == set(node["columns"]), node["name"]
            silent = [name for name, comment in comments if not comment or not JAPANESE.search(comment)]
            assert silent == [], node["name"]


def test_no_published_column_can_hold_a_name_an_address_or_free_text(built: tuple[Path, dict, dict]) -> None:
    home, _, _ = built
    with duckdb.connect(str(home / "warehouse.duckdb"), read_only=True) as connection:
        columns = connection.execute(
            "select table_name, column_name from duckdb_columns() where schema_name = 'marts'"
        ).fetchall()
    assert len(columns) > 100
    assert [found for found in columns if PERSONAL.search(found[1])] == []


def test_core_holds_no_personal_column_but_the_private_lookup_of_interviewers(built: tuple[Path, dict, dict]) -> None:
    home, manifest, _ = built
    seeds = {node["name"] for node in manifest["nodes"].values() if node["resource_type"] == "seed"}
    with duckdb.connect(str(home / "warehouse.duckdb"), read_only=True) as connection:
        columns = connection.execute(
            "select table_name, column_name from duckdb_columns() where schema_name = 'core'"
        ).fetchall()
    found = {(table, column) for table, column in columns if table not in seeds and PERSONAL.search(column)}
    assert found == {("int_labels", "label"), ("int_interviewers", "interviewer_label")}


def test_only_staging_reads_sources_and_no_layer_reads_a_later_one(built: tuple[Path, dict, dict]) -> None:
    _, manifest, _ = built
    layers = {"staging": 0, "intermediate": 1, "core": 2, "marts": 3}

    def layer(node: dict[str, Any]) -> str:
        parts = Path(node["original_file_path"]).parts
        return "core" if parts[1:3] == ("marts", "core") else parts[1]

    wrong = []
    for node in manifest["nodes"].values():
        if node["resource_type"] != "model":
            continue
        for parent in node["depends_on"]["nodes"]:
            if parent.startswith("source."):
                is_relay = manifest["sources"][parent]["source_name"] == "relay"
                if layer(node) != "staging" and not is_relay:
                    wrong.append((node["name"], parent))
            elif parent.startswith("model."):
                above = manifest["nodes"][parent]
                # The visits are built between two intermediate models: closing times follow from them.
                if layers[layer(above)] > layers[layer(node)] and above["name"] != "fct_stage_visits":
                    wrong.append((node["name"], above["name"]))
    assert wrong == []


@pytest.mark.parametrize("path", MODELS, ids=lambda path: path.stem)
def test_a_model_is_portable_sql_that_ends_with_its_final_select(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.endswith("\nselect * from final\n")
    sql = re.sub(r"\{#.*?#\}|\{\{.*?\}\}|\{%.*?%\}|--[^\n]*|'[^']*'", " ", text, flags=re.DOTALL)
    assert [name for name, pattern in NOT_PORTABLE.items() if re.search(pattern, sql, re.IGNORECASE)] == []


def test_every_mart_is_in_an_exposure_and_each_says_who_looks_at_it(built: tuple[Path, dict, dict]) -> None:
    _, manifest, _ = built
    exposures = manifest["exposures"].values()
    used = {node.split(".")[2] for exposure in exposures for node in exposure["depends_on"]["nodes"]}
    marts = {path.stem for path in MODELS if path.stem.startswith("mart_")}
    assert marts - used == set()
    assert {name for name in used if not name.startswith(("mart_", "dim_"))} == set()
    for exposure in exposures:
        assert exposure["owner"]["name"] and JAPANESE.search(exposure["description"]), exposure["name"]
