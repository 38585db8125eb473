"""The models on Apache Spark: one session, here or on a cluster, that reads Parquet and writes DuckDB's tables.

Runs in an environment with the extra `spark` only (`requirements-spark.lock`, Java 17):

    python -m orchestration.spark LAKE OUT TOLD

LAKE is the folder of `tsunagu lake export`, OUT receives `<schema>.db/<table>/` and loses what it held, TOLD is the
JSON file of what orchestration/spark_build.py wants built, and where.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import warnings
from pathlib import Path
from typing import Any

from connectors.errors import UsageError
from orchestration.lake.manifest import Lake, View, read_manifest
from orchestration.transform import PROJECT_DIR

# The schemas of dbt_project.yml.
BUILT = ("staging", "core", "marts")
# What the change log's columns are, in both engines' words.
TYPES = {"VARCHAR": "string", "BIGINT": "bigint", "BOOLEAN": "boolean", "TIMESTAMP": "timestamp"}

# What 6-portable-sql.md fixes, and what the models need whatever the cluster.
SETTINGS = {
    "spark.sql.ansi.enabled": "true",
    "spark.sql.session.timeZone": "UTC",
    # DuckDB writes TIMESTAMP without zone; the models' `timestamp` is Spark's own, which in a UTC session is the same.
    "spark.sql.parquet.inferTimestampNTZ.enabled": "false",
    "spark.sql.parquet.outputTimestampType": "TIMESTAMP_MICROS",
    # A load before a stream was given a further column has files without it.
    "spark.sql.parquet.mergeSchema": "true",
    "spark.sql.optimizer.maxIterations": "300",
    "spark.sql.debug.maxToStringFields": "10",
}
# What only a session started here takes.
STARTED = {
    "spark.sql.catalogImplementation": "in-memory",
    "spark.driver.extraJavaOptions": "-Duser.timezone=UTC -Xss8m",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
}
# On one machine alone: a cluster keeps Spark's own 200 and its own address. A golden company has thousands of rows, so
# 200 shuffle partitions would spend all its time on empty files.
LOCAL = {
    "spark.sql.shuffle.partitions": "4",
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
}


def open_session(out: Path, master: str, memory: str) -> Any:
    """A SparkSession, found by dbt-spark through getOrCreate. `memory`: the driver's, as 2g, where it is started here;
    at the other end of sc:// it runs already, with the memory and the JVM's options that its own machine gave it."""
    from pyspark.sql import SparkSession  # pyright: ignore[reportMissingImports] (only the extra has it)

    if master.startswith("sc://"):
        os.environ["SPARK_REMOTE"] = master
        # dbt-spark asks for Hive in every statement; the server's catalog is what it was started with.
        warnings.filterwarnings("ignore", message=".*CANNOT_MODIFY_STATIC_CONFIG")
        session = SparkSession.builder.getOrCreate()
        for name, value in SETTINGS.items():
            session.conf.set(name, value)
        return session
    builder = SparkSession.builder.master(master).appName("tsunagu")
    own = {
        "spark.local.dir": str(out / ".spill"),
        "spark.sql.warehouse.dir": str(out),
        "spark.driver.memory": memory,
    }
    for name, value in {**SETTINGS, **STARTED, **(LOCAL if master.startswith("local") else {}), **own}.items():
        builder = builder.config(name, value)
    session = builder.getOrCreate()
    session.sparkContext.setLogLevel("ERROR")
    return session


def close_session(session: Any) -> None:
    """Leave Spark; one started here is waited for, as its JVM else outlives this process and still writes to `out`."""
    if "SPARK_REMOTE" in os.environ:
        session.stop()
        return
    gateway = session.sparkContext._gateway
    session.stop()
    gateway.shutdown()
    gateway.proc.stdin.close()
    gateway.proc.wait()


def register(session: Any, folder: Path, out: Path) -> None:
    """Name everything that the lake's manifest names as the dbt source that it is; what is built lies in `out`, where
    every database has its place, since one without would have it in the folder that this was called from."""
    lake = read_manifest(folder)
    if lake is None:
        raise UsageError("no lake is there", where=str(folder), mend="tsunagu lake export writes one")
    for database in sorted({*BUILT, *(name.split(".")[0] for name in (*lake.views, *lake.facts))}):
        location = out / f"{database}.db"
        session.sql(f"create database if not exists {database} location {quote_text(str(location))}")
        there = {row[0]: row[1] for row in session.sql(f"describe database {database}").collect()}["Location"]
        if Path(there.removeprefix("file:")) != location:
            raise UsageError(
                f"the Spark server already has a database {database}, at {there}",
                where=str(out),
                mend="spark: {master: sc://…} must name a server that serves this home alone",
            )
    for name, view in lake.views.items():
        session.sql(f"create or replace view {name} as {select_view(lake, folder, name, view)}")
    for name, part in lake.facts.items():
        session.sql(f"drop table if exists {name}")
        session.sql(f"create table {name} using parquet location {quote_text(str(folder / part.file))}")


def quote_text(text: str) -> str:
    """As a string of Spark's SQL."""
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def select_view(lake: Lake, folder: Path, name: str, view: View) -> str:
    """One stream of one connector over the files of every load, as Spark reads it."""
    columns = [(column, TYPES[kind]) for column, kind in view.columns.items()]
    empty = ", ".join(f"cast(null as {kind}) as `{column}`" for column, kind in columns)
    selects = [f"select cast(null as string) as source, {empty} where false"]
    for source, known in view.sources.items():
        files = lake.files_of(source, name.split(".")[1])
        if files:
            chosen = ", ".join(
                f"`{column}`" if column in known else f"cast(null as {kind}) as `{column}`" for column, kind in columns
            )
            selects.append(f"select '{source}' as source, {chosen} from parquet.`{folder}/{{{','.join(files)}}}`")
    return " union all ".join(selects)


def build(lake: Path, out: Path, told: dict[str, Any]) -> int:
    """Build every seed and model. Returns how many failed, each printed.

    `told`: vars (dbt's), exclude (dbt selectors), master and memory (Spark's).
    """
    from dbt.cli.main import dbtRunner

    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True, mode=0o700)
    session = open_session(out, told["master"], told["memory"])
    register(session, lake, out)
    result = dbtRunner().invoke(
        [
            *("build", "--target", "spark", "--vars", json.dumps(told["vars"]), "--no-version-check", "--quiet"),
            *("--project-dir", str(PROJECT_DIR), "--profiles-dir", str(PROJECT_DIR)),
            *("--target-path", str(out / ".dbt"), "--log-path", str(out / ".dbt")),
            *("--exclude-resource-type", "unit_test", "test"),
            *(("--exclude", *told["exclude"]) if told["exclude"] else ()),
            *("--log-level", "none"),
        ]
    )
    if result.exception is not None:
        print(result.exception)
        return 1
    # no-op: an exposure, which builds nothing.
    fine = ("success", "pass", "warn", "no-op")
    bad = [item for item in getattr(result.result, "results", []) if str(item.status) not in fine]
    for item in bad:
        if str(item.status) == "skipped":
            continue
        print(f"{item.status}: {item.node.unique_id}: {(item.message or '')[:1500]}")
    close_session(session)
    return len(bad)


def main(arguments: list[str]) -> int:
    if len(arguments) != 3:
        print((__doc__ or "").strip(), file=sys.stderr)
        return 2
    lake, out, told = map(Path, arguments)
    try:
        return 1 if build(lake, out, json.loads(told.read_text(encoding="utf-8"))) else 0
    except UsageError as error:
        print(f"told: {error.where}: {error.message}; {error.mend}")
        return 2


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
