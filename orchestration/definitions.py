"""The asset graph of one home, from raw stream to published file; Dagster loads `defs` from here."""

from __future__ import annotations

import warnings

import dagster as dg

from connectors.settings import Home, find_home, load_home
from orchestration.defs.agency import build_matching_asset
from orchestration.defs.identity import build_identity_assets
from orchestration.defs.ingest import build_ingest_assets, build_union_assets
from orchestration.defs.publish import build_publish_asset
from orchestration.defs.relay import RELAY_KEYS, build_balance_check, build_relay_assets
from orchestration.defs.schedules import build_daily_schedule
from orchestration.defs.sensors import build_inbox_sensor
from orchestration.defs.transform import TRANSLATOR, build_transform_assets
from orchestration.instance import RUN_TAGS
from orchestration.options import Options
from orchestration.progress import Reporter
from orchestration.session import Session, session_resource
from orchestration.transform import Dbt, unused_staging

JOB = "pipeline"
LAYERS = ("staging", "marts")


def build_definitions(
    home: Home, dbt: Dbt, reporter: Reporter | None = None, keep: list[Session] | None = None
) -> dg.Definitions:
    """Everything Dagster knows of a home. `keep` receives the session of each run started in this process."""
    manifest = dbt.parse()
    unused = tuple(f"stg_{name}__" for name in unused_staging(home))
    models = [
        node
        for node in manifest["nodes"].values()
        if node["resource_type"] == "model"
        and node["config"]["materialized"] != "ephemeral"  # a part of another's query, no table
        and not node["name"].startswith(unused)
    ]
    keys = {layer: [TRANSLATOR.get_asset_key(n) for n in models if n["schema"] == layer] for layer in LAYERS}
    # One process, one step at a time: DuckDB has one writer.
    job = dg.define_asset_job(
        JOB, selection=dg.AssetSelection.all(), executor_def=dg.in_process_executor, tags=RUN_TAGS
    )
    return dg.Definitions(
        assets=[
            *build_ingest_assets(home),
            build_union_assets(home),
            *build_transform_assets(home, manifest),
            build_identity_assets(keys["staging"]),
            build_matching_asset(),
            *build_relay_assets(),
            build_publish_asset([*keys["marts"], *RELAY_KEYS]),
        ],
        asset_checks=[build_balance_check()],
        jobs=[job],
        schedules=[build_daily_schedule(home, JOB)],
        sensors=[build_inbox_sensor(home, JOB)],
        resources={
            "session": session_resource(home, dbt, reporter or Reporter(), [] if keep is None else keep),
            "options": Options(),
        },
    )


@dg.definitions
def defs() -> dg.Definitions:
    """The graph of the home that TSUNAGU_HOME names. A function: importing this module parses no dbt project."""
    warnings.filterwarnings("ignore", category=dg.BetaWarning)
    home = load_home(find_home())
    return build_definitions(home, Dbt(home))
