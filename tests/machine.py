"""A run of the real command in a child process whose file size is limited, or that kills itself at a named point.

`python -m tests.machine POINT HOME …` wraps the function of POINT, then runs `tsunagu run`: the product has no hook.
"""

from __future__ import annotations

import importlib
import os
import resource
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.conftest import ROOT, SECRET

# POINT: module, name in it, and whether the process dies before the call, after it, or in the midst of what it yields.
POINTS = {
    "after-spool": ("connectors.extraction", "Extraction.fetch", "after"),
    "mid-insert": ("connectors.loading.contract", "Shaper.shape", "after"),
    "before-commit": ("connectors.ops", "record_file", "after"),
    "after-commit": ("connectors.loading.session", "Session.keep", "before"),
    "mid-models": ("orchestration.transform", "Dbt.build", "after"),
    "mid-ledger": ("orchestration.relay_tables", "write_relay_table", "after"),
    "mid-publish": ("orchestration.publish", "_comment", "after"),
    "before-rename": ("orchestration.publish", "_keep_replaced", "before"),
    "mid-rename": ("orchestration.publish", "_keep_replaced", "after"),
    "after-rename": ("orchestration.publish", "_settle", "before"),
    "before-record": ("orchestration.record", "record_publication", "before"),
}


def start(home: Path, *arguments: str, point: str = "", file_bytes: int = 0) -> subprocess.CompletedProcess[str]:
    """`tsunagu run` on `home`; at `point` it dies, no file of it grows past `file_bytes` (0: any size)."""
    clean = {key: value for key, value in os.environ.items() if not key.startswith(("TSUNAGU", "DAGSTER", "DBT"))}

    def limit() -> None:
        if file_bytes:
            resource.setrlimit(resource.RLIMIT_FSIZE, (file_bytes, file_bytes))

    return subprocess.run(
        [sys.executable, "-m", "tests.machine", point, str(home), *arguments],
        cwd=ROOT,
        env={**clean, **SECRET},
        capture_output=True,
        text=True,
        timeout=900,
        preexec_fn=limit,
        check=False,
    )


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _wrap(function: Callable[..., Any], when: str) -> Callable[..., Any]:
    def wrapped(*given: Any, **named: Any) -> Any:
        if when == "after":
            function(*given, **named)
        _die()

    return wrapped


def _arm(point: str) -> None:
    module_name, name, when = POINTS[point]
    module = importlib.import_module(module_name)
    *classes, last = name.split(".")
    owner = module
    for part in classes:
        owner = getattr(owner, part)
    original = getattr(owner, last)
    wrapped = _wrap(original, when)
    setattr(owner, last, wrapped)
    if not classes:
        # Modules that imported it by name hold it themselves.
        for name_of, other in list(sys.modules.items()):
            if name_of.startswith(("connectors", "orchestration")) and getattr(other, last, None) is original:
                setattr(other, last, wrapped)


if __name__ == "__main__":
    from orchestration.cli import main
    from orchestration.definitions import defs  # noqa: F401 (every module of a run is loaded before one is wrapped)

    _, chosen, folder, *more = sys.argv
    if chosen:
        _arm(chosen)
    sys.argv = ["tsunagu", "run", "--home", folder, *more]
    main()
