"""An address stands in a column that no field holds: linking reads it there, and a place alone is no address."""

from __future__ import annotations

import json
from pathlib import Path

import duckdb
import polars as pl

from orchestration.addresses import with_addresses
from tests.conftest import call

ROWS = [
    ("a", "C1", {"住所": "東京都 港区1-2-3", "郵便番号": "105-0000", "備考": "x"}, "2026-01-01"),
    ("a", "C1", {"住所": "大阪府 大阪市9-9"}, "2025-01-01"),  # what it was before
    ("a", " C2 ", {"City": "London", "street": '1 "High" St', "State": " "}, "2026-01-01"),
    ("a", "C3", {"備考": "住所は不明"}, "2026-01-01"),
    ("b", "C1", None, "2026-01-01"),
]


def test_the_parts_of_an_address_are_put_together_the_coarser_first() -> None:
    with duckdb.connect() as connection:
        connection.execute("create schema raw; create table rows (source varchar, candidate_id varchar, _extra varchar,"
            " _extracted_at timestamp, _load_id bigint, _row_number bigint)")  # fmt: skip
        for number, (source, candidate, extra, at) in enumerate(ROWS):
            told = None if extra is None else json.dumps(extra, ensure_ascii=False)
            connection.execute("insert into rows values (?, ?, ?, ?, 1, ?)", [source, candidate, told, at, number])
        connection.execute("create view raw.table__candidates as from rows")
        keys = {"source": ["a", "a", "a", "b"], "candidate_id": ["C1", "C2", "C3", "C1"]}
        found = with_addresses(connection, pl.DataFrame(keys))
    assert found["address"].to_list() == ["105-0000 東京都 港区1-2-3", 'London 1 "High" St', None, None]


def test_without_such_a_column_there_is_no_address() -> None:
    with duckdb.connect() as connection:
        frame = with_addresses(connection, pl.DataFrame({"source": ["a"], "candidate_id": ["C1"]}))
    assert frame["address"].to_list() == [None]


def test_a_name_links_with_an_address_and_not_with_a_place(tmp_path: Path) -> None:
    inbox = tmp_path / "home" / "inbox"
    inbox.mkdir(parents=True)
    (inbox.parent / "tsunagu.yml").write_text(
        "company: {name: 例}\nsources:\n  t: {connector: table, path: inbox}\n", encoding="utf-8"
    )
    # Strangers, without whom no name is rare.
    rows = [f"S{n},架空{n} 他人{n},カクウ{n} タニン{n},,札幌市中央区{n}条{n}" for n in range(1500)]
    for name, kana, address in (
        ("勅使河原 実験子", "テシガワラ ジッケンコ", "東京都港区芝9丁目8番7号"),
        ("乙丸 試験男", "オトマル シケンオ", "東京都"),
    ):
        rows += [f"{name}{n},{name},{kana},{n}@example.com,{address}" for n in (1, 2)]
    (inbox / "candidates.csv").write_text(
        "\n".join(["candidate_id,full_name,kana,email,現住所", *rows]) + "\n", encoding="utf-8"
    )
    done = call(tmp_path / "home", "run", "--as-of", "2026-09-30")
    assert done.returncode == 0, done.stdout + done.stderr
    with duckdb.connect(str(tmp_path / "home" / "warehouse.duckdb"), read_only=True) as warehouse:
        linked = warehouse.execute(
            "select candidate_id, other_candidate_id, rule from identity.person_links"
        ).fetchall()
        evidence = warehouse.execute("select evidence from identity.person_links").fetchall()
    assert linked == [("勅使河原 実験子1", "勅使河原 実験子2", "likeness")]
    assert "the address" in evidence[0][0] and "芝" not in evidence[0][0]
