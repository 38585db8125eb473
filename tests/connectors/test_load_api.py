"""Streams of an API: one transaction each, with their cursor."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from connectors.core import Connector, Run
from connectors.errors import ContractError, SourceError, TombstoneError
from tests.connectors.loading import Company, Settings

Pages = list[list[dict[str, Any]]]


class Api:
    """A connector of one stream `applications` that answers with `pages` and remembers what it was asked since."""

    def __init__(self, root: Path, pages: Pages, write: Any = "delta") -> None:
        self.pages = pages
        self.asked: list[str | None] = []
        self.fail_after: int | None = None
        connector = Connector("api", Settings)

        @connector.stream(columns=("id", "updated_at", "record"), primary_key=("id",), write=write, cursor="updated_at")
        def applications(run: Run) -> Iterator[pl.DataFrame]:
            self.asked.append(run.since)
            for number, page in enumerate(self.pages):
                if number == self.fail_after:
                    raise ConnectionError("the connection was cut")
                yield pl.DataFrame(page, schema=dict.fromkeys(page[0], pl.String) if page else None)

        self.company = Company(root, connector)
        self.company.settings = self.company.settings.model_copy(update={"load": None})

    def cursor(self) -> list[tuple[Any, ...]]:
        return self.company.rows("select source, stream, cursor, load_id from ops.cursors")


def record(key: str, updated: str, text: str = "{}") -> dict[str, str]:
    return {"id": key, "updated_at": updated, "record": text}


def test_a_stream_is_asked_for_what_is_new_since_its_cursor(tmp_path: Path) -> None:
    api = Api(tmp_path, [[record("1", "2025-07-02"), record("2", "2025-07-03")], [record("3", "2025-07-01")]])
    report = api.company.load()
    assert (report.rows_loaded, api.asked) == (3, [None])
    assert api.cursor() == [("ats", "applications", "2025-07-03", 1)]
    api.pages = [[record("2", "2025-07-03"), record("1", "2025-07-09", '{"x":1}')]]
    report = api.company.load()
    assert (report.rows_loaded, report.rows_unchanged, api.asked) == (1, 1, [None, "2025-07-03"])
    assert api.cursor() == [("ats", "applications", "2025-07-09", 2)]
    assert api.company.rows("select cursor, rows_in from ops.loads order by load_id") == [
        ("2025-07-03", 3),
        ("2025-07-09", 2),
    ]


def test_an_answer_without_records_keeps_the_cursor_and_makes_a_typed_table(tmp_path: Path) -> None:
    api = Api(tmp_path, [])
    assert api.company.load().rows_in == 0
    kinds = dict(api.company.rows("select column_name, column_type from (describe raw_ats.applications)"))
    assert kinds["record"] == "VARCHAR" and kinds["_row_hash"] == "BIGINT" and kinds["_extracted_at"] == "TIMESTAMP"
    api.pages = [[record("1", "2025-07-02")]]
    api.company.load()
    api.pages = []
    api.company.load()
    assert api.cursor()[0][2] == "2025-07-02"


def test_a_connection_cut_in_the_middle_loads_nothing_and_moves_no_cursor(tmp_path: Path) -> None:
    api = Api(tmp_path, [[record("1", "2025-07-02")], [record("2", "2025-07-03")]])
    api.fail_after = 1
    with pytest.raises(SourceError, match=r"ats.applications: ConnectionError: the connection was cut"):
        api.company.load()
    assert api.company.versions("applications") == 0 and api.cursor() == []
    api.fail_after = None
    assert api.company.load().rows_loaded == 2
    assert api.asked == [None, None]


def test_a_full_stream_is_always_asked_for_all_and_its_vanished_keys_are_deleted(tmp_path: Path) -> None:
    ten = [record(str(n), "2025-07-02") for n in range(10)]
    api = Api(tmp_path, [ten], write="full")
    api.company.load()
    api.pages = [ten[1:]]
    assert api.company.load().rows_tombstoned == 1
    assert api.asked == [None, None]
    api.pages = [ten[5:]]
    with pytest.raises(TombstoneError, match="4 of 9"):
        api.company.load()


def test_a_full_refresh_asks_for_all_again(tmp_path: Path) -> None:
    api = Api(tmp_path, [[record("1", "2025-07-02")]])
    api.company.load()
    assert api.company.load(full_refresh=True).rows_unchanged == 1
    assert api.asked == [None, None]


def test_a_record_without_its_key_breaks_the_contract(tmp_path: Path) -> None:
    api = Api(tmp_path, [[record("1", "2025-07-02"), {"id": "", "updated_at": "2025-07-03", "record": "秘密"}]])
    with pytest.raises(ContractError, match="a key is empty in record 2") as caught:
        api.company.load()
    assert "秘密" not in str(caught.value)
    assert api.company.versions("applications") == 0


def test_a_key_that_comes_twice_keeps_the_later_record(tmp_path: Path) -> None:
    api = Api(tmp_path, [[record("1", "a", "old")], [record("1", "b", "new"), record("1", "b", "new")]])
    report = api.company.load()
    assert (report.rows_loaded, report.rows_unchanged) == (2, 1)
    assert api.company.current("applications", "record") == [("1", "new")]
