"""The home's two keys. identity.key: under which persons get their opaque ids, from the environment, else made once
beside the warehouse. erasure.key: by which erased persons are known again; made with the first erasure, never changed,
since what it hashed is nowhere any more."""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from pathlib import Path

from connectors.errors import TsunaguError, UsageError
from connectors.settings import Home
from orchestration.lock import hold_home
from orchestration.warehouse import connect

VARIABLE = "TSUNAGU_IDENTITY_SECRET"


def identity_secret(home: Home, environ: Mapping[str, str] = os.environ) -> bytes:
    """The secret's bytes; `identity.key`, readable by its owner alone, is made on first use.

    Losing it changes every person_id and no number. Raises TsunaguError where other users can read the file.
    """
    if environ.get(VARIABLE):
        return environ[VARIABLE].encode()
    return _read(home.root / "identity.key", make=True) or b""


def rotate_identity(home: Home, environ: Mapping[str, str] = os.environ) -> None:
    """A new identity.key in the place of the old, and no memory of the ids made with that: the next run gives everybody
    a new person_id. What an analyst kept under the old ids no longer joins, and which persons merged when is forgotten;
    no number changes, and decisions on pairs stay. erasure.key is not touched: what it hashed is nowhere any more.

    Raises UsageError where the secret comes from the environment, which only its owner can change.
    """
    if environ.get(VARIABLE):
        raise UsageError(f"the secret comes from {VARIABLE}", mend="set another there, then tsunagu run")
    with hold_home(home), connect(home) as connection:
        connection.execute("drop table if exists identity.person_xref")
        connection.execute("drop table if exists identity.person_events")
    path = home.root / "identity.key"
    fresh = path.with_name("identity.key.next")
    fresh.unlink(missing_ok=True)
    _read(fresh, make=True)
    fresh.replace(path)


def erasure_key(home: Home, *, make: bool = False) -> bytes | None:
    """The key of ops.suppressions; None where nobody was erased yet and `make` does not ask for one."""
    return _read(home.root / "erasure.key", make=make)


def _read(path: Path, *, make: bool) -> bytes | None:
    if not path.exists():
        if not make:
            return None
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_hex(32))
            file.flush()
            os.fsync(file.fileno())
    if path.stat().st_mode & 0o077:
        raise TsunaguError(f"other users can read {path.name}", where=str(path), mend=f"chmod 600 {path}")
    return path.read_text(encoding="utf-8").strip().encode()
