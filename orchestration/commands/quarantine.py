"""`tsunagu quarantine …`."""

from __future__ import annotations

from pathlib import Path

import click

from orchestration.commands.console import home_option, open_home, stdout


@click.group()
def quarantine() -> None:
    """Rows that could not be loaded: list them, show one, or read their files again."""


@quarantine.command("list")
@home_option
@click.option("--limit", type=click.IntRange(min=1), default=200, show_default=True, help="Lines shown.")
@click.pass_context
def quarantine_list(context: click.Context, own_home: Path | None, limit: int) -> None:
    """Each refused cell with file, row, column, value and reason.

    \b
    Example: tsunagu quarantine list
    """
    from orchestration.quarantine import list_quarantine

    list_quarantine(open_home(context, own_home), limit, stdout)


@quarantine.command("show")
@home_option
@click.argument("number", type=int)
@click.pass_context
def quarantine_show(context: click.Context, own_home: Path | None, number: int) -> None:
    """The whole refused row NUMBER, as its file has it.

    \b
    Example: tsunagu quarantine show 3
    """
    from orchestration.quarantine import show_quarantined

    show_quarantined(open_home(context, own_home), number, stdout)


@quarantine.command("retry")
@home_option
@click.pass_context
def quarantine_retry(context: click.Context, own_home: Path | None) -> int:
    """Read the files with refused rows again, after a profile, a setting or the program was mended.

    \b
    Example: tsunagu quarantine retry
    """
    from orchestration.quarantine import retry_quarantined

    return retry_quarantined(open_home(context, own_home), stdout)
