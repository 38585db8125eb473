"""What tsunagu.yml says of the machine and of daily operation: memory, versions kept."""

from __future__ import annotations

from pydantic import Field

from connectors.terms import Strict


class WarehouseLimits(Strict):
    """What DuckDB may take. `memory_limit` None leaves DuckDB's own default, 80 % of the machine."""

    memory_limit: str | None = Field(default=None, pattern=r"^\d+(\.\d+)?\s?(KB|MB|GB|TB|KiB|MiB|GiB|TiB)$")
    threads: int | None = Field(default=None, ge=1)


class Publishing(Strict):
    """`keep`: how many earlier published files stay, each as large as marts.duckdb. Three: what a Friday's run and the
    weekend's replaced is still there on Monday, when people look."""

    keep: int = Field(default=3, ge=0)
