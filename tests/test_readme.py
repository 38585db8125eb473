"""The READMEs stay true: every query in them runs on the sample's marts, every command in them exists."""

from __future__ import annotations

import re
from pathlib import Path

import duckdb
import pytest

from orchestration.cli import main
from tests.conftest import ROOT

READMES = ("README.md", "README.ja.md")


def blocks(name: str, language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", (ROOT / name).read_text(encoding="utf-8"), re.DOTALL)


@pytest.mark.parametrize("name", READMES)
def test_every_query_of_the_readme_answers_on_the_sample(name: str, sample: Path) -> None:
    queries = blocks(name, "sql")
    assert len(queries) >= 5
    with duckdb.connect(str(sample / "marts.duckdb"), read_only=True) as marts:
        for query in queries:
            assert marts.execute(query).fetchall(), query


@pytest.mark.parametrize("name", READMES)
def test_every_command_of_the_readme_exists(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    called = set(re.findall(r"tsunagu ([a-z]+)", text))
    assert called and called <= set(main.commands)
    targets = set(re.findall(r"make ([a-z]+)", text)) - {"and"}
    rules = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    assert targets <= rules


def test_every_mart_is_a_question_in_the_readme(sample: Path) -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    with duckdb.connect(str(sample / "marts.duckdb"), read_only=True) as marts:
        tables = [row[0] for row in marts.execute("select table_name from duckdb_tables()").fetchall()]
    assert [table for table in tables if table.startswith("mart_") and table not in text] == []


@pytest.mark.parametrize("name", READMES)
def test_the_readme_shows_where_the_other_language_is(name: str) -> None:
    other = next(readme for readme in READMES if readme != name)
    assert f"({other})" in (ROOT / name).read_text(encoding="utf-8")
