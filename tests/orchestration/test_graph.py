"""The asset graph as Dagster sees it: lineage, checks, what starts a run, and that runs never overlap."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import dagster as dg
import duckdb
import pytest

from connectors.settings import Home, load_home
from orchestration.definitions import JOB, build_definitions
from orchestration.defs.sensors import look_at_inboxes
from orchestration.transform import Dbt
from tests.conftest import ROOT, SECRET, SHARED, TSUNAGU, copy_home
from tests.test_pipeline import DAY, content


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A company in New York with the golden inbox: that its zone is not the default's matters to the schedule."""
    root = copy_home(SHARED / "golden" / "company-a", tmp_path_factory.mktemp("graph") / "home")
    settings = root / "tsunagu.yml"
    settings.write_text(
        settings.read_text(encoding="utf-8").replace("Asia/Tokyo", "America/New_York"), encoding="utf-8"
    )
    return load_home(root)


@pytest.fixture(scope="module")
def definitions(home: Home) -> dg.Definitions:
    with pytest.MonkeyPatch.context() as patch:
        for name in ("TSUNAGU_WAREHOUSE", "TSUNAGU_SPILL", "TSUNAGU_MEMORY_LIMIT", "TSUNAGU_THREADS"):
            patch.setenv(name, "")
        return build_definitions(home, Dbt(home))


def upstream(definitions: dg.Definitions, key: str) -> set[str]:
    """Every asset that `key` is made from, by way of others too."""
    graph = definitions.resolve_asset_graph()
    found: set[str] = set()
    waiting = {dg.AssetKey(key.split("/"))}
    while waiting:
        parents = {parent for each in waiting for parent in graph.get(each).parent_keys}
        waiting = {parent for parent in parents if parent.to_user_string() not in found}
        found |= {parent.to_user_string() for parent in parents}
    return found


def test_the_published_file_descends_from_the_raw_streams_by_every_layer(definitions: dg.Definitions) -> None:
    lineage = upstream(definitions, "published/marts")
    for asset in (
        *("raw_t/applications", "raw/table__applications", "staging/stg_table__applications"),
        *("identity/person_xref", "ops/label_folds", "ops/run_parameters", "marts/fct_applications"),
        *("marts/mart_channel", "marts/mart_channel_total", "marts/mart_stage_conversion", "marts/mart_rejection"),
        *("marts/mart_retention", "marts/fct_quota_ledger", "marts/mart_quota_balance", "marts/mart_relay_funnel"),
    ):
        assert asset in lineage, asset
    assert any(asset.startswith("core/int_") for asset in lineage)


def test_each_layer_is_made_from_the_one_before(definitions: dg.Definitions) -> None:
    graph = definitions.resolve_asset_graph()
    made_from = {
        "raw/table__applications": "raw_t/applications",
        "staging/stg_table__applications": "raw/table__applications",
        "identity/person_xref": "staging/stg_table__candidates",
        "published/marts": "marts/mart_channel",
    }
    for asset, source in made_from.items():
        parents = graph.get(dg.AssetKey(asset.split("/"))).parent_keys
        assert dg.AssetKey(source.split("/")) in parents, asset


def test_the_relay_stands_between_the_core_facts_and_its_marts(definitions: dg.Definitions) -> None:
    assert "marts/fct_applications" in upstream(definitions, "marts/fct_relay_referrals")
    assert "marts/fct_relay_referrals" in upstream(definitions, "marts/mart_quota_balance")
    assert "marts/mart_quota_balance" not in upstream(definitions, "marts/fct_quota_ledger")


def test_no_asset_is_left_outside_of_a_definition(definitions: dg.Definitions) -> None:
    graph = definitions.resolve_asset_graph()
    assert [key.to_user_string() for key in graph.external_asset_keys] == []


def test_dbt_tests_and_the_relays_own_checks_are_asset_checks(definitions: dg.Definitions) -> None:
    checks = definitions.resolve_asset_graph().asset_check_keys
    of = {key.asset_key.to_user_string() for key in checks}
    assert {"marts/fct_applications", "marts/mart_channel", "raw_t/application_reasons"} <= of
    assert any(name.startswith("marts/fct_quota_ledger") or name == "marts/mart_quota_balance" for name in of)
    assert len(checks) > 100


def test_one_job_holds_every_asset_and_is_what_schedule_and_sensor_start(definitions: dg.Definitions) -> None:
    assert [job.name for job in definitions.jobs or ()] == [JOB]  # type: ignore[union-attr]
    job = definitions.resolve_job_def(JOB)
    assert job.asset_layer.executable_asset_keys == definitions.resolve_asset_graph().materializable_asset_keys
    assert definitions.resolve_schedule_def("daily").job_name == JOB
    assert definitions.resolve_sensor_def("inbox").job_name == JOB


def test_the_daily_run_is_early_in_the_companys_own_zone(definitions: dg.Definitions) -> None:
    schedule = definitions.resolve_schedule_def("daily")
    assert schedule.execution_timezone == "America/New_York"
    assert schedule.default_status == dg.DefaultScheduleStatus.RUNNING
    assert schedule.cron_schedule == "30 5 * * *"


@pytest.fixture
def inbox(tmp_path: Path) -> Home:
    root = tmp_path / "home"
    (root / "inbox" / "template").mkdir(parents=True)
    shutil.copyfile(SHARED / "golden" / "company-a" / "tsunagu.yml", root / "tsunagu.yml")
    return load_home(root)


def test_a_file_is_reported_when_it_has_settled_and_each_content_once(inbox: Home) -> None:
    file = inbox.root / "inbox" / "template" / "jobs.csv"
    file.write_text("job_id\nJ1\n", encoding="utf-8")
    first = look_at_inboxes(inbox, {})
    assert first.settled == []
    with file.open("a", encoding="utf-8") as growing:
        growing.write("J2\n")
    second = look_at_inboxes(inbox, first.cursor)
    assert second.settled == [], "it grew between two looks"
    third = look_at_inboxes(inbox, second.cursor)
    assert len(third.settled) == 1 and third.settled[0].startswith("t/inbox/template/jobs.csv=")
    seen = look_at_inboxes(inbox, third.cursor).cursor

    def looks(seen: dict[str, dict[str, str]]) -> tuple[list[str], dict[str, dict[str, str]]]:
        once = look_at_inboxes(inbox, seen)
        twice = look_at_inboxes(inbox, once.cursor)
        return once.settled + twice.settled, twice.cursor

    os.utime(file, (1_700_000_000, 1_700_000_000))
    settled, seen = looks(seen)
    assert settled == [], "touched, with the same content"
    file = file.rename(file.with_name("jobs (1).csv"))
    settled, seen = looks(seen)
    assert settled == [], "the same content by another name"
    again = file.read_bytes()
    file.unlink()
    settled, seen = looks(seen)
    file.write_bytes(again)
    settled, seen = looks(seen)
    assert settled == [], "the same content dropped again"
    file.write_text("job_id\nJ3\n", encoding="utf-8")
    settled, seen = looks(seen)
    assert len(settled) == 1, "another content"


def test_a_file_half_copied_under_a_working_name_is_not_looked_at(inbox: Home) -> None:
    for name in (".jobs.csv.swp", "~$jobs.xlsx", "jobs.csv.part"):
        (inbox.root / "inbox" / "template" / name).write_text("job_id\nJ1\n", encoding="utf-8")
    assert look_at_inboxes(inbox, look_at_inboxes(inbox, {}).cursor).settled == []


def test_the_sensor_asks_for_one_run_for_all_that_settled_and_for_none_after(
    home: Home, definitions: dg.Definitions
) -> None:
    sensor = definitions.resolve_sensor_def("inbox")
    assert sensor.default_status == dg.DefaultSensorStatus.RUNNING
    requests, cursor = [], None
    with dg.DagsterInstance.ephemeral() as instance:
        for _ in range(4):
            with dg.build_sensor_context(instance=instance, cursor=cursor, definitions=definitions) as context:
                found = sensor.evaluate_tick(context)
            requests.append(found.run_requests or [])
            cursor = found.cursor
    assert [len(asked) for asked in requests] == [0, 1, 0, 0]
    assert requests[1][0].tags["tsunagu/trigger"] == "inbox"
    assert requests[1][0].run_key


def test_dagsters_own_validation_accepts_the_definitions(home: Home) -> None:
    clean = {key: value for key, value in os.environ.items() if not key.startswith(("TSUNAGU", "DAGSTER", "DBT"))}
    done = subprocess.run(
        [sys.executable, "-m", "dagster", "definitions", "validate", "-m", "orchestration.definitions"],
        cwd=ROOT,
        env={**clean, "TSUNAGU_HOME": str(home.root)},
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert done.returncode == 0, done.stderr[-3000:]


def test_two_runs_at_once_do_not_overlap_and_both_succeed(company_a: Path, tmp_path: Path) -> None:
    home = copy_home(company_a, tmp_path / "home")
    clean = {key: value for key, value in os.environ.items() if not key.startswith(("TSUNAGU", "DAGSTER", "DBT"))}
    command = [str(TSUNAGU), "run", "--home", str(home), *DAY]
    runs = [
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env={**clean, **SECRET})
        for _ in range(2)
    ]
    said = [run.communicate(timeout=600) for run in runs]
    assert [run.returncode for run in runs] == [0, 0], said
    assert sum("waiting for another run of this home" in out for out, _ in said) == 1
    with duckdb.connect(str(home / "warehouse.duckdb"), read_only=True) as warehouse:
        spans = warehouse.execute("select started_at, finished_at, status from ops.runs order by 1").fetchall()
        loads = warehouse.execute("select count(*) from ops.loads where rows_loaded > 0").fetchone()
    assert [span[2] for span in spans] == ["published", "published"]
    assert spans[0][1] <= spans[1][0]
    assert loads == (len(list((home / "inbox").rglob("*.csv"))),)
    assert content(home / "marts.duckdb") == content(company_a / "marts.duckdb")
