"""What every command shares: where it prints, and how it finds its home."""

from __future__ import annotations

from pathlib import Path

import click
from rich.console import Console

from connectors.settings import Home, find_home, load_home
from orchestration.access import current

stdout = Console(soft_wrap=True)
stderr = Console(stderr=True, soft_wrap=True)

home_option = click.option(
    "--home", "own_home", type=click.Path(path_type=Path), help="The company's folder.", expose_value=True
)


def open_home(context: click.Context, own_home: Path | None) -> Home:
    """`own_home`: after the command; else before it (`context.obj`); else found. Raises ConfigError."""
    home = load_home(find_home(own_home or context.obj))
    current.command, current.home = context.command_path.removeprefix("tsunagu").strip(), home
    return home
