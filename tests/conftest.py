"""Homes that tests run the real command on. A run takes seconds, so read-only tests share one."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
SHARED = ROOT.parent / "shared"
TSUNAGU = Path(sys.executable).with_name("tsunagu")

# One key for all test homes, so that the same people have the same ids in each.
SECRET = {"TSUNAGU_IDENTITY_SECRET": "one for all test homes"}
# Files whose tests take minutes go first, so that no core waits for the last of them: seconds on two idle cores.
SLOW = {
    "test_crash.py": 330,
    "test_strangers.py": 110,
    "test_random_companies.py": 90,
    "test_graph.py": 80,
    "test_daemon.py": 110,
}
Command = Callable[..., subprocess.CompletedProcess[str]]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: -SLOW.get(item.path.name, 0))


def call(home: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """The real command in a process of its own, as a person calls it."""
    clean = {key: value for key, value in os.environ.items() if not key.startswith(("TSUNAGU", "DAGSTER", "DBT"))}
    return subprocess.run(
        [str(TSUNAGU), *arguments, "--home", str(home)],
        capture_output=True,
        text=True,
        env={**clean, **SECRET, **environment},
        timeout=900,
    )


def copy_home(origin: Path, target: Path) -> Path:
    """A home of its own: settings, labels and inbox, nothing that was ever computed."""
    target.mkdir(parents=True, exist_ok=True)
    for name in ("tsunagu.yml", "labels.csv"):
        if (origin / name).exists():
            shutil.copyfile(origin / name, target / name)
    shutil.copytree(origin / "inbox", target / "inbox", copy_function=shutil.copyfile)
    for path in target.rglob("*"):
        path.chmod(0o755 if path.is_dir() else 0o644)
    return target


def run_golden(name: str, folder: Path) -> Path:
    home = copy_home(SHARED / "golden" / name, folder / name)
    done = call(home, "run", "--as-of", "2026-09-30")
    assert done.returncode == 0, done.stdout + done.stderr
    return home


@pytest.fixture(scope="session")
def company_a(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Golden company A after one run. Read it, never change it."""
    return run_golden("company-a", tmp_path_factory.mktemp("golden"))


@pytest.fixture(scope="session")
def company_b(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Golden company B after one run. Read it, never change it."""
    return run_golden("company-b", tmp_path_factory.mktemp("golden"))


@pytest.fixture(scope="session")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample company after one run. Read it, never change it."""
    home = copy_home(ROOT / "data" / "sample", tmp_path_factory.mktemp("homes") / "sample")
    done = call(home, "run")
    assert done.returncode == 0, done.stdout + done.stderr
    (home / "first-run.txt").write_text(done.stdout, encoding="utf-8")
    return home
