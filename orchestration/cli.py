"""The command line: `tsunagu …`. Exit 0 done, 1 failed, 2 wrong usage or configuration, 3 with --strict and warnings.

The commands themselves stand in orchestration/commands, a module a subject.
"""

from __future__ import annotations

import os
import sys
import traceback
from pathlib import Path
from typing import Any

import click

from connectors.errors import TsunaguError
from connectors.machine import find_resource_error
from orchestration.access import note_call
from orchestration.commands import backup, connector, files, lake, look, person, privacy, publish, quarantine, run
from orchestration.commands.console import stderr


class Commands(click.Group):
    """Turns every error of ours into one message and its exit status; anything else needs --debug to show itself."""

    def main(self, *args: Any, **kwargs: Any) -> Any:
        os.umask(0o077)  # what a command writes is its owner's alone, unless it says otherwise
        status = 1
        try:
            self._call(*args, **kwargs)
        except SystemExit as end:
            status = end.code if isinstance(end.code, int) else 1
            raise
        finally:
            note_call(status)

    def _call(self, *args: Any, **kwargs: Any) -> Any:
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
            trouble = find_resource_error(error)
            if trouble is not None:
                stderr.print(f"error: {trouble}", markup=False, highlight=False)
                sys.exit(trouble.exit_code)
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


COMMANDS = (
    files.init,
    run.run,
    files.inspect,
    files.template,
    look.status,
    look.sql,
    look.docs,
    publish.publish,
    backup.backup,
    backup.restore,
    lake.lake,
    quarantine.quarantine,
    person.person,
    connector.connector,
    privacy.forget,
    privacy.retention,
    privacy.secret,
    run.dagster,
)
for command in COMMANDS:
    main.add_command(command)
