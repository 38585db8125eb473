"""The shipped profiles over rosters of personnel systems, click logs and the logs of mail services."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.connectors.reading_tables import read_text
from tests.connectors.shipped_exports import CLICKS, ENHANCED_TRACE, FREEE, GOOGLE, SMARTHR, TRACE, Row, export_text


def read(folder: Path, rows: list[Row], entity: str) -> list[dict[str, str]]:
    reading = read_text(folder, "export.csv", export_text(rows))
    assert reading.refused == []
    return reading.meant(entity)


def test_a_smarthr_roster_gives_names_dates_and_the_kind_of_leaving(tmp_path: Path) -> None:
    left, stays = read(tmp_path, SMARTHR, "employees")
    assert (left["full_name"], left["kana"], left["department"]) == ("木村 亮", "キムラ リョウ", "営業部")
    assert (left["hire_date"], left["last_date"]) == ("2024-04-01", "2025-03-31")
    assert (left["termination_type"], left["reason_label"]) == ("自己都合", "自己都合")
    assert "last_date" not in stays and "termination_type" not in stays


def test_a_freee_roster_keeps_a_reason_that_tells_no_kind_of_leaving(tmp_path: Path) -> None:
    (left,) = read(tmp_path, FREEE, "employees")
    assert (left["employee_id"], left["kana"], left["reason_label"]) == ("F1", "キムラ リョウ", "転職")
    assert "termination_type" not in left


def test_a_roster_without_numbers_has_keys_that_tell_no_name(tmp_path: Path) -> None:
    nameless = [{name: text for name, text in row.items() if name != "社員番号"} for row in SMARTHR]
    keys = [row["employee_id"] for row in read(tmp_path, nameless, "employees")]
    assert len(set(keys)) == 2 and not any(name in key for key in keys for name in ("木村", "森", "1985"))


def test_a_click_log_finds_tokens_in_urls_and_tells_programs_from_people(tmp_path: Path) -> None:
    clicks = [(c["token"], c["is_automated"]) for c in read(tmp_path, CLICKS, "relay_clicks")]
    assert clicks == [("abc123", "false"), ("abc124", "true"), ("abc125", "true")]
    assert len({c["click_id"] for c in read(tmp_path, CLICKS, "relay_clicks")}) == 3


@pytest.mark.parametrize(
    ("agent", "automated"),
    [
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 14_5) AppleWebKit/605.1.15 Version/18.0 Safari/605.1.15", "false"),
        ("Mozilla/5.0 (Linux; Android 15; CUBOT P80) Chrome/130.0 Mobile Safari/537.36", "false"),
        ("Mozilla/5.0 (compatible; Googlebot/2.1)", "true"),
        ("Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)", "true"),
        ("python-requests/2.32", "true"),
        ("BarracudaCentral Link Check", "true"),
        ("Microsoft Office Outlook 16.0", "true"),
        ("-", "true"),
        ("", "false"),
    ],
)
def test_a_click_is_automated_by_its_user_agent(tmp_path: Path, agent: str, automated: str) -> None:
    row = {"clicked_at": "2026-06-01T10:00:00Z", "token": "abc", "user_agent": agent}
    (click,) = read(tmp_path, [row], "relay_clicks")
    assert click["is_automated"] == automated


@pytest.mark.parametrize(
    ("url", "token"),
    [
        ("https://relay.example.com/c/abc123", "abc123"),
        ("/r/a-B_9%2D?utm_source=mail&x=1", "a-B_9%2D"),
        ('"GET /jp/relay/abc123/ HTTP/1.1"', "abc123"),
        ("/c/landing-page?c=abc123", "abc123"),
        ("/c/style.css", None),
        ("/c/", None),
    ],
)
def test_a_token_may_stand_in_the_path(url: str, token: str | None, tmp_path: Path) -> None:
    row = {"日時": "2026-06-01 10:00", "メソッド": "GET", "URL": url, "ユーザーエージェント": "Mozilla/5.0"}
    assert [click["token"] for click in read(tmp_path, [row], "relay_clicks")] == ([token] if token else [])


def test_a_click_log_that_says_itself_which_clicks_are_automated_is_believed(tmp_path: Path) -> None:
    row = {"clicked_at": "2026-06-01", "token": "abc", "click_id": "7", "bot": "○", "user_agent": "Mozilla/5.0"}
    (click,) = read(tmp_path, [row], "relay_clicks")
    assert (click["click_id"], click["is_automated"]) == ("7", "true")


def test_an_enhanced_message_trace_gives_delivery_direction_and_utc(tmp_path: Path) -> None:
    messages = read(tmp_path, ENHANCED_TRACE, "messages")
    assert [(m["message_id"], m["direction"], m["to_address"], m["delivery"]) for m in messages] == [
        ("m1@example.co.jp", "outbound", "k14@example.com", "delivered"),
        ("m2@example.co.jp", "outbound", "r15@example.com", "bounced"),
        ("m3@example.com", "inbound", "hr@example.co.jp", "delivered"),
    ]
    assert [m["sent_at"] for m in messages[:2]] == ["2026-06-01T01:02:03.123456Z", "2026-06-01T01:03:00Z"]


@pytest.mark.parametrize(
    ("status", "delivery"),
    [
        ("a@example.com##Receive", "sent"),
        ("a@example.com##Receive, Defer", "deferred"),
        ("a@example.com##Receive, Defer, Send", "delivered"),
        ("a@example.com##Receive, Send;b@example.com##Receive, Fail", "bounced"),
        ("a@example.com##Receive, Quarantined", "unknown"),
    ],
)
def test_a_recipient_status_is_a_delivery(tmp_path: Path, status: str, delivery: str) -> None:
    (message,) = read(tmp_path, [ENHANCED_TRACE[0] | {"recipient_status": status}], "messages")
    assert (message["to_address"], message["delivery"]) == ("a@example.com", delivery)


def test_a_trace_with_a_line_a_recipient_keeps_each_recipient(tmp_path: Path) -> None:
    messages = read(tmp_path, TRACE, "messages")
    assert [m["delivery"] for m in messages] == ["delivered", "bounced", "deferred"]
    assert len({m["message_id"] for m in messages}) == 3
    assert not any("example.com" in m["message_id"] for m in messages)
    assert messages[0]["sent_at"] == "2026-06-01T01:02:03Z"


def test_a_google_log_gives_one_key_to_the_events_of_a_message_and_recipient(tmp_path: Path) -> None:
    messages = read(tmp_path, GOOGLE, "messages")
    assert [m["delivery"] for m in messages] == ["deferred", "delivered", "bounced", "delivered"]
    assert messages[0]["message_id"] == messages[1]["message_id"] and len({m["message_id"] for m in messages}) == 3
    assert [m["sent_at"] for m in messages[1:3]] == ["2026-06-01T10:12:13+09:00", "2026-06-01T01:12:13Z"]
    assert [m["direction"] for m in messages] == ["outbound"] * 3 + ["inbound"]


BROWSER = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) Version/18.5 Mobile/15E148 Safari/604.1"
ACCESS_LOG = rf"""192.0.2.7 - - [10/Jun/2026:09:00:01 +0900] "GET /?c=abc123 HTTP/1.1" 200 512 "-" "{BROWSER}"
192.0.2.8 - - [10/Jun/2026:09:00:02 +0900] "HEAD /?c=abc124 HTTP/1.1" 200 0 "-" "{BROWSER}"
192.0.2.9 - taro [10/Jun/2026:00:00:03 +0000] "GET /entry?utm=m&c=abc125#top HTTP/2.0" 302 0 "-" "x \"y\" Googlebot/2.1"
2001:db8::1 - - [10/Jun/2026:09:00:04 +0900] "GET /style.css HTTP/1.1" 200 99 "-" "{BROWSER}"
192.0.2.7 - - [10/Jun/2026:09:00:05 +0900] "GET /?c=abc126 HTTP/1.1" 404 99 "-" "{BROWSER}"

192.0.2.7 - - [10/Jun/2026:09:00:06 +0900] "\x16\x03\x01" 400 157 "-" "-"
192.0.2.7 - - [10/Jun/2026:09:00:07 +0900] "GET /?c=abc127 HTTP/1.1" 200 99
192.0.2.7 - - [10/Jun/2026:09:00
"""


@pytest.mark.parametrize("name", ["access.log", "export.txt"])
def test_the_web_servers_own_log_tells_clicks(tmp_path: Path, name: str) -> None:
    reading = read_text(tmp_path, name, ACCESS_LOG)
    clicks = [(c["token"], c["clicked_at"], c["is_automated"]) for c in reading.meant("relay_clicks")]
    assert clicks == [
        ("abc123", "2026-06-10T09:00:01+09:00", "false"),
        ("abc124", "2026-06-10T09:00:02+09:00", "true"),
        ("abc125", "2026-06-10T00:00:03+00:00", "true"),
        ("abc127", "2026-06-10T09:00:07+09:00", "false"),
    ]
    assert [(line["row_number"], line["reason"]) for line in reading.refused] == [(9, "no line of an access log")]
    assert any("3 rows without any record" in warning for warning in reading.notes.warnings)


def test_a_log_read_in_pieces_numbers_its_lines_as_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = read_text(tmp_path, "access.log", ACCESS_LOG * 5)
    monkeypatch.setattr("connectors.formats.access_log.BUFFER_BYTES", 100)
    monkeypatch.setattr("connectors.formats.text.PIECE_BYTES", 64)
    pieces = read_text(tmp_path, "access.log", ACCESS_LOG * 5)
    assert pieces.rows == whole.rows and pieces.refused == whole.refused
    assert pieces.notes == whole.notes
