"""A warehouse that has every table the models read, and no row: what a company has before its first file."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import polars as pl

from connectors import load
from orchestration import record

REPO = Path(__file__).resolve().parents[2]
PROJECT = REPO / "dbt_project"
IDENTITY = {
    "identity.person_xref": "source varchar, candidate_id varchar, person_id varchar, rule varchar,"
    " probability double, valid_from timestamp, valid_to timestamp",
    "identity.message_xref": "source varchar, message_id varchar, person_id varchar",
    "identity.employee_xref": "source varchar, employee_id varchar, person_id varchar",
    "identity.feedback_xref": "source varchar, feedback_id varchar, person_id varchar, n_persons bigint",
    "ops.label_folds": "label varchar, folded varchar",
}
RELAY = "source:relay+"  # these stand behind the relay's own assets


def list_behind_relay(manifest: Mapping[str, Any]) -> set[str]:
    """Every model and unit test that needs the relay's own tables, by unique_id."""
    behind = [node for node in manifest["child_map"] if node.startswith("source.") and ".relay." in node]
    found: set[str] = set()
    while behind:
        node = behind.pop()
        if node not in found:
            found.add(node)
            behind += manifest["child_map"].get(node, [])
    tested = {
        name
        for name, test in manifest["unit_tests"].items()
        if found & set(test["depends_on"]["nodes"])
    }
    return found | tested


def make_empty_warehouse(path: Path) -> None:
    with duckdb.connect(str(path)) as connection:
        load.prepare(connection)
        record.prepare(connection)
        load.refresh_views(connection, [])
        connection.execute(
            "insert into ops.run_parameters values (?, ?)",
            [datetime(2026, 9, 30, 15, tzinfo=UTC).replace(tzinfo=None), datetime(2026, 9, 30, tzinfo=UTC).date()],
        )
        for table, columns in IDENTITY.items():
            connection.execute(f"create table {table} ({columns})")


def fold_seed_labels(path: Path) -> None:
    """What the identity step writes into ops.label_folds, for the shipped aliases alone."""
    from orchestration.compute.labels import fold_labels

    labels = pl.concat([pl.read_csv(seed).select("label") for seed in sorted(PROJECT.glob("seeds/*_aliases.csv"))])
    with duckdb.connect(str(path)) as connection:
        folds = fold_labels(labels).to_arrow()
        connection.register("folds", folds)
        connection.execute("insert into ops.label_folds select label, folded from folds")


def run_dbt(home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """dbt in a process of its own: it keeps global state, and DuckDB one configuration a process."""
    environment = {**os.environ, "TSUNAGU_WAREHOUSE": str(home / "warehouse.duckdb"), "TSUNAGU_MEMORY_LIMIT": "1GB"}
    return subprocess.run(
        [
            *(sys.executable, "-m", "dbt.cli.main", *arguments, "--no-use-colors"),
            *("--project-dir", str(PROJECT), "--profiles-dir", str(PROJECT)),
            *("--target-path", str(home / "target"), "--log-path", str(home / "logs")),
        ],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
