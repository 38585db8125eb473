"""Mails, logs and chats through a whole run: notices give way to the ATS, deliveries and remarks find their own."""

from __future__ import annotations

import json
from pathlib import Path

import duckdb
import pytest

from tests.conftest import call
from tests.connectors.formats.raw_mail import write_mail, write_mbox, write_multipart, write_part
from tests.connectors.reading_mail import REFUSAL

SETTINGS = """\
company: {name: 見本}
sources:
  ats: {connector: table, path: inbox/ats}
  sent: {connector: mail, path: inbox/sent, own_domains: [example.co.jp]}
  inbox: {connector: mail, path: inbox/inbox, own_domains: [example.co.jp]}
  slack: {connector: chat, path: inbox/chat, channels: [hiring], application_link_patterns: ["https://ats.example.com/a/*"]}
"""
PEOPLE = {
    "C1": ("見本 太郎", "taro@example.com"),
    "C2": ("見本 花子", "hanako@example.com"),
    "C3": ("見本 花子", "h3@example.com"),
}
NOTICE = "応募がありました。\n氏名：{}\n電話番号：090-0000-000{}\nメールアドレス：{}\n応募媒体：doda\n"


def write_bounce(number: int) -> bytes:
    fields = f"Final-Recipient: rfc822; c{number}@example.com\nAction: failed\nStatus: 5.1.1\n"
    returned = f"To: c{number}@example.com\nMessage-ID: <{number}@example.co.jp>\n"
    parts = [write_part(fields, "message/delivery-status"), write_part(returned.encode(), "text/rfc822-headers")]
    headers = {"From": "MAILER-DAEMON@example.net", "Message_ID": f"<b{number}@example.net>", "Subject": "Undelivered"}
    return write_multipart("report", parts, To="hr@example.co.jp", **headers)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("mail_and_chat")
    for name in ("ats", "sent", "inbox", "chat/hiring"):
        (home / "inbox" / name).mkdir(parents=True)
    (home / "tsunagu.yml").write_text(SETTINGS, encoding="utf-8")
    people = "".join(f"{key},{name},{email}\n" for key, (name, email) in PEOPLE.items())
    (home / "inbox/ats/candidates.csv").write_text(f"candidate_id,full_name,email\n{people}", encoding="utf-8")
    applications = "".join(f"A{n},C{n},2025-03-11 12:00,doda\n" for n in (1, 2, 3))
    header = "application_id,candidate_id,applied_at,channel_label\n"
    (home / "inbox/ats/applications.csv").write_text(header + applications, encoding="utf-8")
    medium = {"From": "no-reply@media.example.com", "To": "hr@example.co.jp", "Subject": "応募がありました"}
    notices = [
        write_mail(NOTICE.format("見本 太郎", 1, "taro@example.com"), Message_ID="<n1@media>", **medium),
        write_mail(NOTICE.format("見本 次郎", 2, "jiro@example.com"), Message_ID="<n2@media>", **medium),
    ]
    sent = [
        write_mail(REFUSAL, From="hr@example.co.jp", To=f"c{n}@example.com", Message_ID=f"<{n}@example.co.jp>")
        for n in (1, 2, 3)
    ]
    (home / "inbox/sent/sent.mbox").write_bytes(write_mbox(sent))
    (home / "inbox/inbox/box.mbox").write_bytes(write_mbox([*notices, write_bounce(1)]))
    events = [
        {"event": "delivered", "email": "c2@example.com", "timestamp": 1741651260, "smtp-id": "<2@example.co.jp>"},
        {"event": "bounce", "email": "x@example.com", "timestamp": 1741651260, "smtp-id": "<9@example.co.jp>"},
    ]
    lines = "\n".join(json.dumps(event | {"sg_event_id": str(n)}) for n, event in enumerate(events))
    (home / "inbox/inbox/events.jsonl").write_text(lines, encoding="utf-8")
    said = [
        "見本太郎さん、良かったです",
        "見本花子さん、良かったです",
        "https://ats.example.com/a/A3 見送りで",
        "森さん、昼に行きましょう",
    ]
    day = [{"type": "message", "user": "U1", "ts": f"174173760{n}.0", "text": text} for n, text in enumerate(said)]
    (home / "inbox/chat/hiring/2025-03-12.json").write_text(json.dumps(day), encoding="utf-8")
    (home / "inbox/chat/users.json").write_text('[{"id": "U1", "name": "sato"}]', encoding="utf-8")
    done = call(home, "run")
    assert done.returncode == 0, done.stderr[-3000:]
    assert "chat_messages_name_one_person" in done.stdout + done.stderr
    return home


def ask(home: Path, query: str) -> list[tuple[object, ...]]:
    with duckdb.connect(str(home / "warehouse.duckdb"), read_only=True) as warehouse:
        return warehouse.execute(query).fetchall()


def test_a_notice_gives_way_to_the_record_of_the_ats_and_stands_alone_without(home: Path) -> None:
    found = ask(home, "select source, applied_at_basis, channel_id from core.int_applications order by all")
    assert found == [("ats", "ats", "doda")] * 3 + [("inbox", "mail", "doda")]


def test_bounces_and_events_set_the_delivery_and_are_no_messages_beside(home: Path) -> None:
    found = ask(home, "select message_id, delivery from marts.fct_messages where direction = 'outbound' order by 1")
    own = [(f"{n}@example.co.jp", delivery) for n, delivery in ((1, "bounced"), (2, "delivered"), (3, "sent"))]
    assert found[:3] == own
    assert [delivery for _, delivery in found[3:]] == ["bounced"]  # of a mail that no mailbox has


def test_a_remark_is_tied_to_the_application_it_names_and_an_ambiguous_one_to_none(home: Path) -> None:
    found = ask(home, "select application_source, application_id from core.int_feedback order by feedback_id")
    assert found == [("ats", "A1"), ("ats", "A3")]
    assert ask(home, "select n_persons from identity.feedback_xref where person_id is null") == [(2,)]
