"""The key under which persons get their opaque ids: from the environment, else made once beside the warehouse."""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping

from connectors.errors import TsunaguError
from connectors.settings import Home

VARIABLE = "TSUNAGU_IDENTITY_SECRET"


def identity_secret(home: Home, environ: Mapping[str, str] = os.environ) -> bytes:
    """The secret's bytes; `identity.key`, readable by its owner alone, is made on first use.

    Losing it changes every person_id and no number. Raises TsunaguError where other users can read the file.
    """
    if environ.get(VARIABLE):
        return environ[VARIABLE].encode()
    path = home.root / "identity.key"
    if not path.exists():
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_hex(32))
    if path.stat().st_mode & 0o077:
        raise TsunaguError("other users can read the identity secret", where=str(path), mend=f"chmod 600 {path}")
    return path.read_text(encoding="utf-8").strip().encode()
