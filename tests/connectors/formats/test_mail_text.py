from __future__ import annotations

import base64

import pytest

from connectors.formats.mail_text import decode_base64, decode_bytes, decode_header, jis_to_cp932
from tests.connectors.formats.raw_mail import write_word

TEXT = "株式会社サンプルの採用担当です。ご応募ありがとうございます。"
# JIS X 0208 has none of these: row 13 (NEC) holds ① and ㈱, row 92 (IBM's extension, NEC's place) holds 髙.
WINDOWS_JIS = b"\x1b$B" + bytes.fromhex("2d21 2d6a 7c62") + b"\x1b(B"


@pytest.mark.parametrize("codec", ["utf-8", "cp932", "euc_jp", "iso2022_jp"])
@pytest.mark.parametrize(
    "label", [None, "utf-8", "shift_jis", "euc-jp", "iso-2022-jp", "iso-8859-1", "us-ascii", "x-no"]
)
def test_a_text_is_read_whatever_its_label_says(codec: str, label: str | None) -> None:
    assert decode_bytes(TEXT.encode(codec), label).text == TEXT


def test_windows_characters_in_iso_2022_jp_are_repaired() -> None:
    decoded = decode_bytes(b"No." + WINDOWS_JIS + b" end", "iso-2022-jp")
    assert decoded.text == "No.①㈱髙 end"
    assert decoded.damaged == 0


def test_windows_characters_in_euc_jp_are_repaired() -> None:
    assert decode_bytes("採用①".encode("cp932"), "shift_jis").text == "採用①"
    assert decode_bytes("採用".encode("euc_jp") + bytes.fromhex("ada1 adea fce2"), "euc-jp").text == "採用①㈱髙"


def test_every_jis_cell_maps_to_the_cell_that_python_knows() -> None:
    for row in range(0x21, 0x7F):
        for cell in range(0x21, 0x7F):
            try:
                expected = (b"\x1b$B" + bytes((row, cell)) + b"\x1b(B").decode("iso2022_jp")
            except UnicodeDecodeError:
                continue
            found = jis_to_cp932(row, cell).decode("cp932")
            # Microsoft reads six symbols of rows 1 and 2 as their full-width twins (〜 as ～).
            assert found == expected or row in (0x21, 0x22), (hex(row), hex(cell))


def test_half_width_kana_and_a_missing_return_to_ascii_are_read() -> None:
    assert decode_bytes(b"\x1b(I16@\x1b(B ok", "iso-2022-jp").text == "\uff71\uff76\uff80 ok"
    assert decode_bytes(b"\x1b$B:NMQ\nnext", "iso-2022-jp").text == "採用\nnext"


def test_a_broken_character_costs_itself_and_not_the_text() -> None:
    broken = TEXT.encode()[:-1]
    decoded = decode_bytes(broken, "utf-8")
    assert decoded.text == TEXT[:-1] + "\ufffd"
    assert decoded.damaged == 1


def test_western_text_without_a_charset_is_not_taken_for_japanese() -> None:
    assert decode_bytes("Café très déjà vu".encode("latin-1")).text == "Café très déjà vu"
    assert decode_bytes("naïve".encode("latin-1"), "us-ascii").text == "naïve"


@pytest.mark.parametrize(
    ("label", "text", "codec"),
    [("gb2312", "您好，简历", "gb18030"), ("ks_c_5601-1987", "안녕하세요", "cp949"), ("koi8-r", "Привет", "koi8-r")],
)
def test_other_charsets_are_read_as_labelled(label: str, text: str, codec: str) -> None:
    assert decode_bytes(text.encode(codec), label).text == text


@pytest.mark.parametrize("encoding", ["B", "Q"])
@pytest.mark.parametrize("charset", ["utf-8", "iso-2022-jp", "shift_jis", "euc-jp"])
def test_a_header_word_is_decoded(encoding: str, charset: str) -> None:
    raw = f"Re: {write_word('選考結果', charset, encoding)} (2)".encode()
    assert decode_header(raw).text == "Re: 選考結果 (2)"


def test_words_split_inside_a_character_are_joined_first() -> None:
    data = "選考結果のご連絡".encode()
    first, second = base64.b64encode(data[:7]).decode(), base64.b64encode(data[7:]).decode()
    assert decode_header(f"=?UTF-8?B?{first}?=\n =?utf-8?B?{second}?=".encode()).text == "選考結果のご連絡"


def test_adjacent_words_of_two_charsets_lose_the_blank_between_them() -> None:
    raw = f"{write_word('選考')} {write_word('結果', 'iso-2022-jp')} done".encode()
    assert decode_header(raw).text == "選考結果 done"


@pytest.mark.parametrize("codec", ["utf-8", "cp932", "euc_jp", "iso2022_jp"])
def test_a_raw_header_is_read_without_any_label(codec: str) -> None:
    assert decode_header("選考結果のご連絡".encode(codec)).text == "選考結果のご連絡"


def test_a_word_with_a_wrong_label_is_read_by_its_bytes() -> None:
    lying = base64.b64encode("選考結果のご連絡".encode("cp932")).decode()
    assert decode_header(f"=?UTF-8?B?{lying}?=".encode()).text == "選考結果のご連絡"


def test_base64_survives_missing_padding_and_a_footer() -> None:
    encoded = base64.b64encode(TEXT.encode()).rstrip(b"=")
    assert decode_base64(encoded[:20] + b"\n" + encoded[20:]).decode() == TEXT
    assert decode_base64(base64.b64encode(b"abc") + b"\n-- \n").startswith(b"abc")
