"""Certain persons enter ops.suppressions: the keyed hashes of all by which the loader would know them again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import duckdb
import polars as pl

from connectors.loading.raw_table import RawTable, quote
from connectors.loading.suppression import (
    ADDRESS_COLUMNS,
    ANY_SOURCE,
    EMPTIED,
    FREE_TEXT,
    NAMES,
    RECORD_IDS,
    Suppression,
    fold_digits,
    fold_name,
    is_record,
    read_suppression,
)
from orchestration.erasing.raw_rows import read_rows
from orchestration.erasing.subject import Staged, Subject, note_fields, note_record
from orchestration.erasing.traces import Needles

# Columns whose cells are emptied or replaced as a whole: in any other a cell that tells of her is entered by itself.
HELD_IN = {"_extra", "email_hash", *ADDRESS_COLUMNS, *NAMES, *EMPTIED, *FREE_TEXT}


def note_all_versions(
    connection: duckdb.DuckDBPyConnection, tables: Sequence[RawTable], subjects: list[Subject]
) -> None:
    """Add what older versions of the persons' records say: a former number, a name before marriage."""
    for table in tables:
        kind = {"candidates": "candidate", "employees": "employee", **RECORD_IDS}.get(table.stream.name)
        if kind is None:
            continue
        column = "id" if is_record(table.stream) else f"{kind}_id"
        by_id = {text: subject for subject in subjects for source, text in subject.ids(kind) if source == table.source}
        if not by_id or column not in (*table.columns, "id"):
            continue
        rows = read_rows(connection, table, f"trim({quote(column)}) in (select unnest($ids))", {"ids": sorted(by_id)})
        for row in rows.iter_rows(named=True):
            subject = by_id[row[column].strip()]
            if is_record(table.stream):
                if row["record"]:
                    note_record(subject, row["record"])
            else:
                note_fields(subject, row)


def suppress(
    connection: duckdb.DuckDBPyConnection,
    key: bytes,
    subjects: list[Subject],
    staged: Staged,
    tables: Sequence[RawTable],
    needles: Needles,
    erased_at: datetime,
) -> Suppression:
    """Enter the persons into ops.suppressions. Returns all that is suppressed now."""
    entries = _Entries(key)
    _enter_ids(entries, subjects, staged)
    for subject in subjects:
        _enter_subject(entries, subject)
    for table in tables:
        if not is_record(table.stream):
            _enter_mentions(entries, connection, table, subjects, needles)
    for (record,) in connection.execute(
        f"select distinct record from ops.quarantine where {needles.condition('record')} order by 1", needles.parameters
    ).fetchall():
        entries.add("line", subjects[0].alias, record)
    connection.register("new_suppressions", entries.to_frame(erased_at).to_arrow())
    connection.execute(
        "insert into ops.suppressions select * from new_suppressions as n where not exists"
        " (select 1 from ops.suppressions as s where s.kind = n.kind and s.digest = n.digest)"
    )
    connection.unregister("new_suppressions")
    return read_suppression(connection, key) or Suppression(key, {})


class _Entries:
    """What is to be entered; of the same digest the first alias stays."""

    def __init__(self, key: bytes) -> None:
        self._hashing = Suppression(key, {})
        self._aliases: dict[tuple[str, str], str] = {}

    def add(self, kind: str, alias: str, *texts: str) -> None:
        self._aliases.setdefault((kind, self._hashing.digest(kind, *texts)), alias)

    def count(self, kind: str) -> int:
        return sum(known == kind for known, _ in self._aliases)

    def to_frame(self, erased_at: datetime) -> pl.DataFrame:
        lines = [(kind, digest, alias, erased_at) for (kind, digest), alias in sorted(self._aliases.items())]
        schema = dict.fromkeys(("kind", "digest", "alias"), pl.String) | {"erased_at": pl.Datetime("us")}
        return pl.DataFrame(lines, schema=schema, orient="row")


def _enter_ids(entries: _Entries, subjects: list[Subject], staged: Staged) -> None:
    frames = {"candidate": staged.candidates, "application": staged.applications, "employee": staged.employees}
    for kind, frame in frames.items():
        owners = frame.group_by(f"{kind}_id").agg(n=pl.col("source").n_unique())
        several = set(owners.filter(pl.col("n") > 1)[f"{kind}_id"])
        for subject in subjects:
            for source, text in sorted(subject.ids(kind)):
                entries.add(kind, subject.alias, source, text)
                if text not in several:
                    entries.add(kind, subject.alias, ANY_SOURCE, text)


def _enter_subject(entries: _Entries, subject: Subject) -> None:
    for address in sorted(subject.addresses):
        entries.add("address", subject.alias, address)
    for digest in sorted(subject.all_hashes()):
        entries.add("address_hash", subject.alias, digest)
    for name in sorted(subject.names):
        for phone in sorted(filter(None, map(fold_digits, subject.phones))):
            entries.add("name_and_phone", subject.alias, fold_name(name), phone)
        for birth in sorted(subject.births):
            entries.add("name_and_birth", subject.alias, fold_name(name), fold_digits(birth))
    for source, entity, text in sorted(subject.rows):
        entries.add("row", subject.alias, source, entity, text)


def _enter_mentions(
    entries: _Entries,
    connection: duckdb.DuckDBPyConnection,
    table: RawTable,
    subjects: list[Subject],
    needles: Needles,
) -> None:
    """Cells that are or hold one of the strings, and rows of somebody else whose free text does."""
    for name in (quote(column) for column in table.columns if column not in HELD_IN):
        for (text,) in connection.execute(
            f"select distinct {name} from {table.name} where {needles.condition(name)} order by 1", needles.parameters
        ).fetchall():
            owner = next((subject for subject in subjects if subject.is_told_by(text)), subjects[0])
            entries.add("value", f"{owner.alias}-{entries.count('value') + 1}", text.strip())
    texts = [quote(column) for column in (*FREE_TEXT, "_extra") if column in (*table.columns, "_extra")]
    free = needles.condition(f"concat_ws(chr(31), {', '.join(texts)})")
    for (text,) in connection.execute(
        f"select distinct _key from {table.name} where {free} order by 1", needles.parameters
    ).fetchall():
        entries.add("text", subjects[0].alias, table.source, table.stream.name, text)
