"""`tsunagu person`: what a person decides of two records is followed by the linking of every later run."""

from __future__ import annotations

import io
import json
import shutil
from pathlib import Path

import duckdb
import polars as pl
import pytest
from rich.console import Console

from connectors.errors import SettingsError, UsageError
from connectors.settings import Home, load_home
from orchestration import person
from orchestration.compute.identity import Likeness
from orchestration.defs.identity import link_persons
from orchestration.frames import write_tables
from orchestration.linkage import read_likeness
from orchestration.run import run_home
from orchestration.warehouse import connect, fetch_row


@pytest.fixture
def home(sample: Path, tmp_path: Path) -> Home:
    """The sample company after its run, to write in."""
    root = tmp_path / "home"
    shutil.copytree(sample, root, ignore=shutil.ignore_patterns(".tsunagu", "marts.duckdb"))
    return load_home(root)


def said(work: object, *arguments: object) -> str:
    console = Console(file=io.StringIO(), width=200)
    work(*arguments, console)  # type: ignore[operator]
    return console.file.getvalue()  # type: ignore[attr-defined]


def person_of(home: Home, source: str, candidate_id: str) -> str:
    query = "select person_id from identity.person_xref where source = ? and candidate_id = ? and valid_to is null"
    with connect(home, read_only=True) as connection:
        return fetch_row(connection, query, [source, candidate_id])[0]


@pytest.mark.parametrize("is_same", [True, False])
def test_a_decision_is_kept_leaves_the_list_and_wins_in_the_next_run(home: Home, is_same: bool) -> None:
    with connect(home, read_only=True) as connection:
        row = fetch_row(connection, f"select pair_id, {person.PAIR} from identity.person_review order by pair_id")
    pair_id, source, candidate, other_source, other = row
    assert pair_id in said(person.list_review, home, 500)
    assert "decided: 1 pairs" in said(person.decide, home, (pair_id,), is_same)
    for _ in range(2):
        with connect(home) as connection:
            link_persons(connection, b"secret")
        assert (person_of(home, source, candidate) == person_of(home, other_source, other)) is is_same
        assert pair_id not in said(person.list_review, home, 500)
    shown = said(person.show_person, home, person_of(home, source, candidate))
    assert ("decision" in shown) is is_same


def test_an_unknown_pair_or_person_is_told(home: Home) -> None:
    with pytest.raises(UsageError, match="no pair"):
        said(person.decide, home, ("nosuch00",), True)
    with pytest.raises(UsageError, match="no person"):
        said(person.show_person, home, "zzzz")
    with pytest.raises(UsageError, match="more than one"):
        said(person.show_person, home, "")


def links_by_likeness(home: Home) -> int:
    with connect(home) as connection:
        link_persons(connection, b"secret", read_likeness(home))
        return fetch_row(connection, "select count(*) from identity.person_links where rule = 'likeness'")[0]


def with_identity(home: Home, text: str) -> Home:
    path = home.root / "tsunagu.yml"
    path.write_text(f"{path.read_text(encoding='utf-8')}\nidentity: {text}\n", encoding="utf-8")
    return load_home(home.root)


def test_the_settings_say_what_agreement_weighs(home: Home) -> None:
    before = links_by_likeness(home)
    assert before
    weak = {"m": 0.0001, "u": 0.9}
    levels = {one.name: {level.name: weak for level in one.levels} for one in Likeness().comparisons}
    assert links_by_likeness(with_identity(home, json.dumps({"weights": levels}))) == 0


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("{weights: {brith: {}}}", "there is no 'brith'.*birth.*there are: name"),
        ("{weights: {birth: {the birthdate: {m: 0.5, u: 0.1}}}}", "the birth date"),
        ("{review_probability: 0.99}", "review_probability 0.99 is above link_probability 0.95"),
        ("{weights: {birth: {the birth date: {m: 1.5, u: 0.1}}}}", "identity.weights.birth.the birth date.m"),
    ],
)
def test_a_wrong_setting_of_linkage_is_told_before_anything_runs(home: Home, text: str, told: str) -> None:
    with pytest.raises(SettingsError, match=told):
        run_home(with_identity(home, text), Console(file=io.StringIO()))


def test_the_tables_of_identity_change_together_or_not_at_all(home: Home) -> None:
    with connect(home) as connection:
        before = connection.execute("from identity.person_xref order by all").fetchall()
        frame = pl.DataFrame({"x": [1]})
        with pytest.raises(duckdb.Error):
            write_tables(connection, {"identity.person_xref": frame, "no_such_schema.t": frame}, {})
        assert connection.execute("from identity.person_xref order by all").fetchall() == before
