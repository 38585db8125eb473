from __future__ import annotations

from pathlib import Path

import pytest

from connectors.errors import FileRefused
from connectors.formats import mail_box
from connectors.formats.mail_box import RawMessage, read_messages, recognise_mail
from tests.connectors.formats.raw_mail import write_mail, write_mbox


def read_all(path: Path) -> list[RawMessage]:
    return list(read_messages(path, recognise_mail(path)))


@pytest.mark.parametrize("line_end", [b"\n", b"\r\n", b"\r"])
def test_an_mbox_is_split_whatever_its_line_ends(tmp_path: Path, line_end: bytes) -> None:
    mails = [write_mail(f"body {number}\n", Subject=f"mail {number}") for number in range(3)]
    path = tmp_path / "Sent"
    path.write_bytes(write_mbox(mails).replace(b"\n", line_end))
    found = read_all(path)
    assert [message.data.rstrip(b"\n") for message in found] == [mail.rstrip(b"\n") for mail in mails]
    assert [message.line for message in found] == [1, 12, 23]


def test_line_ends_may_change_inside_an_mbox(tmp_path: Path) -> None:
    mails = [write_mail("one\n"), write_mail("two\n"), write_mail("three\n")]
    path = tmp_path / "joined.mbox"
    path.write_bytes(write_mbox(mails[:1]) + write_mbox(mails[1:]).replace(b"\n", b"\r\n"))
    assert len(read_all(path)) == 3


def test_a_quoted_from_line_is_unquoted_once_and_splits_nothing(tmp_path: Path) -> None:
    body = "\nFrom the team\n>From a quote\n\nFrom a@example.com Tue Mar 11 09:00:00 2025\nSubject: no mail\n"
    path = tmp_path / "x.mbox"
    path.write_bytes(write_mbox([write_mail(body), write_mail("second\n")]))
    found = read_all(path)
    assert len(found) == 2
    assert found[0].data.endswith(body.encode())


def test_prose_that_begins_with_from_splits_nothing(tmp_path: Path) -> None:
    # mboxo of old programs: nothing is quoted
    body = b"Hello\n\nFrom now on we meet at 10:00.\nNote: bring a pen\n\nFrom Monday\n\nbye\n"
    path = tmp_path / "old.mbox"
    path.write_bytes(b"From a@example.com Tue Mar 11 09:00:00 2025\n" + write_mail(body))
    assert len(read_all(path)) == 1


@pytest.mark.parametrize(
    "from_line",
    [
        b"From - Tue Mar 11 09:00:00 2025",
        b"From 1826@xxx Tue Mar 11 09:00:00 +0000 2025",
        b"From MAILER-DAEMON  Sat Oct  4 08:00:09 2025",
        b"From a@example.com 2025-03-11 09:00:00",
        b"From recruit@example.co.jp",
    ],
)
def test_the_separators_of_known_programs_are_known(tmp_path: Path, from_line: bytes) -> None:
    path = tmp_path / "x"
    path.write_bytes(write_mbox([write_mail("a\n"), write_mail("b\n")], from_line))
    assert [message.from_line for message in read_all(path)] == [from_line, from_line]


def test_a_missing_blank_line_before_a_separator_loses_no_mail(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_bytes(write_mbox([write_mail("a\n"), write_mail("b\n")]).replace(b"\n\nFrom ", b"\nFrom "))
    assert len(read_all(path)) == 2


@pytest.mark.parametrize("block", [1, 7, 64, 1000])
def test_where_a_block_ends_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, block: int) -> None:
    path = tmp_path / "x"
    path.write_bytes(write_mbox([write_mail(f"{n}\n" * n) for n in range(20)]).replace(b"\n", b"\r\n"))
    whole = read_all(path)
    assert len(whole) == 20
    monkeypatch.setattr(mail_box, "BLOCK_BYTES", block)
    assert read_all(path) == whole


def test_a_giant_message_is_cut_and_the_next_one_is_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mail_box, "BLOCK_BYTES", 1000)
    monkeypatch.setattr(mail_box, "MAX_MESSAGE_BYTES", 10_000)
    giant, small = write_mail(("x" * 70 + "\n") * 1000), write_mail("small\n")
    path = tmp_path / "x"
    path.write_bytes(write_mbox([giant, small, small]))
    found = read_all(path)
    assert [message.data.startswith(b"From: ") for message in found] == [True] * 3
    assert len(found[0].data) < 12_000
    assert len(found[0].data) + found[0].dropped == pytest.approx(len(giant), abs=80)
    assert found[1].data.rstrip() == small.rstrip()
    lines = path.read_bytes().split(b"\n")
    assert [lines[message.line - 1][:5] for message in found] == [b"From "] * 3


@pytest.mark.parametrize("line_end", [b"\n", b"\r\n", b"\r"])
def test_an_eml_is_one_message(tmp_path: Path, line_end: bytes) -> None:
    mail = write_mail("body\n\nFrom a@example.com Tue Mar 11 09:00:00 2025\nSubject: returned\n")
    path = tmp_path / "x.eml"
    path.write_bytes(mail.replace(b"\n", line_end))
    assert [message.data for message in read_all(path)] == [mail]


def test_marks_and_blank_lines_in_front_are_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "x.eml"
    path.write_bytes(b"\xef\xbb\xbf\r\n\r\n" + write_mail("a\n"))
    assert [(message.line, message.data) for message in read_all(path)] == [(3, write_mail("a\n"))]


def test_a_mail_of_apple_mail_is_cut_out_of_its_file(tmp_path: Path) -> None:
    mail = write_mail("a\n")
    path = tmp_path / "1.emlx"
    path.write_bytes(f"{len(mail)}\n".encode() + mail + b'<?xml version="1.0"?><plist></plist>')
    assert [message.data for message in read_all(path)] == [mail]


@pytest.mark.parametrize("content", [b"", b" ", b"\n\n"])
def test_an_empty_file_holds_no_message(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "x"
    path.write_bytes(content)
    assert read_all(path) == []


@pytest.mark.parametrize(
    ("content", "word"),
    [
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "Outlook"),
        (b"*mbx*\r\n" + bytes(2041), "MBX"),
        (b"name,mail\n1,a@example.com\n", "neither a mail header"),
        (b"Date: 2025\n\nnotes\n", "neither a mail header"),
        (b'{"From": "a"}', "neither a mail header"),
        (bytes(100), "neither a mail header"),
    ],
)
def test_what_is_no_mail_is_refused_with_its_reason(tmp_path: Path, content: bytes, word: str) -> None:
    path = tmp_path / "x.eml"
    path.write_bytes(content)
    with pytest.raises(FileRefused, match=word):
        recognise_mail(path)
