"""The published file as an asset: it exists only after every error check of the run has passed."""

from collections.abc import Iterator, Sequence

import dagster as dg
from dagster import AssetExecutionContext

from orchestration import record
from orchestration.publishing import publish_built
from orchestration.session import Session
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
        session.publication = publish_built(home, session.reporter)
        with connect(home) as connection:
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
