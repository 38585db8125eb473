"""The private warehouse without certain persons: works on a copy that nobody else has open."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime

import duckdb
import polars as pl

from connectors.core import Stream
from connectors.entities import ENTITIES
from connectors.loading.raw_table import CARRIED, LOG_COLUMNS, RawTable, quote
from connectors.loading.suppression import (
    ADDRESS_COLUMNS,
    ANY_SOURCE,
    EMPTIED,
    ERASED,
    FREE_TEXT,
    NAMES,
    RECORD_IDS,
    RECORD_PATHS,
    REFERENCES,
    Suppression,
    fold_digits,
    fold_name,
    is_record,
)
from connectors.settings import Home
from orchestration.erasing.subject import Staged, Subject, note_fields, note_record
from orchestration.erasing.traces import Needles
from orchestration.frames import read_frame, table_exists

# Identity's own tables that the next run makes anew; person_xref, events and decisions hold keys only and stay.
REMADE = ("person_links", "person_review", "message_xref", "employee_xref", "feedback_xref", "agency_matches")
HELD_IN = {"_extra", "email_hash", *ADDRESS_COLUMNS, *NAMES, *EMPTIED, *FREE_TEXT}


def list_raw(connection: duckdb.DuckDBPyConnection, home: Home) -> list[RawTable]:
    """Every raw table, those of connections that are no longer configured too."""
    columns: dict[tuple[str, str], list[str]] = {}
    for schema, table, column in connection.execute(
        "select c.schema_name, c.table_name, c.column_name from duckdb_columns() as c inner join duckdb_tables() as t"
        " on c.schema_name = t.schema_name and c.table_name = t.table_name and c.database_name = t.database_name"
        " where starts_with(c.schema_name, 'raw_') and c.database_name = current_database()"
        " order by c.schema_name, c.table_name, c.column_index"
    ).fetchall():
        columns.setdefault((schema, table), []).append(column)
    tables = []
    for (schema, name), found in columns.items():
        source = schema.removeprefix("raw_")
        own = tuple(column for column in found if column not in LOG_COLUMNS)
        known = home.sources.get(source)
        stream = known.connector.streams.get(name) if known else None
        entity = ENTITIES.get(name)
        key = stream.key if stream else entity.key if entity and "record" not in own else ("id",)
        tables.append(RawTable(source, stream or Stream(name, own, key), own))
    return tables


def note_all_versions(
    connection: duckdb.DuckDBPyConnection, tables: Sequence[RawTable], subjects: list[Subject]
) -> None:
    """Add what older versions of the persons' records say: a former number, a name before marriage."""
    for table in tables:
        kind = {"candidates": "candidate", "employees": "employee", **RECORD_IDS}.get(table.stream.name)
        if kind is None:
            continue
        column = "id" if is_record(table.stream) else f"{kind}_id"
        by_id = {
            text: subject for subject in subjects for source, text in _ids(subject, kind) if source == table.source
        }
        if not by_id or column not in (*table.columns, "id"):
            continue
        rows = _read(connection, table, f"trim({quote(column)}) in (select unnest($ids))", {"ids": sorted(by_id)})
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
    made = Suppression(key, {})
    entries: dict[tuple[str, str], str] = {}

    def enter(kind: str, alias: str, *texts: str) -> None:
        entries.setdefault((kind, made.digest(kind, *texts)), alias)

    frames = {"candidate": staged.candidates, "application": staged.applications, "employee": staged.employees}
    for kind, frame in frames.items():
        owners = frame.group_by(f"{kind}_id").agg(n=pl.col("source").n_unique())
        several = set(owners.filter(pl.col("n") > 1)[f"{kind}_id"])
        for subject in subjects:
            for source, text in sorted(_ids(subject, kind)):
                enter(kind, subject.alias, source, text)
                if text not in several:
                    enter(kind, subject.alias, ANY_SOURCE, text)
    for subject in subjects:
        for address in sorted(subject.addresses):
            enter("address", subject.alias, address)
            enter("address_hash", subject.alias, _sha256(address))
        for digest in sorted(subject.hashes):
            enter("address_hash", subject.alias, digest)
        for name in sorted(subject.names):
            for phone in sorted(filter(None, map(fold_digits, subject.phones))):
                enter("name_and_phone", subject.alias, fold_name(name), phone)
            for birth in sorted(subject.births):
                enter("name_and_birth", subject.alias, fold_name(name), fold_digits(birth))
        for source, entity, text in sorted(subject.rows):
            enter("row", subject.alias, source, entity, text)
    for table in tables:
        for name in table.columns if not is_record(table.stream) else ():
            if name in HELD_IN:
                continue
            for (text,) in connection.execute(
                f"select distinct {quote(name)} from {table.name} where {_matches(needles, quote(name))} order by 1",
                _patterns(needles),
            ).fetchall():
                owner = next((s for s in subjects if _tells(s, text)), subjects[0])
                number = sum(kind == "value" for kind, _ in entries)
                enter("value", f"{owner.alias}-{number + 1}", text.strip())
        texts = [quote(n) for n in (*FREE_TEXT, "_extra") if n in (*table.columns, "_extra")]
        if not is_record(table.stream):
            free = _matches(needles, f"concat_ws(chr(31), {', '.join(texts)})")
            for (text,) in connection.execute(
                f"select distinct _key from {table.name} where {free}", _patterns(needles)
            ).fetchall():
                enter("text", subjects[0].alias, table.source, table.stream.name, text)
    for subject in subjects:
        for (record,) in connection.execute(
            f"select distinct record from ops.quarantine where {_matches(needles, 'record')}", _patterns(needles)
        ).fetchall():
            enter("line", subject.alias, record)
    lines = [(kind, digest, alias, erased_at) for (kind, digest), alias in sorted(entries.items())]
    schema = dict.fromkeys(("kind", "digest", "alias"), pl.String) | {"erased_at": pl.Datetime("us")}
    connection.register("new_suppressions", pl.DataFrame(lines, schema=schema, orient="row").to_arrow())
    connection.execute(
        "insert into ops.suppressions select * from new_suppressions as n where not exists"
        " (select 1 from ops.suppressions as s where s.kind = n.kind and s.digest = n.digest)"
    )
    connection.unregister("new_suppressions")
    aliases: dict[str, dict[str, str]] = {}
    for kind, digest, alias in connection.execute("select kind, digest, alias from ops.suppressions").fetchall():
        aliases.setdefault(kind, {}).setdefault(digest, alias)
    return Suppression(key, aliases)


def mask_raw(
    connection: duckdb.DuckDBPyConnection,
    table: RawTable,
    suppression: Suppression,
    subjects: list[Subject],
    needles: Needles,
) -> int:
    """Do to the stored rows what the loader would do to them arriving. Returns how many changed."""
    ids = {kind: sorted({text for s in subjects for _, text in _ids(s, kind)}) for kind in REFERENCES.values()}
    told = ["_key in (select unnest($row_keys))"]
    if is_record(table.stream):
        both = ids["candidate"] + ids["application"]
        told += ["id in (select unnest($both))"]
        told += ["parent_id in (select unnest($both))"] if "parent_id" in table.columns else []
        told += [f"json_extract_string(record, '{path}') in (select unnest($both))" for path in RECORD_PATHS]
    else:
        both = []
        told += [
            f"trim({quote(name)}) in (select unnest($ids_{kind}))"
            for name, kind in REFERENCES.items()
            if name in table.columns
        ]
    hashes = sorted({h for s in subjects for h in (*s.hashes, *map(_sha256, s.addresses))})
    if "email_hash" in table.columns:
        told.append("lower(trim(email_hash)) in (select unnest($hashes))")
    every = ", ".join(map(quote, (*table.carried, "_key")))
    told.append(_matches(needles, f"concat_ws(chr(31), {every})"))
    keys = sorted({text for s in subjects for _, entity, text in s.rows if entity == table.stream.name})
    given = {"row_keys": keys, "both": both, "hashes": hashes, **{f"ids_{k}": v for k, v in ids.items()}}
    condition = " or ".join(told)
    named = {name: value for name, value in {**given, **_patterns(needles)}.items() if f"${name}" in condition}
    before = _read(connection, table, condition, named)
    if before.is_empty():
        return 0
    after = suppression.replace_values(table.stream, before)
    after = suppression.blank(table.source, table.stream, after)
    carried = list(table.carried)
    changed = pl.any_horizontal(pl.col(n).ne_missing(after[n]) for n in (*carried, "_key"))
    is_changed = before.select(changed).to_series()
    after = after.filter(is_changed)
    if after.is_empty():
        return 0
    connection.register("masked_rows", after.to_arrow())
    sets = ", ".join(f"{quote(name)} = m.{quote(name)}" for name in (*carried, "_key"))
    connection.execute(f"update {table.name} as t set {sets} from masked_rows as m where t.rowid = m._place")
    connection.execute(
        f"update {table.name} set _row_hash = {table.row_hash}"
        " where not _deleted and rowid in (select _place from masked_rows)"
    )
    connection.unregister("masked_rows")
    return after.height


def mask_ops(connection: duckdb.DuckDBPyConnection, suppression: Suppression, needles: Needles) -> int:
    """Quarantine without what it quotes of them, file names and messages without their strings. Returns lines."""
    lines = read_frame(
        connection,
        'select quarantine_id, source, stream, row_number, column_name as "column", value, reason, record'
        " from ops.quarantine where value is not null or record is not null",
    )
    hers = [
        row["quarantine_id"]
        for row in lines.iter_rows(named=True)
        if needles.in_text("\n".join(str(row[n]) for n in ("value", "reason", "record") if row[n]))
        or suppression.tells_of_her(row["source"], row)
    ]
    connection.execute(
        f"update ops.quarantine set value = null, record = null, reason = '{ERASED}'"
        " where quarantine_id in (select unnest(?::bigint[]))",
        [hers],
    )
    for schema, table, column in _text_columns(connection):
        for pattern in needles.patterns:
            connection.execute(
                f'update "{schema}"."{table}" set "{column}" = regexp_replace("{column}", ?, \'erased\', \'gi\')'
                f' where regexp_matches(lower("{column}"), ?)',
                [pattern, pattern],
            )
    return len(hers)


def drop_derived(connection: duckdb.DuckDBPyConnection) -> None:
    """Drop what the next run makes anew of raw: staging, core, identity's lists, labels."""
    for kind, listing in (("view", "duckdb_views() where not internal and"), ("table", "duckdb_tables() where")):
        for schema, name in connection.execute(
            f"select schema_name, {kind}_name from {listing} database_name = current_database()"
            " and schema_name in ('staging', 'core') order by all"
        ).fetchall():
            connection.execute(f'drop {kind} "{schema}"."{name}" cascade')
    for name in REMADE:
        connection.execute(f"drop table if exists identity.{name}")
    for name in ("label_folds", "unmapped_labels"):
        if table_exists(connection, "ops", name):
            connection.execute(f"drop table ops.{name}")


def _text_columns(connection: duckdb.DuckDBPyConnection) -> list[tuple[str, str, str]]:
    """What ops and identity keep, and where raw says which file a row came from."""
    return connection.execute(
        "select c.schema_name, c.table_name, c.column_name from duckdb_columns() as c inner join duckdb_tables() as t"
        " on c.schema_name = t.schema_name and c.table_name = t.table_name and c.database_name = t.database_name"
        " where c.database_name = current_database() and c.data_type = 'VARCHAR' and (c.schema_name in"
        " ('ops', 'identity') or (starts_with(c.schema_name, 'raw_') and c.column_name = '_file')) order by all"
    ).fetchall()


def _read(connection: duckdb.DuckDBPyConnection, table: RawTable, condition: str, given: dict) -> pl.DataFrame:
    columns = ", ".join(map(quote, (*table.columns, *CARRIED, "_key")))
    connection.complete()
    relation = connection.sql(f"select rowid as _place, {columns} from {table.name} where {condition}", params=given)
    frame = pl.from_arrow(relation.to_arrow_table())
    assert isinstance(frame, pl.DataFrame)
    return frame


def _matches(needles: Needles, text: str) -> str:
    return (
        "("
        + (" or ".join(f"regexp_matches(lower({text}), $p{n})" for n in range(len(needles.patterns))) or "false")
        + ")"
    )


def _patterns(needles: Needles) -> dict[str, str]:
    return {f"p{n}": pattern for n, pattern in enumerate(needles.patterns)}


def _ids(subject: Subject, kind: str) -> set[tuple[str, str]]:
    return {"candidate": subject.candidates, "application": subject.applications, "employee": subject.employees}[kind]


def _tells(subject: Subject, text: str) -> bool:
    return any(part.lower() in text.lower() for part in subject.texts())


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
