"""Dagster's own instance: where it keeps its history, which runs it starts at once, retries and ends."""

from __future__ import annotations

import importlib.util
import logging
import os
import warnings
from typing import Any

import yaml

from connectors.errors import UsageError, WarehouseBusy
from connectors.settings import Home
from orchestration.lock import hold_home

# Runs that Dagster launches queue behind each other. A command's run is not in that queue: it waits at the home's lock,
# and one that was killed, which Dagster takes for running for ever, must not hold up the schedule.
QUEUE = "tsunagu/queue"
# A run whose process died is started again once, whole: what it loaded is loaded, and marts of half a run are never
# published. What a run itself reports as failed would fail again; an API's bad minute is bridged within its source.
RUN_TAGS = {QUEUE: "daemon", "dagster/max_retries": "1", "dagster/retry_strategy": "ALL_STEPS"}
# Starting takes seconds; ending is asked for first and forced after these.
START_SECONDS, END_SECONDS, LOOK_SECONDS = 300, 120, 30
STORAGE = "TSUNAGU_DAGSTER_STORAGE"


def write_instance(home: Home) -> str:
    """The text of dagster.yaml. The address of a Postgres server is not in it: it reaches Dagster by the environment,
    so that no file holds its password. The output of a step is not captured: it costs four processes a step, and what
    a run says is in its events. Nothing leaves the machine but to that server."""
    instance: dict[str, Any] = {
        "concurrency": {
            "runs": {
                "max_concurrent_runs": -1,
                "tag_concurrency_limits": [{"key": QUEUE, "value": "daemon", "limit": 1}],
            }
        },
        "run_monitoring": {
            "enabled": True,
            "start_timeout_seconds": START_SECONDS,
            "cancel_timeout_seconds": END_SECONDS,
            "max_runtime_seconds": home.scheduling.max_run_hours * 3600,
            "poll_interval_seconds": LOOK_SECONDS,
        },
        "run_retries": {"enabled": True, "max_retries": 0, "retry_on_asset_or_op_failure": False},
        "compute_logs": {
            "module": "dagster._core.storage.noop_compute_log_manager",
            "class": "NoOpComputeLogManager",
        },
        "telemetry": {"enabled": False},
        "nux": {"enabled": False},
    }
    if home.scheduling.storage is not None:
        instance["storage"] = {"postgres": {"postgres_url": {"env": STORAGE}}}
    return yaml.safe_dump(instance, sort_keys=False)


def prepare_dagster(home: Home) -> None:
    """Point Dagster at the home's own history and keep it quiet: what a person needs to see, we print."""
    folder = home.state / "dagster"
    folder.mkdir(parents=True, exist_ok=True)
    settings, text = folder / "dagster.yaml", write_instance(home)
    if not settings.exists() or settings.read_text(encoding="utf-8") != text:
        settings.write_text(text, encoding="utf-8")
    os.environ["DAGSTER_HOME"] = str(folder)
    os.environ["TSUNAGU_HOME"] = str(home.root)
    if home.scheduling.storage is not None:
        address = home.scheduling.storage.get_secret_value()
        # SQLAlchemy 2.1 takes a bare postgresql:// for psycopg 3; dagster-postgres brings psycopg2.
        os.environ[STORAGE] = address.replace("postgresql://", "postgresql+psycopg2://", 1)
    warnings.filterwarnings("ignore", module="dagster.*")
    logging.getLogger("dagster").setLevel(logging.CRITICAL)


def open_storage(home: Home) -> None:
    """Make sure that the history can be kept: Dagster's tables exist, in a server or in the home, afterwards.

    Raises UsageError where the library for Postgres is missing or the server does not answer.
    """
    import dagster as dg

    where = f"{home.root / 'tsunagu.yml'}: dagster.storage"
    if home.scheduling.storage is not None and importlib.util.find_spec("dagster_postgres") is None:
        raise UsageError(
            "dagster-postgres is not installed", where=where, mend="pip install 'tsunagu[postgres]', or drop the line"
        )
    try:
        with dg.DagsterInstance.get() as instance:
            instance.get_runs(limit=1)
    except Exception as error:
        if home.scheduling.storage is None:
            raise
        # psycopg2 names host, port, user and database, and never the password.
        reason = str(error.__cause__ or error).strip().splitlines()[0]
        raise UsageError(
            f"the server cannot be used: {reason}", where=where, mend="start it or correct the address, then go on"
        ) from None


def close_dead_runs(home: Home) -> int:
    """Record as failed what Dagster still takes for running though nobody holds the home: a run that was killed, which
    would keep its place in the queue for ever. Returns how many there were; 0 while a run is under way."""
    import dagster as dg
    from dagster import DagsterRunStatus

    alive = [DagsterRunStatus.STARTING, DagsterRunStatus.STARTED, DagsterRunStatus.CANCELING]
    try:
        with hold_home(home, wait_seconds=0), dg.DagsterInstance.get() as instance:
            dead = instance.get_runs(dg.RunsFilter(statuses=alive))
            for run in dead:
                instance.report_run_failed(run, "the process of this run was killed; the next run goes on from there")
            return len(dead)
    except WarehouseBusy:
        return 0
