"""What must outlive a power cut: renames and written files, on the disk before anything relies on them."""

from __future__ import annotations

import os
from pathlib import Path


def settle(path: Path) -> None:
    """What was written to a file, or renamed in a folder, is on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
