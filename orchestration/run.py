"""`tsunagu run`: the same job of the same asset graph that the schedule runs, in this process."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from rich.console import Console

from connectors.errors import UsageError
from connectors.settings import Home
from connectors.yaml_lines import nearest
from orchestration.instance import QUEUE, prepare_dagster
from orchestration.spark_build import require_spark

if TYPE_CHECKING:
    from orchestration.session import Session

EXIT_OK, EXIT_FAILED, EXIT_WARNED = 0, 1, 3


def run_home(
    home: Home,
    console: Console,
    sources: tuple[str, ...] = (),
    as_of: date | None = None,
    full_refresh: bool = False,
    strict: bool = False,
) -> int:
    """Run the pipeline and print the summary. Returns the exit status of 4-interfaces."""
    for name in sources:
        if name not in home.sources:
            raise UsageError(
                f"no source {name!r}{nearest(name, home.sources)}; there are: {', '.join(sorted(home.sources))}",
                where=str(home.root / "tsunagu.yml"),
            )
    if home.publishing.engine == "spark":
        require_spark(home)
    from orchestration.linkage import read_likeness

    read_likeness(home)  # what it says wrong is told before anything is read
    session = execute(home, console, sources, as_of, full_refresh)
    from orchestration.summary import has_warnings, show_summary

    show_summary(session, console)
    if session.status != "published":
        return EXIT_FAILED
    return EXIT_WARNED if strict and has_warnings(session) else EXIT_OK


def execute(
    home: Home,
    console: Console | None,
    sources: tuple[str, ...] = (),
    as_of: date | None = None,
    full_refresh: bool = False,
) -> Session:
    """Build the graph, run the job in this process, and return the run's Session. Raises what stopped it."""
    prepare_dagster(home)
    import dagster as dg
    from dagster._core.errors import DagsterExecutionInterruptedError

    from orchestration.definitions import JOB, build_definitions
    from orchestration.progress import Reporter
    from orchestration.transform import Dbt

    reporter = Reporter(console)
    keep: list[Session] = []
    with reporter.phase("prepare"):
        definitions = build_definitions(home, Dbt(home), reporter, keep)
        job = definitions.resolve_job_def(JOB)
        graph = definitions.resolve_asset_graph()
    left_out = {f"raw_{name}" for name in home.sources if sources and name not in sources}
    options = {"as_of": as_of.isoformat() if as_of else "", "full_refresh": full_refresh}
    try:
        # Dagster's kept history costs 8 of 30 CPU-seconds of a run of the golden company, an event at a time; what a
        # command did is in ops.runs, and the UI keeps the history of the runs that Dagster itself starts.
        with dg.DagsterInstance.ephemeral() as instance:
            job.execute_in_process(
                instance=instance,
                run_config={
                    "loggers": {"console": {"config": {"log_level": "CRITICAL"}}},
                    "resources": {"options": {"config": options}},
                },
                asset_selection=[key for key in graph.materializable_asset_keys if key.path[0] not in left_out],
                tags={"tsunagu/trigger": "command", QUEUE: "command"},
            )
    except DagsterExecutionInterruptedError:
        # Ctrl-C or SIGTERM, told as a person's own: not an Exception in Dagster, and it would print a traceback.
        raise KeyboardInterrupt from None
    return keep[0]
