"""`tsunagu status`, `tsunagu sql` and `tsunagu docs`: what there is, and what it means."""

from __future__ import annotations

from pathlib import Path

import click

from orchestration.commands.console import home_option, open_home, stdout


@click.command()
@home_option
@click.pass_context
def status(context: click.Context, own_home: Path | None) -> None:
    """Sources and their freshness, last runs, failed checks, quarantined rows, unmapped labels, quota balance.

    \b
    Example: tsunagu status
    """
    from orchestration.status import show_status

    show_status(open_home(context, own_home), stdout)


@click.command()
@home_option
@click.argument("query")
@click.option("--format", "form", type=click.Choice(["table", "csv", "json", "parquet"]), default="table")
@click.option("--output", type=click.Path(path_type=Path), help="Write to this file instead of the terminal.")
@click.option("--limit", type=click.IntRange(min=1), default=200, show_default=True, help="Rows shown as a table.")
@click.pass_context
def sql(context: click.Context, own_home: Path | None, query: str, form: str, output: Path | None, limit: int) -> None:
    """Query the published marts.

    \b
    Example: tsunagu sql "select channel_id, n_hired, cost_per_hire from mart_channel_total"
    """
    from orchestration.query import answer

    answer(open_home(context, own_home), query, form, output, limit, stdout)


@click.command()
@home_option
@click.option(
    "--to", "page", type=click.Path(path_type=Path), help="The file to write. Default: docs.html in the home."
)
@click.pass_context
def docs(context: click.Context, own_home: Path | None, page: Path | None) -> None:
    """Write what every table and column means, in Japanese and English, and what is made of what, as one HTML page.

    \b
    Example: tsunagu docs --to marts.html
    """
    from orchestration.lock import hold_home
    from orchestration.transform import Dbt

    home = open_home(context, own_home)
    page = (page or home.root / "docs.html").resolve()
    if not page.parent.is_dir():
        raise click.UsageError(f"there is no folder {page.parent}", context)
    with hold_home(home, on_wait=stdout.print):
        Dbt(home).write_docs(page)
    stdout.print(f"written: {page}", markup=False, highlight=False)
