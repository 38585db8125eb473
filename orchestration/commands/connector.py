"""`tsunagu connector`: a new connector's files, and the tests that every connector must pass."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path

import click

from connectors.core import discover
from connectors.errors import CheckFailed, SettingsError, UsageError
from connectors.settings import find_home, load_home
from connectors.yaml_lines import nearest
from orchestration.commands.console import home_option, stdout

CHECKOUT = Path(__file__).resolve().parents[2]


@click.group()
def connector() -> None:
    """Write a connector for another API, and test it."""


@connector.command()
@click.argument("name")
def new(name: str) -> None:
    """Write the files of a connector NAME: source, staging models, sample record, fake server, tests.

    They work as they are, against the fake server; change them into what the API is. The guide: docs/api-connector.md.

    \b
    Example: tsunagu connector new my_ats
    """
    from connectors.kit.scaffold import write_connector

    for path in write_connector(CHECKOUT, name):
        stdout.print(f"wrote {path.relative_to(CHECKOUT)}", markup=False, highlight=False)
    stdout.print(f"→ tsunagu connector test {name}; the guide: docs/api-connector.md", markup=False, highlight=False)


@connector.command()
@home_option
@click.argument("name")
@click.pass_context
def test(context: click.Context, own_home: Path | None, name: str) -> None:
    """Check what connector NAME declares, run its tests offline, and read one live page of each list.

    The live page needs a source with this connector in the home's tsunagu.yml; it writes nothing.

    \b
    Example: tsunagu connector test greenhouse
    """
    from connectors.kit.check import check_declaration
    from connectors.kit.scaffold import check_checkout

    known = discover()
    if name not in known:
        raise UsageError(
            f"no connector {name!r}{nearest(name, known)}; there are: {', '.join(known)}",
            mend=f"tsunagu connector new {name} writes one",
        )
    check_checkout(CHECKOUT)
    mistakes = check_declaration(known[name], CHECKOUT)
    for mistake in mistakes:
        stdout.print(mistake, markup=False, highlight=False)
    stdout.print(f"declaration  {'ok' if not mistakes else f'{len(mistakes)} mistakes'}", highlight=False)
    passed = _run_tests(name)
    stdout.print(f"tests        {'ok' if passed else 'failed'}", highlight=False)
    live = _look(name, own_home or context.obj)
    if mistakes or not passed or not live:
        raise CheckFailed(f"connector {name} does not keep its contract", mend="mend what is named above")


def _run_tests(name: str) -> bool:
    if importlib.util.find_spec("pytest") is None:
        raise UsageError("pytest is not installed", mend="set the checkout up with: make test")
    folder = CHECKOUT / "tests" / "connectors"
    files = [folder / "test_api_sources.py", folder / f"test_api_{name}.py", folder / f"test_{name}.py"]
    files += sorted(folder.glob(f"test_{name}_*.py"))
    # Of the standard tests, those of this connector; its own files whole.
    chosen = f"{name} or not test_api_sources"
    found = [str(path) for path in files if path.exists()]
    command = [sys.executable, "-m", "pytest", "--no-header", "-k", chosen, *found]
    return subprocess.run(command, cwd=CHECKOUT).returncode == 0  # noqa: S603 (our own tests)


def _look(name: str, home: Path | None) -> bool:
    from connectors.kit.check import look_live

    try:
        sources = load_home(find_home(home)).sources.values()
    except SettingsError as error:
        stdout.print(f"live         not asked: {error}", markup=False, highlight=False)
        return True
    found = [source for source in sources if source.connector.name == name and source.connector.api is not None]
    if not found:
        stdout.print(f"live         not asked: the home has no source with connector: {name}", highlight=False)
    well = True
    for source in found:
        for look in look_live(source.connector.api, source.settings):
            told = look.failure or f"{look.records} records on the first page"
            stdout.print(f"live         {source.name}.{look.resource}: {told}", markup=False, highlight=False)
            for mistake in look.mistakes:
                stdout.print(mistake, markup=False, highlight=False)
            is_optional = source.connector.api.resources[look.resource].optional
            well &= not look.mistakes and (look.failure is None or is_optional)
    return well
