"""`tsunagu dagster`: the web UI and the daemon that ticks the schedule and the inbox sensor."""

from __future__ import annotations

import subprocess
import sys

from rich.console import Console

from connectors.errors import WarehouseBusy
from connectors.settings import Home
from orchestration.lock import hold_home
from orchestration.run import prepare_dagster


def serve_dagster(home: Home, host: str, port: int, console: Console) -> int:
    """Run `dagster dev` on this home until it is stopped. Returns its exit status."""
    prepare_dagster(home)
    close_dead_runs(home)
    console.print(f"Dagster for {home.root}: http://{host}:{port}  (Ctrl-C ends it)", markup=False)
    command = [sys.executable, "-m", "dagster", "dev", "-m", "orchestration.definitions"]
    try:
        return subprocess.call([*command, "--host", host, "--port", str(port)])
    except KeyboardInterrupt:
        return 0


def close_dead_runs(home: Home) -> int:
    """Record as failed what Dagster still takes for running though nobody holds the home: a run that was killed, which
    would keep its place in the queue for ever. Returns how many there were; 0 while a run is under way."""
    import dagster as dg
    from dagster import DagsterRunStatus

    alive = [DagsterRunStatus.STARTING, DagsterRunStatus.STARTED, DagsterRunStatus.CANCELING]
    try:
        with hold_home(home, wait_seconds=0), dg.DagsterInstance.get() as instance:
            dead = instance.get_runs(dg.RunsFilter(statuses=alive))
            for run in dead:
                instance.report_run_failed(run, "the process of this run was killed; the next run goes on from there")
            return len(dead)
    except WarehouseBusy:
        return 0
