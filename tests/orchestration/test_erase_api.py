"""A person of API sources is erased: their records keep what the numbers are made of, and nothing else."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import duckdb
import pytest

from connectors.kit.server import serving
from connectors.settings import load_home
from orchestration import erase
from orchestration.erasing.subject import Staged, Subject
from tests.conftest import SECRET, call
from tests.erasure import content, find_left
from tests.fakes import ashby, greenhouse, workable
from tests.fakes.lever import KEY, Lever

DAY = ("--as-of", "2026-09-30")
KEYS = {"LEVER_KEY": KEY}
# Of the Lever fake alone: o0038, who has an interview, an evaluation and an offer.
HERS = "person38@example.com"
STRINGS = (HERS, HERS.upper(), "Person 38", "090-0000-0038", "09000000038")
# Of each person's line; the talent pool lists whom to call, and what is made of it.
CHANGED = {"dim_person", "mart_talent_pool", "mart_findings"}


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Lever]]:
    """Four API sources after one run, their servers still there. Read it, never change it."""
    home = tmp_path_factory.mktemp("apis") / "home"
    home.mkdir()
    lever = Lever(40)
    others = (greenhouse.Greenhouse(30), ashby.Ashby(30), workable.Workable(20))
    with ExitStack() as stack:
        one, two, three, four = (stack.enter_context(serving(fake.api)).base for fake in (lever, *others))
        (home / "tsunagu.yml").write_text(
            f"""company: {{name: Test}}
sources:
  a: {{connector: lever, api_key: "${{LEVER_KEY}}", base_url: "{one}/v1"}}
  b: {{connector: greenhouse, client_id: {greenhouse.CLIENT}, client_secret: {greenhouse.SECRET},
       base_url: "{two}/v3"}}
  c: {{connector: ashby, api_key: {ashby.KEY}, base_url: "{three}"}}
  d: {{connector: workable, token: {workable.TOKEN}, base_url: "{four}/spi/v3"}}
""",
            encoding="utf-8",
        )
        done = call(home, "run", *DAY, **KEYS)
        assert done.returncode == 0, done.stdout + done.stderr
        yield home, lever


def test_forgetting_everybody_changes_no_number(
    company: tuple[Path, Lever], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {**SECRET, **KEYS}.items():
        monkeypatch.setenv(name, value)
    root = shutil.copytree(company[0], tmp_path / "home")
    before = content(root / "marts.duckdb")

    def everybody(staged: Staged) -> list[Subject]:
        persons = sorted(staged.persons.get_column("person_id").unique())
        return [staged.gather(person, erase.make_alias()) for person in persons]

    receipt = erase.forget(load_home(root), everybody, "all of them")
    after = content(root / "marts.duckdb")
    assert receipt.persons > 80
    assert {table for table in before if before[table] != after.get(table)} <= CHANGED
    found = [line for line in after["mart_findings"] if line not in before["mart_findings"]]
    assert found == []
    assert {len(before[name]) for name in ("fct_interviews", "fct_evaluations", "fct_offers")}.isdisjoint({0})
    assert find_left(root, [f"person{n}@example.com" for n in range(40)]) == []


def test_a_person_forgotten_is_not_brought_back_by_what_the_source_still_says(
    company: tuple[Path, Lever], tmp_path: Path
) -> None:
    home, lever = company
    assert find_left(home, STRINGS) != []
    root = shutil.copytree(home, tmp_path / "home")
    done = call(root, "forget", "--email", HERS.upper(), **KEYS)
    assert done.returncode == 0, done.stdout + done.stderr
    assert find_left(root, STRINGS) == []
    before = lever.opportunities["o0038"]
    lever.opportunities["o0038"] = dict(before)
    lever.change("o0038", headline="Person 38 writes again", origin="sourced")
    try:
        for options in ((), ("--full-refresh",)):
            done = call(root, "run", *DAY, *options, **KEYS)
            assert done.returncode == 0, done.stdout + done.stderr
            assert find_left(root, STRINGS) == []
    finally:
        lever.opportunities["o0038"] = before
    with duckdb.connect(str(root / "marts.duckdb"), read_only=True) as marts:
        hers = marts.execute(
            "select p.is_anonymised, a.outcome from fct_applications as a inner join dim_person as p using (person_id)"
            " where a.source = 'a' and a.application_id = 'o0038'"
        ).fetchall()
    assert [anonymised for anonymised, _ in hers] == [True]
