"""Every column says what it tells of a person, and nothing that names one leaves the private warehouse."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml

from connectors.core import discover
from connectors.entities import ENTITIES, classify
from orchestration.erasing.traces import Needles, spell_name, spell_phone
from tests.conftest import ROOT, call

LAYERS = {"staging": "staging", "identity": "staging", "core": "intermediate", "marts": "marts"}
CLASSES = ("direct", "indirect", "none")


@pytest.fixture(scope="module")
def classes() -> dict[str, dict[str, list[str]]]:
    """schema → class → columns, as dbt_project.yml has them."""
    project: Any = yaml.safe_load((ROOT / "dbt_project" / "dbt_project.yml").read_text("utf-8"))
    models = project["models"]["tsunagu"]
    return {schema: models[layer]["+meta"]["pii"] for schema, layer in LAYERS.items()}


def columns(home: Path, schema: str) -> list[tuple[str, str, str]]:
    with duckdb.connect(str(home / "warehouse.duckdb"), read_only=True) as warehouse:
        return warehouse.execute(
            "select table_name, column_name, data_type from duckdb_columns() where schema_name = ? order by all",
            [schema],
        ).fetchall()


@pytest.mark.parametrize("schema", LAYERS)
def test_every_column_of_the_warehouse_is_classified_once(
    sample: Path, classes: dict[str, dict[str, list[str]]], schema: str
) -> None:
    listed = Counter(name for kind in CLASSES for name in classes[schema][kind])
    assert {name: n for name, n in listed.items() if n > 1} == {}
    # In core and marts numbers, dates and flags are none; every text there is listed.
    needed = {
        name
        for _, name, kind in columns(sample, schema)
        if schema in ("staging", "identity") or kind in ("VARCHAR", "JSON") or kind.endswith("[]")
    }
    assert needed and needed - set(listed) == set()


def test_fields_of_entities_are_classified_alike_in_staging(classes: dict[str, dict[str, list[str]]]) -> None:
    staged = {name: kind for kind in CLASSES for name in classes["staging"][kind]}
    told = {(e.name, f): (classify(e.name, f), staged[f]) for e in ENTITIES.values() for f in e.fields}
    assert {key: pair for key, pair in told.items() if (pair[0] == "direct") != (pair[1] == "direct")} == {}


def test_what_an_api_tells_is_direct_until_staging_has_taken_it_apart() -> None:
    streams = {(c.name, s.name, f) for c in discover().values() for s in c.streams.values() for f in s.columns}
    assert streams
    for connector, stream, field in streams:
        kind = classify(stream, field) if stream in ENTITIES else "direct"
        assert kind in CLASSES, (connector, stream, field)
        if field == "record":
            assert kind == "direct"


def test_nothing_direct_is_in_the_marts(sample: Path, classes: dict[str, dict[str, list[str]]]) -> None:
    direct = set(classes["staging"]["direct"]) | set(classes["core"]["direct"])
    assert classes["marts"]["direct"] == []
    assert {(table, name) for table, name, _ in columns(sample, "marts") if name in direct} == set()


NAME, KANA, ADDRESS, PHONE = "鵺野 髙綱", "ヌエノ タカツナ", "nueno.t@nowhere.example", "090-9911-7733"
STREET, REMARK = "鬼無里字蛇抜四番地の九", "鵺野さんは声が大きい"
TEMPLATE = {
    "candidates": "candidate_id,full_name,kana,email,phone,birth_date,現住所\n"
    f"K1,{NAME},{KANA},{ADDRESS},{PHONE},1991-02-03,{STREET}\n"
    f"K2,{NAME},{KANA},{ADDRESS},{PHONE},{NAME},{STREET}\n",
    "applications": "application_id,candidate_id,channel_label,applied_at,outcome,closed_at,referrer_label\n"
    f"P1,K1,Indeed,2026-01-05,rejected,2026-01-20,{NAME}\nP2,K2,Indeed,{ADDRESS},open,,\n",
    "application_reasons": f"application_id,ordinal,reason_label,reason_text\nP1,1,スキル不足,{REMARK}{NAME}\n",
    "evaluations": f"evaluation_id,application_id,interviewer_label,score,comment\nV1,P1,{NAME},3,{REMARK}{STREET}\n",
    "messages": "message_id,direction,from_address,to_address,subject,sent_at,kind,application_id\n"
    f"M1,outbound,jinji@corp.example,{ADDRESS},{NAME}様へ,2026-01-20T10:00:00,rejection,P1\n",
    "relay_registrations": f"registration_id,email,registered_at,status\nR1,{ADDRESS},2026-02-01T09:00:00,valid\n",
    "feedback": f"feedback_id,author_label,posted_at,candidate_ref,text\nF1,{NAME},2026-01-10,{NAME},{REMARK}\n",
}
SETTINGS = """company: {name: 株式会社試験}
sources:
  t: {connector: table, path: inbox}
relay:
  - {valid_from: 2025-04-01, url_patterns: ["https://relay.example.com/?c=*"]}
"""


def test_planted_persons_are_in_no_published_file_no_log_and_no_message(tmp_path: Path) -> None:
    home = tmp_path / "home"
    (home / "inbox").mkdir(parents=True)
    (home / "tsunagu.yml").write_text(SETTINGS, "utf-8")
    for name, text in TEMPLATE.items():
        (home / "inbox" / f"{name}.csv").write_text(text, "utf-8")
    (home / "inbox" / "unknown.csv").write_text(f"{NAME},{STREET}\n{ADDRESS},{PHONE}\n", "cp932")
    done = call(home, "run", "--strict")
    assert done.returncode == 3, done.stdout + done.stderr  # published, with rows in quarantine
    said = done.stdout + done.stderr + call(home, "status").stdout
    needles = Needles({*spell_name(NAME), *spell_name(KANA), *spell_phone(PHONE), ADDRESS, STREET, REMARK})
    files = [path for path in sorted(home.rglob("*")) if path.is_file() and "inbox" not in path.parts]
    found = [path.name for path in files if needles.in_file(path) and not path.name.startswith("warehouse.duckdb")]
    assert (found, needles.in_text(said)) == ([], False)
    assert any(path.suffix == ".log" for path in files)
    with duckdb.connect(str(home / "marts.duckdb"), read_only=True) as marts:
        assert marts.execute("select count(*) from fct_applications").fetchall() == [(1,)]
        assert needles.in_tables(marts) == []
    with duckdb.connect(str(home / "warehouse.duckdb"), read_only=True) as warehouse:
        private = needles.in_tables(warehouse)  # so the search does find what is there
    assert {"raw_t.candidates", "ops.quarantine", "staging.stg_table__candidates"} <= set(private)
