"""Publishing: whole or not at all, with comments, for engines from 1.4 on, and never under a reader's feet."""

from __future__ import annotations

import dataclasses
import os
import stat
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from connectors.errors import TsunaguError, UsageError, WarehouseBusy
from connectors.settings import Company, Home, Publishing, WarehouseLimits
from orchestration.lock import hold_home
from orchestration.publish import publish, published_versions, roll_back
from orchestration.warehouse import connect, connect_marts


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = Home(tmp_path, Company(name="株式会社テスト"), {}, (), None, WarehouseLimits(memory_limit="1GB"))
    home.state.mkdir()
    with connect(home) as warehouse:
        warehouse.execute("create schema marts; create schema staging")
        warehouse.execute("create table staging.stg_t__candidates as select '山田' as full_name")
        warehouse.execute("create table marts.mart_x (month date, n bigint)")
        warehouse.execute("insert into marts.mart_x values ('2026-02-01', 2), ('2026-01-01', 1)")
        warehouse.execute("comment on table marts.mart_x is 'How many? 何件か。'")
        warehouse.execute("comment on column marts.mart_x.n is 'count, 件数'")
    return home


def test_the_published_file_holds_the_marts_and_nothing_else(home: Home) -> None:
    publication = publish(home)
    assert publication.rows == {"mart_x": 2}
    with connect_marts(home) as marts:
        assert marts.execute("select * from mart_x").fetchall()[0][1] == 1  # sorted, whatever the insert order
        assert marts.execute("select table_name from duckdb_tables()").fetchall() == [("mart_x",)]
    assert "山田".encode() not in home.marts.read_bytes()


def test_comments_travel_with_the_file(home: Home) -> None:
    publish(home)
    with connect_marts(home) as marts:
        assert marts.execute("select comment from duckdb_tables()").fetchone() == ("How many? 何件か。",)
        found = marts.execute("select comment from duckdb_columns() where column_name = 'n'").fetchone()
        assert found == ("count, 件数",)


def test_the_file_is_written_for_older_engines_and_read_only(home: Home) -> None:
    publish(home)
    with connect_marts(home) as marts:
        tags = marts.execute("select tags from duckdb_databases() where database_name = 'marts'").fetchone()
    assert tags is not None and tags[0]["storage_version"].startswith("v1.4")
    assert not home.marts.stat().st_mode & (stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH)


def test_a_reader_keeps_the_old_file_while_a_new_one_is_swapped_in(home: Home) -> None:
    publish(home)
    with connect_marts(home) as reader:
        with connect(home) as warehouse:
            warehouse.execute("insert into marts.mart_x values ('2026-03-01', 3)")
        before = home.marts.stat().st_ino
        publish(home)
        assert home.marts.stat().st_ino != before
        assert reader.execute("select count(*) from mart_x").fetchone() == (2,)
    with connect_marts(home) as reader:
        assert reader.execute("select count(*) from mart_x").fetchone() == (3,)


def test_the_same_marts_publish_the_same_content(home: Home) -> None:
    publish(home)
    with connect_marts(home) as marts:
        first = marts.execute("select * from mart_x").fetchall()
    with connect(home) as warehouse:
        warehouse.execute("create or replace table marts.mart_x as select * from marts.mart_x order by month desc")
    publish(home)
    with connect_marts(home) as marts:
        assert marts.execute("select * from mart_x").fetchall() == first


def test_what_a_killed_publication_left_beside_is_swept_away(home: Home) -> None:
    (home.root / "marts.duckdb.next").write_bytes(b"torn")
    assert publish(home).rows == {"mart_x": 2}
    assert not (home.root / "marts.duckdb.next").exists()


def test_reading_before_the_first_publication_says_what_to_do(home: Home) -> None:
    with pytest.raises(TsunaguError, match="tsunagu run"), connect_marts(home):
        pass


def test_a_second_process_is_told_who_holds_the_warehouse(home: Home) -> None:
    script = "import sys, duckdb; held = duckdb.connect(sys.argv[1]); print('open', flush=True); sys.stdin.read()"
    other = subprocess.Popen(
        [sys.executable, "-c", script, str(home.warehouse)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    try:
        assert other.stdout is not None and other.stdout.readline() == b"open\n"
        with pytest.raises(WarehouseBusy, match=str(other.pid)) as caught, connect(home):
            pass
        assert "marts.duckdb" in str(caught.value)
    finally:
        other.kill()
        other.wait()


def test_a_second_run_is_told_who_runs_and_a_dead_ones_lock_is_free(home: Home) -> None:
    with hold_home(home), pytest.raises(WarehouseBusy, match=str(os.getpid())), hold_home(home, wait_seconds=0):
        pass
    assert (home.state / "run.lock").exists()
    with hold_home(home, wait_seconds=0):
        pass


def test_duckdb_itself_opens_the_file_without_our_help(home: Home) -> None:
    publish(home)
    with duckdb.connect(str(home.marts), read_only=True) as plain:
        assert plain.execute("select sum(n) from mart_x").fetchone() == (3,)


def set_n(home: Home, n: int) -> None:
    with connect(home) as warehouse:
        warehouse.execute("update marts.mart_x set n = ?", [n])


def read_n(path: Path) -> int:
    with duckdb.connect(str(path), read_only=True) as marts:
        return marts.execute("select max(n) from mart_x").fetchall()[0][0]


def test_what_is_replaced_is_kept_read_only_up_to_the_number_set(home: Home) -> None:
    home = dataclasses.replace(home, publishing=Publishing(keep=2))
    for n in range(1, 6):
        set_n(home, n)
        publish(home)
    kept = published_versions(home)
    assert [read_n(path) for path in [*kept, home.marts]] == [3, 4, 5]
    assert all(not path.stat().st_mode & stat.S_IWUSR for path in kept)
    publish(dataclasses.replace(home, publishing=Publishing(keep=0)))
    assert published_versions(home) == []


def test_each_rollback_goes_back_one_version_until_there_is_none(home: Home) -> None:
    for n in (1, 2, 3):
        set_n(home, n)
        publish(home)
    assert roll_back(home).rows == {"mart_x": 2}
    assert read_n(home.marts) == 2
    # Killed once between keeping the file and replacing it: the version is the published file itself.
    os.link(home.marts, home.versions / "marts-000009.duckdb")
    roll_back(home)
    assert read_n(home.marts) == 1
    with pytest.raises(UsageError, match="no earlier version"):
        roll_back(home)
    assert read_n(home.marts) == 1
    publish(home)
    assert (read_n(home.marts), [read_n(path) for path in published_versions(home)]) == (3, [1])


def test_a_publication_that_fails_leaves_the_old_file_and_nothing_beside(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(home)
    before = home.marts.read_bytes()
    with connect(home) as warehouse:
        warehouse.execute("create table marts.mart_y (n bigint)")
        warehouse.execute("insert into marts.mart_x select '2026-01-01', range from range(10000)")
    monkeypatch.setattr("orchestration.publish._audit", lambda *_: (_ for _ in ()).throw(OSError("disk")))
    with pytest.raises(OSError, match="disk"):
        publish(home)
    assert home.marts.read_bytes() == before
    assert sorted(path.name for path in home.root.iterdir()) == [".tsunagu", "marts.duckdb", "warehouse.duckdb"]


READER = """
import pathlib, sys, time, duckdb
path, over, last = sys.argv[1], pathlib.Path(sys.argv[2]), 0
while not over.exists():
    with duckdb.connect(path, read_only=True) as marts:
        both = "(select v from mart_a union all select v from mart_b)"
        lowest, highest, rows = marts.execute("select min(v), max(v), count(*) from " + both).fetchall()[0]
    assert lowest == highest and rows == 40_000, (lowest, highest, rows)
    assert lowest >= last, (lowest, last)
    last = lowest
    with open(sys.argv[3], "ab") as reads:
        reads.write(b".")
"""


@pytest.mark.parametrize(("publications", "least"), [(15, 100), pytest.param(100, 2000, marks=pytest.mark.torture)])
def test_three_readers_see_every_publication_whole_and_in_order(
    home: Home, tmp_path: Path, publications: int, least: int
) -> None:
    over, reads = tmp_path / "over", tmp_path / "reads"
    reads.touch()

    def tell(version: int) -> None:
        with connect(home) as warehouse:
            for table in ("mart_a", "mart_b"):
                warehouse.execute(f"create or replace table marts.{table} as select {version} as v from range(20_000)")
        publish(home)

    tell(0)
    command = [sys.executable, "-c", READER, str(home.marts), str(over), str(reads)]
    readers = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(3)]
    version = 0
    while version < publications or reads.stat().st_size < least:
        version += 1
        tell(version)
        if any(reader.poll() for reader in readers):
            break
    over.touch()
    told = [(reader.communicate(timeout=60), reader.returncode) for reader in readers]
    assert [code for _, code in told] == [0, 0, 0], told
    print(reads.stat().st_size, "reads during", version, "publications")
