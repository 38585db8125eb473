"""API sources through the whole pipeline: the marts agree with a recount from the raw JSON."""

from __future__ import annotations

from collections import Counter
from contextlib import ExitStack
from pathlib import Path

import duckdb
import pytest

from connectors.kit.server import serving
from tests.conftest import call
from tests.fakes.ashby import KEY as ASHBY
from tests.fakes.ashby import Ashby
from tests.fakes.greenhouse import CLIENT, SECRET, Greenhouse
from tests.fakes.lever import KEY, Lever
from tests.fakes.workable import TOKEN, Workable

Rows = list[tuple]


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Lever, Greenhouse, Ashby, Workable]:
    home = tmp_path_factory.mktemp("apis")
    lever, greenhouse, ashby, workable = Lever(120), Greenhouse(80), Ashby(), Workable()
    with ExitStack() as stack:
        fakes = (lever, greenhouse, ashby, workable)
        one, two, three, four = (stack.enter_context(serving(fake.api)) for fake in fakes)
        (home / "tsunagu.yml").write_text(
            f"""company: {{name: Test}}
sources:
  a: {{connector: lever, api_key: "${{LEVER_KEY}}", base_url: "{one.base}/v1"}}
  b: {{connector: greenhouse, client_id: {CLIENT}, client_secret: "${{GREENHOUSE}}", base_url: "{two.base}/v3"}}
  c: {{connector: ashby, api_key: "{ASHBY}", base_url: "{three.base}"}}
  d: {{connector: workable, token: "{TOKEN}", base_url: "{four.base}/spi/v3"}}
""",
            encoding="utf-8",
        )
        done = call(home, "run", "--as-of", "2026-09-30", LEVER_KEY=KEY, GREENHOUSE=SECRET)
    assert done.returncode == 0, done.stdout + done.stderr
    assert KEY not in done.stdout + done.stderr and SECRET not in done.stdout + done.stderr
    return home, lever, greenhouse, ashby, workable


def ask(home: Path, query: str) -> Rows:
    with duckdb.connect(str(home / "marts.duckdb"), read_only=True) as marts:
        return marts.execute(query).fetchall()


def test_lever_agrees_with_a_recount_of_its_opportunities(
    company: tuple[Path, Lever, Greenhouse, Ashby, Workable],
) -> None:
    home, lever, *_ = company
    records = list(lever.opportunities.values())
    told = {None: "open", "hired": "hired", "under": "rejected", "wd": "withdrawn", "od": "offer_declined"}
    expected = Counter(told[(record["archived"] or {}).get("reason")] for record in records)
    assert dict(ask(home, "select outcome, count(*) from fct_applications where source = 'a' group by 1")) == expected
    persons = len({record["contact"] for record in records})
    assert ask(
        home,
        "select count(*), count(distinct person_id), count(*) filter (application_seq > 1) from fct_applications"
        " where source = 'a'",
    ) == [(120, persons, 120 - persons)]
    assert persons < 120
    visits = Counter(change["toStageId"] for record in records for change in record["stageChanges"])
    keys = {"s1": "interview_1", "s2": "interview_final", "s3": "offer"}
    found = dict(ask(home, "select stage_key, count(*) from fct_stage_visits where source = 'a' group by 1"))
    assert {key: found[key] for key in keys.values()} == {key: visits[stage] for stage, key in keys.items()}


def test_greenhouse_agrees_with_a_recount_of_its_applications(
    company: tuple[Path, Lever, Greenhouse, Ashby, Workable],
) -> None:
    home, _, greenhouse, *_ = company
    lists = greenhouse.lists
    reasons = {detail["application_id"]: detail["rejection_reason_id"] for detail in lists["rejection_details"]}
    offered = {offer["application_id"] for offer in lists["offers"]}

    def outcome(record: dict) -> str:
        if record["status"] != "rejected":
            return {"hired": "hired", "in_process": "open"}[record["status"]]
        if reasons[record["id"]] == 1:
            return "rejected"
        return "offer_declined" if record["id"] in offered else "withdrawn"

    expected = Counter(outcome(record) for record in lists["applications"])
    assert len(expected) == 5
    assert dict(ask(home, "select outcome, count(*) from fct_applications where source = 'b' group by 1")) == expected
    persons = len({record["candidate_id"] for record in lists["applications"]})
    assert ask(home, "select count(distinct person_id) from fct_applications where source = 'b'") == [(persons,)]
    visits = ask(home, "select count(*) from fct_stage_visits where source = 'b'")
    assert visits == [(len(lists["application_stages"]),)]
    statuses = dict(ask(home, "select status, count(*) from fct_offers where source = 'b' group by 1"))
    assert statuses["accepted"] == sum(offer["status"] == "Accepted" for offer in lists["offers"])
    assert statuses["declined"] + statuses["withdrawn"] == sum(o["status"] == "Rejected" for o in lists["offers"])


def test_ashby_and_workable_agree_with_a_recount(company: tuple[Path, Lever, Greenhouse, Ashby, Workable]) -> None:
    home, _, _, ashby, workable = company
    told = {"Active": "open", "Hired": "hired", "RejectedByOrg": "rejected", "RejectedByCandidate": "withdrawn"}
    records = list(ashby.applications.values())
    ends = [(each["archiveReason"] or {}).get("reasonType") or each["status"] for each in records]
    query = "select outcome, count(*) from fct_applications where source = '{}' group by 1"
    assert dict(ask(home, query.format("c"))) == Counter(told[end] for end in ends)
    visits = "select count(*) from fct_stage_visits where source = '{}'"
    assert ask(home, visits.format("c")) == [(sum(each["depth"] for each in records),)]
    candidates = list(workable.candidates.values())
    expected = Counter(
        "hired"
        if each["hired_at"]
        else "withdrawn"
        if each["withdrew"]
        else "rejected"
        if each["disqualified"]
        else "open"
        for each in candidates
    )
    assert dict(ask(home, query.format("d"))) == expected
    assert ask(home, visits.format("d")) == [(sum(each["depth"] for each in candidates),)]


def test_staging_knows_the_entities_as_the_connectors_do() -> None:
    from jinja2 import Environment

    from connectors.entities import ENTITIES
    from tests.conftest import ROOT

    text = (ROOT / "dbt_project" / "macros" / "entities.sql").read_text(encoding="utf-8")
    returned: list[dict] = []
    Environment(extensions=["jinja2.ext.do"]).from_string(text + "{{ entity_fields() }}").render(
        **{"return": returned.append}
    )
    assert {name: tuple(fields) for name, fields in returned[0].items()} == {
        name: tuple({"source": "", **entity.fields}) for name, entity in ENTITIES.items()
    }
