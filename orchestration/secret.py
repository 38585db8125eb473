"""The home's two keys. identity.key: under which persons get their opaque ids, from the environment, else made once
beside the warehouse. erasure.key: by which erased persons are known again; made with the first erasure, never changed,
since what it hashed is nowhere any more."""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from pathlib import Path

from connectors.errors import TsunaguError
from connectors.settings import Home

VARIABLE = "TSUNAGU_IDENTITY_SECRET"


def identity_secret(home: Home, environ: Mapping[str, str] = os.environ) -> bytes:
    """The secret's bytes; `identity.key`, readable by its owner alone, is made on first use.

    Losing it changes every person_id and no number. Raises TsunaguError where other users can read the file.
    """
    if environ.get(VARIABLE):
        return environ[VARIABLE].encode()
    return _read(home.root / "identity.key", make=True) or b""


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
