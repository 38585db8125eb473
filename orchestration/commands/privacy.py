"""`tsunagu forget`, `retention` and `secret`: what the law lets a person ask for, and what keeps the rest apart."""

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


@click.command()
@home_option
@click.option("--dry-run", is_flag=True, help="Say how many are due, erase nobody.")
@click.pass_context
def retention(context: click.Context, own_home: Path | None, dry_run: bool) -> None:
    """Erase persons whose applications ended longer ago than `retention` in tsunagu.yml allows. Counts, no names.

    \b
    Example: tsunagu retention --dry-run
    """
    from orchestration.retention import apply_retention

    apply_retention(open_home(context, own_home), stdout, dry_run)


@click.group()
def secret() -> None:
    """The key of the opaque person ids."""


@secret.command("rotate")
@home_option
@click.pass_context
def secret_rotate(context: click.Context, own_home: Path | None) -> None:
    """A new key: every person_id changes with the next run, no number does. Erased persons stay known as erased.

    \b
    Example: tsunagu secret rotate
    """
    from orchestration.secret import rotate_identity

    rotate_identity(open_home(context, own_home))
    stdout.print("identity.key is new; person_id changes with the next run\n→ tsunagu run", markup=False)
