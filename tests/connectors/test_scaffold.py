"""A connector written by the scaffold works as it is and touches nothing; every contract mistake names its mend."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from pydantic import BaseModel, ConfigDict, SecretStr

from connectors.api import Api
from connectors.core import Connector, discover
from connectors.credentials import Bearer
from connectors.errors import ContractError, SourceError, UsageError
from connectors.http import Client
from connectors.kit.check import check_declaration, check_records, look_live
from connectors.kit.scaffold import places, write_connector
from connectors.kit.server import FakeApi, Reply, serving
from connectors.paging import by_token
from tests.conftest import ROOT
from tests.fakes.lever import Lever
from tests.fakes.lever import vendor as lever
from tests.fakes.loading import ApiHome

CODE = ("connectors", "orchestration", "dbt_project", "tests", "pyproject.toml")


@pytest.mark.parametrize("name", sorted(discover()))
def test_every_connector_keeps_what_it_declares(name: str) -> None:
    assert check_declaration(discover()[name], ROOT) == []


def copy_checkout(target: Path) -> Path:
    leave = shutil.ignore_patterns("__pycache__", "target", "logs", "data")
    for name in CODE:
        source = ROOT / name
        shutil.copytree(source, target / name, ignore=leave) if source.is_dir() else shutil.copy(source, target / name)
    return target


def digests(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


def tsunagu(checkout: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """The command of a checkout, whose packages stand before the installed ones."""
    return subprocess.run(
        [sys.executable, "-c", "from orchestration.cli import main; main()", *arguments],
        cwd=checkout,
        capture_output=True,
        text=True,
        timeout=300,
        env={**os.environ, "PYTHONPATH": str(checkout), "TSUNAGU_HOME": str(checkout / "none")},
    )


def test_a_new_connector_passes_its_tests_at_once_and_no_existing_file_is_touched(tmp_path: Path) -> None:
    checkout = copy_checkout(tmp_path)
    before = digests(checkout)
    done = tsunagu(checkout, "connector", "new", "toy_ats")
    assert done.returncode == 0, done.stdout + done.stderr
    after = digests(checkout)
    assert set(after) - set(before) == set(places("toy_ats"))
    assert {path: after[path] for path in before} == before
    done = tsunagu(checkout, "connector", "test", "toy_ats")
    assert done.returncode == 0, done.stdout + done.stderr
    assert (
        "declaration  ok" in done.stdout
        and "tests        ok" in done.stdout
        and "live         not asked" in done.stdout
    )
    assert "....." in done.stdout  # four standard tests and its own
    again = tsunagu(checkout, "connector", "new", "toy_ats")
    assert again.returncode == 2 and "exists already" in again.stderr and "connector test toy_ats" in again.stderr
    source = checkout / "connectors" / "sources" / "toy_ats.py"
    text = source.read_text(encoding="utf-8")
    source.write_text(text.replace("items", "things").replace("`token`", "a token"), encoding="utf-8")
    broken = tsunagu(checkout, "connector", "test", "toy_ats")
    assert broken.returncode == 1
    assert "settings.token is not documented" in broken.stdout and "tests        failed" in broken.stdout


@pytest.mark.parametrize("name", ["Toy", "toy-ats", "class", "a__b", "1st", ""])
def test_a_name_that_no_module_or_table_can_have_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot name a connector"):
        write_connector(tmp_path, name)


def test_outside_a_checkout_nothing_is_written(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="a connector is written in a checkout"):
        write_connector(tmp_path, "toy")
    assert list(tmp_path.iterdir()) == []


class Settings(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    token: SecretStr
    base_url: str


def make_toy(**resource: Any) -> Connector:
    connector = Connector("toy", Settings)
    api = Api(
        connector,
        lambda settings: Client(settings.base_url, Bearer("x")),
        records="items",
        next_page=by_token("next", sent_as="cursor"),
    )
    api.resource("applications", "applications", **{"updated": "updated_at", **resource})
    return connector


def load_toy(connector: Connector, folder: Path, data: Any) -> None:
    with serving(FakeApi(lambda asked: Reply(data))) as api:
        ApiHome(folder, connector, token="t", base_url=api.base).load()


RECORD = {"id": "a", "updated_at": "2025-06-01T00:00:00Z", "phone": "090-0000-0000"}


def yielding(frame: pl.DataFrame) -> Connector:
    connector = Connector("toy", Settings)

    @connector.stream(columns=("id", "record"), primary_key=("id",))
    def applications(run: Any):
        yield frame

    return connector


MISTAKES: list[tuple[str, Callable[[], Connector], Any, str]] = [
    ("wrong type: no list", make_toy, {"items": "none"}, "the answer holds no list of records at items"),
    ("wrong type: no records", make_toy, {"items": ["a"]}, "the answer holds no list of records at items"),
    ("missing key", lambda: make_toy(key="uuid"), {"items": [RECORD]}, "name the field that holds its id"),
    ("null key", make_toy, {"items": [RECORD, {**RECORD, "id": None}]}, "a key is empty in record 2"),
    (
        "type flip",
        lambda: yielding(pl.DataFrame({"id": [1], "record": ["{}"]})),
        {},
        "came as Int64.*yield every value",
    ),
    (
        "undocumented column",
        lambda: yielding(pl.DataFrame({"id": ["1"], "news": ["x"]})),
        {},
        "column news is not declared; declared: id, record.*declare it in columns=",
    ),
    (
        "key column missing",
        lambda: yielding(pl.DataFrame({"record": ["{}"]})),
        {},
        "key column id is missing.*needs id",
    ),
]


@pytest.mark.parametrize(("make", "data", "told"), [row[1:] for row in MISTAKES], ids=[row[0] for row in MISTAKES])
def test_a_contract_mistake_fails_with_its_mend_and_loads_nothing(
    make: Callable[[], Connector], data: Any, told: str, tmp_path: Path
) -> None:
    with pytest.raises((ContractError, SourceError), match=f"(?s){told}") as caught:
        load_toy(make(), tmp_path, data)
    assert "→" in str(caught.value) and "090-0000" not in str(caught.value)


def test_a_key_that_flips_from_number_to_text_is_the_same_key(tmp_path: Path) -> None:
    answers = [{"items": [{**RECORD, "id": 7}]}, {"items": [{**RECORD, "id": "7"}]}]
    connector = make_toy()
    with serving(FakeApi(lambda asked: Reply(answers.pop(0)))) as api:
        home = ApiHome(tmp_path, connector, token="t", base_url=api.base)
        home.load()
        home.load(full_refresh=True)
    assert home.rows("select distinct _key from raw_ats.applications") == [("7",)]


def test_a_page_shows_a_wrong_key_and_a_wrong_update_time() -> None:
    api: Api = make_toy(key="uuid", updated="changed").api
    first, second = check_records(api.resources["applications"], [RECORD, RECORD])
    assert "have no 'uuid'; fields: id, phone, updated_at" in first and "→ name the field" in first
    assert "no record tells a moment at 'changed'" in second and "→ name the update time" in second
    repeated = make_toy().api.resources["applications"]
    assert "repeats within a page" in check_records(repeated, [RECORD, RECORD])[0]
    assert check_records(repeated, [RECORD]) == []


def test_declaration_mistakes_are_named_with_their_mend(tmp_path: Path) -> None:
    class Loose(BaseModel):
        token: str

    connector = make_toy()
    connector.settings = Loose
    folder = tmp_path / "dbt_project" / "models" / "staging" / "toy"
    folder.mkdir(parents=True)
    (folder / "stg_toy__applicants.sql").write_text("{{ current_records('toy', 'applications') }}", encoding="utf-8")
    (folder / "toy.yml").write_text("sources: [{name: raw, tables: [{name: toy__people}]}]", encoding="utf-8")
    told = "\n".join(check_declaration(connector, tmp_path))
    for mistake in (
        "accept keys they do not know",
        "settings.token is no SecretStr",
        "settings.token is not documented",
        "reads applications, which no .yml declares",
        "no resource has the name of table toy__people",
        "stg_toy__applicants.sql: no entity of that name",
        "stg_toy__applicants.sql: not described",
    ):
        assert mistake in told
    assert told.count("→") == 7


def test_a_live_page_of_each_list_is_read_and_nothing_written(tmp_path: Path) -> None:
    fake = Lever()
    fake.page = 10
    with serving(fake.api) as api:
        connector = discover()["lever"]
        settings = connector.settings.model_validate(lever.settings(api.base))
        api.disturb = lambda number, asked: Reply({}, 403) if asked.path.endswith("/users") else None
        looks = {look.resource: look for look in look_live(connector.api, settings)}
        assert len(api.asked) == len(connector.api.resources)
    assert looks["opportunities"].records == 10 and "403" in (looks["users"].failure or "")
    assert all(look.mistakes == [] for look in looks.values())
    assert list(tmp_path.iterdir()) == []
