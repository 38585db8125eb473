"""Backup and restore: an equal warehouse, held by checksums, whole or not at all."""

from __future__ import annotations

import json
import shutil
import stat
from pathlib import Path

import duckdb
import pytest

from connectors.errors import CheckFailed, UsageError
from connectors.operating import WarehouseLimits
from connectors.settings import Company, Home
from orchestration.backup import back_up, known_backups, restore
from orchestration.publish import publish
from orchestration.warehouse import connect
from tests.conftest import call
from tests.test_pipeline import DAY, content

TYPES = (
    "create table raw_t.many (h hugeint, d decimal(18,2), t timestamp, z timestamptz, b boolean, l varchar[],"
    " e enum('x', 'y'), \"名 前\" varchar, f double, day date, u uuid, i interval)"
)
ROW = (
    "(170141183460469231731687303715884105727, 1.25, '2026-01-02 03:04:05.678901', '2026-01-02 03:04:05+09', true,"
    " ['a', null], 'y', '𠮷野', 0.1, '2026-02-28', '6ccd780c-baba-1026-9564-5b8c656024db', interval 3 month)"
)


def make_home(folder: Path) -> Home:
    folder.mkdir()
    home = Home(folder, Company(name="株式会社テスト"), {}, (), None, WarehouseLimits(memory_limit="1GB"))
    home.state.mkdir()
    return home


def fill(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute("create schema raw_t; create schema ops; create schema marts; create schema staging")
    connection.execute(TYPES)
    connection.execute(
        f"insert into raw_t.many values {ROW}, (null,null,null,null,null,null,null,'',null,null,null,null)"
    )
    connection.execute("create table ops.runs (run_id varchar primary key, n bigint)")
    connection.execute("insert into ops.runs values ('a', 1)")
    connection.execute("create table marts.mart_x as select 1 as n")
    connection.execute("comment on table marts.mart_x is 'it''s 件数'; comment on column marts.mart_x.n is '数'")
    connection.execute("create table staging.left_out as select 1 as n")


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = make_home(tmp_path / "home")
    with connect(home) as warehouse:
        fill(warehouse)
    (home.root / "identity.key").write_text("k" * 64, encoding="utf-8")
    return home


def rows_of(home: Home) -> dict[str, object]:
    with connect(home, read_only=True) as warehouse:
        tables = warehouse.execute(
            "select schema_name, table_name, comment from duckdb_tables()"
            " where schema_name <> 'staging' and table_name <> 'backups' order by all"
        ).fetchall()
        return {
            f"{s}.{t}": (
                comment,
                warehouse.execute(f"describe {s}.{t}").fetchall(),
                warehouse.execute(f"from {s}.{t}").fetchall(),
            )
            for s, t, comment in tables
        }


def test_a_restored_warehouse_is_equal_in_tables_types_keys_and_comments(home: Home, tmp_path: Path) -> None:
    back_up(home, tmp_path / "backup")
    other = make_home(tmp_path / "other")
    restore(other, tmp_path / "backup")
    assert rows_of(other) == rows_of(home)
    assert (other.root / "identity.key").read_text(encoding="utf-8") == "k" * 64
    assert publish(other).rows == {"mart_x": 1}
    for each, known in ((home, [tmp_path / "backup"]), (other, [])):
        with connect(each, read_only=True) as warehouse:
            assert known_backups(warehouse) == known
    private = [(tmp_path / "backup"), *(tmp_path / "backup").iterdir(), other.warehouse, other.root / "identity.key"]
    assert [path for path in private if stat.S_IMODE(path.stat().st_mode) & 0o077] == []


def test_a_warehouse_of_an_older_storage_format_is_upgraded_by_restore(tmp_path: Path) -> None:
    home = make_home(tmp_path / "home")
    with duckdb.connect() as memory:
        memory.execute(f"attach '{home.warehouse}' as old (storage_version 'v1.0.0'); use old")
        fill(memory)
    before = rows_of(home)
    back_up(home, tmp_path / "backup")
    restore(home, tmp_path / "backup", replace=True)
    assert rows_of(home) == before
    with connect(home, read_only=True) as warehouse:
        tags = warehouse.execute("select tags from duckdb_databases() where database_name = 'warehouse'").fetchall()
    assert tags[0][0]["storage_version"].startswith("v2.")


def test_nothing_there_is_overwritten_unless_told(home: Home, tmp_path: Path) -> None:
    back_up(home, tmp_path / "backup")
    with pytest.raises(UsageError, match="there already"):
        back_up(home, tmp_path / "backup")
    with pytest.raises(UsageError, match="--replace"):
        restore(home, tmp_path / "backup")
    other = make_home(tmp_path / "other")
    (other.root / "identity.key").write_text("another", encoding="utf-8")
    with pytest.raises(UsageError, match="another than the backup"):
        restore(other, tmp_path / "backup")
    assert not other.warehouse.exists()


@pytest.mark.parametrize("damage", ["flip", "remove", "manifest", "inject"])
def test_a_damaged_backup_is_refused_before_anything_is_touched(home: Home, tmp_path: Path, damage: str) -> None:
    folder = tmp_path / "backup"
    back_up(home, folder)
    table, manifest = folder / "raw_t.many.parquet", folder / "manifest.json"
    if damage == "flip":
        data = bytearray(table.read_bytes())
        data[len(data) // 2] ^= 1
        table.write_bytes(data)
    elif damage == "remove":
        table.unlink()
    elif damage == "manifest":
        manifest.write_bytes(manifest.read_bytes()[:-40])
    else:
        told = json.loads(manifest.read_text(encoding="utf-8"))
        told["tables"][0]["columns"][0]["type"] = "BIGINT); drop schema ops cascade; --"
        manifest.write_text(json.dumps(told), encoding="utf-8")
    before = home.warehouse.read_bytes()
    with pytest.raises(CheckFailed):
        restore(home, folder, replace=True)
    assert home.warehouse.read_bytes() == before
    assert sorted(path.name for path in home.root.iterdir()) == [".tsunagu", "identity.key", "warehouse.duckdb"]


def test_the_run_after_a_restore_finds_nothing_new_and_publishes_the_same(company_a: Path, tmp_path: Path) -> None:
    home = shutil.copytree(company_a, tmp_path / "home")
    before = content(home / "marts.duckdb")
    done = call(home, "backup", str(tmp_path / "backup"))
    assert done.returncode == 0, done.stderr
    for name in ("warehouse.duckdb", "marts.duckdb"):
        (home / name).unlink()
    shutil.rmtree(home / ".tsunagu")
    done = call(home, "restore", str(tmp_path / "backup"))
    assert done.returncode == 0, done.stderr
    done = call(home, "publish")
    assert done.returncode == 0, done.stderr
    assert content(home / "marts.duckdb") == before
    done = call(home, "run", *DAY)
    assert done.returncode == 0, done.stderr
    row = next(line for line in done.stdout.splitlines() if line.startswith("│ t "))
    assert int(row.split("│")[3]) == 0
    assert content(home / "marts.duckdb") == before
