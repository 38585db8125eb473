from __future__ import annotations

from pathlib import Path

import pytest
from opening import FIXTURES, read_only_table, write

from connectors.errors import FileRefused
from connectors.formats import text
from connectors.formats.text import decide_encoding, fold_header, is_blank, read_utf8

JAPANESE = "氏名,カナ\r\n髙橋 﨑子,タカハシ\r\n①㈱山田,ヤマダ\r\n"


def decode(path: Path, override: str | None = None) -> tuple[str, str]:
    encoding = decide_encoding(path, override)
    return encoding.name, b"".join(read_utf8(path, encoding)).decode()


@pytest.mark.parametrize(
    ("codec", "decided"),
    [
        ("utf-8", "utf-8"),
        ("utf-8-sig", "utf-8"),
        ("cp932", "cp932"),
        ("utf-16", "utf-16-le"),
        ("utf-16-le", "utf-16-le"),
        ("utf-16-be", "utf-16-be"),
        ("utf-32", "utf-32-le"),
    ],
)
def test_japanese_text_comes_back_from_every_encoding_without_being_told_which(
    tmp_path: Path, codec: str, decided: str
) -> None:
    assert decode(write(tmp_path, JAPANESE.encode(codec))) == (decided, JAPANESE)


@pytest.mark.parametrize("piece", [1, 2, 3, 5, 64])
@pytest.mark.parametrize("codec", ["utf-8", "cp932", "utf-16-be"])
def test_a_character_cut_by_the_edge_of_a_piece_is_whole_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, codec: str, piece: int
) -> None:
    monkeypatch.setattr(text, "PIECE_BYTES", piece)
    mark = b"\xfe\xff" if codec == "utf-16-be" else b""
    assert decode(write(tmp_path, mark + "a,𠮷野家\n".replace("𠮷", "吉").encode(codec)))[1] == "a,吉野家\n"


def test_a_single_bad_byte_refuses_the_whole_file_and_is_told_with_its_offset(tmp_path: Path) -> None:
    good = "氏名\n山田\n".encode()
    with pytest.raises(FileRefused) as refused:
        decide_encoding(write(tmp_path, good + b"\xfd\xff\n"))
    assert f"not UTF-8 (first bad byte at offset {len(good)})" in refused.value.message
    assert "not CP932 (at offset" in refused.value.message


def test_bytes_that_only_pythons_cp932_takes_are_not_cp932(tmp_path: Path) -> None:
    with pytest.raises(FileRefused, match="CP932 .at offset 5.") as refused:
        decide_encoding(write(tmp_path, "名前".encode("cp932") + b"\n\xa0\n"))
    assert refused.value.mend is not None


def test_a_bad_byte_far_behind_the_first_piece_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(text, "PIECE_BYTES", 16)
    content = "あ\n".encode() * 30
    with pytest.raises(FileRefused, match=f"offset {len(content)}"):
        decide_encoding(write(tmp_path, content + b"\xff"))


def test_a_mark_that_the_file_does_not_keep_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FileRefused, match="offset 3 does not fit"):
        decide_encoding(write(tmp_path, b"\xef\xbb\xbf" + "山田".encode("cp932")))


def test_the_user_may_name_the_encoding_and_shift_jis_means_cp932(tmp_path: Path) -> None:
    path = write(tmp_path, "①,é".encode())
    assert decode(path, "utf8")[1] == "①,é"
    assert decode(write(tmp_path, "①㈱".encode("cp932")), "Shift_JIS") == ("cp932", "①㈱")
    assert decode(write(tmp_path, "株式会社".encode("euc_jp")), "euc_jp")[1] == "株式会社"
    assert decode(write(tmp_path, "氏名".encode("utf-16")), "utf-16")[1] == "氏名"
    with pytest.raises(FileRefused, match="no encoding is called"):
        decide_encoding(path, "klingon")


@pytest.mark.parametrize(
    ("codec", "words"),
    [
        ("euc_jp", "氏名,部署\n山田太郎,営業部\n鈴木花子,開発部\nさくら,ひらがな\n"),
        ("latin-1", "nom,ville\nÉlodie,Orléans\nJosé,Málaga\nJürgen,Köln\n"),
        ("iso2022_jp", "氏名,部署\n山田太郎,営業部\n"),
        ("cp932", "ﾔﾏﾀﾞ\nｽｽﾞｷ\n"),  # the same bytes are 亙治 and 重渓 in EUC-JP
    ],
)
def test_text_that_would_turn_into_other_letters_is_asked_about(tmp_path: Path, codec: str, words: str) -> None:
    with pytest.raises(FileRefused, match="not certain|unknown"):
        decide_encoding(write(tmp_path, words.encode(codec)))


@pytest.mark.parametrize("words", ["A社,B社\nC社,1\n", "氏名\nﾔﾏﾀﾞ ﾀﾛｳ\n", "性別\n男\n"])
def test_short_or_half_width_japanese_is_cp932_all_the_same(tmp_path: Path, words: str) -> None:
    assert decode(write(tmp_path, words.encode("cp932"))) == ("cp932", words)


def test_japanese_behind_megabytes_of_ascii_is_cp932_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(text, "PIECE_BYTES", 8)
    assert decode(write(tmp_path, "a,b\n" * 20 + "営業,1\n", encoding="cp932"))[0] == "cp932"


@pytest.mark.parametrize("name", ["euc_jp", "shift_jis", "iso2022_jp", "euc_jisx0213", "shift_jisx0213"])
def test_pythons_own_cjk_files_read_as_their_utf8_twins_or_not_at_all(name: str) -> None:
    folder = FIXTURES / "jp" / "cpython_cjkencodings"
    twin = (folder / f"{name}-utf8.txt").read_text(encoding="utf-8")
    assert decode(folder / f"{name}.txt", name)[1] == twin or name == "shift_jis"
    try:
        assert decode(folder / f"{name}.txt")[1] == twin
    except FileRefused as refused:
        assert name != "shift_jis", refused


def test_the_governments_holiday_file_is_cp932() -> None:
    reading = read_only_table(FIXTURES / "jp" / "syukujitsu_cp932" / "syukujitsu.csv")
    assert reading.table.header == ("国民の祝日・休日月日", "国民の祝日・休日名称")
    assert reading.table.facts["encoding"] == "cp932"
    assert reading.rows[0] == ("1955/1/1", "元日")
    assert len(reading.rows) == (FIXTURES / "jp/syukujitsu_cp932/syukujitsu.csv").read_bytes().count(b"\n") - 1
    assert reading.refused == []


def test_ascii_with_nuls_in_it_is_not_utf16(tmp_path: Path) -> None:
    assert decide_encoding(write(tmp_path, b"hello\n\x00world\x00\n")).name == "utf-8"
    assert decide_encoding(write(tmp_path, b"a,b\n1,2\n" + bytes(4000))).name == "utf-8"


def test_headers_are_compared_without_width_space_and_case() -> None:
    assert fold_header(" 応募者 ＩＤ\n") == fold_header("応募者id") == "応募者id"


def test_blank_is_any_white_space() -> None:
    assert is_blank(None) and is_blank("") and is_blank(" \u3000\t\n\ufeff\u200b")
    assert not is_blank("0")
