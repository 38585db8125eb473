"""The career relay's facts as assets: pure functions of compute between the core facts and the relay marts."""

from collections.abc import Callable, Iterator

import dagster as dg
import duckdb
import polars as pl
from dagster import AssetCheckExecutionContext, AssetExecutionContext

from connectors.errors import CheckFailed
from connectors.settings import Home
from orchestration import record
from orchestration.compute.quota_ledger import append_ledger
from orchestration.compute.relay_checks import (
    Check,
    check_balance,
    check_earned,
    check_eligibility,
    check_rebuild,
    check_units,
    check_uses,
)
from orchestration.compute.relay_invitations import build_invitations
from orchestration.compute.relay_referrals import build_referrals
from orchestration.compute.relay_terms import Terms, read_terms
from orchestration.frames import read_frame, read_staged, table_exists
from orchestration.relay_tables import DESCRIPTIONS, write_relay_table
from orchestration.session import Session
from orchestration.transform import NodeResult
from orchestration.warehouse import connect

RELAY_KEYS = [dg.AssetKey(["marts", name]) for name in DESCRIPTIONS]
CORE = ["marts/fct_applications", "marts/fct_messages", "marts/dim_channel", "ops/relay_terms"]
APPLICATIONS = """
select applications.*, channels.channel_group = 'agency' as is_via_agency
from marts.fct_applications as applications
left join marts.dim_channel as channels using (channel_id)
"""
REGISTRATIONS = """
select known.*, staged.email, staged.email_hash, staged.outcome_elsewhere
from core.int_relay_registrations as known
left join staged using (source, registration_id)
"""


def relay_terms(connection: duckdb.DuckDBPyConnection, home: Home) -> tuple[Terms, ...]:
    return read_terms(read_frame(connection, "select * from ops.relay_terms"), home.company.timezone)


def registrations(connection: duckdb.DuckDBPyConnection) -> pl.DataFrame:
    """The registrations with their status understood, and the address or hash that only staging holds."""
    staged = read_staged(
        connection, "relay_registrations", ("registration_id", "email", "email_hash", "outcome_elsewhere")
    )
    connection.register("staged", staged.to_arrow())
    try:
        return read_frame(connection, REGISTRATIONS)
    finally:
        connection.unregister("staged")


def compute_referrals(connection: duckdb.DuckDBPyConnection, home: Home) -> list[Check]:
    applications = read_frame(connection, APPLICATIONS)
    terms = relay_terms(connection, home)
    matches = read_frame(connection, "select * from identity.agency_matches")
    referrals = build_referrals(registrations(connection), matches, applications, terms)
    write_relay_table(connection, "fct_relay_referrals", referrals)
    return [check_units(referrals, terms), check_eligibility(referrals, applications, terms)]


def compute_ledger(connection: duckdb.DuckDBPyConnection, home: Home) -> list[Check]:
    existing = None
    if table_exists(connection, "marts", "fct_quota_ledger"):
        existing = read_frame(
            connection, "select * from marts.fct_quota_ledger order by recorded_at, entry_at, entry_id"
        )
    referrals = read_frame(connection, "select * from marts.fct_relay_referrals")
    uses = read_frame(connection, "select * from core.int_relay_slot_uses")
    terms, as_of = relay_terms(connection, home), record.read_as_of(connection)
    ledger = append_ledger(referrals, uses, terms, existing, as_of.at)
    write_relay_table(connection, "fct_quota_ledger", ledger)
    return [
        check_earned(referrals, ledger, terms),
        check_uses(ledger),
        check_rebuild(referrals, ledger, uses, terms, as_of.at),
    ]


def compute_invitations(connection: duckdb.DuckDBPyConnection, home: Home) -> list[Check]:
    agencies = read_staged(connection, "applications", ("application_id", "agency_label"))
    applications = (
        read_frame(connection, APPLICATIONS)
        .join(agencies, on=["source", "application_id"], how="left", maintain_order="left")
        .with_columns(pl.col("is_via_agency").fill_null(False) | pl.col("agency_label").is_not_null())
    )
    invitations = build_invitations(
        applications,
        read_frame(connection, "select * from marts.fct_messages"),
        read_frame(connection, "select * from core.int_relay_clicks"),
        read_frame(connection, "select * from marts.fct_relay_referrals"),
        relay_terms(connection, home),
    )
    write_relay_table(connection, "fct_relay_invitations", invitations)
    return []


def build_relay_assets() -> list[dg.AssetsDefinition]:
    return [
        _asset(
            "fct_relay_referrals",
            compute_referrals,
            [*CORE, "core/int_relay_registrations", "identity/agency_matches"],
            ["relay_unit_counts_once", "relay_nothing_ineligible_counts"],
        ),
        _asset(
            "fct_quota_ledger",
            compute_ledger,
            ["marts/fct_relay_referrals", "core/int_relay_slot_uses", "ops/run_parameters", "ops/relay_terms"],
            ["relay_earned_slots_follow_the_count", "relay_every_use_has_a_slot", "relay_ledger_equals_its_rebuild"],
        ),
        _asset(
            "fct_relay_invitations",
            compute_invitations,
            [*CORE, "marts/fct_relay_referrals", "core/int_relay_clicks"],
            [],
        ),
    ]


def build_balance_check() -> dg.AssetChecksDefinition:
    """The last word on the quota: the ledger's lines add up to the balance that the mart shows."""

    @dg.asset_check(
        asset=dg.AssetKey(["marts", "mart_quota_balance"]),
        name="relay_ledger_sums_to_the_balance",
        additional_deps=[dg.AssetKey(["marts", "fct_quota_ledger"])],
        blocking=True,
        required_resource_keys={"session"},
    )
    def check(context: AssetCheckExecutionContext) -> dg.AssetCheckResult:
        session: Session = context.resources.session
        with connect(session.home) as connection:
            verdict = check_balance(
                read_frame(connection, "select * from marts.fct_quota_ledger"),
                read_frame(connection, "select balance_date, available from marts.mart_quota_balance"),
                record.read_as_of(connection).at,
            )
        _keep(session, [verdict])
        return _result(verdict)

    return check


def _keep(session: Session, verdicts: list[Check]) -> None:
    status = {"error": "fail", "warn": "warn"}
    session.checks += [
        NodeResult(
            unique_id=f"test.tsunagu.{v.name}",
            status="pass" if v.passed else status[v.severity],
            seconds=0.0,
            failures=None,
            message=f"{v.description} {v.metadata}",
        )
        for v in verdicts
    ]


def _result(verdict: Check, key: dg.AssetKey | None = None) -> dg.AssetCheckResult:
    return dg.AssetCheckResult(
        asset_key=key,
        check_name=verdict.name,
        passed=verdict.passed,
        severity=dg.AssetCheckSeverity.ERROR if verdict.severity == "error" else dg.AssetCheckSeverity.WARN,
        description=verdict.description,
        metadata=verdict.metadata,
    )


def _asset(
    name: str,
    compute: Callable[[duckdb.DuckDBPyConnection, Home], list[Check]],
    deps: list[str],
    checks: list[str],
) -> dg.AssetsDefinition:
    key = dg.AssetKey(["marts", name])

    @dg.multi_asset(
        name=name,
        specs=[
            dg.AssetSpec(
                key,
                deps=[dg.AssetKey(dep.split("/")) for dep in deps],
                description=DESCRIPTIONS[name],
                group_name="marts",
                kinds={"polars"},
            )
        ],
        check_specs=[dg.AssetCheckSpec(check, asset=key) for check in checks],
        required_resource_keys={"session"},
    )
    def build(context: AssetExecutionContext) -> Iterator[dg.MaterializeResult]:
        session: Session = context.resources.session
        with session.reporter.phase(f"relay: {name.removeprefix('fct_')}"), connect(session.home) as connection:
            verdicts = compute(connection, session.home)
        _keep(session, verdicts)
        yield dg.MaterializeResult(asset_key=key, check_results=[_result(v, key) for v in verdicts])
        broken = [v for v in verdicts if not v.passed and v.severity == "error"]
        if broken:
            lines = "\n".join(f"  {v.name}: {v.description} {v.metadata}" for v in broken)
            raise CheckFailed(f"{name} breaks a rule of the relay; nothing was published:\n{lines}")

    return build
