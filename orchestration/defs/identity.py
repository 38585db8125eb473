"""Persons, and what else names one; the folded form of every label. Pure functions of compute on staged entities."""

from collections.abc import Iterator, Sequence

import dagster as dg
import duckdb
import polars as pl
from dagster import AssetExecutionContext

from orchestration import record
from orchestration.addresses import with_addresses
from orchestration.compute import identity
from orchestration.compute.labels import fold_labels
from orchestration.frames import read_frame, read_labels, read_staged, table_exists, write_tables
from orchestration.linkage import read_likeness
from orchestration.secret import identity_secret
from orchestration.session import Session
from orchestration.warehouse import connect

CANDIDATE = tuple(
    "candidate_id full_name family_name given_name kana email phone birth_date created_at is_anonymised".split()
)
MESSAGE = ("message_id", "direction", "from_address", "to_address")
FEEDBACK = ("feedback_id", "candidate_ref")
EMPLOYEE = ("employee_id", "full_name", "kana", "email", "birth_date")
TABLES = {
    "identity/person_xref": "Which person a candidate record is, and since when. 候補者と人物の対応（有効期間つき）。",
    "identity/person_events": "Which persons merged or split in which run. 人物の統合・分割の記録。",
    "identity/person_links": "Which records are one person, by which evidence. 同一人物と判定した根拠。",
    "identity/person_review": "Pairs that a person should look at: tsunagu person review. 確認待ちの組。",
    "identity/message_xref": "Which person a message's address belongs to. メールの相手である人物。",
    "identity/employee_xref": "Which person an employee is, where two keys agree. 社員と人物の対応。",
    "identity/feedback_xref": "Which person a remark in a chat names. チャットの発言に出てくる人物。",
    "ops/label_folds": "Every label and its folded form. 表記ゆれをそろえたラベル。",
}


def link_persons(
    connection: duckdb.DuckDBPyConnection, secret: bytes, likeness: identity.Likeness | None = None
) -> dict[str, int]:
    """Write the tables of TABLES into the warehouse, all or none. Returns rows by table."""
    as_of = record.read_as_of(connection)
    likeness = likeness or identity.Likeness()
    candidates = read_staged(connection, "candidates", CANDIDATE)
    located = with_addresses(connection, candidates)
    records = identity.order_records(candidates)
    history = _read_own(connection, "person_xref")
    previous = history
    if history is not None and "valid_to" in history.columns:
        previous = history.filter(pl.col("valid_to").is_null())
    decided = _read_own(connection, "person_decisions")
    decisions = pl.DataFrame() if decided is None else decided
    strong = identity.link(candidates)
    alike = identity.score_alike(located, strong, likeness)
    likely = identity.choose_links(records.height, strong, alike, likeness)
    edges = identity.apply_decisions(pl.concat([strong, likely]), records, decisions)
    xref = identity.persons(
        candidates,
        edges,
        secret=secret,
        as_of_at=as_of.at,
        applications=read_staged(connection, "applications", ("application_id", "candidate_id")),
        previous=previous,
    )
    events = identity.tell_events(xref if previous is None else previous, xref, as_of.at)
    told = _read_own(connection, "person_events")
    addresses = identity.list_addresses(candidates, xref)
    frames = {
        "identity/person_xref": identity.close_intervals(
            pl.DataFrame() if history is None else history, xref, as_of.at
        ),
        "identity/person_events": events if told is None else pl.concat([told.cast(events.schema), events]),
        "identity/person_links": identity.name_links(edges, alike, records, likeness),
        "identity/person_review": identity.list_review(edges, alike, records, decisions, likeness),
        "identity/message_xref": identity.attribute_messages(read_staged(connection, "messages", MESSAGE), addresses),
        "identity/employee_xref": identity.recognise_employees(
            read_staged(connection, "employees", EMPLOYEE), candidates, xref
        ),
        "identity/feedback_xref": identity.attribute_feedback(
            read_staged(connection, "feedback", FEEDBACK), candidates, xref
        ),
        "ops/label_folds": fold_labels(read_labels(connection)),
    }
    write_tables(
        connection,
        {name.replace("/", "."): frame for name, frame in frames.items()},
        {name.replace("/", "."): text for name, text in TABLES.items()},
    )
    return {name: frame.height for name, frame in frames.items()}


def _read_own(connection: duckdb.DuckDBPyConnection, table: str) -> pl.DataFrame | None:
    if not table_exists(connection, "identity", table):
        return None
    return read_frame(connection, f"select * from identity.{table}")


def build_identity_assets(staged: Sequence[dg.AssetKey]) -> dg.AssetsDefinition:
    """`staged`: the keys of every staging model; those of the entities that name a person are what linking reads."""
    read = ("__candidates", "__applications", "__employees", "__messages", "__feedback")
    deps = [key for key in staged if key.path[-1].endswith(read)]

    @dg.multi_asset(
        name="link_persons",
        group_name="identity",
        specs=[
            dg.AssetSpec(name.split("/"), deps=[*deps, ["ops", "run_parameters"]], description=text, kinds={"polars"})
            for name, text in TABLES.items()
        ],
        required_resource_keys={"session"},
    )
    def link(context: AssetExecutionContext) -> Iterator[dg.MaterializeResult]:
        session: Session = context.resources.session
        with session.reporter.phase("persons and labels"), connect(session.home) as connection:
            rows = link_persons(connection, identity_secret(session.home), read_likeness(session.home))
        for name, count in rows.items():
            yield dg.MaterializeResult(asset_key=dg.AssetKey(name.split("/")), metadata={"rows": count})

    return link
