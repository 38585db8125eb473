"""`tsunagu person`: pairs that may be one person, what was decided of them, and why records are one.

Shows ids and words of evidence only: a name or an address is looked up where the record comes from.
"""

from __future__ import annotations

import duckdb
from rich.console import Console
from rich.table import Table

from connectors.errors import UsageError
from connectors.settings import Home
from orchestration.access import current
from orchestration.frames import table_exists
from orchestration.lock import hold_home
from orchestration.warehouse import connect, fetch_row

DDL = """
create table if not exists identity.person_decisions (
    source varchar, candidate_id varchar, other_source varchar, other_candidate_id varchar, is_same boolean
)
"""
PAIR = "source, candidate_id, other_source, other_candidate_id"


def list_review(home: Home, limit: int, console: Console) -> None:
    """Print the pairs that wait for a decision, the likeliest first."""
    with connect(home, read_only=True) as connection:
        _need_run(connection)
        (count,) = fetch_row(connection, "select count(*) from identity.person_review")
        rows = connection.execute(
            f"select pair_id, {PAIR}, probability, evidence from identity.person_review"
            f" order by probability desc, {PAIR} limit ?",
            [limit],
        ).fetchall()
    current.rows = len(rows)
    if not rows:
        console.print("no pair waits for a decision")
        return
    table = Table("pair", "record", "other record", "probability", "what agrees and what does not")
    for pair_id, source, candidate, other_source, other, probability, evidence in rows:
        table.add_row(pair_id, f"{source}/{candidate}", f"{other_source}/{other}", f"{probability:.3f}", evidence)
    console.print(table)
    more = f" of {count}" if count > len(rows) else ""
    console.print(
        f"{len(rows)}{more} pairs; decide with tsunagu person review --accept PAIR or --reject PAIR", markup=False
    )


def decide(home: Home, pair_ids: tuple[str, ...], is_same: bool, console: Console) -> None:
    """Keep the decision, which every run from now on follows. Raises UsageError for an unknown pair."""
    with hold_home(home), connect(home) as connection:
        _need_run(connection)
        connection.execute(DDL)
        for pair_id in pair_ids:
            if fetch_row(connection, "select 1 from identity.person_review where pair_id = ?", [pair_id]) is None:
                raise UsageError(f"no pair {pair_id!r} waits for a decision", mend="tsunagu person review lists them")
        connection.begin()
        for pair_id in pair_ids:
            connection.execute(
                f"insert into identity.person_decisions select {PAIR}, ? from identity.person_review where pair_id = ?",
                [is_same, pair_id],
            )
            connection.execute("delete from identity.person_review where pair_id = ?", [pair_id])
        connection.commit()
    word = "one person" if is_same else "two persons"
    console.print(f"decided: {len(pair_ids)} pairs are {word}; the next run follows it", markup=False)


def show_person(home: Home, person: str, console: Console) -> None:
    """The records of a person (a person_id or the beginning of one), what ties them, and what became of the id.

    Raises UsageError where no person, or more than one, begins so.
    """
    with connect(home, read_only=True) as connection:
        _need_run(connection)
        found = connection.execute(
            "select distinct person_id from identity.person_xref where starts_with(person_id, ?) order by 1 limit 2",
            [person],
        ).fetchall()
        if len(found) != 1:
            count = "no" if not found else "more than one"
            raise UsageError(f"{count} person begins with {person!r}", mend='tsunagu sql "select * from dim_person"')
        (person_id,) = found[0]
        records = connection.execute(
            "select source, candidate_id, rule, probability, valid_from, valid_to from identity.person_xref"
            " where person_id = ? order by valid_from, source, candidate_id",
            [person_id],
        ).fetchall()
        links = connection.execute(
            "select l.source, l.candidate_id, l.other_source, l.other_candidate_id, l.probability, l.evidence"
            " from identity.person_links as l inner join identity.person_xref as x"
            " on l.source = x.source and l.candidate_id = x.candidate_id"
            " where x.person_id = ? and x.valid_to is null order by all",
            [person_id],
        ).fetchall()
        events = connection.execute(
            "select occurred_at, kind, from_person_id, to_person_id, n_records from identity.person_events"
            " where ? in (from_person_id, to_person_id) order by all",
            [person_id],
        ).fetchall()
    console.print(f"person {person_id}", markup=False, highlight=False)
    table = Table("record", "tied by", "probability", "from", "to")
    for source, candidate, rule, probability, since, until in records:
        table.add_row(f"{source}/{candidate}", rule, f"{probability:.3f}", f"{since:%Y-%m-%d}", _day(until))
    console.print(table)
    for source, candidate, other_source, other, probability, evidence in links:
        console.print(
            f"{source}/{candidate} = {other_source}/{other} ({probability:.3f}): {evidence}",
            markup=False,
            highlight=False,
        )
    for at, kind, old, new, count in events:
        console.print(f"{at:%Y-%m-%d} {kind}: {count} records {old[:12]} → {new[:12]}", markup=False, highlight=False)


def _day(at: object) -> str:
    return f"{at:%Y-%m-%d}" if at is not None else ""


def _need_run(connection: duckdb.DuckDBPyConnection) -> None:
    if not table_exists(connection, "identity", "person_review"):
        raise UsageError("no run has linked persons yet", mend="tsunagu run")
