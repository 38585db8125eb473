"""The marts as DuckDB runs them: built once on an empty warehouse, then the same SQL over rows a test makes up."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pytest

from orchestration.compute.quota_ledger import LEDGER_SCHEMA
from orchestration.compute.relay_invitations import INVITATION_SCHEMA
from orchestration.compute.relay_referrals import REFERRAL_SCHEMA
from orchestration.relay_tables import write_relay_table
from tests.dbt_project.empty_warehouse import fold_seed_labels, make_empty_warehouse, run_dbt

RELAY_FACTS = {
    "fct_relay_invitations": INVITATION_SCHEMA,
    "fct_relay_referrals": REFERRAL_SCHEMA,
    "fct_quota_ledger": LEDGER_SCHEMA,
}

RunMart = Callable[..., pl.DataFrame]


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home whose warehouse has every table and no row; target/ has the manifest and the compiled SQL."""
    home = tmp_path_factory.mktemp("marts")
    make_empty_warehouse(home / "warehouse.duckdb")
    fold_seed_labels(home / "warehouse.duckdb")
    with duckdb.connect(str(home / "warehouse.duckdb")) as connection:
        connection.execute("create schema if not exists marts")
        for name, schema in RELAY_FACTS.items():
            write_relay_table(connection, name, pl.DataFrame(schema=schema))
    done = run_dbt(home, "build", "--exclude-resource-type", "test", "--exclude-resource-type", "unit_test")
    assert done.returncode == 0, done.stdout + done.stderr
    return home


@pytest.fixture(scope="session")
def manifest(built: Path) -> dict[str, Any]:
    return json.loads((built / "target" / "manifest.json").read_text(encoding="utf-8"))


@pytest.fixture
def connection(built: Path, tmp_path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """The empty warehouse, a copy for one test. The compiled SQL names the database by its file: warehouse."""
    shutil.copyfile(built / "warehouse.duckdb", tmp_path / "warehouse.duckdb")
    with duckdb.connect(str(tmp_path / "warehouse.duckdb")) as con:
        con.execute("set TimeZone = 'UTC'")
        con.execute("update ops.run_parameters set as_of_at = '2026-09-30 15:00:00', as_of_date = '2026-09-30'")
        yield con


@pytest.fixture
def run_mart(built: Path, connection: duckdb.DuckDBPyConnection) -> RunMart:
    """run_mart("mart_x", fct_y=[row, …] or a frame): the rows of model mart_x over these facts.

    A fact is a keyword, `schema__table` outside schema marts; columns that a row does not name are NULL.
    """
    models = {path.stem: path.read_text(encoding="utf-8") for path in (built / "target" / "compiled").rglob("*.sql")}

    def run(model: str, **facts: pl.DataFrame | list[dict[str, Any]]) -> pl.DataFrame:
        for name, rows in facts.items():
            table = name.replace("__", ".", 1) if "__" in name else f"marts.{name}"
            frame = rows if isinstance(rows, pl.DataFrame) else pl.DataFrame(rows, infer_schema_length=None)
            connection.execute(f"delete from {table}")
            if frame.height:
                connection.register("given_rows", frame.to_arrow())
                connection.execute(f"insert into {table} by name select * from given_rows")
                connection.unregister("given_rows")
        return connection.sql(models[model]).pl()

    return run
