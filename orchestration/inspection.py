"""`tsunagu inspect`: how a file would be read, for a person to act on."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console

from connectors.errors import SettingsError, UsageError
from connectors.formats.dialect import Asked
from connectors.settings import find_home
from connectors.tables.inspect import inspect_file, render, write_profile


def inspect_into(
    console: Console, file: Path, home: Path | None, profile: str, encoding: str | None, write: bool
) -> int:
    """Show how the file would be read; 1 where it would be refused. A home is not needed, its profiles are used."""
    if not file.exists():
        raise UsageError("no such file", where=str(file), mend="check the path")
    try:
        root = find_home(home)
    except SettingsError:
        root = Path.cwd()
    inspection = inspect_file(file, root / "profiles", profile=profile, asked=Asked(encoding))
    render(inspection, console)
    if write:
        folder = root / "profiles"
        folder.mkdir(exist_ok=True)
        console.print(f"wrote {write_profile(inspection, folder)}", markup=False, highlight=False)
    return 0 if inspection.is_readable else 1
