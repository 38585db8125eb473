"""Files that an erasure works on beside the warehouse; a killed one leaves them, with the person still in them."""

from __future__ import annotations

from pathlib import Path

from connectors.settings import Home

COPY, FRESH = "warehouse.duckdb.erasing", "warehouse.duckdb.erased"


def clear_leftovers(home: Home) -> None:
    """Delete what a killed erasure left. Call with the home's lock held."""
    for name in (COPY, FRESH):
        delete(home.root / name)


def delete(path: Path) -> None:
    """The file and its write-ahead log, where they are there."""
    for left in (path, path.with_name(f"{path.name}.wal")):
        left.unlink(missing_ok=True)
