"""Run the table connector's reader on bytes, as the loader would, and look at what it gives."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import polars as pl

from connectors.core import FileNotes, Part, Run, SourceFile
from connectors.sources.table import TableSettings, connector

SHARED = Path(__file__).resolve().parents[2].parent / "shared"


@dataclass
class Reading:
    """`rows` by entity as the loader would keep them, `meant` the same with what each field stands for."""

    rows: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    refused: list[dict[str, Any]] = field(default_factory=list)
    refused_rows: dict[str, int] = field(default_factory=dict)
    notes: FileNotes = field(default_factory=FileNotes)

    def meant(self, entity: str) -> list[dict[str, Any]]:
        """Fields after `_parsed` and trimming, blank ones left out: what staging sees."""
        return [
            {
                name: text.strip()
                for name, text in {**row, **json.loads(row.get("_parsed") or "{}")}.items()
                if not name.startswith("_") and text is not None and text.strip()
            }
            for row in self.rows.get(entity, [])
        ]

    def only(self, entity: str) -> dict[str, Any]:
        (row,) = self.meant(entity)
        return row


def read_path(path: Path, home: Path | None = None, **settings: Any) -> Reading:
    run = Run("t", TableSettings(path=str(path), **settings), home or path.parent)
    reading = Reading()
    assert connector.file_reader is not None
    for part in connector.file_reader(run, SourceFile(path, path.name, datetime(2026, 1, 1)), reading.notes):
        assert isinstance(part, Part)
        assert set(part.rows.columns) <= {*part.stream.columns, "_row_number", "_extra", "_parsed"}
        assert all(part.rows.schema[name] == pl.String for name in part.rows.columns if name != "_row_number")
        reading.rows.setdefault(part.stream.name, []).extend(part.rows.to_dicts())
        if part.refused is not None:
            reading.refused += part.refused.to_dicts()
        reading.refused_rows[part.stream.name] = reading.refused_rows.get(part.stream.name, 0) + part.refused_rows
    return reading


def read_text(folder: Path, name: str, text: str, encoding: str = "utf-8", **settings: Any) -> Reading:
    path = folder / name
    path.write_bytes(text.encode(encoding))
    return read_path(path, folder, **settings)


def write_csv(header: list[str], *rows: dict[str, str]) -> str:
    """Rows as dicts, absent cells empty, with the line ends that Windows writes."""
    text = io.StringIO()
    writer = csv.DictWriter(text, header, lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()
