"""Rows of erased persons as they arrive from an API: what the models need of them stays, the person does not."""

from __future__ import annotations

import json

import duckdb
import polars as pl
import pytest

from connectors.core import Stream
from connectors.errors import LoadError
from connectors.loading.suppression import Suppression, read_suppression
from connectors.ops import prepare_ops

COLUMNS = ("id", "parent_id", "updated_at", "record")
ALIAS = "qwertyuiopasdf"
GREENHOUSE = {
    "id": 7,
    "first_name": "花子",
    "last_name": "鵺野",
    "company": "前の会社",
    "email_addresses": [{"value": "hanako@example.com", "type": "personal"}, {"value": "h2@example.com"}],
    "phone_numbers": [{"value": "090-1111-2222", "type": "mobile"}],
    "addresses": [{"value": "鬼無里"}],
    "custom_fields": {"nickname": "はなちゃん"},
    "created_at": "2026-01-01T00:00:00Z",
    "is_private": False,
}
APPLICATION = {
    "id": 9,
    "candidate_id": 7,
    "status": "rejected",
    "current_stage": {"id": 1, "name": "一次面接"},
    "source": {"public_name": "Indeed"},
    "rejected_at": "2026-02-01T00:00:00Z",
    "answers": [{"question": "自己紹介", "answer": "鵺野花子です"}],
    "location": {"address": "鬼無里"},
}


@pytest.fixture
def suppression() -> Suppression:
    bare = Suppression(b"key", {})
    return Suppression(
        b"key",
        {
            "candidate": {bare.digest("candidate", "gh", "7"): ALIAS},
            "application": {bare.digest("application", "gh", "9"): ALIAS},
            "address": {bare.digest("address", "hanako@example.com"): ALIAS},
        },
    )


def arrive(suppression: Suppression, name: str, *records: dict, parent: str | None = None) -> list[dict]:
    stream = Stream(name, COLUMNS, ("id",))
    rows = pl.DataFrame(
        [(str(r["id"]), parent, None, json.dumps(r, ensure_ascii=False), str(r["id"])) for r in records],
        schema=dict.fromkeys((*COLUMNS, "_key"), pl.String),
        orient="row",
    )
    masked = suppression.blank("gh", stream, suppression.replace_values(stream, rows))
    return [json.loads(text) for text in masked["record"]]


def test_a_candidate_keeps_id_and_times_and_nothing_else_of_the_person(suppression: Suppression) -> None:
    other = {**GREENHOUSE, "id": 8, "email_addresses": [{"value": "other@example.com"}]}
    hers, theirs = arrive(suppression, "candidates", GREENHOUSE, other)
    assert theirs == other
    assert hers["id"] == 7 and hers["created_at"] == GREENHOUSE["created_at"]
    assert hers["email_addresses"] == [{"value": f"{ALIAS}@erased.invalid"}]
    left = json.dumps(hers, ensure_ascii=False)
    assert not [t for t in ("花子", "鵺野", "example.com", "090", "鬼無里", "はなちゃん", "前の会社") if t in left]


def test_an_application_keeps_its_fate(suppression: Suppression) -> None:
    (hers,) = arrive(suppression, "applications", APPLICATION)
    kept = ("id", "candidate_id", "status", "current_stage", "source", "rejected_at")
    assert hers == {name: APPLICATION[name] for name in kept}


def test_what_hangs_on_an_application_is_masked_and_another_record_of_that_number_is_not(
    suppression: Suppression,
) -> None:
    note = {"id": 1, "notes": "鵺野花子さん", "submitted_at": "2026-01-20T00:00:00Z"}
    assert arrive(suppression, "feedback", note, parent="9") == [{"id": 1, "submitted_at": note["submitted_at"]}]
    job = {"id": 9, "name": "営業"}
    assert arrive(suppression, "jobs", job) == [job]


def test_the_same_address_under_a_new_id_is_the_same_person(suppression: Suppression) -> None:
    (hers,) = arrive(suppression, "candidates", {**GREENHOUSE, "id": 70})
    assert hers["id"] == 70 and "花子" not in json.dumps(hers, ensure_ascii=False)


def test_what_was_masked_once_is_masked_alike_again(suppression: Suppression) -> None:
    once = arrive(suppression, "candidates", GREENHOUSE)
    assert arrive(suppression, "candidates", *once) == once == arrive(suppression, "candidates", GREENHOUSE)


def test_nothing_loads_without_the_key_where_somebody_was_erased() -> None:
    with duckdb.connect() as connection:
        prepare_ops(connection)
        assert read_suppression(connection, None) is None
        connection.execute("insert into ops.suppressions values ('address', 'x', 'y', now()::timestamp)")
        with pytest.raises(LoadError, match=r"erasure\.key"):
            read_suppression(connection, None)
