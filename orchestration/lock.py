"""One run at a time in a home: a second waits, or is told who holds it.

The lock is the operating system's (flock), so a killed run never leaves a stale one; the text in the file only says
who holds it.
"""

from __future__ import annotations

import fcntl
import getpass
import json
import os
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from connectors.errors import WarehouseBusy
from connectors.settings import Home

# A person waits for a run of the same home at most this long before being told to come back: a run of the sample
# takes under a minute, one of a million applications some minutes.
WAIT_SECONDS = 3600.0
POLL_SECONDS = 0.5


@contextmanager
def hold_home(
    home: Home, *, wait_seconds: float = WAIT_SECONDS, on_wait: Callable[[str], None] | None = None
) -> Iterator[None]:
    """Hold the home's run lock. Raises WarehouseBusy after `wait_seconds`, naming process, user and start."""
    home.state.mkdir(parents=True, exist_ok=True)
    path = home.state / "run.lock"
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    deadline = time.monotonic() + wait_seconds
    told = False
    try:
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                holder = _describe(path.read_text(encoding="utf-8"))
                if time.monotonic() >= deadline:
                    raise WarehouseBusy(
                        f"another run holds this home: {holder}",
                        where=str(home.root),
                        mend="wait for it to end, then call again",
                    ) from None
                if on_wait and not told:
                    on_wait(f"waiting for another run of this home: {holder}")
                    told = True
                time.sleep(POLL_SECONDS)
        owner = {
            "pid": os.getpid(),
            "host": socket.gethostname(),
            "user": getpass.getuser(),
            "started": datetime.now(UTC).isoformat(timespec="seconds"),
        }
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, json.dumps(owner).encode(), 0)
        yield
    finally:
        os.close(descriptor)


def _describe(text: str) -> str:
    try:
        owner = json.loads(text)
    except json.JSONDecodeError:
        return "a process that is just starting"
    return f"process {owner['pid']} of {owner['user']} on {owner['host']}, since {owner['started']}"
