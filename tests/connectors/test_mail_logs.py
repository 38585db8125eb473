"""Event logs of mail services and Postfix logs through the connector: deliveries, one row a message and recipient."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from connectors.core import FileNotes
from connectors.errors import FileRefused
from tests.connectors.formats.raw_mail import FIXTURES
from tests.connectors.formats.test_postfix_log import LOG
from tests.connectors.reading_mail import OWN, read_parts


def sendgrid(event: str, seconds: int, number: int = 1, **more: Any) -> dict[str, Any]:
    told = {"email": "Taro@example.com", "timestamp": 1741651200 + seconds, "smtp-id": f"<{number}@example.co.jp>"}
    return told | {"event": event, "sg_event_id": f"e{seconds}", "sg_message_id": f"m{number}"} | more


def read(path: Path, notes: FileNotes | None = None, **settings: Any) -> list[dict[str, Any]]:
    (part,) = read_parts(path, notes, **settings)
    return part.rows.to_dicts()


def write_lines(path: Path, events: list[Any]) -> Path:
    path.write_text("\n".join(json.dumps(event) for event in events), encoding="utf-8")
    return path


def test_events_of_a_message_and_recipient_are_one_row_that_tells_no_kind(tmp_path: Path) -> None:
    events = [
        sendgrid("deferred", 5),
        sendgrid("processed", 0),
        sendgrid("delivered", 60),
        sendgrid("bounce", 9, 2, email="b@example.com"),
        sendgrid("open", 99, 3),
        sendgrid("group_resubscribe", 100, 4),
    ]
    rows = read(write_lines(tmp_path / "events.jsonl", events))
    assert [row["delivery"] for row in rows] == ["delivered", "bounced", "delivered"]
    assert [row["kind"] for row in rows] == [None] * 3
    assert rows[0]["sent_at"] == "2025-03-11T00:00:00+00:00"
    told = json.loads(rows[0]["_extra"])
    assert (told["bounced_message_id"], told["result"]) == ("1@example.co.jp", "delivered")
    assert (rows[0]["direction"], rows[0]["to_address"]) == ("outbound", "Taro@example.com")
    assert not any("example" in row["message_id"] for row in rows)


def test_one_document_of_many_events_reads_as_lines_do(tmp_path: Path) -> None:
    events = [sendgrid("delivered", 1), sendgrid("bounce", 2, 2)]
    lines = read(write_lines(tmp_path / "lines.json", events))
    whole = tmp_path / "whole.json"
    whole.write_text(json.dumps(events, indent=2), encoding="utf-8")
    assert [row["message_id"] for row in read(whole)] == [row["message_id"] for row in lines]


def test_a_damaged_line_and_an_event_without_a_message_are_refused_alone(tmp_path: Path) -> None:
    path = write_lines(
        tmp_path / "e.jsonl", [sendgrid("delivered", 1), {"event": "delivered", "timestamp": "1741651200"}]
    )
    path.write_text(path.read_text("utf-8") + '\n{"event": "deliv', encoding="utf-8")
    (part,) = read_parts(path)
    assert part.rows.height == 1 and part.refused is not None
    assert sorted(part.refused["row_number"]) == [2, 3]
    assert {reason.partition(":")[0] for reason in part.refused["reason"]} == {
        "not JSON", "the event does not name the message"}  # fmt: skip


def test_json_that_is_no_event_log_is_refused_with_its_name(tmp_path: Path) -> None:
    path = write_lines(tmp_path / "settings.json", [{"a": 1}])
    with pytest.raises(FileRefused, match="without delivery events") as refusal:
        read(path)
    assert refusal.value.where == "settings.json" and refusal.value.mend


def test_a_postfix_log_packed_or_not_gives_one_row_a_recipient(tmp_path: Path) -> None:
    (tmp_path / "mail.log").write_text(LOG, encoding="utf-8")
    (tmp_path / "mail.log.1.gz").write_bytes(gzip.compress(LOG.encode()))
    notes = FileNotes()
    rows = read(tmp_path / "mail.log", notes, **OWN)
    assert rows == read(tmp_path / "mail.log.1.gz", **OWN)
    assert [row["delivery"] for row in rows] == ["delivered", "bounced", "bounced", "delivered"]
    assert [row["direction"] for row in rows] == ["outbound", "outbound", "outbound", "inbound"]
    assert [row["_row_number"] for row in rows] == [5, 7, 14, 16]
    assert (notes.facts["format"], notes.facts["deliveries"]) == ("postfix", "4")


def test_a_mail_that_quotes_a_log_stays_a_mail() -> None:
    names = {"make-test-07.eml", "lhost-postfix-01.eml"}
    for path in (FIXTURES / "sisimai").rglob("*.eml"):
        if path.name in names:
            notes = FileNotes()
            read_parts(path, notes)
            assert notes.facts["format"] == "mail"
