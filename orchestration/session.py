"""One run of one home: the lock it holds, its record in ops, and what its assets share."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import dagster as dg
from dagster import InitResourceContext

from connectors import load
from connectors.settings import Home
from orchestration import access, record
from orchestration.erasing.leftovers import clear_leftovers
from orchestration.extracting import Fetches
from orchestration.lock import hold_home
from orchestration.progress import Reporter
from orchestration.publish import Publication
from orchestration.record import AsOf
from orchestration.retention import erase_due
from orchestration.spark_build import require_spark
from orchestration.transform import Dbt, NodeResult
from orchestration.warehouse import connect


@dataclass
class Session:
    """Handed to every asset of a run as the resource `session`. `status` becomes the run's in ops.runs."""

    home: Home
    dbt: Dbt
    reporter: Reporter
    run_id: str
    status: str = "failed"
    message: str = ""
    as_of: AsOf | None = None
    sources: dict[str, load.SourceReport] = field(default_factory=dict)
    checks: list[NodeResult] = field(default_factory=list)
    publication: Publication | None = None
    unmapped: list[tuple[str, int]] = field(default_factory=list)
    fetches: Fetches = field(default_factory=Fetches)


@contextmanager
def hold_session(home: Home, dbt: Dbt, reporter: Reporter, run_id: str, trigger: str) -> Iterator[Session]:
    """Hold the home, record the run's beginning, and its end whatever happens."""
    if trigger == "schedule":
        erase_due(home)
    with hold_home(home, on_wait=reporter.say):
        clear_leftovers(home)
        with connect(home) as connection:
            load.prepare(connection)
            record.prepare(connection)
            record.begin_run(connection, run_id, trigger)
            access.take_in(connection, home)
        reporter.failure = None
        session = Session(home, dbt, reporter, run_id)
        try:
            with reporter.watch("run"):
                if home.publishing.engine == "spark":
                    require_spark(home)  # a scheduled run too is told before anything is loaded
                yield session
        finally:
            session.fetches.stop()
            _close(session)
            from orchestration.alerts import send_alert  # it names Session

            send_alert(session)


def _close(session: Session) -> None:
    """Record the run's end. After a failure the record may fail as well, and then the first error is the one to tell:
    the next run records this one as killed."""
    failure = session.reporter.failure
    if session.status != "published":
        session.message = session.message or (record.tell_failure(*failure) if failure else "ended outside of a step")
    try:
        with connect(session.home) as connection:
            record.record_checks(connection, session.run_id, session.checks)
            record.finish_run(connection, session.run_id, session.status, session.as_of, session.message)
            # For the summary, which is printed when the next run may hold the warehouse already.
            session.unmapped = record.count_unmapped(connection)
    except Exception:
        if failure is None:
            raise


def session_resource(home: Home, dbt: Dbt, reporter: Reporter, keep: list[Session]) -> dg.ResourceDefinition:
    """The resource `session`. In one process it is made once a run; `keep` receives it, for the summary."""

    @dg.resource
    @contextmanager
    def session(context: InitResourceContext) -> Iterator[Session]:
        run = context.run
        run_id = run.run_id if run else "direct"
        trigger = run.tags.get("tsunagu/trigger", "dagster") if run else "direct"
        with hold_session(home, dbt, reporter, run_id, trigger) as held:
            keep.append(held)
            yield held

    return session
