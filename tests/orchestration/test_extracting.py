"""API sources are fetched at the same time, one thread each, and each is loaded or fails by itself."""

from __future__ import annotations

import threading
import time
from contextlib import ExitStack
from pathlib import Path

import dagster as dg
import pytest

from connectors import load
from connectors.kit.server import Asked, Reply, serving
from connectors.settings import load_home
from orchestration.defs.ingest import build_ingest_assets, ingest, run_of
from orchestration.options import Options
from orchestration.progress import Reporter
from orchestration.session import Session
from orchestration.transform import Dbt
from orchestration.warehouse import connect
from tests.fakes.lever import KEY, Lever
from tests.fakes.workable import TOKEN, Workable

DELAY = 0.25


def test_two_slow_apis_take_the_time_of_the_slower_and_a_third_that_fails_is_named(tmp_path: Path) -> None:
    lever, workable, refused = Lever(), Workable(), Lever()
    lever.page = workable.page = 10
    spans: dict[str, tuple[float, float]] = {}

    def slow(name: str):
        def disturb(number: int, asked: Asked) -> Reply | None:
            now = time.perf_counter()
            spans[name] = (spans.get(name, (now, now))[0], now)
            is_child = asked.path.count("/") > 3 or asked.path.endswith(("/offers", "/interviews", "/feedback"))
            fake = lever if name == "lever" else workable
            reply = fake.answer(asked)
            reply.delay = 0.0 if is_child else DELAY
            return reply

        return disturb

    lever.api.disturb, workable.api.disturb = slow("lever"), slow("workable")
    refused.api.disturb = lambda number, asked: Reply({}, 401)
    with ExitStack() as stack:
        one, two, three = (stack.enter_context(serving(fake.api)) for fake in (lever, workable, refused))
        (tmp_path / "tsunagu.yml").write_text(
            f"""company: {{name: Test}}
sources:
  a: {{connector: lever, api_key: "{KEY}", base_url: "{one.base}/v1"}}
  b: {{connector: workable, token: "{TOKEN}", base_url: "{two.base}/spi/v3"}}
  c: {{connector: lever, api_key: "{KEY}", base_url: "{three.base}/v1"}}
""",
            encoding="utf-8",
        )
        home = load_home(tmp_path)
        with connect(home) as connection:
            load.prepare(connection)
        session = Session(home, Dbt(home), Reporter(), "test")
        begun = time.perf_counter()
        session.fetches.begin(home, home.sources.values(), run_of, False, session.reporter.detail)
        reports = {name: ingest(session, source, False) for name, source in home.sources.items()}
        whole = time.perf_counter() - begun
    assert [name for name, report in reports.items() if report.failure] == ["c"]
    assert (reports["c"].failure or "").startswith("c: ") and "401" in (reports["c"].failure or "")
    assert reports["a"].streams["opportunities"].rows_loaded == 60
    assert reports["b"].streams["candidates"].rows_loaded == 60
    took = {name: last - first for name, (first, last) in spans.items()}
    assert min(took.values()) > 4 * DELAY
    # One after the other they would take the sum; loading and the first page's start are what the slack is for.
    assert whole < sum(took.values()) and whole < max(took.values()) + 2
    first, last = (max, min)
    assert first(begin for begin, _ in spans.values()) < last(end for _, end in spans.values())


def test_a_stopped_run_fetches_no_page_more_and_the_next_goes_on_from_there(tmp_path: Path) -> None:
    lever = Lever()
    lever.page = 10
    third = threading.Event()

    def hold(number: int, asked: Asked) -> Reply | None:
        if number == 3:
            third.set()
        return None if number < 3 else Reply(lever.answer(asked).data, delay=0.4)

    lever.api.disturb = hold
    with serving(lever.api) as api:
        (tmp_path / "tsunagu.yml").write_text(
            "company: {name: Test}\nsources:\n"
            f'  a: {{connector: lever, api_key: "{KEY}", base_url: "{api.base}/v1"}}\n',
            encoding="utf-8",
        )
        home = load_home(tmp_path)
        with connect(home) as connection:
            load.prepare(connection)
        session = Session(home, Dbt(home), Reporter(), "test")
        session.fetches.begin(home, home.sources.values(), run_of, False, session.reporter.detail)
        assert third.wait(20)
        session.fetches.stop()
        assert "stopped" in (ingest(session, home.sources["a"], False).failure or "")
        assert len(api.asked) == 3
        api.disturb = lambda number, asked: None
        later = Session(home, Dbt(home), Reporter(), "test")
        report = ingest(later, home.sources["a"], False)
        assert report.streams["opportunities"].rows_loaded == 60
        assert api.paths().count("/v1/opportunities") == 6


@pytest.mark.parametrize(("chosen", "begun"), [(None, {"a", "b"}), ("a", {"a"})])
def test_a_run_begins_to_fetch_its_own_sources_alone(chosen: str | None, begun: set[str], tmp_path: Path) -> None:
    fakes = {"a": Lever(5), "b": Lever(5)}
    with ExitStack() as stack:
        lines = ["company: {name: Test}", "sources:"]
        for name, fake in fakes.items():
            base = stack.enter_context(serving(fake.api)).base
            lines.append(f'  {name}: {{connector: lever, api_key: "{KEY}", base_url: "{base}/v1"}}')
        (tmp_path / "tsunagu.yml").write_text("\n".join(lines), encoding="utf-8")
        home = load_home(tmp_path)
        with connect(home) as connection:
            load.prepare(connection)
        session = Session(home, Dbt(home), Reporter(), "test")
        job = dg.Definitions(
            assets=build_ingest_assets(home),
            jobs=[dg.define_asset_job("j", selection=dg.AssetSelection.all(), executor_def=dg.in_process_executor)],
            resources={"session": dg.ResourceDefinition.hardcoded_resource(session), "options": Options()},
        ).resolve_job_def("j")
        keys = [key for key in job.asset_layer.selected_asset_keys if chosen and key.path[0] == f"raw_{chosen}"]
        with dg.DagsterInstance.ephemeral() as instance:
            job.execute_in_process(instance=instance, asset_selection=keys or None)
        assert {extraction.run.source for extraction in session.fetches._begun} == begun
        assert {name for name, fake in fakes.items() if fake.api.asked} == begun == set(session.sources)
        asked = {name: fake.api.paths().count("/v1/opportunities") for name, fake in fakes.items()}
        assert asked == {name: int(name in begun) for name in fakes}
        assert list((home.state / "spool").iterdir()) == []  # what is loaded is fetched no more, and lies nowhere
