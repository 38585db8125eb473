from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from connectors.core import FileNotes
from tests.connectors.formats.raw_mail import write_mail
from tests.connectors.reading_mail import OWN, REFUSAL, URL, read_rows


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
