"""When a run starts by itself: every morning in the company's time zone."""

from __future__ import annotations

import dagster as dg

from connectors.settings import Home

# Before people come in, after the night's exports: 05:30 where the company is.
DAILY = "30 5 * * *"


def build_daily_schedule(home: Home, job_name: str) -> dg.ScheduleDefinition:
    return dg.ScheduleDefinition(
        name="daily",
        job_name=job_name,
        cron_schedule=DAILY,
        execution_timezone=home.company.timezone,
        default_status=dg.DefaultScheduleStatus.RUNNING,
        tags={"tsunagu/trigger": "schedule"},
        description="The whole pipeline, every day at 05:30 in the company's time zone.",
    )
