"""A value the specification leaves open: expected cells that hold one allow any of its values."""

from __future__ import annotations

from typing import Any


class Either:
    """`Either(None, "back")` is written `None or 'back'`, as the golden companies do."""

    def __init__(self, *values: Any) -> None:
        self.values = values

    def __str__(self) -> str:
        return " or ".join(map(repr, self.values))
