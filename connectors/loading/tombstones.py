"""What a full export no longer holds, marked as deleted.

A tombstone is a row of the change log with `_deleted` true: the key and its fields, nothing else. A key that comes
back is a further version.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from connectors.errors import BalanceError, TombstoneError
from connectors.loading.changelog import Append
from connectors.loading.comparing import Compared
from connectors.loading.raw_table import NEWEST_FIRST, hash_keys, quote
from connectors.ops import fetch_one

# Above this share a full export is taken for a cut one: no company deletes a fifth of its applicants between two
# exports, while a filter left on or a broken transfer loses far more than that.
LARGEST_SHARE = 0.20


def bury_vanished(append: Append, compared: Compared) -> None:
    """Tombstones for the keys that live and did not come. Raises TombstoneError above LARGEST_SHARE of the living,
    unless a full refresh asks for it."""
    if compared.overall is not None:
        append.now.rows_tombstoned += _bury_late(append)
        return
    keys = compared.newest.vanished()
    if not len(keys):
        return
    share = len(keys) / compared.live_before
    if share > LARGEST_SHARE and not append.origin.full_refresh:
        raise TombstoneError(
            f"this full export lacks {len(keys):,} of {compared.live_before:,} keys of {append.table.stream.name}"
            f" ({share:.0%}; up to {LARGEST_SHARE:.0%} are taken for deleted). Nothing of it was loaded",
            where=f"{append.table.source}: {append.origin.file or append.table.stream.name}",
            mend="export again without a filter; if they were deleted: tsunagu run --full-refresh"
            f" --source {append.table.source}; if each file holds only some rows: load: delta",
        )
    append.connection.register("vanished_keys", pa.table({"_key": _name_keys(append, keys)}))
    buried = _bury(append, "_key in (select _key from vanished_keys)", append.origin.extracted_at)
    append.connection.unregister("vanished_keys")
    if buried != len(keys):
        raise BalanceError(f"{len(keys)} keys vanished, {buried} tombstones written", where=append.table.name)
    append.now.rows_tombstoned += buried
    compared.newest.mark_gone(keys)


def _name_keys(append: Append, keys: np.ndarray) -> pa.Array:
    """The texts behind hashed keys."""
    append.connection.complete()  # con.sql runs nothing while a cursor's result is open
    texts = append.connection.sql(f"select distinct _key from {append.table.name}").pl().get_column("_key")
    return texts.filter(np.isin(hash_keys(texts), keys)).to_arrow()


def _bury_late(append: Append) -> int:
    # A full export older than the newest one says nothing about today. What only it holds was gone in the newest.
    newest = fetch_one(
        append.connection,
        "select max(extracted_at) from ops.loads where source = ? and stream = ? and write = 'full'",
        [append.table.source, append.table.stream.name],
    )[0]
    if newest is None or newest <= append.origin.extracted_at:
        return 0
    ids = ", ".join(map(str, append.counts))
    return _bury(append, f"_load_id in ({ids})", newest)


def _bury(append: Append, which: str, extracted_at: object) -> int:
    """`which`: over the newest version of each key."""
    name, fields = append.table.name, ", ".join(map(quote, append.table.stream.key))
    return fetch_one(
        append.connection,
        f"insert into {name} ({fields}, _key, _deleted, _load_id, _loaded_at, _extracted_at, _file)"
        f" select {fields}, _key, true, {append.load_id}, $loaded_at, $extracted_at, $file from (select * from {name}"
        f" qualify row_number() over (partition by _key order by {NEWEST_FIRST}) = 1) where {which}",
        {"loaded_at": append.origin.loaded_at, "extracted_at": extracted_at, "file": append.origin.file},
    )[0]
