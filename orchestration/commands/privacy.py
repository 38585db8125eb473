"""`tsunagu forget`: what the law lets a person ask for."""

from __future__ import annotations

from pathlib import Path

import click

from orchestration.commands.console import home_option, open_home, stdout


@click.command()
@home_option
@click.option("--email", help="Whoever has this address, all of their records.")
@click.option("--person", help="The person with this id, or the beginning of it.")
@click.pass_context
def forget(context: click.Context, own_home: Path | None, email: str | None, person: str | None) -> None:
    """Erase a person from everything the home keeps; the numbers stay. The receipt names files of yours to delete.

    \b
    Example: tsunagu forget --email hanako@example.com
    """
    if (email is None) == (person is None):
        raise click.UsageError("name one of --email and --person", context)
    from orchestration import erase
    from orchestration.erasing.receipt import show_receipt

    home = open_home(context, own_home)
    if email:
        receipt = erase.forget(home, erase.by_address(email), "request, by address", email)
    else:
        receipt = erase.forget(home, erase.by_person(person or ""), "request, by person")
    show_receipt(receipt, stdout)
