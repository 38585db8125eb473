"""Slack exports and chat logs as feedback: what is kept, whom it names, what is left alone."""

from __future__ import annotations

import json
import zipfile
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from connectors.core import FileNotes, Run, SourceFile, discover
from connectors.errors import FileRefused
from connectors.formats.chat_mention import Mentions
from connectors.sources.chat import ChatSettings, connector, read_chat

USERS = [
    {"id": "U1", "name": "sato", "real_name": "佐藤 見本"},
    {"id": "U2", "name": "mori", "profile": {"display_name": "森"}},
]
LINKED = "<https://ats.example.com/applications/A-17|応募>は通過&amp;確定"
ROOT = "1741651200.000100"
DAY = {
    "hiring/2025-03-11.json": [
        {"type": "message", "user": "U1", "ts": "1741651200.000100", "text": "見本 太郎さん、<@U2>さん面接です"},
        {"type": "message", "user": "U2", "ts": "1741651300.000200", "text": "はい", "thread_ts": ROOT},
        {"type": "message", "user": "U2", "ts": "1741651400.000300", "text": LINKED},
        {"type": "message", "user": "U2", "ts": "1741651500.000400", "text": "昼ごはん行きます"},
        {"type": "message", "subtype": "channel_join", "user": "U1", "ts": "1741651600.0", "text": "花子さん joined"},
        {"type": "message", "subtype": "bot_message", "ts": "1741651700.0", "text": "応募: 見本 次郎様"},
        {"type": "message", "user": "U1", "ts": "1741651800.0", "text": "応募ID:A-18 と 応募ID:A-19 を比べると"},
    ],
    "hiring/2025-03-12.json": [
        {"type": "message", "user": "U1", "ts": "1741737600.0", "text": "論理的", "thread_ts": ROOT},
    ],
    "random/2025-03-11.json": [{"type": "message", "user": "U1", "ts": "1741651200.9", "text": "見本 花子さん"}],
}  # fmt: skip
SETTINGS: dict[str, Any] = {
    "channels": ["#hiring"],
    "application_link_patterns": ["https://ats.example.com/applications/*"],
    "application_id_pattern": r"応募ID[:：]\s*([A-Z]-\d+)",
}


def read(path: Path, notes: FileNotes | None = None, **settings: Any) -> list[dict[str, Any]]:
    run = Run("chat", ChatSettings(path="inbox", **(SETTINGS | settings)), path.parent)
    file = SourceFile(path, path.name, datetime(2025, 4, 1))
    return [row for part in read_chat(run, file, notes or FileNotes()) for row in part.rows.to_dicts()]


def write_zip(path: Path) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in {"users.json": USERS, "channels.json": [{"id": "C1", "name": "hiring"}], **DAY}.items():
            archive.writestr(name, json.dumps(content))
    return path


def test_the_connector_is_found_and_speaks_feedback() -> None:
    assert discover()["chat"] is connector
    assert set(connector.streams) == {"feedback"}


def test_an_export_gives_the_messages_that_speak_of_an_applicant(tmp_path: Path) -> None:
    notes = FileNotes()
    rows = read(write_zip(tmp_path / "export.zip"), notes)
    told = [(row["candidate_ref"], row["application_id"], row["author_label"]) for row in rows]
    assert told == [
        ("見本 太郎", None, "佐藤 見本"),
        ("見本 太郎", None, "森"),  # answers in the thread
        (None, "A-17", "森"),
        (None, None, "佐藤 見本"),  # two applications
        ("見本 太郎", None, "佐藤 見本"),  # answers a day later
    ]
    assert rows[0]["text"] == "見本 太郎さん、@森さん面接です"
    assert rows[2]["text"] == "応募 https://ats.example.com/applications/A-17は通過&確定"
    assert rows[0]["posted_at"] == "2025-03-11T00:00:00.000100+00:00"
    assert rows[1]["thread_label"] == rows[0]["feedback_id"] == "hiring-1741651200.000100"
    assert len({row["feedback_id"] for row in rows}) == 5
    assert (notes.facts["messages"], notes.facts["kept"]) == ("6", "5")
    assert notes.warnings == ["1 messages name several applications and are tied to none"]


def test_an_unpacked_export_gives_the_same(tmp_path: Path) -> None:
    packed = read(write_zip(tmp_path / "export.zip"))
    with zipfile.ZipFile(tmp_path / "export.zip") as archive:
        archive.extractall(tmp_path / "unpacked")
    rows = [row for path in sorted((tmp_path / "unpacked").rglob("*.json")) for row in read(path)]
    assert rows == packed


def test_a_log_as_csv_is_read_by_its_columns(tmp_path: Path) -> None:
    path = tmp_path / "採用.csv"
    path.write_bytes(
        "ルーム名,送信日時,送信者,メッセージ\r\n"
        "hiring,2025/03/11 9:00,佐藤,\"見本太郎様は\n良かったです\"\r\n"
        "hiring,2025/03/11 9:01,佐藤,了解\r\n"
        "雑談,2025/03/11 9:02,森,見本花子さん\r\n".encode("cp932")
    )  # fmt: skip
    (row,) = read(path)
    assert (row["candidate_ref"], row["author_label"], row["text"]) == (
        "見本太郎",
        "佐藤",
        "見本太郎様は\n良かったです",
    )
    assert json.loads(row["_parsed"]) == {"posted_at": "2025-03-11T09:00:00"}


def test_a_log_of_one_room_is_named_by_its_file(tmp_path: Path) -> None:
    path = tmp_path / "hiring.csv"
    path.write_text("日時,送信者名,トーク内容\n2025-03-11 09:00,佐藤,見本太郎さん合格\n", encoding="utf-8")
    assert len(read(path)) == 1
    path.rename(tmp_path / "random.csv")
    assert read(tmp_path / "random.csv") == []


def test_a_file_that_is_no_chat_is_refused_with_its_name(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("応募ID,氏名\n1,見本\n", encoding="utf-8")
    with pytest.raises(FileRefused, match="no column for posted_at"):
        read(path)
    with zipfile.ZipFile(tmp_path / "b.zip", "w") as archive:
        archive.writestr("a.txt", "x")
    with pytest.raises(FileRefused, match="no Slack export"):
        read(tmp_path / "b.zip")


def test_settings_say_which_rooms_may_be_read() -> None:
    with pytest.raises(ValidationError, match="channels"):
        ChatSettings.model_validate({"path": "inbox"})
    with pytest.raises(ValidationError, match="one \\* where"):
        ChatSettings(path="inbox", channels=["a"], application_link_patterns=["https://ats.example.com/"])


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("本日面接した見本太郎さんは", ["本日面接した見本太郎"]),
        ("見本　太郎 様と Jiro Sampleさん", ["見本　太郎", "Jiro Sample"]),
        ("@森さん お願いします", []),
        ("皆様", []),
        ("特になし", []),
    ],
)
def test_a_name_is_what_stands_before_an_honorific(text: str, names: list[str]) -> None:
    assert Mentions().find_names(text) == names
