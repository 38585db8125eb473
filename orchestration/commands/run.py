"""`tsunagu run` and `tsunagu dagster`: the pipeline, once or kept running."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import click

from orchestration.commands.console import home_option, open_home, stdout


@click.command()
@home_option
@click.option("--source", "sources", multiple=True, help="Only this source; again for several.")
@click.option("--as-of", type=click.DateTime(["%Y-%m-%d"]), help="The day that ends open intervals (YYYY-MM-DD).")
@click.option("--full-refresh", is_flag=True, help="Read every file again, and let a full export delete over 20 %.")
@click.option("--strict", is_flag=True, help="Exit 3 where rows were quarantined or a check warned.")
@click.pass_context
def run(
    context: click.Context,
    own_home: Path | None,
    sources: tuple[str, ...],
    as_of: Any,
    full_refresh: bool,
    strict: bool,
) -> int:
    """Extract, load, link persons, build the models, compute the relay, check, publish.

    \b
    Example: tsunagu run --as-of 2026-09-30
    """
    from orchestration.run import run_home

    day: date | None = as_of.date() if as_of else None
    return run_home(open_home(context, own_home), stdout, sources, day, full_refresh, strict)


@click.command()
@home_option
@click.option("--host", default="127.0.0.1", show_default=True, help="Where the UI listens.")
@click.option("--port", default=3000, show_default=True)
@click.pass_context
def dagster(context: click.Context, own_home: Path | None, host: str, port: int) -> int:
    """The Dagster UI and daemon, with the daily schedule and the inbox sensor on.

    \b
    Example: tsunagu dagster --port 3001
    """
    from orchestration.serve import serve_dagster

    return serve_dagster(open_home(context, own_home), host, port, stdout)
