"""The dbt models as assets, in three phases with the Python assets between them; dbt tests as asset checks."""

from collections.abc import Iterator, Mapping
from typing import Any

import dagster as dg
from dagster import AssetExecutionContext
from dagster_dbt import DagsterDbtTranslator, DagsterDbtTranslatorSettings, dbt_assets
from dagster_dbt.asset_utils import get_asset_check_key_for_test

from connectors.errors import CheckFailed
from connectors.machine import explain_words
from connectors.settings import Home
from orchestration.session import Session
from orchestration.transform import PHASES, NodeResult, phase_nodes

BAD = ("error", "fail", "runtime error")


class Translator(DagsterDbtTranslator):
    """dbt `source('raw', 'x')`, Dagster key raw/x and table raw.x are one name; models are schema/name."""

    def get_asset_key(self, dbt_resource_props: Mapping[str, Any]) -> dg.AssetKey:
        return dg.AssetKey([dbt_resource_props["schema"], dbt_resource_props["name"]])

    def get_group_name(self, dbt_resource_props: Mapping[str, Any]) -> str | None:
        return dbt_resource_props["schema"]


TRANSLATOR = Translator(settings=DagsterDbtTranslatorSettings(enable_asset_checks=True))


def build_transform_assets(home: Home, manifest: Mapping[str, Any]) -> list[dg.AssetsDefinition]:
    return [_phase_assets(name, home, manifest) for name in PHASES]


def _phase_assets(phase: str, home: Home, manifest: Mapping[str, Any]) -> dg.AssetsDefinition:
    select, exclude = phase_nodes(phase, home)

    @dbt_assets(
        manifest=manifest,
        select=select,
        exclude=exclude,
        name=f"dbt_{phase}",
        dagster_dbt_translator=TRANSLATOR,
        required_resource_keys={"session"},
    )
    def build(context: AssetExecutionContext) -> Iterator[Any]:
        session: Session = context.resources.session
        with session.reporter.phase(f"models: {phase}"):
            nodes = session.dbt.build(phase)
        session.checks += nodes
        yield from _events(nodes, manifest, context)
        _refuse_failures(session, nodes)

    return build


def _events(nodes: list[NodeResult], manifest: Mapping[str, Any], context: AssetExecutionContext) -> Iterator[Any]:
    outputs = set(context.op_execution_context.selected_output_names)
    checks = context.selected_asset_check_keys
    for node in nodes:
        if node.unique_id.startswith("test."):
            key = get_asset_check_key_for_test(manifest, TRANSLATOR, node.unique_id, project=None)
            if key is not None and key in checks and node.status != "skipped":
                yield dg.AssetCheckResult(
                    passed=node.status == "pass",
                    asset_key=key.asset_key,
                    check_name=key.name,
                    severity=dg.AssetCheckSeverity.WARN if node.status == "warn" else dg.AssetCheckSeverity.ERROR,
                    metadata={"failing_rows": node.failures or 0},
                )
        elif node.status in ("success", "pass"):
            props = manifest["nodes"][node.unique_id]
            name = TRANSLATOR.get_asset_key(props).to_python_identifier()
            if name in outputs:
                yield dg.Output(None, output_name=name, metadata={"seconds": round(node.seconds, 3)})


def _refuse_failures(session: Session, nodes: list[NodeResult]) -> None:
    failed = [node for node in nodes if node.status in BAD]
    if failed:
        trouble = next(filter(None, (explain_words(node.message or "", node.name) for node in failed)), None)
        if trouble is not None:
            raise trouble
        session.message = f"failed: {', '.join(node.name for node in failed[:5])}"
        lines = "\n".join(f"  {node.name}: {node.message or node.status}" for node in failed)
        raise CheckFailed(
            f"{len(failed)} checks or models failed; nothing was published:\n{lines}",
            mend="tsunagu status lists them; the published marts are as they were",
        )
