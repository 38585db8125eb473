"""The command line: `tsunagu …`. Exit 0 done, 1 failed, 2 wrong usage or configuration, 3 with --strict and warnings.

Heavy imports (Dagster, dbt, polars) stand inside the commands that need them: `tsunagu sql` answers in a blink.
"""

from __future__ import annotations

import sys
import traceback
from datetime import date
from pathlib import Path
from typing import Any

import click
from rich.console import Console

from connectors.errors import TsunaguError
from connectors.settings import Home, find_home, load_home

stdout = Console(soft_wrap=True)
stderr = Console(stderr=True, soft_wrap=True)


class Commands(click.Group):
    """Turns every error of ours into one message and its exit status; anything else needs --debug to show itself."""

    def main(self, *args: Any, **kwargs: Any) -> Any:
        debug = "--debug" in sys.argv
        try:
            code = super().main(*args, standalone_mode=False, **kwargs)
        except click.ClickException as error:
            context = getattr(error, "ctx", None)
            command = context.command_path if context else "tsunagu"
            stderr.print(f"error: {error.format_message()}\n→ {command} --help", markup=False, highlight=False)
            sys.exit(2)
        except (click.Abort, KeyboardInterrupt):
            stderr.print("stopped; nothing half-done is left: the next run goes on from here", markup=False)
            sys.exit(1)
        except TsunaguError as error:
            if debug:
                traceback.print_exc()
            stderr.print(f"error: {error}", markup=False, highlight=False)
            sys.exit(error.exit_code)
        except BrokenPipeError:
            sys.exit(0)
        except Exception as error:
            if debug:
                raise
            # The message of an unforeseen error may quote a row, so only its kind is shown.
            stderr.print(
                f"error: unexpected {type(error).__name__}\n→ call again with --debug for the details", markup=False
            )
            sys.exit(1)
        sys.exit(code if isinstance(code, int) else 0)


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--home", type=click.Path(path_type=Path), help="The company's folder. Default: TSUNAGU_HOME, here, the sample."
)
@click.option("--debug", is_flag=True, help="Show Python tracebacks (they may quote data).")
@click.version_option(package_name="tsunagu")
@click.pass_context
def main(context: click.Context, home: Path | None, debug: bool) -> None:
    """Tsunagu (つなぐ): recruiting data, connected.

    \b
    tsunagu run                       files in the inbox → published marts
    tsunagu sql "select * from mart_channel_total"
    """
    context.obj = home


home_option = click.option(
    "--home", "own_home", type=click.Path(path_type=Path), help="The company's folder.", expose_value=True
)


def open_home(context: click.Context, own_home: Path | None) -> Home:
    return load_home(find_home(own_home or context.obj))


@main.command()
@click.argument("folder", type=click.Path(path_type=Path))
def init(folder: Path) -> None:
    """Make FOLDER a new home: a commented tsunagu.yml and an inbox.

    \b
    Example: tsunagu init ~/recruiting
    """
    from orchestration.new_home import make_home

    for line in make_home(folder):
        stdout.print(line, markup=False, highlight=False)


@main.command()
@home_option
@click.option("--source", "sources", multiple=True, help="Only this source; again for several.")
@click.option("--as-of", type=click.DateTime(["%Y-%m-%d"]), help="The day that ends open intervals (YYYY-MM-DD).")
@click.option("--full-refresh", is_flag=True, help="Read every file again, and let a full export delete over 20 %.")
@click.option("--strict", is_flag=True, help="Exit 3 where rows were quarantined or a check warned.")
@click.pass_context
def run(
    context: click.Context,
    own_home: Path | None,
    sources: tuple[str, ...],
    as_of: Any,
    full_refresh: bool,
    strict: bool,
) -> int:
    """Extract, load, link persons, build the models, compute the relay, check, publish.

    \b
    Example: tsunagu run --as-of 2026-09-30
    """
    from orchestration.run import run_home

    day: date | None = as_of.date() if as_of else None
    return run_home(open_home(context, own_home), stdout, sources, day, full_refresh, strict)


@main.command()
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


@main.command()
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


@main.command()
@home_option
@click.pass_context
def status(context: click.Context, own_home: Path | None) -> None:
    """Sources and their freshness, last runs, failed checks, quarantined rows, unmapped labels, quota balance.

    \b
    Example: tsunagu status
    """
    from orchestration.status import show_status

    show_status(open_home(context, own_home), stdout)


@main.command()
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


@main.group()
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


@main.group()
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


@main.command()
@home_option
@click.option("--host", default="127.0.0.1", show_default=True, help="Where the UI listens.")
@click.option("--port", default=3000, show_default=True)
@click.pass_context
def dagster(context: click.Context, own_home: Path | None, host: str, port: int) -> int:
    """The Dagster UI and daemon, with the daily schedule and the inbox sensor on.

    \b
    Example: tsunagu dagster --port 3001
    """
    from orchestration.serve import serve_dagster

    return serve_dagster(open_home(context, own_home), host, port, stdout)
