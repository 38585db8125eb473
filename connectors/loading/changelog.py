"""Appending one stream of one load to its raw table: only rows that differ from the newest version of their key.

Two ways, one outcome. Into an empty table rows are poured (pouring.py): one statement hashes them on the way, and only
then repeated keys are looked for, since nothing else can be unchanged. Into any other table each part is hashed and
compared first (comparing.py), and only the rows that differ are written.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import duckdb
import polars as pl
import pyarrow as pa

from connectors.core import WriteMode
from connectors.errors import BalanceError
from connectors.loading.contract import Shaped, Shaper
from connectors.loading.raw_table import CARRIED, RawTable, quote
from connectors.ops import Counts, Origin, execute_over, fetch_one
from connectors.quarantine import put_lines_away

WRITTEN = ("_row_hash", "_deleted", "_load_id", "_loaded_at", "_extracted_at", "_file", "_row_number")


@dataclass
class Append:
    """One stream of one load, within the caller's transaction. Rows may come under several load ids, a higher one for
    those that are later though their row number does not say so; `counts` keeps each apart."""

    connection: duckdb.DuckDBPyConnection
    table: RawTable
    shaper: Shaper
    origin: Origin
    write: WriteMode
    new_load_id: Callable[[], int]
    load_id: int
    counts: dict[int, Counts] = field(default_factory=dict)
    refused: list[pl.DataFrame] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.counts[self.load_id] = Counts()

    @property
    def now(self) -> Counts:
        """The counts of the load id in force."""
        return self.counts[self.load_id]

    @property
    def total(self) -> Counts:
        total = Counts()
        for counts in self.counts.values():
            total.add(counts)
        return total

    def begin_section(self) -> None:
        self.load_id = self.new_load_id()
        self.counts[self.load_id] = Counts()

    def put_refused_away(self) -> None:
        """Out of memory, into the lines that this file tells."""
        if self.refused:
            put_lines_away(self.connection, self.table.stream.name, pl.concat(self.refused))
            self.refused.clear()

    def note_refused(self, shaped: Shaped) -> None:
        self.now.rows_in += shaped.refused_rows
        self.now.rows_quarantined += shaped.refused_rows
        if shaped.refused.height:
            self.refused.append(shaped.refused)

    def insert(self, rows: pa.Table | pa.RecordBatchReader, *, load_id: str) -> int:
        """Write shaped rows; `load_id` is SQL over them. Returns how many."""
        query, parameters = self._insertion("arriving", load_id)
        return execute_over(self.connection, query, rows, parameters).fetchall()[0][0]

    def insert_from(self, query: str, *, load_id: str) -> int:
        """Write what `query`, in parentheses, gives: the carried columns, `_key` and `_row_number`."""
        return fetch_one(self.connection, *self._insertion(query, load_id))[0]

    def _insertion(self, arriving: str, load_id: str) -> tuple[str, dict[str, object]]:
        given = ", ".join(map(quote, (*self.table.carried, "_key")))
        return (
            f"insert into {self.table.name} ({given}, {', '.join(WRITTEN)}) select {given}, {self.table.row_hash},"
            f" false, {load_id}, $loaded_at, $extracted_at, $file, _row_number from {arriving}",
            {
                "loaded_at": self.origin.loaded_at,
                "extracted_at": self.origin.extracted_at,
                "file": self.origin.file,
            },
        )

    def check_balance(self) -> None:
        """Raises BalanceError. rows_loaded is what the engine says it wrote, the others what the reader handed over."""
        counts = self.total
        if counts.rows_in != counts.rows_loaded + counts.rows_unchanged + counts.rows_quarantined:
            raise BalanceError(
                f"rows in ≠ loaded + unchanged + quarantined: {counts}",
                where=f"raw_{self.table.source}.{self.table.stream.name}",
            )


def arrow_schema(table: RawTable) -> pa.Schema:
    """Of the rows that a Shaper hands on, as polars gives them to Arrow without copying."""
    texts = [(name, pa.string_view()) for name in (*table.columns, *CARRIED, "_key")]
    return pa.schema([*texts, ("_row_number", pa.int64())])
