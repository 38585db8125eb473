"""`tsunagu dagster`: the web UI and the daemon that ticks the schedule and the inbox sensor."""

from __future__ import annotations

import subprocess
import sys

from rich.console import Console

from connectors.settings import Home
from orchestration.run import prepare_dagster


def serve_dagster(home: Home, host: str, port: int, console: Console) -> int:
    """Run `dagster dev` on this home until it is stopped. Returns its exit status."""
    prepare_dagster(home)
    console.print(f"Dagster for {home.root}: http://{host}:{port}  (Ctrl-C ends it)", markup=False)
    command = [sys.executable, "-m", "dagster", "dev", "-m", "orchestration.definitions"]
    try:
        return subprocess.call([*command, "--host", host, "--port", str(port)])
    except KeyboardInterrupt:
        return 0
