"""The lake: what the warehouse holds, written once, old or new for every reader, and without whoever was erased."""

from __future__ import annotations

import json
import multiprocessing
import shutil
import stat
import time
from contextlib import nullcontext
from pathlib import Path
from random import Random

import duckdb
import pytest
from rich.console import Console

from connectors import load
from connectors.errors import CheckFailed, SettingsError, TsunaguError, UsageError
from connectors.settings import Home, load_home
from orchestration import erase
from orchestration.defs.ingest import run_of
from orchestration.lake.export import export, export_due
from orchestration.lake.manifest import open_lake, read_manifest
from orchestration.lake.places import find_folder, known_lakes
from orchestration.new_home import make_home
from orchestration.progress import Reporter
from orchestration.publish import publish
from orchestration.publishing import publish_again
from orchestration.session import hold_session
from orchestration.spark_build import require_spark
from orchestration.transform import Dbt
from orchestration.warehouse import connect
from tests.conftest import call
from tests.orchestration.test_erase import ADDRESS, STRINGS

KILLS = 20


def home_of(company: Path, folder: Path) -> Home:
    return load_home(shutil.copytree(company, folder / "home"))


def load_again(home: Home, name: str, text: str) -> None:
    (home.root / "inbox" / "template" / name).write_text(text, encoding="utf-8")
    source = home.sources["t"]
    with connect(home) as connection:
        load.load_source(connection, source.connector, run_of(home, source))


def read_lake(folder: Path) -> dict[str, list[tuple]]:
    with duckdb.connect() as memory:
        memory.execute("set TimeZone = 'UTC'")
        open_lake(memory, folder)
        names = memory.execute(
            "select schema_name || '.' || view_name from duckdb_views() where not internal order by 1"
        ).fetchall()
        return {name: memory.execute(f"from {name} order by all").fetchall() for (name,) in names}


def stamps(folder: Path) -> dict[str, int]:
    return {
        path.relative_to(folder).as_posix(): path.stat().st_mtime_ns for path in folder.rglob("*") if path.is_file()
    }


def test_any_reader_of_parquet_gets_what_the_models_read(company_a: Path, tmp_path: Path) -> None:
    home, folder = home_of(company_a, tmp_path), tmp_path / "lake"
    done = export(home, folder)
    found = read_lake(folder)
    with connect(home, read_only=True) as warehouse:
        for name, rows in found.items():
            left_out = " replace (null as value, null as record, null as reason)" if name == "ops.quarantine" else ""
            assert rows == warehouse.execute(f"select *{left_out} from {name} order by all").fetchall(), name
        raw = warehouse.execute("select count(*) from duckdb_views() where schema_name = 'raw'").fetchall()
    assert [(sum(name.startswith("raw.") for name in found),)] == raw
    assert len(found["raw.table__applications"]) == 60 and len(found["identity.person_xref"]) == 58
    assert {"marts.fct_quota_ledger", "ops.label_folds", "ops.run_parameters"} <= found.keys()
    kinds = {row[1] for row in duckdb.sql(f"describe from read_parquet('{folder}/raw/*/*/*/*.parquet')").fetchall()}
    assert kinds <= {"VARCHAR", "BIGINT", "BOOLEAN", "TIMESTAMP"}
    assert done.written == done.files == len(stamps(folder)) - 1
    modes = {stat.S_IMODE(path.stat().st_mode) & 0o077 for path in (folder, *folder.rglob("*"))}
    assert modes == {0}


def test_an_export_writes_what_is_new_and_nothing_twice(company_a: Path, tmp_path: Path) -> None:
    home, folder = home_of(company_a, tmp_path), tmp_path / "lake"
    export(home, folder)
    before = stamps(folder)
    assert export(home, folder).written == 0
    assert stamps(folder) == before
    load_again(home, "jobs_2026-10-01.csv", "job_id,title,remarks\nJ-new,新しい職種,x\n")
    done = export(home, folder)
    after = stamps(folder)
    new = {name.rsplit("-", 1)[0] for name in after.keys() - before.keys()}
    (load_id,) = {int(name.split("load=")[1].split("/")[0]) for name in new if name.startswith("raw/")}
    assert new == {f"raw/source=t/stream=jobs/load={load_id}/rows", "facts/ops/loads"}
    assert done.written == 2
    assert {name for name in before if after.get(name) != before[name]} == {"manifest.json"}
    assert ("J-new",) in [row[1:2] for row in read_lake(folder)["raw.table__jobs"]]
    # What the state before had beside goes with the next export: its readers have until then.
    load_again(home, "jobs_2026-10-02.csv", "job_id,title\nJ-newer,更に\n")
    export(home, folder)
    assert len([name for name in stamps(folder) if name.startswith("facts/ops/loads")]) == 2


def run_export(root: Path, folder: Path) -> None:
    export(load_home(root), folder)


def test_a_killed_export_leaves_the_old_state_or_the_new_one(company_a: Path, tmp_path: Path) -> None:
    home, folder = home_of(company_a, tmp_path), tmp_path / "lake"
    export(home, folder)
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["orchestration.lake.export", "connectors.sources.table"])
    random, seen = Random(20), {"old": 0, "new": 0}
    began = time.monotonic()
    run = context.Process(target=run_export, args=(home.root, tmp_path / "whole"))
    run.start()
    run.join()
    seconds = time.monotonic() - began
    found = read_lake(folder)
    for number in range(KILLS):
        old = found
        load_again(home, f"jobs_{number:02}.csv", f"job_id,title\nK{number},職種{number}\n")
        run = context.Process(target=run_export, args=(home.root, folder))
        run.start()
        time.sleep(random.uniform(0, seconds))
        run.kill()  # SIGKILL; nothing where it has ended
        run.join()
        found = read_lake(folder)
        export(home, tmp_path / "whole")
        new = read_lake(tmp_path / "whole")
        assert found in (old, new)
        seen["new" if found == new else "old"] += 1
    export(home, folder)
    assert read_lake(folder) == new
    lake = read_manifest(folder)
    assert lake is not None
    assert {part.file for part in lake.parts()} | {"manifest.json"} >= {
        name for name in stamps(folder) if name.startswith("raw/")
    }
    assert min(seen.values()) > 0, seen  # both were met, so the moments were not all before or after


def test_nobody_who_was_erased_is_left_in_a_lake(company_a: Path, tmp_path: Path) -> None:
    home = home_of(company_a, tmp_path)
    inside, outside, moved = home.root / "lake", tmp_path / "outside", tmp_path / "moved"
    for folder in (inside, outside, moved):
        export(home, folder)
    moved.rename(tmp_path / "elsewhere")
    assert any(text in str(read_lake(inside)) for text in STRINGS)
    receipt = erase.erase(home, erase.by_address(ADDRESS), "request, by address")
    assert [line for line in receipt.left if "lake" in line] == [f"{moved} (a lake that is not there now)"]
    # What the run that makes the marts again does before it publishes.
    done = export_due(home)
    assert sorted(each.folder for each in done) == sorted([inside, outside])
    for folder in (inside, outside):
        lake = read_manifest(folder)
        assert lake is not None and stamps(folder).keys() == {p.file for p in lake.parts()} | {"manifest.json"}
        with duckdb.connect() as memory:
            for path in sorted(folder.rglob("*.parquet")):
                told = "\n".join(map(str, memory.execute("from read_parquet(?)", [str(path)]).fetchall()))
                assert [text for text in STRINGS if text in told] == [], path.name
    assert export_due(home) == []


def test_a_lake_whose_first_export_was_killed_is_known_to_an_erasure(company_a: Path, tmp_path: Path) -> None:
    home, folder = home_of(company_a, tmp_path), tmp_path / "lake"
    run_export(home.root, folder)
    with connect(home) as warehouse:
        # As a kill between the manifest and the record of it leaves it.
        warehouse.execute("delete from ops.lakes where files > 0")
        assert list(known_lakes(warehouse)) == [folder]
    erase.erase(home, erase.by_address(ADDRESS), "request, by address")
    assert [each.folder for each in export_due(home)] == [folder]
    assert [text for text in STRINGS if text in str(read_lake(folder))] == []


def test_what_is_no_lake_is_not_touched(company_a: Path, tmp_path: Path) -> None:
    home, folder = home_of(company_a, tmp_path), tmp_path / "lake"
    with pytest.raises(UsageError, match="lake: {folder: FOLDER} there, or --to FOLDER"):
        find_folder(home)
    folder.mkdir()
    (folder / "mine.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(TsunaguError, match="neither empty nor a lake"):
        export(home, folder)
    assert [path.name for path in folder.iterdir()] == ["mine.txt"]
    (folder / "manifest.json").write_text(json.dumps({"format": 99}), encoding="utf-8")
    with pytest.raises(CheckFailed, match="another format"):
        export(home, folder)
    with duckdb.connect() as memory, pytest.raises(UsageError, match="is no lake"):
        open_lake(memory, tmp_path)


def test_the_command_says_what_it_wrote(company_a: Path, tmp_path: Path) -> None:
    home = home_of(company_a, tmp_path)
    said = [call(home.root, "lake", "export", "--to", str(tmp_path / "lake")).stdout for _ in range(2)]
    assert "new files" in said[0] and said[1].startswith("nothing new; the lake holds ")


def test_spark_as_the_engine_is_asked_for_before_anything_is_loaded(company_a: Path, tmp_path: Path) -> None:
    home = home_of(company_a, tmp_path)
    settings = home.root / "tsunagu.yml"
    settings.write_text(settings.read_text("utf-8") + "\npublish: {engine: spark}\n", encoding="utf-8")
    told = call(home.root, "run")
    assert told.returncode == 2 and "Spark cannot start here: no pyspark" in told.stderr
    assert "pip install 'tsunagu[spark]'" in told.stderr
    home = load_home(home.root)
    left = home.state / "spark" / "staging.db"
    left.mkdir(parents=True)
    with pytest.raises(UsageError, match="Spark cannot start here"):
        publish_again(home, Console(quiet=True))
    assert not left.parent.exists()  # what a killed build left: staging, with persons in it
    with (
        pytest.raises(UsageError, match="Spark cannot start here"),
        hold_session(home, Dbt(home), Reporter(), "scheduled", "schedule"),
    ):
        raise AssertionError("a scheduled run loads")
    with connect(home, read_only=True) as warehouse:
        kept = warehouse.execute("select status, message from ops.runs where run_id = 'scheduled'").fetchall()
    assert [(status, "Spark cannot start here" in message) for status, message in kept] == [("failed", True)]


@pytest.mark.parametrize(
    ("told", "is_allowed"),
    [
        ('{master: "local[4]", memory: 6g}', True),
        ('{master: "spark://one.example.com:7077"}', True),
        ('{master: "sc://one.example.com:15002"}', True),
        ("{master: yarn}", False),
        ('{master: "local[0]"}', False),
        ('{master: "spark://one.example.com"}', False),
        ("{memory: 2 GB}", False),
    ],
)
def test_where_spark_works_is_a_setting(told: str, is_allowed: bool, tmp_path: Path) -> None:
    make_home(tmp_path)
    with (tmp_path / "tsunagu.yml").open("a", encoding="utf-8") as file:
        file.write(f"\nspark: {told}\n")
    with nullcontext() if is_allowed else pytest.raises(SettingsError, match=r"tsunagu\.yml:\d+: spark\."):
        load_home(tmp_path)


def test_only_a_spark_that_runs_here_needs_java(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make_home(tmp_path)
    monkeypatch.setattr("orchestration.spark_build._has", lambda name: True)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UsageError, match="no java in .* on the PATH"):
        require_spark(load_home(tmp_path))
    with (tmp_path / "tsunagu.yml").open("a", encoding="utf-8") as file:
        file.write('\nspark: {master: "sc://one.example.com:15002"}\n')
    require_spark(load_home(tmp_path))


def test_what_another_engine_built_takes_the_place_of_the_warehouses(company_a: Path, tmp_path: Path) -> None:
    home, built = home_of(company_a, tmp_path), tmp_path / "built"
    files = built / "marts.db" / "mart_channel_total"
    files.mkdir(parents=True)
    with connect(home, read_only=True) as warehouse:
        warehouse.execute(
            "copy (select * replace ((n_applications + 1000)::integer as n_applications)"
            f" from marts.mart_channel_total) to '{files}/part-0.parquet' (format parquet)"
        )
        told = "select sum(n_applications) + 1000 * count(*) from marts.mart_channel_total"
        expected = warehouse.execute(told).fetchall()
        comments = warehouse.execute(
            "select column_name, data_type, comment from duckdb_columns() where schema_name = 'marts' order by all"
        ).fetchall()
    publish(home, built)
    with duckdb.connect(str(home.marts), read_only=True) as marts:
        assert marts.execute("select sum(n_applications) from mart_channel_total").fetchall() == expected
        assert (
            marts.execute(
                "select column_name, data_type, comment from duckdb_columns() where schema_name = 'main'"
                " and not internal order by all"
            ).fetchall()
            == comments
        )
