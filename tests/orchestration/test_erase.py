"""A person is erased from everything a home keeps, the numbers stay, and no export brings the person back."""

from __future__ import annotations

import json
import os
import shutil
import signal
import stat
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from connectors import load
from connectors.settings import load_home
from orchestration import erase
from orchestration.backup import back_up, known_backups, restore, verify
from orchestration.defs.ingest import run_of
from orchestration.warehouse import connect
from tests.conftest import SECRET, call
from tests.erasure import content, find_left

# Of golden company A: somebody with a registration at the agency, a rejection mail and a number that all tell of them.
ADDRESS, CANDIDATE, APPLICATION = "zq36.d16@mail1.example", "C00039", "A00040"
STRINGS = (ADDRESS, ADDRESS.upper(), "田井 井安田", "田井井安田", "タイ イアタ", "090-2000-0036", "09020000036")
CHANGED = {"dim_person", "mart_talent_pool"}


def scan(home: Path) -> list[str]:
    return find_left(home, STRINGS)


@pytest.fixture(scope="module")
def erased(company_a: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Company A after `tsunagu forget`. Read it, never change it."""
    home = shutil.copytree(company_a, tmp_path_factory.mktemp("erase") / "home")
    done = call(home, "forget", "--email", ADDRESS.upper())
    assert done.returncode == 0, done.stdout + done.stderr
    assert ADDRESS not in done.stdout.lower()
    (home.parent / "said.txt").write_text(done.stdout, encoding="utf-8")
    return home


def test_nothing_of_the_person_is_left_outside_the_inbox(company_a: Path, erased: Path) -> None:
    assert scan(company_a) != []
    assert scan(erased) == []


def test_every_number_is_what_it_was(company_a: Path, erased: Path) -> None:
    before, after = content(company_a / "marts.duckdb"), content(erased / "marts.duckdb")
    assert {table for table in before if before[table] != after.get(table)} <= CHANGED
    with duckdb.connect(str(erased / "marts.duckdb"), read_only=True) as marts:
        hers = marts.execute(
            "select p.is_anonymised, count(distinct t.person_id) from dim_person as p"
            " inner join fct_applications as a using (person_id) left join mart_talent_pool as t using (person_id)"
            " where a.application_id = ? group by all",
            [APPLICATION],
        ).fetchall()
    assert hers == [(True, 0)]
    changed = set(before["dim_person"]) ^ set(after["dim_person"])
    assert len(changed) == 2


def test_the_receipt_tells_no_name_and_lists_the_files_that_are_the_users(erased: Path) -> None:
    with duckdb.connect(str(erased / "warehouse.duckdb"), read_only=True) as warehouse:
        ((persons, raw_rows, left),) = warehouse.execute(
            "select persons, raw_rows, files_left from ops.erasures"
        ).fetchall()
    assert persons == 1 and raw_rows >= 4
    files = ["candidates.csv", "messages.csv", "relay_registrations.csv"]
    assert json.loads(left) == [f"inbox/template/{name}" for name in files]
    said = (erased.parent / "said.txt").read_text("utf-8")
    assert all(f"inbox/template/{name}" in said for name in files)
    for name in ("warehouse.duckdb", "erasure.key"):
        assert stat.S_IMODE((erased / name).stat().st_mode) == 0o600


def test_an_export_delivered_again_brings_nobody_back_and_every_row_is_counted(erased: Path, tmp_path: Path) -> None:
    root = shutil.copytree(erased, tmp_path / "home")
    for path in (root / "inbox" / "template").iterdir():
        path.write_bytes(path.read_bytes() + b"\n")  # other bytes, the same rows: each file is read again
    broken = root / "inbox" / "template" / "candidates_2026-10-01.csv"
    broken.write_text(f"candidate_id,full_name,email,birth_date\nX9,田井 井安田,{ADDRESS},never\n", "utf-8")
    home = load_home(root)
    source = home.sources["t"]
    with connect(home) as connection:
        report = load.load_source(connection, source.connector, run_of(home, source))
        counts = [vars(c) for c in report.streams.values()]
        quarantined = connection.execute(
            "select value, reason, record from ops.quarantine where file like '%2026-10-01%'"
        ).fetchall()
    assert sum(c["rows_in"] for c in counts) > 500
    assert all(c["rows_in"] == c["rows_loaded"] + c["rows_unchanged"] + c["rows_quarantined"] for c in counts)
    assert [c["rows_loaded"] for c in counts] == [0] * len(counts)
    assert quarantined == [(None, "erased person", None)]
    assert scan(root) == []


def test_what_others_say_of_the_person_goes_and_what_is_theirs_stays(company_a: Path, tmp_path: Path) -> None:
    root = shutil.copytree(company_a, tmp_path / "home")
    inbox = root / "inbox" / "template"
    (inbox / "evaluations_2026-10-01.csv").write_text(
        "evaluation_id,application_id,interviewer_label,score,comment\n"
        "V1,A00041,田井井安田,3,田井 井安田さんの紹介。\nV2,A00041,別の人,3,よい。\n"
        f"V3,{APPLICATION},別の人,3,住所は横浜。\n",
        "utf-8",
    )
    (inbox / "candidates_2026-10-02.csv").write_text(
        "candidate_id,full_name,email,birth_date,住所\n"
        f"C00039,田井 井安田,{ADDRESS},1962-02-06,秘密の番地\nX9,田井 井安田,,never,\n",
        "utf-8",
    )
    (root / ".tsunagu" / "spool" / "api").mkdir(parents=True)
    (root / ".tsunagu" / "spool" / "api" / "x.jsonl").write_text(ADDRESS)
    (root / "logs" / "old.log").write_bytes("田井 井安田".encode("iso2022_jp"))
    home = load_home(root)
    source = home.sources["t"]
    with connect(home) as connection:
        load.load_source(connection, source.connector, run_of(home, source))
        assert connection.execute("select count(*) from ops.quarantine where record like '%井安田%'").fetchall() != [
            (0,)
        ]
    receipt = erase.erase(home, erase.by_address(ADDRESS), "request, by address")
    assert receipt.quarantine_lines == 1 and receipt.removed == ["logs/old.log"]
    assert scan(root) == []
    with connect(home) as connection:
        said = connection.execute(
            "select evaluation_id, interviewer_label = '別の人', comment from raw_t.evaluations"
            " where evaluation_id like 'V%' order by all"
        ).fetchall()
        kept = connection.execute(
            "select count(*) from raw_t.candidates where _extra like '%番地%' and candidate_id = ?", [CANDIDATE]
        ).fetchall()
    assert said == [("V1", False, None), ("V2", True, "よい。"), ("V3", True, None)]
    assert kept == [(0,)]


def test_backups_are_rewritten_and_a_restored_one_knows_who_was_erased(company_a: Path, tmp_path: Path) -> None:
    root = shutil.copytree(company_a, tmp_path / "home")
    inside, outside, moved = root / "backups" / "1", tmp_path / "outside", tmp_path / "moved"
    home = load_home(root)
    for folder in (inside, outside, moved):
        back_up(home, folder)
    moved.rename(tmp_path / "elsewhere")
    made_at = json.loads((outside / "manifest.json").read_text("utf-8"))["made_at"]
    receipt = erase.erase(home, erase.by_address(ADDRESS), "request, by address")
    assert receipt.backups == 2
    assert [line for line in receipt.left if "backup" in line] == [f"{moved} (a backup that is not there now)"]
    assert not any(line.startswith("backups/") for line in receipt.left)
    for folder in (inside, outside):
        assert not list(folder.parent.glob(f"{folder.name}.*"))
        with duckdb.connect() as memory:
            for path in sorted(folder.glob("*.parquet")):
                told = "\n".join(map(str, memory.execute("from read_parquet(?)", [str(path)]).fetchall()))
                assert [text for text in STRINGS if text in told] == [], path.name
    assert json.loads((outside / "manifest.json").read_text("utf-8"))["made_at"] == made_at
    other = tmp_path / "other"
    shutil.copytree(root / "inbox", other / "inbox")
    shutil.copyfile(root / "tsunagu.yml", other / "tsunagu.yml")
    restore(load_home(other), outside)
    for path in (other / "inbox" / "template").iterdir():
        path.write_bytes(path.read_bytes() + b"\n")
    done = call(other, "run", "--as-of", "2026-09-30")
    assert done.returncode == 0, done.stdout + done.stderr
    assert scan(other) == []
    before, after = content(company_a / "marts.duckdb"), content(other / "marts.duckdb")
    assert {table for table in before if before[table] != after.get(table)} <= CHANGED


@pytest.mark.parametrize("moment", ["between", "after"])
def test_a_kill_while_a_backup_is_swapped_leaves_one_of_the_two(company_a: Path, tmp_path: Path, moment: str) -> None:
    root = shutil.copytree(company_a, tmp_path / "home")
    home, folder, old = load_home(root), tmp_path / "backup", tmp_path / "backup.old"
    back_up(home, folder)
    if moment == "between":
        folder.rename(old)
    else:
        shutil.copytree(folder, old)
    with connect(home, read_only=True) as warehouse:
        assert known_backups(warehouse) == [folder]
    assert verify(folder) and not old.exists()


KILLED = """
import os, signal, sys
from pathlib import Path
from connectors.settings import load_home
from orchestration import erase
point, step = sys.argv[2], getattr(erase, sys.argv[2].split(":")[0])
def die(*args, **kwargs):
    if point.endswith(":after"):
        step(*args, **kwargs)
    os.kill(os.getpid(), signal.SIGKILL)
setattr(erase, point.split(":")[0], die)
erase.erase(load_home(Path(sys.argv[1])), erase.by_address(sys.argv[3]), "request, by address")
"""


@pytest.mark.parametrize("point", ["_swap:before", "_swap:after"])
def test_a_killed_erasure_is_not_begun_or_is_done_when_asked_again(company_a: Path, tmp_path: Path, point: str) -> None:
    root = shutil.copytree(company_a, tmp_path / "home")
    before = (root / "warehouse.duckdb").read_bytes()
    ended = subprocess.run(
        [sys.executable, "-c", KILLED, str(root), point, ADDRESS], env={**os.environ, **SECRET}, timeout=120
    )
    assert ended.returncode == -signal.SIGKILL
    home = load_home(root)
    if point == "_swap:after":
        with erase.hold_home(home):
            erase.clear_leftovers(home)
    else:
        assert len(before) == len((root / "warehouse.duckdb").read_bytes())
        erase.erase(home, erase.by_address(ADDRESS), "request, by address")
    assert not list(root.glob("warehouse.duckdb.*"))
    assert scan(root) == []
    with duckdb.connect(str(root / "warehouse.duckdb"), read_only=True) as warehouse:
        assert warehouse.execute("select count(*) from ops.erasures").fetchall() == [(1,)]


def test_an_address_nobody_has_and_a_missing_key_are_told(erased: Path, tmp_path: Path) -> None:
    root = shutil.copytree(erased, tmp_path / "home")
    done = call(root, "forget", "--email", "nobody@example.com")
    assert done.returncode == 2 and "nobody here has this address" in done.stderr
    assert not list(root.glob("warehouse.duckdb.*"))
    again = call(root, "forget", "--email", ADDRESS)
    assert again.returncode == 0 and "erased before" in again.stdout
    (root / "erasure.key").unlink()
    home = load_home(root)
    source = home.sources["t"]
    with connect(home) as connection, pytest.raises(Exception, match="key by which they are known again is missing"):
        load.load_source(connection, source.connector, run_of(home, source))
