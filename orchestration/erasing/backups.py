"""The backups of a home without certain persons: each is read, masked as the warehouse is, and written anew."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import duckdb

from connectors import load
from connectors.errors import TsunaguError
from connectors.loading.suppression import Suppression
from connectors.settings import Home
from orchestration import backup
from orchestration.erasing import stored
from orchestration.erasing.leftovers import COPY, delete
from orchestration.erasing.raw_rows import list_raw
from orchestration.erasing.receipt import Receipt
from orchestration.erasing.subject import Subject
from orchestration.erasing.traces import Needles
from orchestration.warehouse import connect_copy, open_file


def rewrite_backups(
    home: Home,
    erased: Path,
    subjects: Sequence[Subject],
    suppression: Suppression,
    needles: Needles,
    receipt: Receipt,
) -> None:
    """Erase the subjects from every backup that is where it was written; the receipt names the others, which are the
    user's to delete. `erased`: the new warehouse, whose suppressions each backup gets, so that a restored home knows
    them too. Killed at any moment, a backup is the one or the other; call with the home's lock held."""
    with connect_copy(home, erased, read_only=True) as connection:
        folders = backup.known_backups(connection)
    for folder in folders:
        if not folder.is_dir():
            receipt.left.append(f"{folder} (a backup that is not there now)")
            continue
        try:
            _rewrite(home, erased, folder, subjects, suppression, needles)
            receipt.backups += 1
        except (OSError, duckdb.Error, TsunaguError) as error:
            reason = error.message if isinstance(error, TsunaguError) else type(error).__name__
            receipt.left.append(f"{folder} (a backup that could not be rewritten: {reason})")


def _rewrite(
    home: Home,
    erased: Path,
    folder: Path,
    subjects: Sequence[Subject],
    suppression: Suppression,
    needles: Needles,
) -> None:
    manifest = backup.verify(folder)
    copy = home.root / COPY
    delete(copy)
    connection = open_file(copy, home)
    try:
        copy.chmod(0o600)
        backup.read_tables(connection, folder, manifest)
        load.prepare(connection)
        escaped = str(erased).replace("'", "''")
        connection.execute(f"attach '{escaped}' as erased (read_only)")
        connection.execute("delete from ops.suppressions")
        connection.execute("insert into ops.suppressions from erased.ops.suppressions")
        connection.execute("detach erased")
        for table in list_raw(connection, home):
            stored.mask_raw(connection, table, suppression, list(subjects), needles)
        stored.mask_ops(connection, suppression, needles)
        stored.drop_derived(connection)
        if needles.in_tables(connection):
            raise TsunaguError("the person is still found in it")
        backup.write_folder(home, connection, folder, manifest["made_at"])
    finally:
        connection.close()
        delete(copy)
