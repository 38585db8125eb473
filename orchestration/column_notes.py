"""What every column says, in English and Japanese: words that are written once and shown wherever the column goes on.

A column without words of its own in the dbt project takes those of, in this order: its line in column_notes.yml
(`entity.column`), the template's notes of its entity and the fact that is made of it (of an intermediate model the fact
goes before: both have labels resolved), column_notes.yml (the bare name, then `*_suffix`), and the dbt project's other
tables where all of them say the same.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import duckdb
import yaml

from connectors.tables.template import read_notes

NOTES = Path(__file__).with_name("column_notes.yml")
# stg_<connector>__<entity>, <connector>__<entity> of raw, int_<entity>.
ENTITY = re.compile(r"^(?:(?:stg_)?[a-z0-9]+__|int_)(.+)$")

COLUMNS = "select schema_name, table_name, column_name, comment from duckdb_columns() where not internal order by all"


@dataclass(frozen=True)
class ColumnNotes:
    """`described`: table → column → words, as the dbt project has them."""

    described: Mapping[str, Mapping[str, str]]

    def find(self, table: str, column: str) -> str | None:
        """The words for a column; None where nobody says what it is."""
        entity = _entity(table)
        source = _join(self._template.get(entity, {}).get(column))
        fact = self.described.get(f"fct_{entity}", {}).get(column)
        told = (
            self.described.get(table, {}).get(column),
            _join(self._own.get(f"{entity}.{column}")),
            *((fact, source) if table.startswith("int_") else (source, fact)),
            _join(self._own.get(column)),
            _join(self._own.get(f"*_{column.rpartition('_')[2]}")),
            self._agreed.get(column),
        )
        return next(filter(None, told), None)

    @cached_property
    def _own(self) -> dict[str, list[str]]:
        return yaml.safe_load(NOTES.read_text(encoding="utf-8"))

    @cached_property
    def _template(self) -> dict[str, dict[str, list[str]]]:
        return read_notes()

    @cached_property
    def _agreed(self) -> dict[str, str]:
        said: dict[str, set[str]] = {}
        for columns in self.described.values():
            for column, words in columns.items():
                said.setdefault(column, set()).add(words)
        return {column: next(iter(words)) for column, words in said.items() if len(words) == 1}


def describe_columns(manifest: Any, connection: duckdb.DuckDBPyConnection) -> None:
    """Give every model, seed and source of dbt's manifest the words of its columns, those that the warehouse has."""
    from dbt.artifacts.resources.v1.components import ColumnInfo

    nodes = {(node.schema, node.name): node for node in (*manifest.nodes.values(), *manifest.sources.values())}
    notes = ColumnNotes(
        {
            name: {column.name: column.description.strip() for column in node.columns.values() if column.description}
            for (_, name), node in nodes.items()
        }
    )
    for schema, table, column, comment in connection.execute(COLUMNS).fetchall():
        words = comment or notes.find(table, column)
        if (schema, table) in nodes and words and column not in notes.described[table]:
            nodes[schema, table].columns[column] = ColumnInfo(name=column, description=words)


def _entity(table: str) -> str:
    match = ENTITY.match(table)
    return match[1] if match else table


def _join(note: Iterable[str] | None) -> str | None:
    if note is None:
        return None
    japanese, english = note
    return f"{english[:1].upper()}{english[1:]}. {japanese}"
