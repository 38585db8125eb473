"""`tsunagu backup` and `tsunagu restore`: a copy of all that cannot be made again, and the way back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from orchestration.commands.console import home_option, open_home, stdout


@click.command()
@home_option
@click.argument("folder", type=click.Path(path_type=Path))
@click.pass_context
def backup(context: click.Context, own_home: Path | None, folder: Path) -> None:
    """Write FOLDER: every table that a run cannot make again, as Parquet, with checksums. It holds personal data.

    \b
    Example: tsunagu backup /mnt/backups/2026-09-30
    """
    from orchestration.backup import back_up

    _tell("backed up", back_up(open_home(context, own_home), folder), folder)


@click.command()
@home_option
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--replace", is_flag=True, help="Put the backup in the place of the warehouse there is.")
@click.pass_context
def restore(context: click.Context, own_home: Path | None, folder: Path, replace: bool) -> None:
    """Make the warehouse of a backup in FOLDER again, after every checksum of it has been held.

    \b
    Example: tsunagu restore /mnt/backups/2026-09-30 --replace
    """
    from orchestration.backup import restore

    home = open_home(context, own_home)
    _tell("restored", restore(home, folder, replace=replace), folder)
    stdout.print("next:  tsunagu run", markup=False, highlight=False)


def _tell(what: str, manifest: dict[str, Any], folder: Path) -> None:
    rows = sum(table["rows"] for table in manifest["tables"])
    stdout.print(f"{what} {len(manifest['tables'])} tables, {rows:,} rows: {folder}", markup=False, highlight=False)
