"""Notices of media through the connector: candidates and applications beside the message."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from connectors.core import FileNotes
from tests.connectors.formats.raw_mail import write_mail, write_mbox
from tests.connectors.reading_mail import OWN, read_parts

NOTICE = (
    "貴社の求人に応募がありました。\n◇氏名：見本 一郎\n◇電話番号：090-0000-0001\n◇メールアドレス：Ichiro@example.com\n"
)
FROM = {"From": "no-reply@mail.media.example.jp", "To": "recruit@example.co.jp", "Subject": "応募がありました"}


def read(folder: Path, mails: list[bytes], notes: FileNotes | None = None) -> dict[str, list[dict[str, Any]]]:
    path = folder / "box"
    path.write_bytes(write_mbox(mails))
    rows: dict[str, list[dict[str, Any]]] = {}
    for part in read_parts(path, notes, **OWN):
        rows.setdefault(part.stream.name, []).extend(part.rows.to_dicts())
    return rows


def notice(number: int, text: str = NOTICE, **headers: str) -> bytes:
    return write_mail(text, **(FROM | {"Message_ID": f"<{number}@media.example.jp>"} | headers))


def test_a_notice_is_a_message_a_candidate_and_an_application(tmp_path: Path) -> None:
    notes = FileNotes()
    rows = read(tmp_path, [notice(1)], notes)
    (message,), (candidate,), (application,) = rows["messages"], rows["candidates"], rows["applications"]
    assert (message["kind"], message["direction"]) == ("application_notice", "inbound")
    assert (candidate["full_name"], candidate["email"]) == ("見本 一郎", "Ichiro@example.com")
    assert application["candidate_id"] == candidate["candidate_id"]
    assert (application["applied_at"], application["applied_at_basis"]) == ("2025-03-11T09:00:00+09:00", "mail")
    assert application["channel_label"] == "example.jp"
    assert json.loads(application["_extra"]) == {"message_id": "1@media.example.jp"}
    assert notes.facts["applications_told"] == "1"
    assert not any("Ichiro" in row["application_id"] + row["candidate_id"] for row in rows["applications"])


def test_the_key_is_medium_day_and_address_and_phone_where_there_is_none(tmp_path: Path) -> None:
    phone = NOTICE.replace("Ichiro@example.com", "")
    mails = [
        notice(1),
        notice(2, NOTICE.replace("Ichiro", "ichiro")),
        notice(3, Date="Wed, 12 Mar 2025 00:30:00 +0900"),
        notice(4, phone),
        notice(5, phone.replace("090-0000-0001", "09000000001")),
        notice(6, "◇氏名：見本 一郎\n応募がありました"),
        notice(7, "◇氏名：見本 一郎\n応募がありました"),
    ]
    ids = [row["application_id"] for row in read(tmp_path, mails)["applications"]]
    assert ids[0] == ids[1] != ids[2]
    assert ids[3] == ids[4] != ids[0]
    assert len({*ids}) == 5  # whom nothing can reach is never the same


def test_what_we_send_on_and_what_names_nobody_makes_no_application(tmp_path: Path) -> None:
    notes = FileNotes()
    mails = [
        notice(1, From="recruit@example.co.jp", To="boss@example.co.jp"),
        notice(2, "応募がありました。管理画面よりご確認ください。"),
    ]
    rows = read(tmp_path, mails, notes)
    assert len(rows["messages"]) == 2
    assert "applications" not in rows and "candidates" not in rows
    assert notes.facts["notices_without_applicant"] == "1"
