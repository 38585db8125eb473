"""Open a file as the table connector does, and take all of it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from connectors.formats.tabular import Asked, Tabular, open_tables

FIXTURES = Path(__file__).resolve().parents[4] / "shared" / "fixtures"


@dataclass(frozen=True)
class Reading:
    table: Tabular
    rows: list[tuple[str | None, ...]]
    numbers: list[int]
    refused: list[tuple[int, str]]
    records: list[dict[str, str | None]]
    refused_rows: int


def read_all(table: Tabular) -> Reading:
    rows, numbers, refused, records, refused_rows = [], [], [], [], 0
    for batch in table.batches():
        assert batch.rows.columns == [*table.header, "_row_number"]
        rows += batch.rows.drop("_row_number").rows()
        numbers += batch.rows["_row_number"].to_list()
        refused += list(zip(batch.refused["row_number"], batch.refused["reason"], strict=True))
        records += [json.loads(record) for record in batch.refused["record"]]
        refused_rows += batch.refused_rows
    return Reading(table, rows, numbers, refused, records, refused_rows)


def read_only_table(path: Path, *, known: str = "", encoding: str | None = None) -> Reading:
    [table] = open_tables(path, known_headers=frozenset(known.split()), asked=Asked(encoding))
    return read_all(table)


def write(folder: Path, content: str | bytes, name: str = "file.csv", encoding: str = "utf-8") -> Path:
    path = folder / name
    path.write_bytes(content.encode(encoding) if isinstance(content, str) else content)
    return path
