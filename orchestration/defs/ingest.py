"""Sources into the raw change log, one op a connection; then what the models read of this run.

The first op of a run begins to fetch every API of it; each op then waits for its own source and loads it.
"""

from collections.abc import Iterator

import dagster as dg
from dagster import AssetExecutionContext
from duckdb import DuckDBPyConnection

from connectors import load
from connectors.core import Run
from connectors.errors import ResourceError, TsunaguError
from connectors.settings import Home, Source
from connectors.user_labels import read_user_labels
from orchestration import record
from orchestration.options import Options
from orchestration.secret import erasure_key
from orchestration.session import Session
from orchestration.transform import unused_staging
from orchestration.warehouse import connect

# What the models read of schema ops beside the labels: the run's parameters, and what the loads left behind.
PARAMETERS = tuple("run_parameters user_labels relay_terms agency_terms agency_refund_steps loads quarantine".split())

FIRST = dg.AssetKey(["ops", PARAMETERS[0]])


def build_ingest_assets(home: Home) -> list[dg.AssetsDefinition]:
    return [_source_assets(home, source) for source in home.sources.values()]


def run_of(home: Home, source: Source) -> Run:
    """All that the source's reader may know."""
    patterns = [pattern for terms in home.relay for pattern in terms.url_patterns]
    return Run(
        source=source.name,
        settings=source.settings,
        home=home.root,
        timezone=home.company.timezone,
        relay_url_patterns=tuple(dict.fromkeys(patterns)),
        erasure_key=erasure_key(home),
    )


def ingest(session: Session, source: Source, full_refresh: bool) -> load.SourceReport:
    """Load one source; a failure is kept in the report, so that the other sources and the marts go on."""
    home = session.home
    with session.reporter.phase(f"source: {source.name}"):
        try:
            extraction = session.fetches.take(source.name)
            with connect(home) as connection:
                report = load.load_source(
                    connection,
                    source.connector,
                    run_of(home, source),
                    full_refresh=full_refresh,
                    on_progress=session.reporter.detail,
                    extraction=extraction,
                )
        except ResourceError:
            # The next source would fail alike, and marts without this one would be published as if it had said nothing.
            raise
        except TsunaguError as error:
            report = load.SourceReport(source.name, failure=str(error))
    session.sources[source.name] = report
    return report


def _source_assets(home: Home, source: Source) -> dg.AssetsDefinition:
    keys = {stream: dg.AssetKey([f"raw_{source.name}", stream]) for stream in sorted(source.connector.streams)}
    first = next(iter(keys.values()))

    @dg.multi_asset(
        name=f"ingest_{source.name}",
        group_name="raw",
        specs=[dg.AssetSpec(key, kinds={"duckdb"}, tags={"connector": source.connector.name}) for key in keys.values()],
        check_specs=[dg.AssetCheckSpec("source_loaded", asset=first, description="the source delivered, whole")],
        required_resource_keys={"session", "options"},
    )
    def load_raw(context: AssetExecutionContext) -> Iterator[dg.MaterializeResult]:
        options: Options = context.resources.options
        session: Session = context.resources.session
        chosen = context.run.asset_selection
        of_run = [
            each
            for each in home.sources.values()
            if not chosen or any(key.path[0] == f"raw_{each.name}" for key in chosen)
        ]
        session.fetches.begin(home, of_run, run_of, options.full_refresh, session.reporter.detail)
        report = ingest(session, source, options.full_refresh)
        check = dg.AssetCheckResult(
            check_name="source_loaded",
            asset_key=first,
            passed=report.failure is None and not report.rows_quarantined,
            severity=dg.AssetCheckSeverity.WARN,
            metadata={"rows_quarantined": report.rows_quarantined, "failure": report.failure or ""},
        )
        for stream, key in keys.items():
            counts = report.streams.get(stream)
            yield dg.MaterializeResult(
                asset_key=key,
                metadata={} if counts is None else dict(vars(counts)),
                check_results=[check] if key == first else [],
            )

    return load_raw


def build_union_assets(home: Home) -> dg.AssetsDefinition:
    """The union views `raw.<connector>__<stream>` that dbt reads, and the run's parameters."""
    by_view: dict[str, list[dg.AssetKey]] = {}
    for name, stream in load.union_streams():
        by_view[f"{name}__{stream}"] = [
            dg.AssetKey([f"raw_{source.name}", stream])
            for source in home.sources.values()
            if source.connector.name == name
        ]
    raw = [key for keys in by_view.values() for key in keys]
    views = [dg.AssetSpec(["raw", view], deps=keys, group_name="raw") for view, keys in by_view.items()]
    parameters = [dg.AssetSpec(["ops", name], deps=raw, group_name="ops") for name in PARAMETERS]

    @dg.multi_asset(
        name="unite",
        specs=[*views, *parameters],
        check_specs=[dg.AssetCheckSpec("sources_fresh", asset=FIRST, description="each source told something of late")],
        required_resource_keys={"session", "options"},
    )
    def unite(context: AssetExecutionContext) -> Iterator[dg.MaterializeResult]:
        session: Session = context.resources.session
        options: Options = context.resources.options
        labels = read_user_labels(home.labels)
        with session.reporter.watch("parameters"), connect(home) as connection:
            load.refresh_views(connection, home.sources.values())
            _drop_unused_staging(connection, home)
            session.as_of = record.decide_as_of(connection, home, options.day, _told(session))
            record.write_parameters(connection, home, session.as_of, labels)
            stale = record.tell_stale(connection, home, session.as_of)
        for name, text in stale.items():
            session.sources.setdefault(name, load.SourceReport(name)).warnings.append(text)
        for view in by_view:
            yield dg.MaterializeResult(asset_key=dg.AssetKey(["raw", view]))
        fresh = dg.AssetCheckResult(
            check_name="sources_fresh",
            asset_key=FIRST,
            passed=not stale,
            severity=dg.AssetCheckSeverity.WARN,
            metadata=dict(stale),
        )
        for name in PARAMETERS:
            key = dg.AssetKey(["ops", name])
            yield dg.MaterializeResult(asset_key=key, check_results=[fresh] if key == FIRST else [])

    return unite


def _drop_unused_staging(connection: DuckDBPyConnection, home: Home) -> None:
    """What an earlier configuration staged would be linked and labelled as if it were today's."""
    for connector in unused_staging(home):
        for (table,) in connection.execute(
            "select table_name from duckdb_tables() where schema_name = 'staging' and starts_with(table_name, ?)",
            [f"stg_{connector}__"],
        ).fetchall():
            connection.execute(f'drop table staging."{table}"')


def _told(session: Session) -> list[str]:
    """Why sources delivered nothing: failures first, then refused files and empty folders."""
    reports = session.sources.items()
    failures = [f"{name}: {report.failure}" for name, report in reports if report.failure]
    return failures + [f"{name}: {warning}" for name, report in reports for warning in report.warnings]
