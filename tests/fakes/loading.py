"""A home with one API source, loaded from a fake server without the rest of the pipeline."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb

from connectors import load
from connectors.core import Connector, Run, discover


class ApiHome:
    def __init__(self, root: Path, connector: str | Connector, **settings: Any) -> None:
        self.root = root
        root.mkdir(parents=True, exist_ok=True)
        self.connector = discover()[connector] if isinstance(connector, str) else connector
        self.run = Run("ats", self.connector.settings(**settings), root)
        self.connection = duckdb.connect(str(root / "warehouse.duckdb"))
        self.connection.execute("set TimeZone = 'UTC'")
        load.prepare(self.connection)

    def load(self, **options: Any) -> load.SourceReport:
        return load.load_source(self.connection, self.connector, self.run, **options)

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        return self.connection.execute(query).fetchall()

    def content(self) -> dict[str, list[tuple[Any, ...]]]:
        """Every stream's rows without what a load stamps on them."""
        names = self.rows("select table_name from duckdb_tables() where schema_name = 'raw_ats' order by 1")
        chosen = "id, parent_id, updated_at, record, _key, _deleted"
        return {name: self.rows(f"select {chosen} from raw_ats.{name} order by all") for (name,) in names}
