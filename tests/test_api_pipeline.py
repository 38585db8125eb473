"""API sources through the whole pipeline: the marts agree with a recount from the raw JSON."""

from __future__ import annotations

from collections import Counter
from contextlib import ExitStack
from itertools import pairwise
from pathlib import Path
from typing import Any

import duckdb
import pytest

from connectors.kit.server import serving
from tests.conftest import call
from tests.fakes import recorded
from tests.fakes.ashby import KEY as ASHBY
from tests.fakes.ashby import Ashby
from tests.fakes.greenhouse import CLIENT, SECRET, Greenhouse
from tests.fakes.lever import KEY, Lever
from tests.fakes.workable import TOKEN, Workable

Rows = list[tuple]
Company = tuple[Path, Lever, Greenhouse, Ashby, Workable, dict[str, dict[str, list[Any]]]]


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Company:
    """Eight sources in one run: each vendor's fake, a to d, and what was recorded of it, by its name."""
    home = tmp_path_factory.mktemp("apis")
    lever, greenhouse, ashby, workable = Lever(120), Greenhouse(80), Ashby(), Workable()
    made = {name: getattr(recorded, name)() for name in ("lever", "greenhouse", "ashby", "workable")}
    with ExitStack() as stack:
        at = {name: stack.enter_context(serving(api)).base for name, (api, _) in made.items()}
        fakes = (lever, greenhouse, ashby, workable)
        one, two, three, four = (stack.enter_context(serving(fake.api)) for fake in fakes)
        (home / "tsunagu.yml").write_text(
            f"""company: {{name: Test}}
sources:
  a: {{connector: lever, api_key: "${{LEVER_KEY}}", base_url: "{one.base}/v1"}}
  b: {{connector: greenhouse, client_id: {CLIENT}, client_secret: "${{GREENHOUSE}}", base_url: "{two.base}/v3"}}
  c: {{connector: ashby, api_key: "{ASHBY}", base_url: "{three.base}"}}
  d: {{connector: workable, token: "{TOKEN}", base_url: "{four.base}/spi/v3"}}
  lever: {{connector: lever, api_key: k, base_url: "{at["lever"]}/v1"}}
  greenhouse: {{connector: greenhouse, client_id: c, client_secret: s, base_url: "{at["greenhouse"]}/v3"}}
  ashby: {{connector: ashby, api_key: k, base_url: "{at["ashby"]}"}}
  workable: {{connector: workable, token: t, base_url: "{at["workable"]}/spi/v3"}}
""",
            encoding="utf-8",
        )
        done = call(home, "run", "--as-of", "2026-09-30", LEVER_KEY=KEY, GREENHOUSE=SECRET)
    assert done.returncode == 0, done.stdout + done.stderr
    assert KEY not in done.stdout + done.stderr and SECRET not in done.stdout + done.stderr
    return home, lever, greenhouse, ashby, workable, {name: lists for name, (_, lists) in made.items()}


def ask(home: Path, query: str, file: str = "marts") -> Rows:
    with duckdb.connect(str(home / f"{file}.duckdb"), read_only=True) as marts:
        return marts.execute(query).fetchall()


def test_lever_agrees_with_a_recount_of_its_opportunities(
    company: Company,
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
    company: Company,
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


def test_ashby_and_workable_agree_with_a_recount(company: Company) -> None:
    home, _, _, ashby, workable, _ = company
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


def told(home: Path, source: str, what: str) -> dict[str, int]:
    table = "fct_stage_visits" if what == "stage_key" else "fct_applications"
    return dict(ask(home, f"select {what}, count(*) from {table} where source = '{source}' group by 1"))


def test_a_thousand_opportunities_agree_with_a_recount_of_their_json(company: Company) -> None:
    home, lists = company[0], company[5]
    everything = lists["lever"]["opportunities"]
    assert ask(home, "select count(*) from raw_lever.opportunities", "warehouse") == [(1004,)]
    gone = {each["id"] for each in lists["lever"]["opportunities/deleted"]}
    records = [each for each in everything if each["id"] not in gone]
    assert len(records) == 1003

    ends = {"r-1": "hired", "r-3": "withdrawn", "r-4": "offer_declined"}

    def outcome(record: dict[str, Any]) -> str:
        archived = record.get("archived") or {}
        return ends.get(str(archived.get("reason")), "rejected") if archived.get("archivedAt") else "open"

    assert told(home, "lever", "outcome") == Counter(map(outcome, records))

    def contact(record: dict[str, Any]) -> str:
        found = record["contact"]
        return (found["id"] if isinstance(found, dict) else found) or record["id"]

    persons = Counter(map(contact, records))
    found = ask(home, "select count(*), count(distinct person_id) from fct_applications where source = 'lever'")
    assert found == [(1003, len(persons))]
    sequence = Counter(seq for count in persons.values() for seq in range(1, count + 1))
    assert told(home, "lever", "application_seq") == sequence
    # The later opportunity is the later application, and names the one before it.
    by_contact: dict[str, list[tuple[int, str]]] = {}
    for each in records:
        by_contact.setdefault(contact(each), []).append((each["createdAt"], each["id"]))
    before = {
        later: earlier for line in map(sorted, by_contact.values()) for (_, earlier), (_, later) in pairwise(line)
    }
    query = "select application_id, prev_application_id from fct_applications where source = 'lever'"
    assert dict(ask(home, f"{query} and prev_application_id is not null")) == before

    names = {**recorded.STAGES, "u-unknown": "u-unknown"}
    entered: Counter[str] = Counter()
    for each in records:
        stage = each["stage"]["id"] if isinstance(each["stage"], dict) else each["stage"]
        changes = [change["toStageId"] for change in each.get("stageChanges") or []] or [stage] * (stage is not None)
        entered.update(names[stage] for stage in changes)
    keys = {"Phone Screen": "interview_1", "Onsite": "interview_final", "Offer": "offer", "u-unknown": "u-unknown",
            "Homework 宿題": "homework宿題"}  # fmt: skip
    visits = told(home, "lever", "stage_key")
    assert {key: visits[key] for key in keys.values()} == {key: entered[name] for name, key in keys.items()}
    assert told(home, "lever", "channel_id")["unknown"] == 1  # neither sources nor origin


def test_greenhouse_as_recorded_agrees_with_a_recount(company: Company) -> None:
    home, lists = company[0], company[5]
    applications = lists["greenhouse"]["applications"]
    types = {2: "rejected", 3: "withdrawn", 4: "rejected", 5: "hired", 6: "not_considered", 9: "rejected"}
    assert told(home, "greenhouse", "outcome") == Counter(types.get(each["id"], "open") for each in applications)
    assert told(home, "greenhouse", "application_seq") == {1: 5, 2: 5}
    stages = told(home, "greenhouse", "stage_key")
    entered = Counter(each["job_interview_stage_id"] for each in lists["greenhouse"]["application_stages"])
    # Two applications have no history: the stage they are in is one visit.
    assert (stages["interview_1"], stages.get("whiteboardtalk")) == (
        entered[70],
        entered[71] + 2,
    )
    assert stages["72"] == entered[72]
    first = ask(home, "select applied_at from fct_applications where source = 'greenhouse' and application_id = '0'")
    assert str(first[0][0]) == "2024-03-01 01:00:00"  # ten o'clock in Tokyo


def test_ashby_and_workable_as_recorded_agree_with_a_recount(company: Company) -> None:
    home, lists = company[0], company[5]
    ends = {"RejectedByOrg": "rejected", "RejectedByCandidate": "withdrawn", "Other": "rejected", None: "rejected"}
    expected = Counter(
        {"Hired": "hired", "Archived": ends[(each["archiveReason"] or {}).get("reasonType")]}.get(
            each["status"], "open"
        )
        for each in lists["ashby"]["application.list"]
    )
    assert told(home, "ashby", "outcome") == expected
    assert told(home, "ashby", "application_seq") == {1: 5, 2: 3}
    assert told(home, "workable", "outcome") == {
        "open": 1, "rejected": 1, "withdrawn": 1, "offer_declined": 1, "hired": 1
    }  # fmt: skip
    acted = Counter(
        each["stage_name"]
        for name, list_ in lists["workable"].items()
        if name.endswith("activities")
        for each in list_
        if each["action"] in ("applied", "moved", "reverted")
    )
    visits = told(home, "workable", "stage_key")
    assert visits == {"applied": 5, "interview_1": acted["Phone Screen"] + acted["Interview"] + 3}


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
