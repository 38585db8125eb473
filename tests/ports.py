"""Ports for the servers that tests start."""

from __future__ import annotations

import socket


def find_port() -> int:
    """A port of the loopback address that was free a moment ago."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]
