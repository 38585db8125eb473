"""`tsunagu init`, `inspect` and `template`: before the first run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from orchestration.commands.console import home_option, stdout


@click.command()
@click.argument("folder", type=click.Path(path_type=Path))
def init(folder: Path) -> None:
    """Make FOLDER a new home: a commented tsunagu.yml and an inbox.

    \b
    Example: tsunagu init ~/recruiting
    """
    from orchestration.new_home import make_home

    for line in make_home(folder):
        stdout.print(line, markup=False, highlight=False)


@click.command()
@home_option
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--profile", default="auto", show_default=True, help="Read it as this profile.")
@click.option("--encoding", help="Read it in this encoding instead of the one decided.")
@click.option("--delimiter", help="comma, tab, semicolon, pipe, or any one sign.")
@click.option("--header-row", type=click.IntRange(1, 200), help="The line of the header, counted from 1.")
@click.option("--sheet", help="Only this sheet.")
@click.option("--write", is_flag=True, help="Start a profile for the file in the home's profiles folder.")
@click.pass_context
def inspect(
    context: click.Context,
    own_home: Path | None,
    file: Path,
    profile: str,
    sheet: str | None,
    write: bool,
    **asked: Any,
) -> int:
    """Show how FILE would be read: encoding, header row, profile, mapping, first rows and every problem.

    \b
    Example: tsunagu inspect ~/Downloads/応募者一覧.csv
    """
    from orchestration.inspection import inspect_into

    return inspect_into(stdout, file, own_home or context.obj, profile, asked, sheet, write)


@click.command()
@click.argument("file", type=click.Path(path_type=Path), default=Path("template.xlsx"))
def template(file: Path) -> None:
    """Write an empty workbook with a sheet for each entity, with notes and drop-downs.

    \b
    Example: tsunagu template 採用データ.xlsx
    """
    from connectors.tables.template import write_template

    if file.exists():
        raise click.UsageError(f"{file} exists; name another file")
    write_template(file)
    stdout.print(f"wrote {file}; fill in what you have, delete the rest, and drop it into the inbox", markup=False)
