"""What is sent to a chat when a run did not end well, and what never is."""

from __future__ import annotations

import io
import json
import threading
from collections.abc import Iterator
from datetime import date, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from connectors.errors import SettingsError, TsunaguError
from connectors.loading.report import SourceReport
from connectors.ops import Counts
from connectors.settings import Home, load_home
from orchestration import record
from orchestration.alerts import send_alert
from orchestration.progress import Reporter
from orchestration.session import Session, hold_session
from orchestration.transform import Dbt
from orchestration.warehouse import connect

SETTINGS = """
company: {name: 株式会社例}
sources:
  ats: {connector: table, path: inbox}
  costs: {connector: table, path: inbox}
"""


class Chat(BaseHTTPRequestHandler):
    status = 200
    said: list[dict[str, Any]] = []  # noqa: RUF012

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.said.append(json.loads(body))
        self.send_response(self.status)
        self.send_header("Location", "http://example.com/elsewhere")
        self.end_headers()

    def log_message(self, *arguments: Any) -> None:
        pass


@pytest.fixture
def chat() -> Iterator[tuple[str, type[Chat]]]:
    handler = type("OwnChat", (Chat,), {"said": []})
    with HTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/hook/secret", handler
        server.shutdown()


def make_home(root: Path, more: str = "") -> Home:
    (root / "inbox").mkdir(parents=True)
    (root / "tsunagu.yml").write_text(SETTINGS + more, encoding="utf-8")
    return load_home(root)


def session_of(home: Home, out: io.StringIO, **reports: SourceReport) -> Session:
    session = Session(home, Dbt(home), Reporter(Console(file=out)), "r1")
    session.sources.update(reports)
    return session


def test_a_run_that_stops_is_told_with_its_reason_and_the_run_still_fails(
    tmp_path: Path, chat: tuple[str, type[Chat]]
) -> None:
    url, handler = chat
    home = make_home(tmp_path, f"alerts: {{webhook: '{url}'}}")
    reporter = Reporter(Console(file=io.StringIO()))
    with pytest.raises(TsunaguError), hold_session(home, Dbt(home), reporter, "r1", "command"):
        raise TsunaguError("the disk is full", where="warehouse.duckdb")
    (said,) = handler.said
    assert said["text"].startswith("株式会社例: the run failed\n") and "TsunaguError" in said["text"]


def test_warnings_are_told_where_they_are_asked_for_without_a_row_or_a_file(
    tmp_path: Path, chat: tuple[str, type[Chat]]
) -> None:
    url, handler = chat
    bad = SourceReport("ats", failure="inbox/山田太郎.csv: broken")
    refused = SourceReport("costs", warnings=["inbox/山田太郎.csv: x"])
    refused.count("channel_costs", Counts(rows_in=3, rows_quarantined=3))
    for on, expected in (("failure", 0), ("warning", 1)):
        home = make_home(tmp_path / on, f"alerts: {{webhook: '{url}', level: {on}}}")
        session = session_of(home, io.StringIO(), ats=bad, costs=refused)
        session.status = "published"
        send_alert(session)
        assert len(handler.said) == expected
    assert handler.said[0]["text"].split("\n")[1:3] == ["ats: failed", "costs: 3 rows refused, 1 warnings"]
    assert "山田" not in handler.said[0]["text"]


@pytest.mark.parametrize("status", [500, 302, None])
def test_a_chat_that_is_down_is_said_without_its_address(
    tmp_path: Path, chat: tuple[str, type[Chat]], status: int | None
) -> None:
    url, handler = chat
    handler.status = status or 200
    out = io.StringIO()
    home = make_home(tmp_path, f"alerts: {{webhook: '{url if status else 'http://127.0.0.1:1/hook/secret'}'}}")
    send_alert(session_of(home, out))
    assert "the alert could not be sent" in out.getvalue() and "secret" not in out.getvalue()


def test_a_source_without_news_for_longer_than_its_days_is_stale(tmp_path: Path) -> None:
    home = make_home(tmp_path, "freshness: {ats: 7, costs: 7}")
    with connect(home) as connection:
        from connectors import load

        load.prepare(connection)
        connection.execute(
            "insert into ops.loads (load_id, source, stream, extracted_at)"
            " values (1, 'ats', 'jobs', '2026-09-22 16:00')"
        )
        at = datetime(2026, 9, 30, 15)
        assert set(record.tell_stale(connection, home, record.AsOf(at, date(2026, 9, 30)))) == {"costs"}
        stale = record.tell_stale(connection, home, record.AsOf(at, date(2026, 10, 1)))
    assert stale["ats"] == "nothing newer than 2026-09-23, and something is expected every 7 days"
    assert stale["costs"].startswith("nothing yet")


def test_freshness_of_a_source_that_there_is_not_is_a_mistake(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="freshness.cost: no such source.*costs"):
        make_home(tmp_path, "freshness: {cost: 7}")
