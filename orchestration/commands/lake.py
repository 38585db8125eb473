"""`tsunagu lake`: the change log as Parquet for engines beyond this machine."""

from __future__ import annotations

from pathlib import Path

import click

from orchestration.commands.console import home_option, open_home, stdout


@click.group()
def lake() -> None:
    """The change log and what else the models read, as Parquet files that any tool reads."""


@lake.command("export")
@home_option
@click.option(
    "--to", "folder", type=click.Path(path_type=Path), help="The lake's folder. Default: lake in tsunagu.yml."
)
@click.pass_context
def lake_export(context: click.Context, own_home: Path | None, folder: Path | None) -> None:
    """Write what is new since the last export. The lake holds personal data; its manifest.json names every file.

    \b
    Example: tsunagu lake export --to /mnt/lake
    """
    from orchestration.lake.export import export
    from orchestration.lake.places import find_folder

    home = open_home(context, own_home)
    done = export(home, find_folder(home, folder))
    new = f"{done.written:,} new files, {done.rows_written:,} rows" if done.written else "nothing new"
    stdout.print(
        f"{new}; the lake holds {done.files:,} files, {done.rows:,} rows: {done.folder}", markup=False, highlight=False
    )
