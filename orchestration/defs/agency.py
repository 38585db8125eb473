"""Who on the agency's list is one of our applicants: a flow of its own, which `consent` in tsunagu.yml can turn off."""

import dagster as dg
import duckdb
import polars as pl
from dagster import AssetExecutionContext

from connectors.settings import Home
from orchestration.compute import identity
from orchestration.compute.agency_matching import MATCH_SCHEMA, list_token_applications, match_agency_list
from orchestration.defs.identity import CANDIDATE
from orchestration.frames import read_frame, read_staged, write_table
from orchestration.secret import identity_secret
from orchestration.session import Session
from orchestration.unmapped import read_unmapped
from orchestration.warehouse import connect

MATCHES = dg.AssetKey(["identity", "agency_matches"])
DESCRIPTION = (
    "Whom a registration on the agency's list means, by what, and its consent. 送客先リストと応募者の照合結果。"
)
READ = ["identity/person_xref", "marts/fct_applications", "marts/fct_messages", "core/int_relay_registrations"]
# The model has no such field: a list's own column tells it. Headers in lower case, without white space.
CONSENT = (
    r"consent(ed)?(_?(at|on|date|given))?|opt[-_]?in(_?(at|on|date))?",
    r"(個人(情報|データ))?(の)?(提供|取扱い?|第三者提供)?(への|の)?(同意|承諾)(日時?|年月日|有無|フラグ)?",
)


def compute_matches(connection: duckdb.DuckDBPyConnection, home: Home) -> int:
    """Write identity.agency_matches; no row where the settings allow no matching. Returns its rows."""
    matches = pl.DataFrame(schema=MATCH_SCHEMA)
    if home.consent.match_agency_list:
        registrations = read_staged(
            connection, "relay_registrations", ("registration_id", "token", "email", "email_hash")
        )
        consents = read_unmapped(connection, "relay_registrations", "registration_id", CONSENT)
        if consents is not None:
            told = consents.rename({"said": "consent_at"})
            registrations = registrations.join(told, on=["source", "registration_id"], how="left")
        persons = read_frame(connection, "select * from identity.person_xref where valid_to is null")
        matches = match_agency_list(
            registrations,
            list_token_applications(
                read_frame(connection, "select * from marts.fct_messages"),
                read_frame(connection, "select source, application_id, person_id from marts.fct_applications"),
            ),
            identity.list_addresses(read_staged(connection, "candidates", CANDIDATE), persons),
            identity_secret(home),
        )
    write_table(connection, "identity.agency_matches", matches, DESCRIPTION)
    return matches.height


def build_matching_asset() -> dg.AssetsDefinition:
    @dg.asset(
        key=MATCHES,
        deps=[dg.AssetKey(name.split("/")) for name in READ],
        description=DESCRIPTION,
        group_name="identity",
        kinds={"polars"},
        required_resource_keys={"session"},
    )
    def agency_matches(context: AssetExecutionContext) -> dg.MaterializeResult:
        session: Session = context.resources.session
        with session.reporter.phase("relay: agency's list"), connect(session.home) as connection:
            rows = compute_matches(connection, session.home)
        return dg.MaterializeResult(metadata={"rows": rows})

    return agency_matches
