"""The Dagster that a company leaves running: real daemon and UI, history in a real Postgres that the test starts."""

from __future__ import annotations

import getpass
import json
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import duckdb
import pytest
import requests
from dagster import DagsterRunStatus
from dagster_graphql import DagsterGraphQLClient

from connectors.errors import UsageError
from connectors.settings import Home, load_home
from orchestration.instance import open_storage, prepare_dagster, write_instance
from tests.conftest import ROOT, SECRET, TSUNAGU, call
from tests.ports import find_port

PASSWORD = "only-in-the-environment"
DEBIAN = sorted(str(folder) for folder in Path("/usr/lib/postgresql").glob("*/bin"))


def program(name: str) -> str | None:
    return shutil.which(name, path=os.pathsep.join([*reversed(DEBIAN), os.environ.get("PATH", "")]))


Found = TypeVar("Found")


def wait_for(look: Callable[[], Found | None], seconds: float, what: str) -> Found:
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        found = look()
        if found:
            return found
        time.sleep(0.3)
    raise AssertionError(f"{what}: not within {seconds} s")


@pytest.fixture(scope="module")
def postgres() -> Iterator[str]:
    """The address of a database of a running Postgres; skips, saying why, where there is none."""
    initdb, server = program("initdb"), program("postgres")
    if initdb is None or server is None:
        pytest.skip("no Postgres on this machine: install postgresql (.ci/run does) to test Dagster's history in it")
    folder, port = Path(tempfile.mkdtemp(prefix="postgres-")), find_port()
    user = "nobody" if os.geteuid() == 0 else getpass.getuser()  # it refuses to run as root
    owner = {"user": user} if os.geteuid() == 0 else {}
    shutil.chown(folder, user)
    (folder / "password").write_text(PASSWORD, encoding="utf-8")
    shutil.chown(folder / "password", user)
    data = str(folder / "data")
    subprocess.run(
        [initdb, "-D", data, "-U", "tsunagu", "--auth=scram-sha-256", f"--pwfile={folder / 'password'}", "-N"],
        check=True, capture_output=True, cwd=folder, **owner,
    )  # fmt: skip
    daemon = subprocess.Popen(
        [server, "-D", data, "-p", str(port), "-h", "127.0.0.1", "-k", str(folder), "-F"],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=folder, **owner,
    )  # fmt: skip
    try:
        state = Path(data) / "postmaster.pid"
        wait_for(lambda: state.exists() and "ready" in state.read_text("utf-8"), 30, "Postgres is ready")
        yield f"postgresql://tsunagu:{PASSWORD}@127.0.0.1:{port}/postgres"
    finally:
        daemon.terminate()
        daemon.wait(30)
        shutil.rmtree(folder, ignore_errors=True)


def make_home(folder: Path, dagster: str = '{storage: "${HISTORY}"}') -> Path:
    (folder / "inbox").mkdir(parents=True)
    (folder / "tsunagu.yml").write_text(
        "company: {name: 株式会社サンプル}\n"
        "sources:\n  ats: {connector: table, path: inbox}\n"
        f"dagster: {dagster}\n",
        encoding="utf-8",
    )
    (folder / "inbox" / "jobs.csv").write_text("job_id,title\nJ1,営業\n", encoding="utf-8")
    return folder


def home_with(folder: Path, storage: str) -> Home:
    return load_home(make_home(folder), environ={"HISTORY": storage})


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """prepare_dagster sets variables for this process and its children: taken back after a test."""
    for name in ("DAGSTER_HOME", "TSUNAGU_HOME", "TSUNAGU_DAGSTER_STORAGE"):
        monkeypatch.setenv(name, "")


def test_no_file_holds_the_address_of_the_server(tmp_path: Path, environment: None) -> None:
    home = home_with(tmp_path / "home", f"postgresql://tsunagu:{PASSWORD}@127.0.0.1:5432/history")
    prepare_dagster(home)
    assert PASSWORD not in repr(home) and PASSWORD not in write_instance(home)
    assert "TSUNAGU_DAGSTER_STORAGE" in (home.state / "dagster" / "dagster.yaml").read_text("utf-8")


@pytest.mark.parametrize("storage", ["mysql://u:the-password@db/history", "postgresql://u:the-password@db", "x"])
def test_another_address_is_refused_without_being_shown(tmp_path: Path, storage: str) -> None:
    with pytest.raises(UsageError) as told:
        home_with(tmp_path / "home", storage)
    assert "tsunagu.yml:4: dagster.storage: '${HISTORY}'" in str(told.value)
    assert "postgresql://USER:PASSWORD@HOST" in str(told.value) and "the-password" not in str(told.value)


def test_a_server_that_does_not_answer_is_told_before_anything_starts(tmp_path: Path) -> None:
    make_home(tmp_path / "home")
    told = call(
        tmp_path / "home", "dagster", HISTORY=f"postgresql://tsunagu:{PASSWORD}@127.0.0.1:{find_port()}/postgres"
    )
    assert told.returncode == 2 and "dagster.storage: the server cannot be used: " in told.stderr
    assert "Connection refused" in told.stderr and "Traceback" not in told.stderr
    assert PASSWORD not in told.stdout + told.stderr


def test_a_wrong_password_is_told_without_it(tmp_path: Path, postgres: str, environment: None) -> None:
    home = home_with(tmp_path / "home", postgres.replace(PASSWORD, "the-wrong-one"))
    prepare_dagster(home)
    with pytest.raises(UsageError, match="password authentication failed") as told:
        open_storage(home)
    assert "the-wrong-one" not in str(told.value)


def test_a_run_of_the_daemon_that_is_killed_is_run_again_and_the_history_is_in_postgres(
    tmp_path: Path, postgres: str
) -> None:
    """Launched as the schedule and the sensor launch: queued, run in a process of its own, watched by the daemon."""
    import psycopg2

    root, port = make_home(tmp_path / "home"), find_port()
    clean = {key: value for key, value in os.environ.items() if not key.startswith(("TSUNAGU", "DAGSTER", "DBT"))}
    with (tmp_path / "log").open("wb") as log:
        ui = subprocess.Popen(
            [str(TSUNAGU), "dagster", "--home", str(root), "--port", str(port)],
            cwd=ROOT, env={**clean, **SECRET, "HISTORY": postgres}, stdout=log, stderr=log, start_new_session=True,
        )  # fmt: skip
    try:
        wait_for(lambda: answers(f"http://127.0.0.1:{port}/server_info"), 120, "the UI answers")
        client = DagsterGraphQLClient("127.0.0.1", port_number=port)
        at_start = holder(root)
        launched = client.submit_job_execution("pipeline")
        wait_for(lambda: holder(root) != at_start, 120, "the run holds the home")
        os.kill(holder(root), signal.SIGKILL)
        wait_for(lambda: client.get_run_status(launched) == DagsterRunStatus.FAILURE, 60, "the kill is seen")

        def status_of_retry() -> str | None:
            with psycopg2.connect(postgres) as server, server.cursor() as cursor:
                cursor.execute(
                    "select status from runs join run_tags using (run_id) where key = %s and value = %s",
                    ["dagster/parent_run_id", launched],
                )
                found = cursor.fetchone()
            return found[0] if found and found[0] in ("SUCCESS", "FAILURE") else None

        retried = wait_for(status_of_retry, 180, "the run is run again")
    finally:
        os.killpg(ui.pid, signal.SIGINT)
        try:
            ui.wait(60)
        except subprocess.TimeoutExpired:
            os.killpg(ui.pid, signal.SIGKILL)
    assert retried == "SUCCESS"
    assert not (root / ".tsunagu" / "dagster" / "history").exists()
    with duckdb.connect(str(root / "marts.duckdb"), read_only=True) as published:
        assert published.execute("select title from dim_job").fetchall() == [("営業",)]
    with duckdb.connect(str(root / "warehouse.duckdb"), read_only=True) as warehouse:
        assert warehouse.execute("select count(*) from raw_ats.jobs").fetchone() == (1,)


def answers(url: str) -> bool:
    try:
        return requests.get(url, timeout=2).ok
    except requests.RequestException:
        return False


def holder(home: Path) -> int:
    """The process that the lock of the home names last."""
    return json.loads((home / ".tsunagu" / "run.lock").read_text(encoding="utf-8"))["pid"]
