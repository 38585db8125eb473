"""Postfix lines against the fields that the labelled set expects, and life cycles joined by queue id."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

import polars as pl
import pytest
import yaml

from connectors.formats.postfix_log import date_lines, join_lives, read_lines
from tests.connectors.formats.raw_mail import FIXTURES

LABELLED = FIXTURES / "postfix_grok_labelled"
# What the set expects under a name → what is taken of it. Client, TLS and screening fields tell of no message.
NAMES = {
    "postfix_message-id": "message_id", "postfix_from": "sender", "postfix_status": "status",
    "postfix_bounce_queueid": "notification_id", "postfix_bounce_reason": "notification",
    "postfix_local_response": "response", "postfix_pipe_response": "response", "postfix_error_response": "response",
}  # fmt: skip
TOLD = re.compile(r"\b(to|relay|dsn)=<?([^,>]*)>?,")


def expect(labelled: dict[str, Any]) -> dict[str, str] | None:
    """The fields of a line that tells of a message in the queue, None for any other."""
    results, text = labelled["results"], labelled["data"]
    queue_id = str(results.get("postfix_queueid") or text.partition(":")[0])
    if queue_id == "NOQUEUE" or not re.match(r"(?=\w*\d)[0-9A-Za-z]{6,}: ", text):
        return None
    fields = {own: str(results[name]) for name, own in NAMES.items() if name in results}
    if "postfix_smtp_response" in results:
        fields["said" if "in reply to" in text else "response"] = str(results["postfix_smtp_response"])
    own_names = {"to": "recipient", "relay": "relay", "dsn": "dsn"}
    if text.startswith(f"{queue_id}: to="):
        fields |= {own_names[name]: value for name, value in TOLD.findall(f"{results['postfix_keyvalue_data']},")}
    return {"queue_id": queue_id, **fields}


def test_of_the_labelled_lines_at_least_98_percent_are_read(capsys: pytest.CaptureFixture[str]) -> None:
    cases = [(path.stem, yaml.safe_load(path.read_text("utf-8"))) for path in sorted(LABELLED.glob("*.yaml"))]
    texts = [f"Mar 11 09:00:00 mx1 postfix/smtp[1]: {case['data']}".replace("\n", "\\n") for _, case in cases]
    read = {row["line"]: row for row in read_lines(pl.Series(texts)).iter_rows(named=True)}
    wrong, of_messages, compared = [], 0, 0
    for place, (name, case) in enumerate(cases):
        expected, found = expect(case), read.get(place)
        of_messages += expected is not None
        compared += len(expected or {})
        if (found is None) != (expected is None) or any(found[key] != value for key, value in (expected or {}).items()):
            wrong.append(name)
    share = 1 - len(wrong) / len(cases)
    with capsys.disabled():
        print(
            f"\nPostfix lines right: {len(cases) - len(wrong)} of {len(cases)} ({share:.1%}), {of_messages} of them of"
            f" messages with {compared} fields; wrong: {wrong}"
        )
    assert len(cases) >= 100 and of_messages >= 25 and compared >= 80
    assert len(wrong) <= 0.02 * len(cases)


LOG = """\
Mar 11 09:00:00 mx1 postfix/smtpd[1]: 4104E3D001: client=host.example.co.jp[192.0.2.1]
Mar 11 09:00:00 mx1 postfix/cleanup[2]: 4104E3D001: message-id=<1@example.co.jp>
Mar 11 09:00:00 mx1 postfix/qmgr[3]: 4104E3D001: from=<hr@example.co.jp>, size=900, nrcpt=2 (queue active)
Mar 11 09:00:01 mx1 dovecot: imap-login: Login
Mar 11 09:00:02 mx1 postfix/smtp[4]: 4104E3D001: to=<a@example.com>, relay=mx.example.com[192.0.2.2]:25, delay=2, delays=0/0/1/1, dsn=2.0.0, status=sent (250 2.0.0 Ok: queued as 77AA00BB)
Mar 11 09:00:03 mx1 postfix/smtp[4]: 4104E3D001: to=<b@example.com>, relay=mx.example.com[192.0.2.2]:25, delay=2, delays=0/0/1/1, dsn=4.2.2, status=deferred (host mx.example.com said: 452)
Mar 11 10:00:03 mx1 postfix/smtp[4]: 4104E3D001: to=<b@example.com>, relay=mx.example.com[192.0.2.2]:25, delay=2, delays=0/0/1/1, dsn=5.1.1, status=bounced (550 unknown user)
Mar 11 10:00:04 mx1 postfix/qmgr[3]: 4104E3D001: removed
Mar 11 11:00:00 mx1 postfix/cleanup[2]: 4104E3D001: message-id=<2@example.co.jp>
Mar 11 11:00:00 mx1 postfix/qmgr[3]: 4104E3D001: from=<hr@example.co.jp>, size=900, nrcpt=1 (queue active)
Mar 11 11:00:01 mx1 postfix/smtp[4]: 4104E3D001: to=<c@example.com>, relay=127.0.0.1[127.0.0.1]:10024, delay=2, delays=0/0/1/1, dsn=2.0.0, status=sent (250 2.0.0 from MTA: queued as 5205F4E002)
Mar 11 11:00:01 mx1 postfix/cleanup[2]: 5205F4E002: message-id=<2@example.co.jp>
Mar 11 11:00:02 mx1 postfix/qmgr[3]: 4104E3D001: removed
Mar 11 11:00:03 mx1 postfix/smtp[4]: 5205F4E002: to=<c@example.com>, relay=mx.example.com[192.0.2.2]:25, delay=2, delays=0/0/1/1, dsn=4.4.1, status=deferred (connection timed out)
Mar 16 11:00:03 mx1 postfix/qmgr[3]: 5205F4E002: from=<hr@example.co.jp>, status=expired, returned to sender
Mar 16 11:00:04 mx1 postfix/local[3]: 6306A5F003: to=<hr@example.co.jp>, relay=local, delay=0, delays=0/0/0/0, dsn=2.0.0, status=sent (delivered to mailbox)
"""  # noqa: E501


def read_lives(log: str, written_at: datetime = datetime(2025, 4, 1)) -> list[dict[str, Any]]:
    return join_lives(date_lines(read_lines(pl.Series(log.splitlines())), written_at)).to_dicts()


def test_a_message_lives_under_its_queue_id_until_it_is_removed() -> None:
    told = [(life["message_id"], life["recipient"], life["delivery"], life["dsn"]) for life in read_lives(LOG)]
    assert told == [
        ("1@example.co.jp", "a@example.com", "delivered", "2.0.0"),
        ("1@example.co.jp", "b@example.com", "bounced", "5.1.1"),
        ("2@example.co.jp", "c@example.com", "bounced", "4.4.1"),  # through our filter, then given up
        (None, "hr@example.co.jp", "delivered", "2.0.0"),
    ]
    first, *_, last = read_lives(LOG)
    assert (first["sender"], first["sent_at"], first["direction"]) == (
        "hr@example.co.jp", "2025-03-11T09:00:00", "outbound")  # fmt: skip
    assert last["direction"] == "inbound"


def test_a_time_without_a_year_is_the_last_such_before_the_file_was_written() -> None:
    line = "Dec 31 23:59:59 mx1 postfix/smtp[4]: 4104E3D001: to=<a@example.com>, dsn=4.4.1, status=deferred (x)"
    assert read_lives(line, datetime(2025, 1, 2))[0]["sent_at"] == "2024-12-31T23:59:59"
    assert read_lives(line, datetime(2025, 12, 31, 15))[0]["sent_at"] == "2025-12-31T23:59:59"
    modern = line.replace("Dec 31 23:59:59", "2024-12-31T23:59:59.123456+09:00")
    assert read_lives(modern, datetime(2026, 1, 2))[0]["sent_at"] == "2024-12-31T23:59:59.123456+09:00"


def test_logs_of_a_server_under_attack_tell_of_no_message() -> None:
    paths = sorted((FIXTURES / "mta_logs_crowdsec").rglob("*.log"))
    assert len(paths) >= 15
    for path in paths:
        assert read_lives(path.read_text("utf-8", "replace")) == [], path
