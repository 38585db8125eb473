"""The same marts from DuckDB and from Apache Spark, compared row for row.

    make parity [APPLICATIONS=2000] [GOLDEN=../shared/golden] [THROUGH=local|cluster|connect]

Every company runs through the default pipeline; Spark then builds every model anew from what the models read (change
log, labels, persons, the relay's facts), and each table of schema marts is compared: rates and other DOUBLEs to 1e-9,
everything else exactly. Exit status 1 where anything differs. THROUGH: Spark in this process's own JVM, on a standalone
cluster of one worker, or behind a Connect server, both started here.
"""

from __future__ import annotations

import argparse
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import duckdb

from benchmarks.company import write_company
from benchmarks.spark_servers import serve
from connectors.settings import load_home
from orchestration.lake.export import export
from orchestration.relay_tables import DESCRIPTIONS
from orchestration.spark_build import build_on_spark

ROOT = Path(__file__).resolve().parents[1]
TOLERANCE = 1e-9


@dataclass(frozen=True)
class Difference:
    """One table of both engines. `columns`: differing values by column, of the rows that pair up."""

    table: str
    duckdb_rows: int
    spark_rows: int
    columns: dict[str, int]

    @property
    def is_equal(self) -> bool:
        return self.duckdb_rows == self.spark_rows and not self.columns


def compare_table(connection: duckdb.DuckDBPyConnection, table: str, files: str) -> Difference:
    """Table `marts.<table>` of the connection against Spark's Parquet `files` (a glob)."""
    kinds = connection.execute(
        "select column_name, data_type from duckdb_columns() where database_name = current_database()"
        " and schema_name = 'marts' and table_name = ? order by column_index",
        [table],
    ).fetchall()
    # Exact columns lead the order; a DOUBLE only to six places, so that its last bits cannot part a pair.
    order = ", ".join(
        [f'"{name}"' for name, kind in kinds if kind != "DOUBLE"]
        + [f'round("{name}", 6)' for name, kind in kinds if kind == "DOUBLE"]
    )
    typed = ", ".join(f'cast("{name}" as {kind}) as "{name}"' for name, kind in kinds)
    sides = {"d": f'select {typed} from marts."{table}"', "s": f"select {typed} from read_parquet('{files}')"}
    rows = []
    for side, query in sides.items():
        connection.execute(
            f"create or replace temp table {side} as"
            f" select *, row_number() over (order by {order}) as _pair from ({query})"
        )
        rows.append(connection.execute(f"select count(*) from {side}").fetchall()[0][0])
    counts = ", ".join(f"count(*) filter (not coalesce({_same(name, kind)}, false))" for name, kind in kinds)
    found = connection.execute(f"select {counts} from d join s using (_pair)").fetchall()[0]
    return Difference(table, rows[0], rows[1], {name: n for (name, _), n in zip(kinds, found, strict=True) if n})


def _same(name: str, kind: str) -> str:
    left, right = f'd."{name}"', f's."{name}"'
    if kind != "DOUBLE":
        return f"{left} is not distinct from {right}"
    return f"({left} is null and {right} is null) or abs({left} - {right}) <= {TOLERANCE} * greatest(1.0, abs({left}))"


def compare_marts(warehouse: Path, out: Path) -> list[Difference]:
    """Every table of schema marts that a model makes."""
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        connection.execute("set TimeZone = 'UTC'")
        tables = connection.execute(
            "select table_name from duckdb_tables() where database_name = current_database()"
            " and schema_name = 'marts' and not list_contains(?, table_name) order by 1",
            [list(DESCRIPTIONS)],
        ).fetchall()
        return [
            compare_table(connection, table, f"{out}/marts.db/{table}/*.parquet")
            if (out / "marts.db" / table).is_dir()
            else Difference(table, -1, 0, {})
            for (table,) in tables
        ]


def run_both(home: Path, work: Path, as_of: str | None, master: str) -> tuple[list[Difference], dict[str, float]]:
    """(differences, seconds): `run` is the whole DuckDB pipeline, `models` its seeds, models and data tests, `spark`
    Spark's start, seeds and models, without tests; each wall time, and `… cpu` the CPU time of all its threads."""
    seconds: dict[str, float] = {}
    began, used = time.perf_counter(), _cpu_of_children()
    day = ("--as-of", as_of) if as_of else ()
    done = subprocess.run(
        [sys.executable, "-c", "from orchestration.cli import main; main()", "run", *day, "--home", str(home)],
        check=True,
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "TSUNAGU_IDENTITY_SECRET": "one for all of parity"},
    )
    seconds |= {"run": time.perf_counter() - began, "run cpu": _cpu_of_children() - used}
    seconds["models"] = sum(float(line.split()[-2]) for line in done.stdout.splitlines() if line.startswith("models: "))
    read = load_home(home)
    export(read, work / "lake")
    began, used = time.perf_counter(), _cpu_of_children()
    read = replace(read, spark=read.spark.model_copy(update={"master": master}))
    build_on_spark(read, work / "lake", work / "out")
    seconds |= {"spark": time.perf_counter() - began, "spark cpu": _cpu_of_children() - used}
    return compare_marts(read.warehouse, work / "out"), seconds


def _cpu_of_children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="make parity")
    parser.add_argument("--applications", type=int, default=2000, help="size of the generated company; 0: none")
    parser.add_argument("--golden", type=Path, default=ROOT.parent / "shared" / "golden")
    parser.add_argument("--through", choices=("local", "cluster", "connect"), default="local")
    chosen = parser.parse_args(arguments)
    folders = sorted(path for path in chosen.golden.glob("*") if (path / "tsunagu.yml").is_file())
    if not folders:
        print(f"no company in {chosen.golden}: the sample company stands in")
        folders = [ROOT / "data" / "sample"]
    equal = True
    with tempfile.TemporaryDirectory() as temporary:
        companies = [(folder.name, folder) for folder in folders]
        if chosen.applications:
            companies.append((f"generated, {chosen.applications} applications", None))
        for name, folder in companies:
            work = Path(temporary) / name.split(",")[0]
            if folder is None:
                write_company(work / "home", chosen.applications)
            else:
                (work / "home").mkdir(parents=True)
                for part in ("tsunagu.yml", "labels.csv"):
                    if (folder / part).is_file():
                        shutil.copyfile(folder / part, work / "home" / part)
                shutil.copytree(folder / "inbox", work / "home" / "inbox", copy_function=shutil.copyfile)
            with serve(chosen.through, work / "spark") as master:
                found, seconds = run_both(work / "home", work, "2026-09-30" if folder else None, master)
            _show(name, found, seconds)
            equal = equal and bool(found) and all(item.is_equal for item in found)
    print("all marts equal" if equal else "NOT EQUAL")
    return 0 if equal else 1


def _show(name: str, found: list[Difference], seconds: dict[str, float]) -> None:
    print(
        f"\n{name}: DuckDB, whole run {seconds['run']:.1f} s (CPU {seconds['run cpu']:.1f} s), its models and tests"
        f" {seconds['models']:.1f} s; Spark, models {seconds['spark']:.1f} s (CPU {seconds['spark cpu']:.1f} s)"
    )
    print(f"{'table':34}{'DuckDB rows':>12}{'Spark rows':>12}  differing")
    for item in found:
        told = ", ".join(f"{column} {n}" for column, n in item.columns.items()) or ("no" if item.is_equal else "rows")
        print(f"{item.table:34}{item.duckdb_rows:>12}{item.spark_rows:>12}  {told}", flush=True)


if __name__ == "__main__":
    raise SystemExit(main())
