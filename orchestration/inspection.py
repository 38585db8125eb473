"""`tsunagu inspect`: how a file would be read, for a person to act on."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from rich.console import Console

from connectors.errors import SettingsError, UsageError
from connectors.formats.dialect import Asked
from connectors.settings import find_home
from connectors.sources.table import TableSettings
from connectors.tables.inspect import inspect_file, render, write_profile


def inspect_into(
    console: Console,
    file: Path,
    home: Path | None,
    profile: str,
    asked: Mapping[str, Any],
    sheet: str | None,
    write: bool,
) -> int:
    """Show how the file would be read; 1 where it would be refused. A home is not needed, its profiles are used.
    `asked`: encoding, delimiter and header_row as a source's settings have them. Raises UsageError for a wrong one."""
    if not file.exists():
        raise UsageError("no such file", where=str(file), mend="check the path")
    try:
        root = find_home(home)
    except SettingsError:
        root = Path.cwd()
    try:
        said = TableSettings(path=file.name, **asked)
    except ValidationError as error:
        wrong = error.errors()[0]
        raise UsageError(
            f"--{str(wrong['loc'][0]).replace('_', '-')}: {wrong['msg'].removeprefix('Value error, ')}",
            mend="correct it",
        ) from None
    reading = Asked(said.encoding, said.delimiter, said.header_row)
    inspection = inspect_file(file, root / "profiles", profile=profile, asked=reading, sheet=sheet)
    render(inspection, console)
    if write:
        folder = root / "profiles"
        folder.mkdir(exist_ok=True)
        console.print(f"wrote {write_profile(inspection, folder)}", markup=False, highlight=False)
    return 0 if inspection.is_readable else 1
