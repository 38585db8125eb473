"""What the runs leave behind in schema ops: runs, checks, publications, and the parameters the models read.

No personal data: names of sources, files, checks and counts only.
"""

from __future__ import annotations

import traceback
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import duckdb
import polars as pl

from connectors.errors import CheckFailed, TsunaguError, UsageError, WarehouseBusy
from connectors.machine import find_resource_error
from connectors.settings import Home
from orchestration import agency_tables
from orchestration.publish import Publication
from orchestration.transform import NodeResult
from orchestration.warehouse import fetch_row

DDL = """
create schema if not exists ops;
create schema if not exists identity;
create schema if not exists marts;
create table if not exists ops.runs (
    run_id varchar primary key, trigger varchar, started_at timestamp, finished_at timestamp, status varchar,
    as_of_at timestamp, as_of_date date, message varchar
);
create table if not exists ops.checks (
    run_id varchar, check_name varchar, status varchar, severity varchar, failures bigint, message varchar
);
create table if not exists ops.publications (
    run_id varchar, published_at timestamp, path varchar, bytes bigint, sha256 varchar, tables bigint, rows bigint
);
create table if not exists ops.run_parameters (as_of_at timestamp, as_of_date date);
create table if not exists ops.user_labels (vocabulary varchar, label varchar, key varchar);
create table if not exists ops.relay_terms (
    valid_from date, url_patterns varchar, referrals_per_slot bigint, counting_event varchar,
    eligible_outcomes varchar, require_match boolean, unit varchar, slot_kind varchar, slot_valid_days bigint,
    clawback_days bigint, fee_rate double, typical_salary double, slot_value double
);
"""

SHOWN_REASONS = 10  # a person mends a few files at a time; tsunagu quarantine list has them all


@dataclass(frozen=True)
class AsOf:
    """What ends every open interval: the instant in UTC, and the day in the company's time zone."""

    at: datetime
    day: date


def prepare(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute(DDL)
    connection.execute(agency_tables.DDL)


def decide_as_of(
    connection: duckdb.DuckDBPyConnection, home: Home, given: date | None, told: Sequence[str] = ()
) -> AsOf:
    """The day given (its instant is the local midnight after it), else the newest extraction of anything loaded.

    Raises TsunaguError where nothing was ever loaded, with `told`: what the sources said of that, the first of it.
    """
    if given is not None:
        midnight = datetime.combine(given + timedelta(days=1), time(), tzinfo=home.zone)
        return AsOf(midnight.astimezone(UTC).replace(tzinfo=None), given)
    found = fetch_row(connection, "select max(extracted_at) from ops.loads")
    if found is None or found[0] is None:
        folders = "\n".join(f"  {name}: {getattr(s.settings, 'path', '')}" for name, s in home.sources.items())
        reasons = "".join(f"\n{line}" for line in told[:SHOWN_REASONS])
        more = f"\n… and {len(told) - SHOWN_REASONS} more" if len(told) > SHOWN_REASONS else ""
        raise TsunaguError(
            f"nothing to work on: no source has delivered a row yet. Looked at:\n{folders}{reasons}{more}",
            where=str(home.root),
            mend="drop files into these folders; tsunagu inspect FILE shows how one would be read",
        )
    newest: datetime = found[0]
    return AsOf(newest, newest.replace(tzinfo=UTC).astimezone(home.zone).date())


def count_unmapped(connection: duckdb.DuckDBPyConnection) -> list[tuple[str, int]]:
    """(vocabulary, labels without an alias); nothing before the models were built for the first time."""
    try:
        return connection.execute(
            "select vocabulary, count(*) from ops.unmapped_labels group by vocabulary order by vocabulary"
        ).fetchall()
    except duckdb.CatalogException:
        return []


def tell_stale(connection: duckdb.DuckDBPyConnection, home: Home, as_of: AsOf) -> dict[str, str]:
    """source → what to say of it, where the newest it told is older than `freshness` allows at as_of."""
    newest = dict(connection.execute("select source, max(extracted_at) from ops.loads group by source").fetchall())
    stale: dict[str, str] = {}
    for name, days in home.freshness.items():
        last = newest.get(name)
        day = last.replace(tzinfo=UTC).astimezone(home.zone).date() if last is not None else None
        if day is None or (as_of.day - day).days > days:
            since = f"nothing newer than {day}" if day else "nothing yet"
            stale[name] = f"{since}, and something is expected every {days} days"
    return stale


def write_parameters(connection: duckdb.DuckDBPyConnection, home: Home, as_of: AsOf, user_labels: pl.DataFrame) -> None:
    """What the models and the relay read of this run: as_of, the user's labels, the relay's and the agencies' terms."""
    connection.begin()
    connection.execute("delete from ops.run_parameters")
    connection.execute("insert into ops.run_parameters values (?, ?)", [as_of.at, as_of.day])
    connection.execute("delete from ops.user_labels")
    connection.register("given_labels", user_labels.to_arrow())
    connection.execute("insert into ops.user_labels select vocabulary, label, key from given_labels")
    connection.unregister("given_labels")
    connection.execute("delete from ops.relay_terms")
    for terms in home.relay:
        connection.execute(
            "insert into ops.relay_terms values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                terms.valid_from,
                ";".join(terms.url_patterns),
                terms.referrals_per_slot,
                terms.counting_event,
                ";".join(sorted(terms.eligible_outcomes)),
                terms.require_match and home.consent.match_agency_list,
                terms.unit,
                terms.slot_kind,
                terms.slot_valid_days,
                terms.clawback_days,
                terms.fee_rate,
                terms.typical_salary,
                terms.slot_value,
            ],
        )
    agency_tables.write_agency_terms(connection, home.agencies)
    connection.commit()


def begin_run(connection: duckdb.DuckDBPyConnection, run_id: str, trigger: str) -> None:
    # Whoever begins holds the home's lock, so no other run can still be running.
    connection.execute(
        "update ops.runs set status = 'killed', message = 'ended before it could say why' where status = 'running'"
    )
    connection.execute(
        "insert into ops.runs (run_id, trigger, started_at, status) values (?, ?, ?, 'running')",
        [run_id, trigger, _now()],
    )


def finish_run(
    connection: duckdb.DuckDBPyConnection, run_id: str, status: str, as_of: AsOf | None = None, message: str = ""
) -> None:
    connection.execute(
        "update ops.runs set finished_at = ?, status = ?, as_of_at = ?, as_of_date = ?, message = ? where run_id = ?",
        [_now(), status, as_of and as_of.at, as_of and as_of.day, message, run_id],
    )


def tell_failure(phase: str, error: BaseException) -> str:
    """Why a run failed, in one line without personal data: the words of an error may quote a row, so only those of
    errors that never do are told, and the kind and the place of any other."""
    trouble = find_resource_error(error)
    if trouble is not None:
        return f"{phase}: {trouble.message}" + (f" ({trouble.where})" if trouble.where else "")
    if isinstance(error, (CheckFailed, UsageError, WarehouseBusy)):
        return f"{phase}: {error.message.splitlines()[0]}"
    if isinstance(error, (KeyboardInterrupt, GeneratorExit)):
        return f"{phase}: stopped"
    frames = traceback.extract_tb(error.__traceback__)
    place = f" at {Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
    return f"{phase}: {type(error).__name__}{place}"


def record_checks(connection: duckdb.DuckDBPyConnection, run_id: str, nodes: list[NodeResult]) -> None:
    """Keep every check and every model that failed; a model that was built leaves no line."""
    lines = [
        (run_id, node.name, node.status, _severity(node.status), node.failures, node.message)
        for node in nodes
        if node.unique_id.startswith("test.") or node.status in ("error", "fail", "skipped")
    ]
    if lines:
        connection.executemany("insert into ops.checks values (?, ?, ?, ?, ?, ?)", lines)


def record_publication(connection: duckdb.DuckDBPyConnection, run_id: str, publication: Publication) -> None:
    connection.execute(
        "insert into ops.publications values (?, ?, ?, ?, ?, ?, ?)",
        [
            run_id,
            _now(),
            publication.path.name,
            publication.bytes,
            publication.sha256,
            len(publication.rows),
            sum(publication.rows.values()),
        ],
    )


def read_as_of(connection: duckdb.DuckDBPyConnection) -> AsOf:
    """The parameters the current run was given."""
    found = fetch_row(connection, "select as_of_at, as_of_date from ops.run_parameters")
    if found is None:
        raise UsageError("this asset needs the run's parameters", mend="run the whole job: tsunagu run")
    return AsOf(*found)


def _severity(status: str) -> str:
    return "warning" if status == "warn" else "error"


def _now() -> datetime:
    # The clock says when a run took place; no result depends on it.
    return datetime.now(UTC).replace(tzinfo=None)
