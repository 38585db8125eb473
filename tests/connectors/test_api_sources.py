"""The shipped API sources against servers that behave as theirs do, undisturbed and disturbed."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest

from connectors.errors import SourceError
from connectors.kit.server import Asked, FakeApi, Reply, serving
from tests.conftest import ROOT
from tests.fakes.ashby import KEY as ASHBY
from tests.fakes.ashby import Ashby
from tests.fakes.greenhouse import CLIENT, SECRET, Greenhouse
from tests.fakes.lever import KEY, Lever
from tests.fakes.loading import ApiHome
from tests.fakes.vendor import Vendor, api_connectors, find_vendors

VENDORS = find_vendors()
each_vendor = pytest.mark.parametrize("vendor", VENDORS, ids=lambda vendor: vendor.name)


def test_every_api_connector_has_a_server_to_be_tested_against() -> None:
    missing = set(api_connectors()) - {vendor.name for vendor in VENDORS}
    assert not missing, f"write tests/fakes/{min(missing)}.py with a `vendor` (see tests/fakes/vendor.py)"


def serve(fake: Any) -> AbstractContextManager[FakeApi]:
    return serving(fake.api)


@each_vendor
def test_a_disturbed_extraction_ends_with_the_rows_of_an_undisturbed_one(vendor: Vendor, tmp_path: Path) -> None:
    contents = []
    for disturbed in (False, True):
        fake = vendor.make()
        fake.page = 10

        def disturb(number: int, asked: Asked) -> Reply | None:
            told = {
                4: Reply({}, 429, {"Retry-After": "0"}),
                6: Reply({}, 500, {"Retry-After": "0"}),
                7: Reply({}, 503, {"Retry-After": "0"}),
                9: Reply([{"id": "half an answer"}], cut=5),
                11: Reply({}, 429, {"Retry-After": "0"}),
            }
            return told.get(number)

        if disturbed:
            fake.api.disturb = disturb
        with serve(fake) as api:
            home = ApiHome(tmp_path / str(disturbed), vendor.name, **vendor.settings(api.base))
            report = home.load()
        assert report.warnings == []
        contents.append(home.content())
    assert len(contents[0][vendor.first]) == 60
    assert contents[0] == contents[1]


@each_vendor
def test_what_was_fetched_before_a_failure_is_not_fetched_again(vendor: Vendor, tmp_path: Path) -> None:
    fake = vendor.make()
    fake.page = 10
    with serve(fake) as api:
        home = ApiHome(tmp_path / "a", vendor.name, **vendor.settings(api.base))
        whole = home.load().rows_loaded
        requests = len(api.asked)
        other = ApiHome(tmp_path / "b", vendor.name, **vendor.settings(api.base))
        api.asked.clear()
        api.disturb = lambda number, asked: Reply({}, 400) if number > 7 else None
        with pytest.raises(SourceError) as caught:
            other.load()
        assert "400" in str(caught.value) and not any(secret in str(caught.value) for secret in vendor.secrets)
        assert all(rows == [] for rows in other.content().values())
        failed = len(api.asked)
        api.disturb = lambda number, asked: None
        assert other.load().rows_loaded == whole
        # The refused one again, and a token for the new session.
        assert len(api.asked) <= requests + (failed - 7) + 2
    assert other.content() == home.content()
    assert not (tmp_path / "b" / ".tsunagu" / "spool" / "ats").exists()


CHILD = """
import sys
from pathlib import Path
from tests.fakes.loading import ApiHome
from tests.fakes.vendor import find_vendors
vendor = next(vendor for vendor in find_vendors() if vendor.name == sys.argv[1])
ApiHome(Path(sys.argv[2]), vendor.name, **vendor.settings(sys.argv[3])).load()
"""


@each_vendor
def test_a_process_killed_in_the_middle_of_page_7_leaves_a_rerun_the_same_rows(vendor: Vendor, tmp_path: Path) -> None:
    fake = vendor.make()
    fake.page = 8
    with serve(fake) as api:
        sound = ApiHome(tmp_path / "sound", vendor.name, **vendor.settings(api.base))
        sound.load()
        path = next(path for path in api.paths() if path.endswith(vendor.path))
        api.asked.clear()
        seen = []

        def hold_page_7(number: int, asked: Asked) -> Reply | None:
            seen.extend([asked] * (asked.path == path))
            return Reply([], delay=5) if len(seen) == 7 else None

        api.disturb = hold_page_7
        child = subprocess.Popen(
            [sys.executable, "-c", CHILD, vendor.name, str(tmp_path / "killed"), api.base],
            cwd=ROOT,
            stderr=subprocess.PIPE,
        )
        until = time.monotonic() + 60
        while len(seen) < 7 and child.poll() is None and time.monotonic() < until:
            time.sleep(0.02)
        child.send_signal(signal.SIGKILL)
        child.communicate()
        assert len(seen) == 7
        api.asked.clear()
        api.disturb = lambda number, asked: None
        killed = ApiHome(tmp_path / "killed", vendor.name, **vendor.settings(api.base))
        killed.load()
        # Pages 1 to 6 of 8 are on disk: 7 and 8 are asked for.
        assert api.paths().count(path) == 2
    assert killed.content() == sound.content()


@each_vendor
def test_an_incremental_run_asks_for_what_changed_and_adds_exactly_its_versions(vendor: Vendor, tmp_path: Path) -> None:
    fake = vendor.make()
    with serve(fake) as api:
        home = ApiHome(tmp_path, vendor.name, **vendor.settings(api.base))
        first = home.load()
        key = home.rows(f"select id from raw_ats.{vendor.first} order by id limit 1")[0][0]
        fake.change(key, extra="changed")
        api.asked.clear()
        second = home.load()
        assert second.rows_loaded == 1 and second.streams[vendor.first].rows_loaded == 1
        assert second.streams[vendor.first].rows_in < first.streams[vendor.first].rows_in / 10
        asked = [asked for asked in api.asked if asked.path.endswith(vendor.path)]
        assert len(asked) == 1 and any("updated" in n or n == "syncToken" for n in {**asked[0].query, **asked[0].body})
        assert home.load(full_refresh=True).rows_loaded == 0


def test_an_incremental_run_with_one_in_a_hundred_changed_requests_those_only(tmp_path: Path) -> None:
    """500 opportunities far apart, 5 of them changed: one page of the list, and the children of those five alone."""
    fake = Lever(500)
    with serve(fake) as api:
        home = ApiHome(tmp_path, "lever", api_key=KEY, base_url=f"{api.base}/v1")
        home.load()
        lists = len(api.asked) - 3 * 500 - 4  # five pages of opportunities were asked for, one is now
        # The newest one and its neighbours lie within the lookback; what changes comes long after them.
        newest = max(record["updatedAt"] for record in fake.opportunities.values())
        changed = [f"o{n:04d}" for n in range(0, 500, 100)]
        for place, key in enumerate(changed):
            fake.opportunities[key].update(headline="changed", updatedAt=newest + (place + 1) * 60_000)
        lookback = {k for k, record in fake.opportunities.items() if record["updatedAt"] >= newest - 2 * 3_600_000}
        api.asked.clear()
        report = home.load()
        assert report.rows_loaded == 5 == report.streams["opportunities"].rows_loaded
        children = {path.split("/")[3] for path in api.paths() if path.count("/") == 4 and "deleted" not in path}
        assert children == lookback and set(changed) <= children and len(children) <= 8
        assert len(api.asked) == lists + 3 * len(lookback)
    versions = home.rows("select id, count(*) from raw_ats.opportunities group by id having count(*) > 1 order by id")
    assert versions == [(key, 2) for key in changed]


def test_a_token_that_expires_in_the_midst_of_an_extraction_is_renewed(tmp_path: Path) -> None:
    fake = Greenhouse(lives=4)
    fake.page = 10
    with serve(fake) as api:
        home = ApiHome(tmp_path, "greenhouse", client_id=CLIENT, client_secret=SECRET, base_url=f"{api.base}/v3")
        home.load()
    assert fake.tokens > 3
    assert len(home.content()["applications"]) == 60


def test_what_changes_while_pages_are_read_is_seen_by_the_next_run(tmp_path: Path) -> None:
    """The record has gone by on the first page when it changes; the bookmark must not pass it."""
    fake = Lever()
    fake.page = 10
    now = int(time.time() * 1000)

    def change(number: int, asked: Asked) -> None:
        if number == 3:
            fake.opportunities["o0000"].update(stage="s3", updatedAt=now + 500)
            fake.opportunities["o0059"].update(stage="s3", updatedAt=now + 3_600_000)

    fake.api.disturb = change
    with serve(fake) as api:
        home = ApiHome(tmp_path, "lever", api_key=KEY, base_url=f"{api.base}/v1")
        home.load()
        bookmark = home.rows("select cursor from ops.cursors where stream = 'opportunities'")[0][0]
        assert bookmark < "2100" and int(time.time() * 1000) - now < 60_000
        time.sleep(1.6)
        home.load()
    versions = home.rows("select count(*) from raw_ats.opportunities where id = 'o0000'")
    assert versions == [(2,)]


def test_a_resource_that_the_key_may_not_read_is_left_out_with_a_warning_and_deletes_nothing(tmp_path: Path) -> None:
    fake = Lever()
    with serve(fake) as api:
        home = ApiHome(tmp_path, "lever", api_key=KEY, base_url=f"{api.base}/v1")
        home.load()
        before = home.content()
        api.disturb = lambda number, asked: Reply({}, 403) if asked.path.endswith("/stages") else None
        report = home.load()
    assert len(report.warnings) == 1 and "stages: left out" in report.warnings[0] and "403" in report.warnings[0]
    assert home.content() == before


def test_records_without_known_fields_and_with_unknown_ones_load_as_they_are(tmp_path: Path) -> None:
    fake = Lever()
    fake.opportunities = {
        "a": {"id": "a", "updatedAt": None, "createdAt": 1, "news": {"deep": [1, None]}},
        "b": {"id": "b", "updatedAt": 1_750_000_000_000, "createdAt": 1, "stage": "", "name": "髙橋 \ud83d", "x": None},
    }
    with serve(fake) as api:
        api.answer = lambda asked: Reply(
            {"data": list(fake.opportunities.values()) if asked.path == "/v1/opportunities" else None}
        )
        home = ApiHome(tmp_path, "lever", api_key=KEY, base_url=f"{api.base}/v1")
        home.load()
    assert [row[0] for row in home.content()["opportunities"]] == ["a", "b"]


def test_an_expired_sync_token_means_reading_all_again(tmp_path: Path) -> None:
    fake = Ashby()
    with serve(fake) as api:
        home = ApiHome(tmp_path, "ashby", api_key=ASHBY, base_url=api.base)
        home.load()
        home.connection.execute("update ops.cursors set cursor = 'expired' where stream = 'applications'")
        report = home.load()
        assert report.streams["applications"].rows_unchanged == 60
        assert home.rows("select cursor from ops.cursors where stream = 'applications'") == [("1",)]


def test_a_success_false_is_an_error_that_tells_its_code_alone(tmp_path: Path) -> None:
    fake = Ashby()
    with serve(fake) as api:
        told = {"success": False, "errorInfo": {"code": "broken", "message": "person@example.com"}}
        api.answer = lambda asked: Reply(told)
        with pytest.raises(SourceError, match="Ashby refuses: broken") as caught:
            ApiHome(tmp_path, "ashby", api_key=ASHBY, base_url=api.base).load()
        assert "person" not in str(caught.value)
