"""Rows into a table that was empty when the load began.

One statement for as many parts as follow each other, fed by a generator, so that DuckDB compresses one part while the
next is read. A statement a part costs an eighth more CPU, since the row groups it leaves half full are written again at
commit.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from typing import Literal

import duckdb
import polars as pl
import pyarrow as pa

from connectors.core import Part
from connectors.errors import BalanceError
from connectors.loading.changelog import Append, arrow_schema
from connectors.loading.contract import Shaped
from connectors.loading.raw_table import create_table
from connectors.ops import fetch_one

# Refused lines wait in memory until the statement has ended; 50,000 of 1 kB are 50 MB.
REFUSED_LINES = 50_000
# DuckDB looks for a dictionary in every text column, half of the CPU of an insert, and finds none where values hardly
# repeat. Storing such columns as they are: 1M rows × 12 columns of names, addresses and times in 1.1 instead of 2.2 CPU
# seconds and 184 instead of 63 MB (the file has 205); of ids and labels in 1.0 instead of 1.5 and 55 instead of 30 MB.
HARDLY_REPEATS = 0.45
# Below this a sample says little, and there is little to gain.
SAMPLE_ROWS = 10_000


Way = Literal["straight", "pour", "compare"]


class OrderUnclear(Exception):
    """A key repeats in rows whose numbers do not tell which is the later: load again, comparing part by part."""

    way: Way = "compare"


def pour(append: Append, parts: Iterator[Part]) -> None:
    """Write every row of `parts`. A reader's error comes out as itself."""
    arriving = map(append.shaper.shape, parts)
    if not append.total.rows_loaded:
        arriving = _choose_by_first(append, arriving)
    while _pour_once(append, arriving):
        append.put_refused_away()
    append.put_refused_away()


def settle_repeats(append: Append) -> None:
    """Drop each row that repeats what its key's row before it in this load said. Raises OrderUnclear."""
    connection, name = append.connection, append.table.name
    repeats = fetch_one(connection, f"select count(*) - count(distinct hash(_key)) from {name}")[0]
    if not repeats:
        return
    if not append.shaper.in_order:
        raise OrderUnclear
    repeated = f"from {name} where _key in (select _key from {name} group by _key having count(*) > 1)"
    if connection.execute(f"select 1 {repeated} group by _key, _row_number having count(*) > 1 limit 1").fetchall():
        raise OrderUnclear
    dropped = fetch_one(
        connection,
        f"delete from {name} where rowid in (select row_id from (select rowid as row_id, _row_hash, lag(_row_hash)"
        f" over (partition by _key order by _row_number) as hash_before {repeated}) where _row_hash = hash_before)",
    )[0]
    if dropped > repeats:
        raise BalanceError(f"{dropped} repeated rows dropped where {repeats} repeat a key", where=name)
    append.now.rows_loaded -= dropped
    append.now.rows_unchanged += dropped


def choose_storage(append: Append, sample: pl.DataFrame) -> None:
    """Make the table anew by what its first rows look like."""
    if sample.height >= SAMPLE_ROWS:
        columns = [name for name in (*append.table.carried, "_key") if name in sample.columns]
        distinct = sample.select(pl.col(*columns).n_unique()).row(0, named=True)
        unlike = frozenset(name for name, n in distinct.items() if n >= HARDLY_REPEATS * sample.height)
        create_table(append.connection, append.table, unlike)


def _choose_by_first(append: Append, arriving: Iterator[Shaped]) -> Iterator[Shaped]:
    """By the first part with rows; returns all the parts."""
    seen: list[Shaped] = []
    for shaped in arriving:
        seen.append(shaped)
        if shaped.rows.height:
            break
    choose_storage(append, seen[-1].rows if seen else pl.DataFrame())
    return chain(seen, arriving)


def _pour_once(append: Append, arriving: Iterator[Shaped]) -> bool:
    """One statement. True: it ended early, so that refused lines can be put away, and there may be more rows."""
    failure: list[BaseException] = []
    is_cut = False

    def arrive() -> Iterator[pa.RecordBatch]:
        nonlocal is_cut
        lines = 0
        try:
            for shaped in arriving:
                append.note_refused(shaped)
                append.now.rows_in += shaped.rows.height
                yield from shaped.rows.to_arrow(compat_level=pl.CompatLevel.newest()).to_batches()
                lines += shaped.refused.height
                if lines > REFUSED_LINES:
                    is_cut = True
                    return
        except BaseException as error:  # DuckDB would turn it into text; the caller needs the error itself
            failure.append(error)
            raise

    reader = pa.RecordBatchReader.from_batches(arrow_schema(append.table), arrive())
    try:
        written = append.insert(reader, load_id=str(append.load_id))
    except duckdb.Error:
        if failure:
            raise failure[0] from None
        raise
    append.now.rows_loaded += written
    return is_cut
