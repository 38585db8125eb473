"""Which records are one person: what links, what contradicts, and when a shared key stops being one."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest
from candidate_records import Row, are_one, candidate, candidates, people_of

from orchestration.compute.identity import link
from orchestration.compute.identity.linking import MANY

TARO: Row = {"full_name": "山田 太郎", "kana": "ヤマダ タロウ"}
HANAKO: Row = {"full_name": "山田 花子", "kana": "ヤマダ ハナコ"}
BORN, LATER = "1990-04-01", "1961-12-31"


def pair(left: Row, right: Row) -> bool:
    return are_one(candidate("C1", **left), candidate("C2", **right))


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("taro@example.com", "taro@example.com"),
        ("Taro@Example.COM", "　ｔａｒｏ@example.com "),
        ("old@example.com;taro@example.com", "taro@example.com;new@example.com"),
    ],
)
def test_an_equal_email_links(left: str, right: str) -> None:
    assert pair({"email": left}, {"email": right})


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("taro@example.com", "xtaro@example.com"),
        ("taro@example.com", "taro@example.co"),
        ("t.aro@example.com", "taro@example.com"),
        ("taro+a@example.com", "taro@example.com"),
        (" ", ""),
        (None, None),
    ],
)
def test_an_email_that_is_only_alike_or_missing_does_not_link(left: str | None, right: str | None) -> None:
    assert not pair({"email": left}, {"email": right})


@pytest.mark.parametrize(
    "other", ["09012345678", "０９０－１２３４－５６７８", "+81-90-1234-5678", "+81 (0)90 1234 5678"]
)
def test_an_equal_phone_links_however_it_is_written(other: str) -> None:
    assert pair({"phone": "090-1234-5678"}, {"phone": other})


@pytest.mark.parametrize("other", ["090-1234-5679", "8190-1234-5678", "なし", ""])
def test_another_phone_or_none_does_not_link(other: str) -> None:
    assert not pair({"phone": "090-1234-5678"}, {"phone": other})
    assert not pair({"phone": other}, {"phone": "不明"})


@pytest.mark.parametrize("kana", ["ヤマダタロウ", "やまだ　たろう", "ﾔﾏﾀﾞ ﾀﾛｳ"])
def test_kana_and_birth_date_together_link_in_any_writing(kana: str) -> None:
    assert pair({"kana": "ヤマダ タロウ", "born": BORN}, {"kana": kana, "born": BORN})


def test_kana_alone_or_birth_date_alone_does_not_link() -> None:
    assert not pair({"kana": "ヤマダ タロウ"}, {"kana": "ヤマダ タロウ"})
    assert not pair({"born": BORN}, {"born": BORN})
    assert not pair({"kana": "ヤマダ タロウ", "born": BORN}, {"kana": "ヤマダ タロウ", "born": LATER})
    assert not pair(
        {"full_name": "山田 太郎", "kana": "ヤマダ タロウ"}, {"full_name": "山田 太郎", "kana": "ヤマダ タロウ"}
    )


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("髙橋 一郎", "高橋一郎"),
        ("山﨑 一郎", "山崎 一郎"),
        ("渡邊 一郎", "渡辺 一郎"),
        ("渡邉 一郎", "渡辺 一郎"),
        ("齋藤 一郎", "斎藤 一郎"),
    ],
)
def test_letter_variants_of_a_name_are_one_name(left: str, right: str) -> None:
    assert pair({"full_name": left, "born": BORN}, {"full_name": right, "born": BORN})


def test_other_letters_are_other_names() -> None:
    assert not pair({"full_name": "斉木 一郎", "born": BORN}, {"full_name": "斎木 一郎", "born": BORN})


def test_an_invisible_variation_selector_does_not_make_another_name() -> None:
    assert pair({"full_name": "辻\U000e0100 一郎", "born": BORN}, {"full_name": "辻 一郎", "born": BORN})


def test_family_and_given_name_stand_in_for_a_full_name() -> None:
    assert pair({"family_name": "山田", "given_name": "太郎", "born": BORN}, {"full_name": "山田太郎", "born": BORN})


def test_latin_names_are_compared_without_order_or_case() -> None:
    assert pair({"full_name": "TANAKA, Taro", "born": BORN}, {"full_name": "Taro Tanaka", "born": BORN})
    assert not pair({"full_name": "Taro Tanaka", "born": BORN}, {"full_name": "Jiro Tanaka", "born": BORN})


def test_a_name_in_latin_letters_does_not_contradict_one_in_japanese() -> None:
    mail = {"email": "taro@example.com"}
    assert pair({"full_name": "Taro Tanaka", **mail}, {"full_name": "田中 太郎", **mail})


def test_a_familys_phone_does_not_link_its_members() -> None:
    phone = {"phone": "03-1234-5678"}
    assert not pair({**TARO, **phone, "born": BORN}, {**HANAKO, **phone, "born": LATER})
    assert not pair({**TARO, **phone}, {**HANAKO, **phone})
    assert not pair({"born": BORN, **phone}, {"born": LATER, **phone})


def test_twins_with_their_familys_phone_are_two() -> None:
    phone = {"phone": "03-1234-5678", "born": BORN}
    assert not pair({**TARO, **phone, "given_name": "太郎"}, {**HANAKO, **phone, "given_name": "花子"})


def test_who_agrees_in_name_and_a_familys_phone_is_one() -> None:
    phone = {"phone": "03-1234-5678"}
    rows = [candidate("C1", **TARO, **phone), candidate("C2", **HANAKO, **phone), candidate("C3", **TARO, **phone)]
    assert people_of(*rows) == {frozenset({"C1", "C3"}), frozenset({"C2"})}


def test_who_agrees_in_name_but_not_in_birth_date_on_a_shared_phone_is_two() -> None:
    phone = {"phone": "03-1234-5678"}
    rows = [
        candidate("C1", BORN, **TARO, **phone),
        candidate("C2", **HANAKO, **phone),
        candidate("C3", LATER, **TARO, **phone),
    ]
    assert len(people_of(*rows)) == 3


def test_an_agencys_address_on_forty_candidates_links_none_of_them() -> None:
    rows = [candidate(f"C{n:02}", email="desk@agency.example", full_name=f"候補 {chr(0x4E00 + n)}") for n in range(40)]
    assert len(people_of(*rows)) == 40


def test_an_agencys_address_does_not_even_link_two_of_one_name() -> None:
    rows = [candidate(f"C{n:02}", email="desk@agency.example", full_name=f"候補 {chr(0x4E00 + n)}") for n in range(40)]
    rows += [
        candidate("C90", email="desk@agency.example", **TARO),
        candidate("C91", email="desk@agency.example", **TARO),
    ]
    assert len(people_of(*rows)) == 42


@pytest.mark.parametrize(("carriers", "people"), [(MANY, 1), (MANY + 1, MANY + 1)])
def test_an_address_of_which_nothing_else_is_known_links_up_to_a_number(carriers: int, people: int) -> None:
    rows = [candidate(f"C{n:02}", email="someone@example.com") for n in range(carriers)]
    assert len(people_of(*rows)) == people


def test_any_number_of_records_of_one_name_and_address_are_one() -> None:
    assert are_one(*(candidate(f"C{n:02}", email="taro@example.com", **TARO) for n in range(30)))


def test_a_slip_in_the_birth_date_does_not_undo_an_address_and_a_name() -> None:
    mail = {"email": "taro@example.com"}
    assert pair({**TARO, **mail, "born": BORN}, {**TARO, **mail, "born": LATER})
    assert not pair(
        {**TARO, **mail, "born": BORN}, {"full_name": "山田 太郎", "kana": "ヤマダ ジロウ", **mail, "born": LATER}
    )


def test_a_record_without_kana_is_compared_by_its_kanji() -> None:
    mail = {"email": "taro@example.com"}
    assert pair({**TARO, **mail}, {"full_name": "山田 太郎", **mail})
    assert not pair({**TARO, **mail}, {"full_name": "山田 花子", **mail})


def test_a_family_name_changed_by_marriage_is_no_contradiction() -> None:
    one = {"email": "h@example.com", "born": BORN, "given_name": "花子"}
    before, after = (
        {"full_name": "山田 花子", "kana": "ヤマダ ハナコ"},
        {"full_name": "鈴木 花子", "kana": "スズキ ハナコ"},
    )
    assert pair({**one, **before}, {**one, **after})
    assert not pair({**one, **before}, {**one, **after, "born": LATER})
    assert not pair({**one, **before}, {**one, **after, "born": None})


def test_two_of_one_kana_and_birth_date_but_other_kanji_and_addresses_are_two() -> None:
    left: dict[str, Any] = {"full_name": "鈴木 一郎", "kana": "スズキ イチロウ", "born": BORN}
    right = {**left, "full_name": "鈴木 一朗"}
    assert not pair({**left, "email": "a@example.com"}, {**right, "email": "b@example.com"})
    assert not pair({**left, "phone": "1"}, {**right, "phone": "2"})
    assert pair({**left, "email": "a@example.com"}, right)
    assert pair({**left, "email": "a@example.com"}, {**left, "email": "b@example.com"})


def test_two_of_one_name_and_birth_date_but_other_kana_and_addresses_are_two() -> None:
    left: dict[str, Any] = {"full_name": "山田 翔", "kana": "ヤマダ ショウ", "born": BORN, "email": "a@example.com"}
    assert not pair(left, {**left, "kana": "ヤマダ カケル", "email": "b@example.com"})


def test_anonymised_records_never_link_by_anything_they_still_hold() -> None:
    whole = {**TARO, "born": BORN, "email": "taro@example.com", "phone": "090-1234-5678"}
    assert not pair({**whole, "is_anonymised": True}, whole)
    assert not pair({**whole, "is_anonymised": True}, {**whole, "is_anonymised": True})


def test_links_reach_through_records_that_share_no_key() -> None:
    assert are_one(
        candidate("C1", email="a@example.com"),
        candidate("C2", email="a@example.com;b@example.com", phone="1"),
        candidate("C3", phone="1"),
        candidate("C4", email="b@example.com", source="other"),
    )


def test_a_rule_of_ones_own_joins_behind_the_same_interface() -> None:
    class Guess:
        name = "guess"

        def find_edges(self, prepared: pl.DataFrame) -> pl.DataFrame:
            return pl.DataFrame({"left": [0], "right": [1], "rule": ["guess"], "probability": [0.9]})

    edges = link(candidates(candidate("C1"), candidate("C2")), [Guess()])
    assert edges.row(0) == (0, 1, "guess", 0.9)
