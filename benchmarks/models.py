"""What dbt's builds of all models and data tests cost beside the same compiled SQL run straight through DuckDB.

`python -m benchmarks.models [applications]`: 100,000 unless said. One run of the whole pipeline fills the warehouse;
then dbt builds the three phases again, and a copy of the warehouse runs every compiled query in the same order. What
dbt takes whatever the size (parsing, compiling, a transaction and a comment a node) is its build of a company of 50
applications, and is shown apart.
"""

from __future__ import annotations

import resource
import shutil
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import duckdb

from benchmarks.company import write_company
from connectors.settings import Home, load_home
from orchestration.run import execute
from orchestration.transform import PHASES, Dbt

APPLICATIONS, FEW = 100_000, 50
LIMIT, TURNS = 1.3, 2  # the better of two turns counts
MEMORY, MEMORY_LIMIT = 4096, "3GB"  # MB of the whole process; what of it tsunagu.yml leaves to DuckDB
ASK_LIMIT, ASKED = 50, 15
# One filter and one group, of the widest marts and of the fact itself.
DASHBOARD = (
    "select channel_id, sum(n_hired) / sum(n_applications) from mart_channel where applied_month >= '2024-01-01'"
    " group by 1",
    "select stage_key, sum(n_entered), sum(n_advanced) from mart_stage_conversion where department = '部署3'"
    " group by 1",
    "select reason_key, sum(weighted_n) from mart_rejection where party = 'company' group by 1",
    "select department, count(*), avg(days_to_hire) from fct_applications where outcome = 'hired' group by 1",
)


@dataclass(frozen=True)
class Cost:
    cpu: float
    wall: float


class Recording(Dbt):
    """Keeps what dbt built, in its order."""

    def __init__(self, home: Home) -> None:
        super().__init__(home)
        self.nodes: list[Any] = []

    def _invoke(self, arguments: list[str], *, may_fail: bool = False) -> Any:
        result = super()._invoke(arguments, may_fail=may_fail)
        if arguments[0] == "build":
            self.nodes += [item.node for item in result.result.results]
        return result


class Clock:
    def __init__(self) -> None:
        self.cpu, self.wall = time.process_time(), time.perf_counter()

    def read(self) -> Cost:
        return Cost(time.process_time() - self.cpu, time.perf_counter() - self.wall)


def build(folder: Path, applications: int) -> tuple[Cost, Recording]:
    """The cost of dbt's three builds on a filled warehouse, parsing not counted."""
    write_company(folder, applications)
    with (folder / "tsunagu.yml").open("a", encoding="utf-8") as settings:
        settings.write(f"warehouse: {{memory_limit: {MEMORY_LIMIT}}}\n")
    home = load_home(folder)
    session = execute(home, None)
    if session.status != "published":
        raise SystemExit(session.message)
    turns = []
    for _ in range(TURNS):
        dbt = Recording(home)
        dbt.parse()  # anew: a second build of one manifest loses the parts that have no table of their own
        clock = Clock()
        failed = [node.name for phase in PHASES for node in dbt.build(phase) if node.status == "error"]
        turns.append(clock.read())
        if failed:
            raise SystemExit(f"not built: {', '.join(failed)}")
    return best(turns), dbt


def best(turns: list[Cost]) -> Cost:
    return Cost(min(turn.cpu for turn in turns), min(turn.wall for turn in turns))


def run_straight(dbt: Recording, folder: Path) -> Cost:
    """Every compiled model as a table or view, every compiled test as a query, on a copy of the warehouse."""
    folder.mkdir()
    warehouse = folder / dbt.home.warehouse.name  # the same name: the compiled SQL has it in it
    shutil.copy2(dbt.home.warehouse, warehouse)
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute("set TimeZone = 'UTC'")
        connection.execute("set preserve_insertion_order = false")
        connection.execute("set memory_limit = ?", [MEMORY_LIMIT])
        return best([run_nodes(connection, dbt.nodes) for _ in range(TURNS)])


def run_nodes(connection: duckdb.DuckDBPyConnection, nodes: list[Any]) -> Cost:
    clock = Clock()
    for node in nodes:
        if node.resource_type == "test":
            connection.execute(node.compiled_code).fetchall()
        elif node.resource_type == "model" and node.config.materialized != "ephemeral":
            kind = "view" if node.config.materialized == "view" else "table"
            connection.execute(f"create or replace {kind} {node.relation_name} as ({node.compiled_code})")
    return clock.read()


def ask(marts: Path) -> float:
    """Milliseconds of the slowest of a dashboard's questions on the published file: the median of many times asked."""
    slowest = 0.0
    with duckdb.connect(str(marts), read_only=True) as connection:
        for query in DASHBOARD:
            taken = []
            for _ in range(ASKED):
                started = time.perf_counter()
                connection.execute(query).fetchall()
                taken.append(1000 * (time.perf_counter() - started))
            slowest = max(slowest, median(taken))
    return slowest


def main(applications: int = APPLICATIONS) -> None:
    with tempfile.TemporaryDirectory() as name:
        fixed, _ = build(Path(name) / "few", FEW)
        whole, dbt = build(Path(name) / "many", applications)
        asked = ask(dbt.home.marts)
        straight = run_straight(dbt, Path(name) / "straight")
    n_models = sum(node.resource_type == "model" for node in dbt.nodes)
    n_tests = sum(node.resource_type == "test" for node in dbt.nodes)
    print(f"\n{applications:,} applications, {n_models} models, {n_tests} data tests")
    print(f"  same compiled SQL, straight    CPU {straight.cpu:6.2f} s  wall {straight.wall:6.2f} s")
    print(f"  dbt, its fixed cost            CPU {fixed.cpu:6.2f} s  wall {fixed.wall:6.2f} s")
    own = Cost(whole.cpu - fixed.cpu, whole.wall - fixed.wall)
    print(
        f"  dbt, what the rows cost        CPU {own.cpu:6.2f} s  wall {own.wall:6.2f} s"
        f"   × straight: CPU {own.cpu / straight.cpu:.2f}, wall {own.wall / straight.wall:.2f} (aim ≤ {LIMIT})"
    )
    print(f"  one filter, one group, slowest {asked:6.1f} ms (aim ≤ {ASK_LIMIT})")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"  peak memory, DuckDB at {MEMORY_LIMIT}  {peak:,.0f} MB (aim ≤ {MEMORY:,})")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:2]))
