"""What the machine does to a run — killed at named points, no room, no right to write, no memory: a clear error,
nothing half-written, the published file as it was, and a next run that completes."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from random import Random

import duckdb
import pytest

from tests.conftest import SHARED, call, copy_home
from tests.machine import POINTS, start
from tests.test_crash import unbalanced
from tests.test_pipeline import DAY, content

pytestmark = pytest.mark.torture

LIMITS = 30
LIMITED = (50_000, 8_000_000)  # bytes; the warehouse of this company grows to 8 to 12 MB
FILE_POINTS = [point for point in POINTS if point != "after-spool"]  # files only; API spools: test_api_pipeline


def last_run(home: Path) -> tuple[str, str]:
    with duckdb.connect(str(home / "warehouse.duckdb"), read_only=True) as warehouse:
        return warehouse.execute("select status, message from ops.runs order by started_at desc limit 1").fetchall()[0]


def test_a_run_killed_at_each_named_point_is_followed_by_one_that_completes(company_a: Path, tmp_path: Path) -> None:
    undisturbed = content(company_a / "marts.duckdb")
    home = copy_home(SHARED / "golden" / "company-a", tmp_path / "home")
    for point in FILE_POINTS:
        print(point, flush=True)
        if point == "mid-models":
            # From here on over a published file, so that one is there to be kept or torn.
            for name in ("marts.duckdb", "warehouse.duckdb"):
                shutil.copyfile(company_a / name, home / name)
            (home / "warehouse.duckdb.wal").unlink(missing_ok=True)
        done = start(home, *DAY, point=point)
        assert done.returncode == -9, (point, done.stdout, done.stderr)
        if (home / "marts.duckdb").exists():
            assert content(home / "marts.duckdb") == undisturbed, point
    done = call(home, "run", *DAY)
    assert done.returncode == 0, done.stdout + done.stderr
    assert content(home / "marts.duckdb") == undisturbed
    assert unbalanced(home) == []
    assert list(home.glob("marts.duckdb.*")) == []


def test_thirty_limits_to_the_size_of_a_file_are_thirty_clear_errors(company_a: Path, tmp_path: Path) -> None:
    home = copy_home(SHARED / "golden" / "company-a", tmp_path / "home")
    shutil.copyfile(company_a / "marts.duckdb", home / "marts.duckdb")
    before = (home / "marts.duckdb").read_bytes()
    random = Random("limits")
    for done_so_far in range(LIMITS):
        limit = random.randrange(*LIMITED)
        done = start(home, *DAY, file_bytes=limit)
        assert done.returncode == 1, (limit, done.stdout + done.stderr)
        assert "a file may not grow any further here" in done.stderr and "→ raise the limit" in done.stderr, limit
        assert "Traceback" not in done.stderr
        assert (home / "marts.duckdb").read_bytes() == before
        assert list(home.glob("marts.duckdb.*")) == []
        print(f"{done_so_far + 1} of {LIMITS} limits: {limit:,} bytes, a clear error", flush=True)
    done = call(home, "run", *DAY)
    assert done.returncode == 0, done.stderr
    assert content(home / "marts.duckdb") == content(company_a / "marts.duckdb")
    assert unbalanced(home) == []


def test_too_little_memory_is_told_with_the_setting_to_raise(company_a: Path, tmp_path: Path) -> None:
    home = shutil.copytree(company_a, tmp_path / "home")
    settings = home / "tsunagu.yml"
    text = settings.read_text(encoding="utf-8")
    settings.write_text(text + "\nwarehouse: {memory_limit: 1MB, threads: 1}\n", encoding="utf-8")
    before = (home / "marts.duckdb").read_bytes()
    done = call(home, "run", *DAY)
    assert done.returncode == 1
    assert "the memory is used up" in done.stderr and "warehouse.memory_limit" in done.stderr
    assert (home / "marts.duckdb").read_bytes() == before


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_without_the_right_to_write_is_told(tmp_path: Path) -> None:
    home = copy_home(SHARED / "golden" / "company-a", tmp_path / "home")
    home.chmod(0o555)
    try:
        done = call(home, "run", *DAY)
    finally:
        home.chmod(0o755)
    assert done.returncode == 1 and "this may not be written" in done.stderr
    assert not (home / "warehouse.duckdb").exists()
