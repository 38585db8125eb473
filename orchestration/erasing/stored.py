"""The private warehouse without certain persons, whom ops.suppressions knows by now: works on a copy that nobody else
has open."""

from __future__ import annotations

from itertools import product

import duckdb
import polars as pl

from connectors.loading.raw_table import RawTable, quote
from connectors.loading.suppression import ERASED, RECORD_PATHS, REFERENCES, Suppression, is_record
from orchestration.erasing.raw_rows import read_rows
from orchestration.erasing.subject import Subject
from orchestration.erasing.traces import Needles
from orchestration.frames import list_columns, read_frame, table_exists

# Identity's own tables that the next run makes anew; person_xref, events and decisions hold keys only and stay.
REMADE = ("person_links", "person_review", "message_xref", "employee_xref", "feedback_xref", "agency_matches")
# What ops and identity keep, and where raw says which file a row came from.
KEPT_TEXTS = (
    "c.data_type = 'VARCHAR' and (c.schema_name in ('ops', 'identity')"
    " or (starts_with(c.schema_name, 'raw_') and c.column_name = '_file'))"
)


def mask_raw(
    connection: duckdb.DuckDBPyConnection,
    table: RawTable,
    suppression: Suppression,
    subjects: list[Subject],
    needles: Needles,
) -> int:
    """Do to the stored rows what the loader would do to them arriving. Returns how many changed."""
    ids = {kind: sorted({text for s in subjects for _, text in s.ids(kind)}) for kind in REFERENCES.values()}
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
    hashes = sorted({digest for s in subjects for digest in s.all_hashes()})
    if "email_hash" in table.columns:
        told.append("lower(trim(email_hash)) in (select unnest($hashes))")
    every = ", ".join(map(quote, (*table.carried, "_key")))
    told.append(needles.condition(f"concat_ws(chr(31), {every})"))
    keys = sorted({text for s in subjects for _, entity, text in s.rows if entity == table.stream.name})
    given = {"row_keys": keys, "both": both, "hashes": hashes, **{f"ids_{k}": v for k, v in ids.items()}}
    condition = " or ".join(told)
    named = {name: value for name, value in {**given, **needles.parameters}.items() if f"${name}" in condition}
    before = read_rows(connection, table, condition, named)
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
    for (schema, table), columns in list_columns(connection, KEPT_TEXTS).items():
        for column, pattern in product(columns, needles.patterns):
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
