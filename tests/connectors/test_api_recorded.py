"""Recorded answers of real services, served as they are: they load whole and agree with a recount of their JSON."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from connectors.kit.server import Asked, FakeApi, Reply, serving
from tests.conftest import SHARED
from tests.fakes.loading import ApiHome

ATS = SHARED / "fixtures" / "ats"
DOCS = ATS / "greenhouse_docs" / "harvest"


def read(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def raw_records(home: ApiHome, stream: str) -> list[Any]:
    return [json.loads(text) for (text,) in home.rows(f"select record from raw_ats.{stream} order by _row_number")]


@pytest.mark.skipif(not ATS.is_dir(), reason="the shared samples are not here")
def test_lever_as_recorded_by_another_connector(tmp_path: Path) -> None:
    """The recorded page says that there is one more: its token must be sent back as it came."""
    folder = ATS / "amp_connectors" / "lever" / "test"
    first, users = read(folder / "opportunities.json"), read(folder / "users.json")
    second = [{**record, "id": f"{record['id']}-2", "stageChanges": None} for record in first["data"]]

    def answer(asked: Asked) -> Reply:
        if asked.path == "/v1/users":
            return Reply({**users, "hasNext": False})
        if asked.path != "/v1/opportunities":
            return Reply({"code": "ResourceNotFound"}, 404)
        if "offset" not in asked.query:
            return Reply(first)
        assert asked.query["offset"] == first["next"]
        return Reply({"data": second, "hasNext": False})

    with serving(FakeApi(answer)) as api:
        home = ApiHome(tmp_path, "lever", api_key="k", base_url=f"{api.base}/v1")
        report = home.load()
    assert raw_records(home, "opportunities") == [*first["data"], *second]
    assert raw_records(home, "users") == users["data"]
    # What the account does not have is named, and nothing else.
    assert report.warnings and all("left out" in warning and "404" in warning for warning in report.warnings)


@pytest.mark.skipif(not DOCS.is_dir(), reason="the shared samples are not here")
@pytest.mark.parametrize(
    ("stream", "sample"),
    [
        ("applications", "applications__02_get-list-applications.json"),
        ("candidates", "candidates__02_get-list-candidates.json"),
    ],
)
def test_greenhouse_as_its_older_documentation_prints_it(stream: str, sample: str, tmp_path: Path) -> None:
    """Nested as v1 was, with fields that v3 does not have: kept as JSON, none lost."""
    records = read(DOCS / sample)
    assert records

    def answer(asked: Asked) -> Reply:
        if asked.path == "/token":
            return Reply({"access_token": "t"})
        return Reply(records if asked.path == f"/v3/{stream}" else [])

    with serving(FakeApi(answer)) as api:
        home = ApiHome(tmp_path, "greenhouse", client_id="c", client_secret="s", base_url=f"{api.base}/v3")
        home.load()
    unique = {str(record["id"]): record for record in records}
    assert {str(record["id"]): record for record in raw_records(home, stream)} == unique


ODD: list[tuple[str, Callable[[dict[str, Any]], dict[str, Any]]]] = [
    ("nothing but an id", lambda record: {"id": record["id"]}),
    ("nulls everywhere", lambda record: {**dict.fromkeys(record), "id": record["id"]}),
    ("an id alone where an object was", lambda record: {**record, "contact": {"id": "p"}, "stage": {"id": "s"}}),
    ("a field nobody knows, nested", lambda record: {**record, "news": {"deep": [{"er": [None, {}]}]}}),
    ("a time as text", lambda record: {**record, "updatedAt": "2025-06-18T07:57:06Z", "createdAt": ""}),
]


@pytest.mark.skipif(not ATS.is_dir(), reason="the shared samples are not here")
@pytest.mark.parametrize("change", [change for _, change in ODD], ids=[name for name, _ in ODD])
def test_what_real_answers_hold_is_borne(change: Callable[[dict[str, Any]], dict[str, Any]], tmp_path: Path) -> None:
    [record] = read(ATS / "amp_connectors" / "lever" / "test" / "opportunities.json")["data"]
    records = [record, change({**record, "id": "odd"})]
    with serving(FakeApi(lambda asked: Reply({"data": records if asked.path == "/v1/opportunities" else []}))) as api:
        home = ApiHome(tmp_path, "lever", api_key="k", base_url=f"{api.base}/v1")
        home.load()
        assert raw_records(home, "opportunities") == records
        assert home.load(full_refresh=True).rows_loaded == 0
