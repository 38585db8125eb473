"""A company's inbox and warehouse for the loader's tests: files say literally which parts their reader shall yield."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

import duckdb
import polars as pl
from pydantic import BaseModel

from connectors import load
from connectors.core import REFUSED_SCHEMA, Connector, FileNotes, Part, Run, SourceFile
from connectors.errors import FileRefused

JULY = "2025-07-01"


class Settings(BaseModel):
    path: str = "inbox"
    load: Literal["delta", "full"] = "delta"
    reading: str = "1"


def scripted() -> Connector:
    """A connector whose files are JSON: {"parts": [{"stream", "rows", "refused"?, "refused_rows"?}], "refuse"?,
    "fail"?}. Every row is a dict of field → text; `_row_number` counts from 2 unless the row says it."""
    connector = Connector("scripted", Settings)

    @connector.files(
        entities=("jobs", "candidates", "application_reasons", "reviews"),
        suffixes=frozenset({".json"}),
        fingerprint=lambda run: run.settings.reading,
    )
    def read(run: Run, file: SourceFile, notes: FileNotes) -> Iterator[Part]:
        script = json.loads(file.path.read_text(encoding="utf-8"))
        notes.facts["parts"] = str(len(script["parts"]))
        for part in script["parts"]:
            yield make_part(connector, part)
        if "refuse" in script and run.settings.reading != "mended":
            raise FileRefused(script["refuse"], where=file.name, mend="export it again")
        if "fail" in script:
            raise ValueError(script["fail"])

    return connector


def make_part(connector: Connector, part: dict[str, Any]) -> Part:
    stream = connector.streams[part["stream"]]
    rows = [{"_row_number": place, **row} for place, row in enumerate(part["rows"], 2)]
    names = dict.fromkeys(name for row in rows for name in row)
    schema = {name: pl.Int64 if name == "_row_number" else pl.String for name in names}
    refused = pl.DataFrame(part.get("refused", []), schema=REFUSED_SCHEMA)
    return Part(stream, pl.DataFrame(rows, schema=schema), refused, part.get("refused_rows", refused.height))


class Company:
    """A home with one source `ats`."""

    def __init__(self, root: Path, connector: Connector | None = None, **settings: Any) -> None:
        self.root = root
        self.connector = connector or scripted()
        self.settings = Settings(**settings)
        (root / "inbox").mkdir(parents=True, exist_ok=True)
        self.connection = duckdb.connect(str(root / "warehouse.duckdb"))
        self.connection.execute("set TimeZone = 'UTC'")
        load.prepare(self.connection)

    @property
    def run(self) -> Run:
        return Run(source="ats", settings=self.settings, home=self.root)

    def drop(self, name: str, *parts: dict[str, Any], day: str | None = None, **script: Any) -> Path:
        """A file into the inbox; its own time is noon UTC of `day`."""
        path = self.root / "inbox" / name
        path.write_text(json.dumps({"parts": parts, **script}, ensure_ascii=False), encoding="utf-8")
        set_day(path, day or JULY)
        return path

    def load(self, **options: Any) -> load.SourceReport:
        return load.load_source(self.connection, self.connector, self.run, **options)

    def retry(self, **options: Any) -> load.SourceReport:
        return load.retry_source(self.connection, self.connector, self.run, **options)

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        return self.connection.execute(query).fetchall()

    def current(self, stream: str = "jobs", *fields: str) -> list[tuple[Any, ...]]:
        """The rows that live, as staging chooses them."""
        chosen = ", ".join(("_key", *fields))
        return self.rows(
            f"select {chosen} from raw_ats.{stream} qualify row_number() over (partition by _key order by"
            " _extracted_at desc, _load_id desc, _row_number desc) = 1 and not _deleted order by _key"
        )

    def versions(self, stream: str = "jobs") -> int:
        return self.rows(f"select count(*) from raw_ats.{stream}")[0][0]


def jobs(*titles: str, **more: Any) -> dict[str, Any]:
    """A part of jobs from texts `id=title`."""
    rows = [dict(zip(("job_id", "title"), text.split("="), strict=True)) for text in titles]
    return {"stream": "jobs", "rows": rows, **more}


def bad_cell(row_number: int, column: str = "openings", value: str = "many") -> dict[str, Any]:
    return {
        "row_number": row_number,
        "column": column,
        "value": value,
        "reason": "not a whole number",
        "record": json.dumps({"募集人数": value}, ensure_ascii=False),
    }


def set_day(path: Path, day: str) -> None:
    moment = datetime.fromisoformat(f"{day}T12:00:00").replace(tzinfo=UTC).timestamp()
    os.utime(path, (moment, moment))
