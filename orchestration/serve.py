"""`tsunagu dagster`: the web UI and the daemon that ticks the schedule and the inbox sensor."""

from __future__ import annotations

import subprocess
import sys

from rich.console import Console

from connectors.settings import Home
from orchestration.instance import close_dead_runs, open_storage, prepare_dagster
from orchestration.spark_build import require_spark


def serve_dagster(home: Home, host: str, port: int, console: Console) -> int:
    """Run `dagster dev` on this home until it is stopped. Returns its exit status.

    Raises UsageError where its history cannot be kept, or Spark is asked for and cannot start.
    """
    if home.publishing.engine == "spark":
        require_spark(home)
    prepare_dagster(home)
    open_storage(home)
    close_dead_runs(home)
    console.print(f"Dagster for {home.root}: http://{host}:{port}  (Ctrl-C ends it)", markup=False)
    command = [sys.executable, "-m", "dagster", "dev", "-m", "orchestration.definitions"]
    try:
        return subprocess.call([*command, "--host", host, "--port", str(port)])
    except KeyboardInterrupt:
        return 0
