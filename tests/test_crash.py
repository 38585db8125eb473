"""kill -9 at twenty moments of a run: the next run completes, and the marts are those of an undisturbed run."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import time
from pathlib import Path
from random import Random

import duckdb
import pytest

from tests.conftest import SECRET, SHARED, TSUNAGU, call, copy_home
from tests.test_pipeline import content

DAY = ("--as-of", "2026-09-30")
KILLS = 5  # a round; four rounds make twenty
KINDS = (("published", ()), ("fresh", ()), ("fresh", ()), ("published", ("--full-refresh",)))
TORTURED = int(os.environ.get("TSUNAGU_KILLED", "300"))


def start(home: Path, *options: str) -> subprocess.Popen[bytes]:
    """A run that leads its own process group, as a terminal or a service manager would start it."""
    clean = {key: value for key, value in os.environ.items() if not key.startswith(("TSUNAGU", "DAGSTER", "DBT"))}
    return subprocess.Popen(
        [str(TSUNAGU), "run", "--home", str(home), *DAY, *options],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**clean, **SECRET},
        start_new_session=True,
    )


def works(run: subprocess.Popen[bytes], home: Path) -> bool:
    """True once the run holds the home, False while it still prepares: before that it has nothing to lose."""
    lock = home / ".tsunagu" / "run.lock"
    try:
        return json.loads(lock.read_text(encoding="utf-8"))["pid"] == run.pid
    except (FileNotFoundError, json.JSONDecodeError):
        return False


def kill_at(home: Path, moment: float, *options: str) -> bool:
    """Kill a run `moment` seconds after it began to work; a negative moment kills it that long after its start, while
    it prepares. False where it was over before."""
    run = start(home, *options)
    try:
        if moment < 0:
            time.sleep(-moment)
        else:
            while run.poll() is None and not works(run, home):
                time.sleep(0.02)
            time.sleep(moment)
        return run.poll() is None
    finally:
        os.killpg(run.pid, signal.SIGKILL) if run.poll() is None else None
        run.wait()


def spent_working(home: Path) -> float:
    """Seconds that the home's undisturbed run held it."""
    with duckdb.connect(str(home / "warehouse.duckdb"), read_only=True) as warehouse:
        found = warehouse.execute("select epoch(max(finished_at - started_at)) from ops.runs").fetchone()
    assert found is not None
    return float(found[0])


def unbalanced(home: Path) -> list[tuple[object, ...]]:
    with duckdb.connect(str(home / "warehouse.duckdb"), read_only=True) as warehouse:
        return warehouse.execute(
            "select load_id, stream, rows_in, rows_loaded, rows_unchanged, rows_quarantined from ops.loads"
            " where rows_in <> rows_loaded + rows_unchanged + rows_quarantined"
        ).fetchall()


def survive_five(seed: int, company: Path, folder: Path) -> None:
    """Five kills of one home, a run that completes after them, and the marts of an undisturbed run."""
    undisturbed = content(company / "marts.duckdb")
    duration = spent_working(company)
    begun, options = KINDS[seed % len(KINDS)]
    if begun == "fresh":
        home = copy_home(SHARED / "golden" / "company-a", folder / "home")
    else:
        home = shutil.copytree(company, folder / "home")
    random = Random(seed)
    # One of the five while the run prepares: it then writes what the next one may read.
    moments = [-random.uniform(0.5, 4.0), *(random.uniform(0, duration) for _ in range(KILLS - 1))]
    random.shuffle(moments)
    killed = 0
    while killed < KILLS:
        moment = moments.pop() if moments else random.uniform(0, duration / 2)
        killed += kill_at(home, moment, *options)
        if begun == "published" or (home / "marts.duckdb").exists():
            assert content(home / "marts.duckdb") == undisturbed
    done = call(home, "run", *DAY)
    assert done.returncode == 0, done.stdout + done.stderr
    found = content(home / "marts.duckdb")
    assert {t for t in undisturbed.keys() | found.keys() if found.get(t) != undisturbed.get(t)} == set()
    assert unbalanced(home) == []
    assert list(home.glob("marts.duckdb.*")) == []
    with duckdb.connect(str(home / "warehouse.duckdb"), read_only=True) as warehouse:
        left = warehouse.execute("select count(*) from ops.runs where status = 'running'").fetchone()
    assert left == (0,)


@pytest.mark.parametrize("seed", [1, 2, 3, 4])
def test_the_run_after_five_killed_ones_gives_the_marts_of_an_undisturbed_run(
    seed: int, company_a: Path, tmp_path: Path
) -> None:
    survive_five(seed, company_a, tmp_path)


@pytest.mark.torture
def test_hundreds_of_kills_are_survived(company_a: Path, tmp_path: Path) -> None:
    for seed in range(5, 5 + TORTURED // KILLS):
        survive_five(seed, company_a, tmp_path / str(seed))
        shutil.rmtree(tmp_path / str(seed))
        print(f"{(seed - 4) * KILLS} of {TORTURED} kills survived", flush=True)
