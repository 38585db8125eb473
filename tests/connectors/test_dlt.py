"""Resources of a dlt source, read by dlt itself, as any table is: by name as the template's, or by a profile."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml

from connectors.core import Run
from connectors.errors import SettingsError, SourceError
from connectors.kit.server import Asked, FakeApi, Reply, serving
from connectors.load import load_source, prepare
from connectors.settings import load_home
from connectors.sources.table import TableSettings, connector
from connectors.tables.profile import read_profile
from tests.conftest import ROOT, call

# As `dlt init` lays a source beside tsunagu.yml; the invented service answers what lies in answers.json.
SOURCE = """
import json
from datetime import datetime, timezone
from pathlib import Path
import dlt
import pyarrow

HERE = Path(__file__).parent

@dlt.source
def hiring(api_key: str = dlt.secrets.value, page: int = 2):
    answers = json.loads((HERE / "answers.json").read_text())

    @dlt.resource(primary_key="application_id")
    def applications(since=dlt.sources.incremental("applied_at", initial_value="2020-01-01")):
        for start in range(0, len(answers["applications"]), page):
            yield answers["applications"][start : start + page]

    @dlt.transformer(data_from=applications)
    def reviews(rows):
        for row in rows:
            yield {"review_id": "R" + row["application_id"], "employee_id": 7, "period_end_date": "2026-05-01"}

    @dlt.resource
    def people():
        for row in answers["people"]:
            yield {**row, "made": datetime(2026, 4, 1, 1, tzinfo=timezone.utc)}

    @dlt.resource
    def jobs():
        yield pyarrow.table({"job_id": ["J1"], "title": ["経理"], "openings": [2]})

    @dlt.resource
    def broken():
        yield {"application_id": "A9"}
        raise RuntimeError(f"401 for url: https://api.example.com/v1/people?api_key={api_key} with {api_key}")

    return applications, reviews, people, jobs, broken
"""
PROFILE = """
name: people
title_ja: 応募者
title_en: people of the invented service
recognise: {required: [uid, contact.mail]}
entities:
  candidates:
    fields: {candidate_id: uid, full_name: name.full, email: contact.mail, birth_date: born, created_at: made}
"""
APPLICATIONS = [
    {"application_id": f"A{n}", "candidate_id": f"P{n}", "applied_at": f"2026-04-0{n}T09:00:00+09:00",
     "status_label": "選考中", "score": n / 2, "tags": ["新卒", n]}
    for n in range(1, 6)
]  # fmt: skip
PEOPLE: list[dict[str, Any]] = [
    {"uid": f"P{n}", "name": {"full": f"試験 {n}郎"}, "contact": {"mail": f"p{n}@example.com"}, "born": "平成2年3月4日"}
    for n in range(1, 6)
]


class Hired:
    """A home whose one source is the invented service; each test's module has a name of its own, as imports last."""

    def __init__(self, root: Path, resources: str, **settings: Any) -> None:
        self.root, self.module = root, f"hiring_{root.name}"
        (root / self.module).mkdir()
        (root / self.module / "__init__.py").write_text(SOURCE, "utf-8")
        (root / "profiles").mkdir()
        (root / "profiles" / "people.yml").write_text(PROFILE, "utf-8")
        self.dlt = {"module": self.module, "source": "hiring", "resources": resources.split(),
                    "arguments": {"api_key": "hidden-word", "page": 2}}  # fmt: skip
        self.settings = settings
        self.answer(APPLICATIONS, PEOPLE)
        self.connection = duckdb.connect()
        self.connection.execute("set TimeZone = 'UTC'")
        prepare(self.connection)

    def answer(self, applications: list[dict[str, Any]], people: list[dict[str, Any]]) -> None:
        import json

        told = json.dumps({"applications": applications, "people": people})
        (self.root / self.module / "answers.json").write_text(told, "utf-8")

    def load(self, **changed: Any) -> dict[str, tuple[int, int, int, int]]:
        settings = TableSettings(**{"dlt": {**self.dlt, **changed}, **self.settings})
        report = load_source(self.connection, connector, Run("svc", settings, self.root))
        return {
            name: (c.rows_in, c.rows_loaded, c.rows_unchanged, c.rows_quarantined)
            for name, c in sorted(report.streams.items())
        }

    def rows(self, query: str) -> list[tuple]:
        return self.connection.execute(query).fetchall()


def test_every_resource_loads_once_and_only_what_changed_afterwards(tmp_path: Path) -> None:
    home = Hired(tmp_path, "applications reviews people jobs")
    assert home.load() == {
        "applications": (5, 5, 0, 0), "candidates": (5, 5, 0, 0), "jobs": (1, 1, 0, 0), "reviews": (5, 5, 0, 0)
    }  # fmt: skip
    assert home.rows("select application_id, applied_at, _parsed, _extra from raw_svc.applications limit 1") == [
        ("A1", "2026-04-01T09:00:00+09:00", None, '{"score":"0.5","tags":"[\\"新卒\\", 1]"}')
    ]
    assert home.rows("select full_name, email, birth_date, created_at, _parsed from raw_svc.candidates limit 1") == [
        ("試験 1郎", "p1@example.com", "平成2年3月4日", "2026-04-01T01:00:00+00:00",
         '{"birth_date":"1990-03-04"}')
    ]  # fmt: skip
    assert home.rows("select job_id, title, openings from raw_svc.jobs") == [("J1", "経理", "2")]
    assert home.load()["applications"] == (5, 0, 5, 0)
    moved = {**APPLICATIONS[2], "status_label": "不採用"}
    home.answer([*APPLICATIONS[:2], moved, *APPLICATIONS[3:]], PEOPLE)
    assert home.load()["applications"] == (5, 1, 4, 0)
    assert not list((tmp_path / ".tsunagu" / "spool").iterdir())


def test_what_a_whole_resource_no_longer_tells_is_deleted(tmp_path: Path) -> None:
    home = Hired(tmp_path, "applications", load="full")
    home.load()
    home.answer(APPLICATIONS[:4], PEOPLE)
    assert home.load()["applications"][:2] == (4, 0)
    assert home.rows("select application_id from raw_svc.applications where _deleted") == [("A5",)]


def test_a_value_that_means_nothing_is_quarantined_by_its_row(tmp_path: Path) -> None:
    home = Hired(tmp_path, "people")
    home.answer(APPLICATIONS, [*PEOPLE[:3], {**PEOPLE[3], "born": "来年"}])
    lines = "select row_number, column_name, value, status from ops.quarantine"
    assert home.load()["candidates"] == (4, 3, 0, 1)
    assert home.load()["candidates"] == (4, 0, 3, 1)
    assert home.rows(lines) == [(4, "born", "来年", "open")]
    home.answer(APPLICATIONS, PEOPLE)
    assert home.load()["candidates"] == (5, 2, 3, 0)
    assert home.rows(lines) == [(4, "born", "来年", "resolved")]


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"module": "no_such_source"}, "no module no_such_source"),
        ({"source": "firing"}, "no source firing in hiring_"),
        ({"resources": ["applicants"]}, "there are: applications, broken, jobs, people, reviews"),
        ({"resources": ["applications", "people"], "arguments": {"pages": 1}}, "unexpected keyword argument"),
    ],
)
def test_what_is_not_there_is_told_with_what_is(changed: dict[str, Any], told: str, tmp_path: Path) -> None:
    home = Hired(tmp_path, "applications")
    with pytest.raises((SettingsError, SourceError)) as caught:
        home.load(**changed)
    assert told in str(caught.value)
    assert home.rows("select count(*) from ops.loads") == [(0,)]


def test_a_source_that_fails_keeps_nothing_and_tells_no_secret(tmp_path: Path) -> None:
    home = Hired(tmp_path, "applications broken")
    with pytest.raises(SourceError) as caught:
        home.load()
    assert "broken cannot be read" in str(caught.value) and "https://api.example.com/v1/people" in str(caught.value)
    assert "hidden-word" not in str(caught.value)
    assert home.rows("select count(*) from ops.loads") == [(0,)]
    assert not list((tmp_path / ".tsunagu" / "spool").iterdir())


def test_a_resource_that_is_nothing_known_is_told_and_not_left_out(tmp_path: Path) -> None:
    home = Hired(tmp_path, "applications people")
    (tmp_path / "profiles" / "people.yml").unlink()
    with pytest.raises(SourceError) as caught:
        home.load()
    assert "people" in str(caught.value)
    assert home.rows("select count(*) from ops.loads") == [(0,)]


def test_without_dlt_the_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = Hired(tmp_path, "applications")
    monkeypatch.setitem(sys.modules, "dlt", None)
    with pytest.raises(SourceError, match=r"pip install 'tsunagu\[dlt\]'"):
        home.load()


def test_a_run_takes_it_to_the_marts_and_settings_hide_the_arguments(tmp_path: Path) -> None:
    home = Hired(tmp_path, "applications people")
    (tmp_path / "tsunagu.yml").write_text(
        f"""company: {{name: Test}}
sources:
  svc:
    connector: table
    dlt:
      module: {home.module}
      source: hiring
      resources: [applications, people]
      arguments: {{api_key: "${{KEY}}"}}
""",
        "utf-8",
    )
    done = call(tmp_path, "run", "--as-of", "2026-09-30", KEY="hidden-word")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "hidden-word" not in done.stdout + done.stderr
    with duckdb.connect(str(tmp_path / "marts.duckdb"), read_only=True) as marts:
        found = marts.execute("select count(*), count(distinct person_id) from fct_applications").fetchall()
    assert found == [(5, 5)]
    assert "hidden-word" not in repr(load_home(tmp_path, {"KEY": "hidden-word"}).sources["svc"].settings)


def test_dlt_s_own_rest_source_reads_an_api_that_settings_describe(tmp_path: Path) -> None:
    def answer(asked: Asked) -> Reply:
        if asked.authorization != "Bearer hidden-word":
            return Reply({"error": "who are you"}, 401)
        start = int(asked.query.get("offset", 0))
        return Reply({"data": APPLICATIONS[start : start + 2], "total": len(APPLICATIONS)})

    paging = {"type": "offset", "limit": 2, "total_path": "total"}
    endpoint = {"path": "applications", "data_selector": "data", "paginator": paging}
    with serving(FakeApi(answer)) as api, duckdb.connect() as connection:
        prepare(connection)
        for token in ("hidden-word", "other-word"):
            config = {"client": {"base_url": f"{api.base}/v1/", "auth": {"type": "bearer", "token": token}},
                      "resources": [{"name": "applications", "endpoint": endpoint}]}  # fmt: skip
            dlt = {"module": "dlt.sources.rest_api", "source": "rest_api_source", "resources": ["applications"],
                   "arguments": {"config": config}}  # fmt: skip
            run = Run("svc", TableSettings.model_validate({"dlt": dlt}), tmp_path)
            assert token not in repr(run.settings)
            if token == "hidden-word":
                assert load_source(connection, connector, run).streams["applications"].rows_loaded == 5
                continue
            with pytest.raises(SourceError) as caught:
                load_source(connection, connector, run)
            assert "401" in str(caught.value) and token not in str(caught.value)


def test_the_guide_s_settings_and_profile_are_taken_as_they_stand(tmp_path: Path) -> None:
    settings, profile = re.findall(r"```yaml\n(.*?)```", (ROOT / "docs" / "dlt.md").read_text("utf-8"), re.DOTALL)
    told = yaml.safe_load(settings)["sources"]["personio"]
    del told["connector"]
    assert TableSettings(**told).load == "full"
    (tmp_path / "applicants.yml").write_text(profile, "utf-8")
    assert set(read_profile(tmp_path / "applicants.yml").entities) == {"applications", "candidates"}
