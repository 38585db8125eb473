"""`tsunagu publish`: publish again, go back, and list what there is to go back to."""

from __future__ import annotations

from pathlib import Path

import click

from orchestration.commands.console import home_option, open_home, stdout


@click.command()
@home_option
@click.option("--rollback", is_flag=True, help="Go back to the version before the published one.")
@click.option("--list", "lists", is_flag=True, help="The versions that are kept.")
@click.pass_context
def publish(context: click.Context, own_home: Path | None, rollback: bool, lists: bool) -> None:
    """Publish the warehouse's marts as they are, without a run; or go back to what was published before.

    \b
    Example: tsunagu publish --rollback
    """
    from orchestration.publishing import go_back, list_versions, publish_again

    home = open_home(context, own_home)
    if lists:
        list_versions(home, stdout)
    elif rollback:
        go_back(home, stdout)
    else:
        publish_again(home, stdout)
