"""The models built on Spark from a lake, by a process of its own, and their tables as DuckDB reads them."""

from __future__ import annotations

import importlib.util
import json
import shutil
import subprocess
import sys
from pathlib import Path

import duckdb

from connectors.errors import CheckFailed, UsageError
from connectors.settings import Home
from orchestration.transform import PROJECT_DIR, find_staging, unused_staging


def require_spark(home: Home) -> None:
    """Raises UsageError, with the way out, where this environment has no Spark, or this machine no Java to run it."""
    missing = [name for name in ("pyspark", "dbt.adapters.spark") if not _has(name)]
    if missing or (shutil.which("java") is None and not home.spark.is_remote):
        what = ", ".join(missing) or "java"
        raise UsageError(
            f"Spark cannot start here: no {what} in {sys.prefix}" + (" or on the PATH" if not missing else ""),
            where=str(home.root / "tsunagu.yml"),
            mend="pip install 'tsunagu[spark]' (or requirements-spark.lock) and Java 17; or publish: {engine: duckdb}",
        )


def build_on_spark(home: Home, lake: Path, out: Path) -> None:
    """Build every seed and model from `lake` into `out`/<schema>.db/<table>/*.parquet; what was there goes.

    Raises UsageError without Spark, CheckFailed where a model does not build.
    """
    require_spark(home)
    told = {
        "vars": {
            "timezone": home.company.timezone,
            "fiscal_year_start": home.company.fiscal_year_start,
            "connectors_of_entity": find_staging(home),
        },
        "exclude": [f"path:models/staging/{name}" for name in unused_staging(home)],
        "master": home.spark.master,
        "memory": home.spark.memory,
    }
    asked = home.state / "spark.json"
    asked.write_text(json.dumps(told, indent=1), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "orchestration.spark", str(lake), str(out), str(asked)],
        cwd=PROJECT_DIR.parent,
        capture_output=True,
        text=True,
    )
    if done.returncode:
        told = [line.removeprefix("told: ") for line in done.stdout.splitlines() if line.startswith("told: ")]
        if told:
            raise UsageError(told[0], where=str(home.root / "tsunagu.yml"))
        # What Spark says of a failure may quote a row: the names of the models only.
        failed = [line.split(": ")[1] for line in done.stdout.splitlines() if line.startswith(("error: ", "fail: "))]
        raise CheckFailed(
            f"Spark did not build {', '.join(failed) or 'the models'}; nothing was published",
            where=str(lake),
            mend=f"{sys.executable} -m orchestration.spark {lake} {out} {asked} shows why",
        )


def select_built(warehouse: duckdb.DuckDBPyConnection, out: Path, table: str) -> str | None:
    """A SELECT of what Spark made of `marts.<table>`, in the types that the table has in the warehouse; None for one
    that no model makes: the relay's facts."""
    files = out / "marts.db" / table
    if not files.is_dir():
        return None
    kinds = warehouse.execute(
        "select column_name, data_type from duckdb_columns() where database_name = current_database()"
        " and schema_name = 'marts' and table_name = ? order by column_index",
        [table],
    ).fetchall()
    typed = ", ".join(f'cast("{name}" as {kind}) as "{name}"' for name, kind in kinds)
    escaped = str(files).replace("'", "''")
    return f"select {typed} from read_parquet('{escaped}/*.parquet')"


def _has(module: str) -> bool:
    try:
        return importlib.util.find_spec(module) is not None
    except ModuleNotFoundError:
        return False
