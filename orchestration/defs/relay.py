"""The career relay's facts as assets: pure functions of compute between the core facts and the relay marts."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import dagster as dg
import duckdb
import polars as pl

from connectors.errors import CheckFailed
from connectors.settings import Home
from orchestration import record
from orchestration.compute import identity
from orchestration.compute.quota_ledger import append_ledger
from orchestration.compute.relay_checks import Finding, check_ledger, check_referrals
from orchestration.compute.relay_invitations import build_invitations
from orchestration.compute.relay_referrals import build_referrals
from orchestration.compute.relay_terms import Terms, read_terms
from orchestration.defs.identity import CANDIDATE
from orchestration.frames import read_staged, table_exists
from orchestration.relay_tables import DESCRIPTIONS, write_relay_table
from orchestration.session import Session
from orchestration.transform import NodeResult
from orchestration.warehouse import connect

RELAY_KEYS = [dg.AssetKey(["marts", name]) for name in DESCRIPTIONS]
CORE = [["marts", "fct_applications"], ["marts", "fct_messages"], ["ops", "relay_terms"]]
REGISTRATIONS = """
select known.*, staged.email, staged.email_hash
from core.int_relay_registrations as known
left join staged using (source, registration_id)
"""


def frame(connection: duckdb.DuckDBPyConnection, query: str) -> pl.DataFrame:
    return connection.execute(query).pl()


def relay_terms(connection: duckdb.DuckDBPyConnection, home: Home) -> tuple[Terms, ...]:
    return read_terms(frame(connection, "select * from ops.relay_terms"), home.company.timezone)


def registrations(connection: duckdb.DuckDBPyConnection) -> pl.DataFrame:
    """The registrations with their status understood, and the address or hash that only staging holds."""
    staged = read_staged(connection, "relay_registrations", ("registration_id", "email", "email_hash"))
    connection.register("staged", staged.to_arrow())
    try:
        return frame(connection, REGISTRATIONS)
    finally:
        connection.unregister("staged")


def compute_referrals(connection: duckdb.DuckDBPyConnection, home: Home) -> list[Finding]:
    candidates = read_staged(connection, "candidates", CANDIDATE)
    addresses = identity.list_addresses(candidates, frame(connection, "select * from identity.person_xref"))
    applications = frame(connection, "select * from marts.fct_applications")
    terms = relay_terms(connection, home)
    referrals = build_referrals(
        registrations(connection), applications, frame(connection, "select * from marts.fct_messages"), addresses, terms
    )
    write_relay_table(connection, "fct_relay_referrals", referrals)
    return check_referrals(referrals, applications, terms)


def compute_ledger(connection: duckdb.DuckDBPyConnection, home: Home) -> list[Finding]:
    existing = None
    if table_exists(connection, "marts", "fct_quota_ledger"):
        existing = frame(connection, "select * from marts.fct_quota_ledger order by recorded_at, entry_at, entry_id")
    referrals = frame(connection, "select * from marts.fct_relay_referrals")
    as_of = record.read_as_of(connection)
    ledger = append_ledger(
        referrals,
        frame(connection, "select * from core.int_relay_slot_uses"),
        relay_terms(connection, home),
        existing,
        as_of.at,
    )
    write_relay_table(connection, "fct_quota_ledger", ledger)
    return check_ledger(ledger, referrals, as_of.at)


def compute_invitations(connection: duckdb.DuckDBPyConnection, home: Home) -> list[Finding]:
    invitations = build_invitations(
        frame(connection, "select * from marts.fct_applications"),
        frame(connection, "select * from marts.fct_messages"),
        frame(connection, "select * from core.int_relay_clicks"),
        frame(connection, "select * from marts.fct_relay_referrals"),
        relay_terms(connection, home),
    )
    write_relay_table(connection, "fct_relay_invitations", invitations)
    return []


def build_relay_assets() -> list[dg.AssetsDefinition]:
    return [
        _asset("fct_relay_referrals", compute_referrals, CORE + [["core", "int_relay_registrations"]]),
        _asset(
            "fct_quota_ledger",
            compute_ledger,
            [["marts", "fct_relay_referrals"], ["core", "int_relay_slot_uses"], ["ops", "run_parameters"]],
        ),
        _asset(
            "fct_relay_invitations",
            compute_invitations,
            [*CORE, ["marts", "fct_relay_referrals"], ["core", "int_relay_clicks"]],
        ),
    ]


def _status(finding: Finding) -> str:
    return "pass" if finding.passed else "warn" if finding.severity == "warning" else "fail"


def _asset(
    name: str, compute: Callable[[duckdb.DuckDBPyConnection, Home], list[Finding]], deps: list[list[str]]
) -> dg.AssetsDefinition:
    key = dg.AssetKey(["marts", name])

    @dg.multi_asset(
        name=name,
        specs=[
            dg.AssetSpec(
                key,
                deps=[dg.AssetKey(dep) for dep in deps],
                description=DESCRIPTIONS[name],
                group_name="marts",
                kinds={"polars"},
            )
        ],
        check_specs=[dg.AssetCheckSpec("relay_rules", asset=key, description="the rules of the relay hold")],
        required_resource_keys={"session"},
    )
    def build(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult]:
        session: Session = context.resources.session
        with session.reporter.phase(f"relay: {name}"), connect(session.home) as connection:
            findings = compute(connection, session.home)
        session.checks += [
            NodeResult(f"test.tsunagu.{name}.{f.name}", _status(f), 0.0, None, f.description) for f in findings
        ]
        broken = [f for f in findings if not f.passed]
        yield dg.MaterializeResult(
            asset_key=key,
            check_results=[
                dg.AssetCheckResult(
                    check_name="relay_rules",
                    asset_key=key,
                    passed=not broken,
                    severity=dg.AssetCheckSeverity.ERROR
                    if any(f.severity == "error" for f in broken)
                    else dg.AssetCheckSeverity.WARN,
                    metadata={f.name: f.description for f in findings},
                )
            ],
        )
        fatal = [f for f in broken if f.severity == "error"]
        if fatal:
            lines = "\n".join(f"  {f.name}: {f.description}" for f in fatal)
            raise CheckFailed(f"{name} breaks {len(fatal)} rules of the relay; nothing was published:\n{lines}")

    return build
