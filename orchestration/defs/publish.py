"""The published file as an asset: it exists only after every error check of the run has passed."""

from collections.abc import Iterator, Sequence

import dagster as dg
from dagster import AssetExecutionContext

from orchestration import record
from orchestration.lake.export import export_due
from orchestration.lake.places import find_folder, list_due
from orchestration.publish import publish
from orchestration.session import Session
from orchestration.spark_build import build_on_spark
from orchestration.warehouse import connect


def build_publish_asset(marts: Sequence[dg.AssetKey]) -> dg.AssetsDefinition:
    """`published/marts`, downstream of every table of schema marts."""

    @dg.asset(
        key=dg.AssetKey(["published", "marts"]),
        deps=list(marts),
        group_name="published",
        required_resource_keys={"session"},
        description="marts.duckdb: the marts for analysts and BI, swapped in whole. 分析者とBIのための公開ファイル。",
    )
    def published(context: AssetExecutionContext) -> Iterator[dg.MaterializeResult]:
        session: Session = context.resources.session
        home = session.home
        is_spark = home.publishing.engine == "spark"
        if list_due(home):
            with session.reporter.phase("lake"):
                export_due(home)
        built = home.state / "spark" if is_spark else None
        if built is not None:
            with session.reporter.phase("models on spark"):
                build_on_spark(home, find_folder(home), built)
        with session.reporter.phase("publish"):
            session.publication = publish(home, built)
            with connect(session.home) as connection:
                record.record_publication(connection, session.run_id, session.publication)
        session.status = "published"
        yield dg.MaterializeResult(
            metadata={
                "path": dg.MetadataValue.path(str(session.publication.path)),
                "bytes": session.publication.bytes,
                "tables": len(session.publication.rows),
                "rows": sum(session.publication.rows.values()),
            }
        )

    return published
