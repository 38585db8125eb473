from __future__ import annotations

import pytest

from connectors.formats.mail_header import (
    read_addresses,
    read_date,
    read_from_line_date,
    read_id,
    read_parameters,
    read_text,
    split_header,
)
from tests.connectors.formats.raw_mail import write_word


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("taro@example.com", ["taro@example.com"]),
        ("山田 <taro@example.com>, Hanako <hanako@example.com>", ["taro@example.com", "hanako@example.com"]),
        ('"hr@example.com" <noreply@example.co.jp>', ["noreply@example.co.jp"]),
        ("hr@example.com <noreply@example.co.jp>", ["noreply@example.co.jp"]),
        ('"a, b <x@example.org>" <c@example.org>', ["c@example.org"]),
        ("taro@example.com (山田, 太郎)", ["taro@example.com"]),
        ('"taro..x."@example.ne.jp', ['"taro..x."@example.ne.jp']),
        ("<taro..x.@example.ne.jp>", ["taro..x.@example.ne.jp"]),
        ("undisclosed-recipients:;", []),
        ("Team: a@example.com, b@example.com;", ["a@example.com", "b@example.com"]),
        ("<mailto:taro@example.com>", ["taro@example.com"]),
        ("Pete(A wonderful \\) chap) <pete(his account)@silly.test(his host)>", ["pete@silly.test"]),
        ("<MAILER-DAEMON>", ["MAILER-DAEMON"]),
        ("採用 <a@example.com> b@example.com", ["a@example.com", "b@example.com"]),
        (write_word("山田 <taro@example.com>"), ["taro@example.com"]),
        (f"{write_word('a@example.org')} <b@example.org>", ["b@example.org"]),
        ("", []),
    ],
)
def test_addresses_are_bare_and_in_order(raw: str, expected: list[str]) -> None:
    assert read_addresses(raw.encode()) == expected


def test_raw_jis_in_a_name_does_not_break_the_address() -> None:
    # The JIS bytes of these characters are < " , and @ in ASCII.
    raw = "悼≒漾 <taro@example.com>".encode("iso2022_jp")
    assert read_addresses(raw) == ["taro@example.com"]


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("Tue, 11 Mar 2025 09:05:07 +0900", "2025-03-11T09:05:07+09:00"),
        ("Tue, 11 Mar 2025 09:05:07 +0900 (JST)", "2025-03-11T09:05:07+09:00"),
        ("11 Mar 2025 9:05 -0330", "2025-03-11T09:05:00-03:30"),
        ("Tue, 11 Mar 2025 00:05:07 GMT", "2025-03-11T00:05:07+00:00"),
        ("Tue, 11 Mar 2025 09:05:07 JST", "2025-03-11T09:05:07+09:00"),
        ("Tue, 11 Mar 2025 09:05:07 -0000", "2025-03-11T09:05:07+00:00"),
        ("Tue, 11 Mar 2025 09:05:07", "2025-03-11T09:05:07"),
        ("Tue, 11 Mar 25 09:05:07 +0900", "2025-03-11T09:05:07+09:00"),
        ("Tue Mar 11 09:05:07 2025", "2025-03-11T09:05:07"),
        ("2025/03/11 09:05:07 +0900", "2025-03-11T09:05:07+09:00"),
        ("2025-03-11T00:05:07Z", "2025-03-11T00:05:07+00:00"),
        ("Fri, 21 Nov 1997 09(comment):   55  :  06 -0600", "1997-11-21T09:55:06-06:00"),
        ("Tue, 31 Feb 2025 09:05:07 +0900", None),
        ("yesterday", None),
        ("", None),
    ],
)
def test_a_date_is_read_with_the_offset_it_has(raw: str, expected: str | None) -> None:
    assert read_date(raw.encode()) == expected


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (b"From a@example.com Tue Mar 11 09:05:07 2025", "2025-03-11T09:05:07"),
        (b"From 1@xxx Tue Mar 11 09:05:07 +0000 2025", "2025-03-11T09:05:07+00:00"),
        (b"From a@example.com Tue Mar 11 09:05:07 JST 2025", "2025-03-11T09:05:07+09:00"),
        (b"From a@example.com 2025-03-11 09:05:07", "2025-03-11T09:05:07"),
        (b"From a@example.com", None),
    ],
)
def test_a_separator_tells_the_date_of_arrival(line: bytes, expected: str | None) -> None:
    assert read_from_line_date(line) == expected


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b"<a@b>", "a@b"),
        (b" <a@b> ", "a@b"),
        (b"a@b", "a@b"),
        (b"<a\n @b>", "a@b"),
        (b"", None),
        (b"<>", None),
    ],
)
def test_a_message_id_loses_its_brackets(raw: bytes, expected: str | None) -> None:
    assert read_id(raw) == expected


def test_parameters_in_pieces_and_percent_escapes_are_joined() -> None:
    raw = b"attachment; filename*0*=utf-8''%E5%B1%A5%E6%AD;\n filename*1*=%B4%E6%9B%B8; filename*2=\".pdf\"; size=12"
    assert read_parameters(raw) == {"filename": "履歴書.pdf", "size": "12"}


@pytest.mark.parametrize(
    ("raw", "name"),
    [
        (f'application/pdf; name="{write_word("履歴書.pdf", "iso-2022-jp")}"'.encode(), "履歴書.pdf"),
        ('application/pdf; name="履歴書.pdf"'.encode("cp932"), "履歴書.pdf"),
        (b"application/pdf; name=plain.pdf", "plain.pdf"),
        (b'application/pdf; NAME = "a;b \\"c\\".pdf"', 'a;b "c".pdf'),
    ],
)
def test_a_file_name_is_read_as_mail_programs_write_it(raw: bytes, name: str) -> None:
    assert read_parameters(raw)["name"] == name


def test_a_subject_is_unfolded_and_loses_control_characters() -> None:
    assert read_text(b"one\n\ttwo\x00 \x07three") == "one two three"
    assert read_text("全角　空白".encode()) == "全角　空白"


def test_a_line_that_is_no_field_is_passed_over() -> None:
    fields, start = split_header(b"From: a\nthis is no field\nTo: b\n\nbody")
    assert fields == [(b"from", b"a"), (b"to", b"b")]
    assert start == len(b"From: a\nthis is no field\nTo: b\n\n")


def test_a_body_without_a_blank_line_before_it_is_kept() -> None:
    data = b"From: a\nTo: b\nHello there\nbye\n"
    fields, start = split_header(data)
    assert len(fields) == 2
    assert data[start:] == b"Hello there\nbye\n"


def test_a_header_without_a_body_is_a_header() -> None:
    assert split_header(b"From: a\nTo: b") == ([(b"from", b"a"), (b"to", b"b")], 13)
