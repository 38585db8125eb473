"""The newest version of every key of one raw table, in memory: what an arriving row is compared with.

A key and a row content are hashes of 64 and 63 bits, so a row is taken for unchanged by mistake with probability 2^-127
a stored key; a million keys take 32 MB and are fetched and sorted in 0.2 CPU seconds.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import duckdb
import numpy as np
import polars as pl

from connectors.loading.raw_table import RawTable, hash_keys

GONE = -1  # the newest version is a tombstone; a row hash is never negative


@dataclass
class Verdict:
    """`changed`: rows to append; `disordered`: those of them whose key came before in this load with no lower row
    number, so that the row number would not tell which of the two is the later."""

    changed: np.ndarray
    disordered: np.ndarray


class Newest:
    """Keys sorted; beside each the hash of its newest version, the section in which it was met last, and the number of
    the row last appended for it there (0: none)."""

    def __init__(self, keys: np.ndarray, hashes: np.ndarray) -> None:
        self.keys = keys
        self.hashes = hashes
        self.rows = np.zeros(len(keys), dtype=np.int64)
        self.met = np.zeros(len(keys), dtype=np.int64)
        self.load = 0
        self.section = 0

    def begin_load(self) -> None:
        self.section += 1
        self.load = self.section

    def begin_section(self, keys: np.ndarray) -> None:
        """`keys`, judged last, and all that follow are later than what came before, whatever their numbers say."""
        self.section += 1
        self.met[self._find(keys)] = self.section

    def live(self) -> int:
        return int((self.hashes != GONE).sum())

    def vanished(self) -> np.ndarray:
        """Keys that live and were not met since `begin_load`."""
        return self.keys[(self.hashes != GONE) & (self.met < self.load)]

    def mark_gone(self, keys: np.ndarray) -> None:
        self.hashes[self._find(keys)] = GONE

    def holds(self, keys: np.ndarray, hashes: np.ndarray) -> np.ndarray:
        """Which of these are a newest version, key and content."""
        if not len(self.keys):
            return np.zeros(len(keys), dtype=bool)
        places = self._find(keys)
        return (self.keys[places] == keys) & (self.hashes[places] == hashes)

    def judge(self, keys: np.ndarray, hashes: np.ndarray, rows: np.ndarray) -> Verdict:
        """Compare rows, no key among them twice, and take them as the newest."""
        places = self._find(keys)
        known = self.keys[places] == keys if len(self.keys) else np.zeros(len(keys), dtype=bool)
        if not known.all():
            self._add(np.sort(keys[~known]))
            places = self._find(keys)
        changed = self.hashes[places] != hashes
        appended = np.where(self.met[places] == self.section, self.rows[places], 0)
        disordered = changed & (rows <= appended)
        self.hashes[places] = hashes
        self.rows[places] = np.where(changed, rows, appended)
        self.met[places] = self.section
        return Verdict(changed, disordered)

    def _find(self, keys: np.ndarray) -> np.ndarray:
        """Where each key stands, or would if it is missing, at most the last place."""
        # In order, so that neighbours in the search are neighbours in memory: half the time with a million keys.
        order = np.argsort(keys)
        places = np.empty(len(keys), dtype=np.int64)
        places[order] = np.searchsorted(self.keys, keys[order])
        return np.minimum(places, max(len(self.keys) - 1, 0))

    def _add(self, keys: np.ndarray) -> None:
        at = np.searchsorted(self.keys, keys)
        self.keys = np.insert(self.keys, at, keys)
        self.hashes = np.insert(self.hashes, at, GONE)
        self.rows = np.insert(self.rows, at, 0)
        self.met = np.insert(self.met, at, 0)


def read_newest(connection: duckdb.DuckDBPyConnection, table: RawTable, until: datetime | None = None) -> Newest:
    """`until`: leave out versions that were extracted later."""
    connection.complete()  # con.sql runs nothing while a cursor's result is open
    versions = connection.sql(
        f"select _key, case when _deleted then {GONE} else _row_hash end as hash,"
        f" _extracted_at, _load_id, coalesce(_row_number, 0) as _row_number from {table.name}"
        " where $until is null or _extracted_at <= $until",
        params={"until": until},
    ).pl()
    frame = versions.select(pl.Series("key", hash_keys(versions.get_column("_key"))), pl.exclude("_key"))
    frame = frame.sort("key", "_extracted_at", "_load_id", "_row_number")
    newest = frame.filter(pl.col("key").ne_missing(pl.col("key").shift(-1)))
    return Newest(newest.get_column("key").to_numpy(writable=True), newest.get_column("hash").to_numpy(writable=True))


def number_occurrences(keys: np.ndarray) -> np.ndarray | None:
    """For each row how often its key stood above it; None where no key repeats, which is the rule."""
    series = pl.Series("key", keys)
    if series.n_unique() == len(series):
        return None
    return series.to_frame().select(pl.int_range(pl.len()).over("key")).to_series().to_numpy()
