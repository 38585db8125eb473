from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pytest
from pydantic import ValidationError

from connectors.core import REFUSED_SCHEMA, FileNotes, Part, Run, SourceFile, discover
from connectors.entities import ENTITIES
from connectors.errors import FileRefused, SettingsError
from connectors.load import load_source, prepare
from connectors.sources import mail as mail_source
from connectors.sources.mail import MailSettings, connector, fingerprint_reading, read_mail
from tests.connectors.formats.raw_mail import FIXTURES, write_mail, write_mbox, write_multipart, write_part

REFUSAL = "慎重に選考いたしました結果、誠に残念ながら今回は採用を見送らせていただくこととなりました。\n"
URL = "https://careerrelay.jp/?c=Ab12"
OWN = {"own_domains": ["example.co.jp"]}


def make_run(home: Path, patterns: tuple[str, ...] = ("https://careerrelay.jp/?c=*",), **settings: Any) -> Run:
    return Run("mail", MailSettings(path="inbox", **settings), home, relay_url_patterns=patterns)


def read_parts(path: Path, notes: FileNotes | None = None, **settings: Any) -> list[Part]:
    file = SourceFile(path, path.name, datetime(2025, 4, 1))
    return list(read_mail(make_run(path.parent, **settings), file, notes or FileNotes()))


def read_rows(
    folder: Path, mails: Iterable[bytes], notes: FileNotes | None = None, **settings: Any
) -> list[dict[str, Any]]:
    path = folder / "box.mbox"
    path.write_bytes(write_mbox(mails))
    parts = read_parts(path, notes, **settings)
    return [row for part in parts for row in part.rows.iter_rows(named=True)]


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


def test_what_cannot_be_read_is_refused_with_its_line_and_without_its_body(tmp_path: Path) -> None:
    secret = "本文は保存しない"
    path = tmp_path / "box"
    path.write_bytes(
        write_mbox([write_mail(secret)])
        + b"From x Tue Mar 11 09:00:00 2025\nno header\n\n"
        + secret.encode()
        + b"\n\n"
        + b"From someone\n"
        + write_mail(secret, without=["Date"])
        + b"\n"
        + write_mbox([write_mail(bytes(range(256)) * 9, Message_ID="<9@x>"), write_mail("ok", Message_ID="<2@x>")])
    )
    parts = read_parts(path)
    rows = pl.concat([part.rows for part in parts])
    refused = pl.concat([part.refused for part in parts if part.refused is not None])
    assert rows["message_id"].to_list() == ["1@example.co.jp", "2@x"]
    assert refused.schema == pl.Schema(REFUSED_SCHEMA)
    assert sum(part.refused_rows for part in parts) == refused.height == 3
    assert refused["column"].to_list() == ["message", "sent_at", "message"]
    lines = path.read_bytes().split(b"\n")
    assert [lines[number - 1][:5] for number in refused["row_number"]] == [b"From "] * 3
    assert json.loads(refused["record"][1])["message-id"] == "<1@example.co.jp>"
    assert secret not in str(rows.to_dicts()) + str(refused.to_dicts())


def test_an_eml_without_any_date_is_refused_alone(tmp_path: Path) -> None:
    path = tmp_path / "a.eml"
    path.write_bytes(write_mail("x", without=["Date"]))
    (part,) = read_parts(path)
    assert part.rows.height == 0
    assert part.refused_rows == 1
    assert part.refused is not None
    assert "no readable date" in part.refused["reason"][0]


def test_a_file_that_is_no_mail_is_refused_whole(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("a,b\n1,2\n")
    with pytest.raises(FileRefused, match="not a mail"):
        read_parts(path)


def test_drafts_are_left_out_and_counted(tmp_path: Path) -> None:
    notes = FileNotes()
    mails = [write_mail(REFUSAL, X_Unsent="1"), write_mail(REFUSAL, X_Gmail_Labels="Drafts"), write_mail(REFUSAL)]
    assert len(read_rows(tmp_path, mails, notes)) == 1
    assert notes.facts["drafts_left_out"] == "2"
    assert notes.facts["messages"] == "3"


@pytest.mark.parametrize(
    ("settings", "sender", "expected"),
    [
        ({"own_domains": ["example.co.jp"]}, "a@example.co.jp", "outbound"),
        ({"own_domains": ["@Example.co.jp"]}, "a@hr.EXAMPLE.co.jp", "outbound"),
        ({"own_domains": ["example.co.jp"]}, "a@notexample.co.jp", "inbound"),
        ({"own_addresses": ["HR@gmail.com"]}, "hr@gmail.com", "outbound"),
        ({"own_addresses": ["hr@gmail.com"]}, "taro@gmail.com", "inbound"),
    ],
)
def test_the_settings_tell_which_mails_are_ours(tmp_path: Path, settings: Any, sender: str, expected: str) -> None:
    (row,) = read_rows(tmp_path, [write_mail(REFUSAL, From=sender)], **settings)
    assert row["direction"] == expected


def test_without_settings_the_side_of_most_mails_is_ours(tmp_path: Path) -> None:
    sent = [write_mail("x", To=f"c{n}@gmail.com", Message_ID=f"<s{n}@x>") for n in range(3)]
    got = [
        write_mail("x", From=f"c{n}@gmail.com", To="recruit@example.co.jp", Message_ID=f"<g{n}@x>", Received="by mx")
        for n in range(5)
    ]
    notes = FileNotes()
    rows = read_rows(tmp_path, [*got, *sent], notes)
    assert [row["direction"] for row in rows] == ["inbound"] * 5 + ["outbound"] * 3
    assert notes.facts["own_side"].startswith("example.co.jp (found")


@pytest.mark.parametrize(
    ("body", "headers", "expected"),
    [
        ("資料です。", {}, "outbound"),
        ("資料です。", {"Received": "from a by b; Tue, 11 Mar 2025 09:00:00 +0900"}, "inbound"),
        ("資料です。", {"Delivered_To": "taro@example.com"}, "inbound"),
        (REFUSAL, {"Delivered_To": "taro@example.com"}, "outbound"),
        ("選考を辞退させていただきたく存じます。", {}, "inbound"),
        ("資料です。", {"Delivered_To": "taro@example.com", "X_Gmail_Labels": "送信済み,重要"}, "outbound"),
    ],
)
def test_a_single_mail_is_told_by_its_traces_and_its_kind(
    tmp_path: Path, body: str, headers: Any, expected: str
) -> None:
    (row,) = read_rows(tmp_path, [write_mail(body, **headers)])
    assert row["direction"] == expected


def test_a_candidates_answer_invites_nobody(tmp_path: Path) -> None:
    mails = [
        write_mail(f"{URL} が開けません。", From="taro@example.com", Subject="Re: 選考結果"),
        write_mail(f"ありがとうございました。\n\n> {URL}\n", From="taro@example.com", Message_ID="<2@x>"),
        write_mail(f"こちらです。{URL}", Subject="Re: 選考結果", Message_ID="<3@x>"),
    ]
    rows = read_rows(tmp_path, mails, **OWN)
    assert [(row["relay_url_present"], row["relay_token"]) for row in rows] == [
        ("false", None),
        ("false", None),
        ("true", "Ab12"),
    ]


def test_the_first_receiver_who_is_not_ourselves_is_told(tmp_path: Path) -> None:
    mails = [
        write_mail("x", To="recruit@example.co.jp, 山田 <taro@example.com>, b@example.com"),
        write_mail("x", To="recruit@example.co.jp", Bcc="taro@example.com", Message_ID="<2@x>"),
        write_mail("x", without=["To"], Message_ID="<3@x>"),
        write_mail("x", To="recruit@example.co.jp", From="taro@example.com", Message_ID="<4@x>"),
    ]
    rows = read_rows(tmp_path, mails, **OWN)
    assert [row["to_address"] for row in rows] == [
        "taro@example.com",
        "taro@example.com",
        None,
        "recruit@example.co.jp",
    ]


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


def test_a_file_comes_in_batches_and_every_message_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "box"
    path.write_bytes(write_mbox([write_mail("x", Message_ID=f"<{n}@x>") for n in range(25)]))
    whole = pl.concat([part.rows for part in read_parts(path)])
    monkeypatch.setattr(mail_source, "BATCH", 10)
    parts = read_parts(path)
    assert [part.rows.height for part in parts] == [10, 10, 5]
    assert pl.concat([part.rows for part in parts]).equals(whole)


def test_an_empty_mailbox_gives_no_rows(tmp_path: Path) -> None:
    path = tmp_path / "Sent"
    path.write_bytes(b"")
    notes = FileNotes()
    assert read_parts(path, notes) == []
    assert notes.facts["messages"] == "0"


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


def test_every_file_of_the_mail_fixtures_loads_or_is_refused_and_counts_add_up(
    capsys: pytest.CaptureFixture[str],
) -> None:
    counted = dict.fromkeys(("files", "refused files", "messages", "rows", "refused", "drafts"), 0)
    for path in sorted(FIXTURES.rglob("*")):
        if not path.is_file():
            continue
        counted["files"] += 1
        notes = FileNotes()
        try:
            parts = read_parts(path, notes)
        except FileRefused as refusal:
            assert refusal.where == path.name
            assert refusal.mend
            assert path.suffix != ".eml", path
            counted["refused files"] += 1
            continue
        rows, refused = sum(part.rows.height for part in parts), sum(part.refused_rows for part in parts)
        drafts = int(notes.facts.get("drafts_left_out", 0))
        assert int(notes.facts["messages"]) == rows + refused + drafts, path
        for part in parts:
            assert part.rows["message_id"].null_count() == 0
            assert part.rows["sent_at"].null_count() == 0
        for name, count in (
            ("messages", rows + refused + drafts),
            ("rows", rows),
            ("refused", refused),
            ("drafts", drafts),
        ):
            counted[name] += count
    with capsys.disabled():
        print(f"\nmail fixtures: {counted}")
    assert counted["rows"] >= 290
    assert counted["refused"] <= 3


def test_a_mailbox_loads_once_and_its_bodies_are_nowhere_in_the_warehouse(tmp_path: Path) -> None:
    secret = "この一文は倉庫に残らない"
    (tmp_path / "inbox").mkdir()
    mails = [write_mail(REFUSAL + secret, Message_ID=f"<{number}@x>") for number in range(3)]
    (tmp_path / "inbox" / "Sent").write_bytes(write_mbox([*mails, mails[0]]))
    (tmp_path / "inbox" / "copy.eml").write_bytes(mails[1])
    (tmp_path / "inbox" / "dateless.eml").write_bytes(write_mail(secret, without=["Date"]))
    (tmp_path / "inbox" / "notes.txt").write_text(secret, encoding="utf-8")
    run = make_run(tmp_path, **OWN)
    with duckdb.connect(str(tmp_path / "warehouse.duckdb")) as connection:
        prepare(connection)
        for _ in range(2):
            load_source(connection, connector, run)
            counted = connection.sql(
                "select sum(rows_in), sum(rows_loaded), sum(rows_unchanged), sum(rows_quarantined) from ops.loads"
            ).fetchall()
            assert counted == [(6, 3, 2, 1)]
        messages = connection.sql("select * from raw_mail.messages").fetchall()
        refused = connection.sql("select * from ops.quarantine").fetchall()
    assert len(messages) == 3
    assert len(refused) == 2
    assert secret not in str(messages) + str(refused)
