"""Rows into a table that has some already: each part is compared before anything is written.

An export that holds nothing new costs 0.4 of its first load with a plain reader, most of it for reading the file.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import polars as pl

from connectors.core import Part
from connectors.errors import BalanceError
from connectors.loading.changelog import Append
from connectors.loading.newest import Newest, number_occurrences, read_newest
from connectors.loading.raw_table import hash_keys
from connectors.ops import Counts, execute_over


@dataclass
class Compared:
    """`newest`: what each key said last, as far as this load may know; it follows the rows as they come. `overall` is
    there for a late load, a file older than what is known: the newest of all, with which rows are compared as well."""

    newest: Newest
    overall: Newest | None
    live_before: int


def begin_comparing(append: Append, known: Newest | None, *, is_late: bool) -> Compared:
    """`known`: the newest versions, where an earlier file of this run has left them; else they are read. `is_late`: the
    table holds rows that were extracted after these."""
    newest = known if known is not None else read_newest(append.connection, append.table)
    overall = None
    if is_late:
        overall, newest = newest, read_newest(append.connection, append.table, append.origin.extracted_at)
    newest.begin_load()
    return Compared(newest, overall, newest.live())


def compare(append: Append, compared: Compared, parts: Iterator[Part]) -> None:
    """Write the rows of `parts` that differ from the newest version of their key."""
    for part in parts:
        shaped = append.shaper.shape(part)
        append.note_refused(shaped)
        append.put_refused_away()
        if shaped.rows.height:
            _compare_rows(append, compared, shaped.rows)


def _compare_rows(append: Append, compared: Compared, rows: pl.DataFrame) -> None:
    hashes, numbers = _hash(append, rows), rows.get_column("_row_number").to_numpy()
    changed, load_ids = _judge(append, compared, hash_keys(rows.get_column("_key")), hashes, numbers)
    for load_id in np.unique(load_ids).tolist():
        of_load = load_ids == load_id
        n, loaded = int(of_load.sum()), int((changed & of_load).sum())
        append.counts[load_id].add(Counts(rows_in=n, rows_loaded=loaded, rows_unchanged=n - loaded))
    if changed.any():
        news = rows.with_columns(_load_id=pl.Series(load_ids)).filter(pl.Series(changed))
        written = append.insert(news.to_arrow(compat_level=pl.CompatLevel.newest()), load_id="_load_id")
        if written != news.height:
            raise BalanceError(f"{news.height} rows to append, {written} written", where=append.table.name)


def _hash(append: Append, rows: pl.DataFrame) -> np.ndarray:
    """The content of each row as a number, by the engine that stores it."""
    placed = rows.select(append.table.carried).with_row_index("_place")
    query = f"select _place, {append.table.row_hash} as hash from arriving"
    arriving = placed.to_arrow(compat_level=pl.CompatLevel.newest())
    found = execute_over(append.connection, query, arriving).fetchnumpy()
    hashes = np.empty(rows.height, dtype=np.int64)
    hashes[found["_place"]] = found["hash"]
    return hashes


def _judge(
    append: Append, compared: Compared, keys: np.ndarray, hashes: np.ndarray, numbers: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Which rows to append, and each row's load id. Rows of one key are judged one after the other."""
    changed = np.zeros(len(keys), dtype=bool)
    load_ids = np.zeros(len(keys), dtype=np.int64)
    occurrence = number_occurrences(keys)
    for turn in range(1 if occurrence is None else int(occurrence.max()) + 1):
        at = np.arange(len(keys)) if occurrence is None else np.flatnonzero(occurrence == turn)
        load_ids[at] = append.load_id
        if compared.overall is not None:
            at = at[~compared.overall.holds(keys[at], hashes[at])]
        verdict = compared.newest.judge(keys[at], hashes[at], numbers[at])
        if verdict.disordered.any():
            # Another sheet, whose rows start at 1 again: a higher load id says that it is the later.
            compared.newest.begin_section(keys[at])
            append.begin_section()
        changed[at] = verdict.changed
        load_ids[at] = append.load_id
    return changed, load_ids
