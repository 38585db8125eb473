"""`tsunagu person …`."""

from __future__ import annotations

from pathlib import Path

import click

from orchestration.commands.console import home_option, open_home, stdout


@click.group()
def person() -> None:
    """Who is one person: pairs to decide, and why records are one."""


@person.command("review")
@home_option
@click.option("--accept", multiple=True, metavar="PAIR", help="These two are one person; again for several.")
@click.option("--reject", multiple=True, metavar="PAIR", help="These two are not; again for several.")
@click.option("--limit", type=click.IntRange(min=1), default=50, show_default=True, help="Pairs shown.")
@click.pass_context
def person_review(
    context: click.Context, own_home: Path | None, accept: tuple[str, ...], reject: tuple[str, ...], limit: int
) -> None:
    """Pairs of records that may be one person; what is decided of them is kept and wins for ever.

    \b
    Example: tsunagu person review --accept 3f2a91bc
    """
    from orchestration import person as persons

    home = open_home(context, own_home)
    for pairs, is_same in ((accept, True), (reject, False)):
        if pairs:
            persons.decide(home, pairs, is_same, stdout)
    if not accept and not reject:
        persons.list_review(home, limit, stdout)


@person.command("show")
@home_option
@click.argument("person_id")
@click.pass_context
def person_show(context: click.Context, own_home: Path | None, person_id: str) -> None:
    """The records of one person, by id or the beginning of it: what ties them, since when, merges and splits.

    \b
    Example: tsunagu person show 9f31c2
    """
    from orchestration.person import show_person

    show_person(open_home(context, own_home), person_id, stdout)
