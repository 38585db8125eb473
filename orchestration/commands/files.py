"""`tsunagu init`, `inspect` and `template`: before the first run."""

from __future__ import annotations

from pathlib import Path

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
@click.option("--write", is_flag=True, help="Start a profile for the file in the home's profiles folder.")
@click.pass_context
def inspect(
    context: click.Context, own_home: Path | None, file: Path, profile: str, encoding: str | None, write: bool
) -> int:
    """Show how FILE would be read: encoding, header row, profile, mapping, first rows and every problem.

    \b
    Example: tsunagu inspect ~/Downloads/応募者一覧.csv
    """
    from orchestration.inspection import inspect_into

    return inspect_into(stdout, file, own_home or context.obj, profile, encoding, write)


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
