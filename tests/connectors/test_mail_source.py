from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from pydantic import ValidationError

from connectors.core import FileNotes, discover
from connectors.entities import ENTITIES
from connectors.errors import SettingsError
from connectors.sources.mail import MailSettings, connector, fingerprint_reading
from tests.connectors.formats.raw_mail import write_mail, write_mbox, write_multipart, write_part
from tests.connectors.reading_mail import OWN, REFUSAL, URL, make_run, read_parts, read_rows


def test_the_connector_is_found_and_speaks_messages() -> None:
    assert discover()["mail"] is connector
    assert connector.streams["messages"].columns == tuple(ENTITIES["messages"].fields)
    assert connector.streams["messages"].key == ("message_id",)


def test_a_sent_refusal_becomes_a_row(tmp_path: Path) -> None:
    body = REFUSAL + URL
    (row,) = read_rows(tmp_path, [write_mail(body, charset="iso2022_jp", label="ISO-2022-JP")], **OWN)
    assert row == {
        "message_id": "1@example.co.jp",
        "direction": "outbound",
        "from_address": "recruit@example.co.jp",
        "to_address": "taro@example.com",
        "subject": "test",
        "sent_at": "2025-03-11T09:00:00+09:00",
        "kind": "rejection",
        "relay_url_present": "true",
        "relay_token": "Ab12",
        "delivery": "sent",
        "application_id": None,
        "_extra": None,
        "_row_number": 1,
    }


def test_all_columns_are_text(tmp_path: Path) -> None:
    path = tmp_path / "a.eml"
    path.write_bytes(write_mail(REFUSAL))
    (part,) = read_parts(path)
    schema = dict(part.rows.schema)
    assert schema.pop("_row_number") == pl.Int64
    assert set(schema.values()) == {pl.String}


def test_a_bounce_says_which_message_it_answers_and_leaves_that_one_alone(tmp_path: Path) -> None:
    bounce = write_multipart(
        "report",
        [
            write_part("I'm sorry."),
            write_part(
                "Final-Recipient: rfc822; taro@example.com\nAction: failed\nStatus: 5.1.1\n", "message/delivery-status"
            ),
            write_part(
                b"From: recruit@example.co.jp\nTo: taro@example.com\nMessage-ID: <1@example.co.jp>\n",
                "text/rfc822-headers",
            ),
        ],
        From="MAILER-DAEMON@mx.example.co.jp",
        To="recruit@example.co.jp",
        Message_ID="<b@mx>",
        Subject="Undelivered Mail Returned to Sender",
    )
    sent, answer = read_rows(tmp_path, [write_mail(REFUSAL), bounce], **OWN)
    assert (sent["delivery"], sent["_extra"]) == ("sent", None)
    assert (answer["direction"], answer["kind"], answer["delivery"]) == ("inbound", "other", "delivered")
    assert json.loads(answer["_extra"]) == {
        "bounced_message_id": "1@example.co.jp",
        "final_recipient": "taro@example.com",
        "action": "failed",
        "result": "bounced",
        "status": "5.1.1",
    }


def test_a_message_without_an_id_is_keyed_by_its_content(tmp_path: Path) -> None:
    mail = write_mail(REFUSAL, without=["Message-ID"])
    moved = b"X-Mozilla-Status: 0001\n" + mail.replace(b"\n", b"\r\n")
    other = write_mail(REFUSAL, without=["Message-ID"], To="hanako@example.com")
    first, second, third = [row["message_id"] for row in read_rows(tmp_path, [mail, moved, other])]
    assert first == second != third
    assert first.startswith("content-")


def test_mails_that_share_an_id_by_mistake_stay_apart(tmp_path: Path) -> None:
    mails = [write_mail(REFUSAL, To=f"c{number}@example.com") for number in (1, 2, 1, 2)]
    rows = read_rows(tmp_path, mails)
    assert [row["to_address"] for row in rows] == ["c1@example.com", "c2@example.com"] * 2
    ids = [row["message_id"] for row in rows]
    assert ids[0] == ids[2] == "1@example.co.jp"
    assert ids[1] == ids[3] != ids[0]


def test_a_copy_in_another_folder_is_the_same_row(tmp_path: Path) -> None:
    for name, mails in (
        ("sent", [write_mail(REFUSAL)]),
        ("archive", [write_mail("", Message_ID="<0@x>"), write_mail(REFUSAL)]),
    ):
        (tmp_path / name).mkdir()
        (tmp_path / name / "box").write_bytes(write_mbox(mails))
    (sent,) = read_parts(tmp_path / "sent" / "box", **OWN)
    (archive,) = read_parts(tmp_path / "archive" / "box", **OWN)
    assert sent.rows.drop("_row_number").row(0) == archive.rows.drop("_row_number").row(1)


def test_the_date_of_receipt_stands_in_for_a_missing_one(tmp_path: Path) -> None:
    hops = "from a by b; Tue, 11 Mar 2025 10:00:00 +0900\nReceived: from c by a; Tue, 11 Mar 2025 09:59:58 +0900"
    mails = [
        write_mail("x", Date="no date", Received=hops, Message_ID="<1@x>"),
        write_mail("x", without=["Date"], Message_ID="<2@x>"),
        write_mail("x", Date="Thu, 1 Jan 1970 00:00:00 +0000", Received=hops, Message_ID="<3@x>"),
        write_mail("x", Message_ID="<4@x>"),
    ]
    notes = FileNotes()
    rows = read_rows(tmp_path, mails, notes)
    assert [row["sent_at"] for row in rows] == [
        "2025-03-11T09:59:58+09:00",
        "2025-03-11T09:00:00",
        "2025-03-11T09:59:58+09:00",
        "2025-03-11T09:00:00+09:00",
    ]
    bases = [row["_extra"] and json.loads(row["_extra"])["sent_at_basis"] for row in rows]
    assert bases == ["received", "from_line", "received", None]
    assert notes.warnings == ["3 of 4 messages have no readable Date: the time of receipt was taken"]


def test_an_application_id_is_taken_where_the_settings_say_it_stands(tmp_path: Path) -> None:
    mails = [
        write_mail("応募ID: A-17", Message_ID="<1@x>"),
        write_mail("x", Subject="結果 応募ID:A-18", Message_ID="<2@x>"),
        write_mail("> 応募ID: A-19\n", Message_ID="<3@x>"),
        write_mail("応募ID: A-20", X_Application="A-21", Message_ID="<4@x>"),
    ]
    settings = {"application_id_pattern": r"応募ID[:：]\s*(\S+)", "application_id_header": "X-Application"}
    assert [row["application_id"] for row in read_rows(tmp_path, mails, **settings)] == ["A-17", "A-18", None, "A-21"]
    assert [row["application_id"] for row in read_rows(tmp_path, mails)] == [None] * 4


def test_the_fingerprint_follows_all_that_changes_the_reading(tmp_path: Path) -> None:
    (tmp_path / "kinds.yml").write_text("rules: []\n")
    prints = [
        fingerprint_reading(make_run(tmp_path)),
        fingerprint_reading(make_run(tmp_path, patterns=())),
        fingerprint_reading(make_run(tmp_path, own_domains=["example.co.jp"])),
        fingerprint_reading(make_run(tmp_path, rules="kinds.yml")),
    ]
    (tmp_path / "kinds.yml").write_text("rules:\n- {name: a, kind: offer, body: [ab]}\n")
    prints.append(fingerprint_reading(make_run(tmp_path, rules="kinds.yml")))
    assert len(set(prints)) == 5
    assert fingerprint_reading(make_run(tmp_path)) == prints[0]


def test_the_users_rules_decide_first(tmp_path: Path) -> None:
    (tmp_path / "kinds.yml").write_text(
        "rules:\n- {name: mine, kind: offer, body: [採用を見送らせて]}\n", encoding="utf-8"
    )
    (row,) = read_rows(tmp_path, [write_mail(REFUSAL)], rules="kinds.yml")
    assert row["kind"] == "offer"
    with pytest.raises(SettingsError, match="no such file"):
        read_rows(tmp_path, [write_mail(REFUSAL)], rules="none.yml")


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"own_addresses": ["example.co.jp"]}, "own_domains"),
        ({"application_id_pattern": "ID"}, "exactly one group"),
        ({"application_id_pattern": "(ID"}, "not a regular expression"),
        ({"own_domain": ["x"]}, "own_domain"),
    ],
)
def test_a_wrong_setting_is_told(settings: Any, words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        MailSettings(path="inbox", **settings)
