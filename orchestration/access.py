"""Who did what in a home: command, user, time, rows. Never what was asked for: an option may name a person.

A command writes one line beside the warehouse, which it may not be able to open just then; the next run takes the lines
into ops.access.
"""

from __future__ import annotations

import getpass
import json
import os
from dataclasses import dataclass
from datetime import UTC, datetime

import duckdb

from connectors.settings import Home

DDL = """
create table if not exists ops.access (
    accessed_at timestamp, os_user varchar, command varchar, exit_status bigint, rows bigint
);
"""
WAITING = "access.jsonl"


@dataclass
class Call:
    """The command that is running. `rows`: shown or written, None where it shows none."""

    command: str | None = None
    home: Home | None = None
    rows: int | None = None


current = Call()


def note_call(exit_status: int) -> None:
    """Append the line of the current command. Says nothing where there is no home, or it cannot be written."""
    if current.home is None or current.command is None:
        return
    line = {
        "accessed_at": datetime.now(UTC).replace(tzinfo=None).isoformat(timespec="seconds"),
        "os_user": getpass.getuser(),
        "command": current.command,
        "exit_status": exit_status,
        "rows": current.rows,
    }
    try:
        current.home.state.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor = os.open(current.home.state / WAITING, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        with os.fdopen(descriptor, "ab") as file:  # one write of a short line: two commands do not mix theirs
            file.write(json.dumps(line).encode() + b"\n")
    except OSError:
        return  # a home that is read-only is read all the same


def take_in(connection: duckdb.DuckDBPyConnection, home: Home) -> None:
    """Move the waiting lines into ops.access. Killed in between, some may stand twice; none is lost."""
    connection.execute(DDL)
    waiting, taken = home.state / WAITING, home.state / f"{WAITING}.taken"
    if waiting.exists() and not taken.exists():
        waiting.replace(taken)
    if not taken.exists():
        return
    rows = [json.loads(line) for line in taken.read_bytes().splitlines() if line.endswith(b"}")]
    if rows:
        connection.executemany(
            "insert into ops.access values (?, ?, ?, ?, ?)",
            [[row[name] for name in ("accessed_at", "os_user", "command", "exit_status", "rows")] for row in rows],
        )
    taken.unlink()
