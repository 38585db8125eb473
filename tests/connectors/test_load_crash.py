"""A process killed at any moment of a load leaves all of a file or nothing of it, and the next run needs no mending."""

from __future__ import annotations

import json
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.connectors.loading import Company

ROOT = Path(__file__).resolve().parents[2]
# Loads the inbox, says when the reading of a file begins, and never ends by itself.
CHILD = """
import sys, time
from pathlib import Path
from tests.connectors.loading import Company
company = Company(Path(sys.argv[1]))
print("ready", flush=True)
company.load()
print("done", flush=True)
time.sleep(60)
"""
ROWS = 20_000
KILLS = 5


def write_inbox(company: Company, version: str) -> None:
    """Two files of three streams each, large enough that a kill falls into the middle of one."""
    for number in range(2):
        rows: dict[str, list[dict[str, Any]]] = {
            "jobs": [{"job_id": f"J{number}-{n}", "title": f"{version} {n}"} for n in range(ROWS)],
            "candidates": [{"candidate_id": f"C{number}-{n}", "full_name": f"{version} {n}"} for n in range(ROWS)],
        }
        refused = [{"row_number": 9, "column": "title", "value": version, "reason": "bad", "record": "{}"}]
        company.drop(
            f"{number}.json",
            *({"stream": name, "rows": lines} for name, lines in rows.items()),
            {"stream": "jobs", "rows": [], "refused": refused},
            day=f"2025-07-0{number + 1}",
        )


def kill_during_load(home: Path, delay: float) -> bool:
    """Kill the loading process `delay` seconds after it began. True: it had not finished."""
    child = subprocess.Popen(
        [sys.executable, "-c", CHILD, str(home)], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert child.stdout is not None and child.stdout.readline() == "ready\n"
    time.sleep(delay)
    child.send_signal(signal.SIGKILL)
    rest, _ = child.communicate()
    return "done" not in rest


def check_all_or_nothing(home: Path) -> int:
    """Every file is told by every table or by none. Returns how many files are there."""
    with duckdb.connect(str(home / "warehouse.duckdb")) as connection:

        def rows(query: str) -> list[tuple[Any, ...]]:
            return connection.execute(query).fetchall()

        files = [name for (name,) in rows("select file from ops.files order by load_id")]
        loads = rows("select file, stream, rows_loaded from ops.loads order by all")
        assert loads == sorted((file, stream, ROWS) for file in files for stream in ("candidates", "jobs"))
        assert rows("select count(*) from ops.quarantine") == [(len(files),)]
        if rows("select count(*) from duckdb_tables() where schema_name = 'raw_ats'") != [(0,)]:
            for stream in ("jobs", "candidates"):
                stored = rows(f"select _file, count(*), count(distinct _key) from raw_ats.{stream} group by _file")
                assert sorted(stored) == sorted((file, ROWS, ROWS) for file in files)
        return len(files)


@pytest.mark.parametrize("seed", [1])
def test_a_load_killed_at_any_moment_is_there_whole_or_not_at_all(tmp_path: Path, seed: int) -> None:
    dice, hits, seen = random.Random(seed), 0, set()
    company = Company(tmp_path)
    write_inbox(company, "一")
    company.connection.close()
    company = Company(tmp_path / "whole")
    write_inbox(company, "一")
    started = time.perf_counter()
    company.load()
    whole = time.perf_counter() - started
    company.connection.close()
    for _ in range(KILLS):
        hits += kill_during_load(tmp_path, dice.uniform(0, 0.8 * whole))
        seen.add(check_all_or_nothing(tmp_path))
        if max(seen) == 2:
            for leftover in tmp_path.glob("warehouse.duckdb*"):
                leftover.unlink()
    assert hits, "no kill fell into a load"
    company = Company(tmp_path)
    company.load()
    company.connection.close()
    assert check_all_or_nothing(tmp_path) == 2
    assert json.loads((tmp_path / "inbox/0.json").read_text(encoding="utf-8"))["parts"]
