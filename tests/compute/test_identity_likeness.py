"""Linkage by likeness: finds the person behind other spellings, and nobody behind one shared key."""

from __future__ import annotations

import subprocess
import sys

import polars as pl
import pytest
from candidate_records import Row, candidate, candidates

from benchmarks.identity_people import invent
from orchestration.compute.identity import choose_links, link, score_alike
from orchestration.compute.identity.keys import order_records
from orchestration.compute.identity.names import derive_names, fold_kanji, fold_reading
from orchestration.compute.identity.persons import label_components

BORN, OTHER = "1988-04-12", "1975-11-30"


def label(frame: pl.DataFrame) -> pl.DataFrame:
    """source, candidate_id, person: the label of each record's person."""
    strong = link(frame)
    scored = score_alike(frame, strong)
    edges = pl.concat([strong, choose_links(frame.height, strong, scored)])
    records = order_records(frame)
    return records.select("source", "candidate_id").with_columns(person=label_components(records.height, edges))


def are_one(*rows: Row) -> bool:
    """Among strangers, without whom no name is rare."""
    strangers, _ = invent(300, seed=9)
    frame = pl.concat([candidates(*rows), strangers.with_columns(source=pl.lit("x"))], how="diagonal")
    return label(frame).filter(source="ats")["person"].n_unique() == 1


@pytest.mark.parametrize(
    ("text", "reading"),
    [
        *((text, "yuko") for text in ("ゆうこ", "ユウコ", "Yūko", "Yuhko")),
        *((text, "zyuniti") for text in ("ジュンイチ", "Jun'ichi")),
        *((text, "hatori") for text in ("ﾊｯﾄﾘ", "Hattori")),
        ("まつもと しょう", "matumoto syo"),
    ],
)
def test_kana_and_romaji_of_every_school_have_one_reading(text: str, reading: str) -> None:
    assert pl.DataFrame({"x": [text]}).select(fold_reading(pl.col("x"))).item() == reading


def test_old_kanji_are_their_new_forms() -> None:
    names = pl.DataFrame({"x": ["濵田 眞壽", "髙嶋　廣", "渡邉"]})
    assert names.select(fold_kanji(pl.col("x")))["x"].to_list() == ["浜田 真寿", "高島 広", "渡辺"]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"full_name": "廣澤 惠"}, {"full_name": "広沢 恵"}),
        ({"full_name": "広沢 恵", "kana": "ヒロサワ メグミ"}, {"full_name": "Megumi Hirosawa"}),
        ({"kana": "ひろさわ めぐみ"}, {"full_name": "HIROSAWA Megumi"}),
        ({"full_name": "広沢 恵", "kana": "ヒロサワ メグミ"}, {"full_name": "恵 広沢", "kana": "メグミ ヒロサワ"}),
        (
            {"full_name": "広沢 恵", "kana": "ヒロサワ メグミ", "phone": "080-1234-5678"},
            {"full_name": "遠藤 恵", "kana": "エンドウ メグミ", "phone": "080-1234-5687", "email": "m@example.com"},
        ),
    ],
    ids=["old kanji", "kanji and romaji", "kana and romaji", "given name first", "maiden name and a slip"],
)
def test_another_way_of_writing_the_name_is_the_same_person(one: Row, other: Row) -> None:
    assert are_one(candidate("C1", BORN, **one), candidate("C2", BORN, **other))


def test_a_given_name_alone_is_a_name() -> None:
    rows = candidates(candidate("C1", given_name="Megumi", family_name=" "), candidate("C2", given_name="メグミ"))
    named = derive_names(order_records(rows))
    assert named.select("kanji", "family", "given", "reading").rows() == [
        (None, None, "megumi", "megumi"),
        ("メグミ", None, None, "megumi"),
    ]


def test_a_name_in_romaji_with_the_address_but_a_slip_in_the_birth_date_is_the_same_person() -> None:
    one = candidate("C1", "1988-04-12", full_name="広沢 恵", kana="ヒロサワ メグミ", email="megu.h@example.com")
    other = candidate("C2", "1988-04-13", full_name="Hirosawa Megumi", email="megu.h@example.com", phone="080-1")
    assert are_one(one, other)


def test_a_given_name_mistyped_in_latin_letters_speaks_for_nobody() -> None:
    for one, other, said in (
        ("Hirosawa Thomas", "Hirosawa Tom", True),
        ("Hirosawa Thomas", "Hirosawa Megumi", False),
        ("広沢 和也", "広沢 和真", False),
        ("ヒロサワ カズヤ", "ヒロサワ カズマ", False),
    ):
        twins = [candidate(key, BORN, full_name=name, phone="0312345678") for key, name in (("C1", one), ("C2", other))]
        assert are_one(*twins) is said, one


def test_the_first_of_january_is_no_day_that_two_years_share() -> None:
    for born, other, said in (
        ("1980-04-12", "1991-04-12", True),
        ("1980-01-01", "1991-01-01", False),
        ("1980-01-01", "1980-01-01", True),
    ):
        rows = [candidate(key, day, full_name="Hirosawa Megumi") for key, day in (("C1", born), ("C2", other))]
        assert are_one(*rows) is said, (born, other)


def test_a_birth_date_that_many_strangers_carry_says_little() -> None:
    rows = [candidate("C1", BORN, full_name="Hirosawa Megumi"), candidate("C2", BORN, full_name="Hirozawa Megumi")]
    strangers, _ = invent(300, seed=9)
    for crowd, said in ((5, True), (200, False)):
        born = pl.when(pl.int_range(pl.len()) < crowd).then(pl.lit(BORN).str.to_date()).otherwise("birth_date")
        frame = pl.concat(
            [candidates(*rows), strangers.with_columns(source=pl.lit("x"), birth_date=born)], how="diagonal"
        )
        assert (label(frame).filter(source="ats")["person"].n_unique() == 1) is said, crowd


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"full_name": "佐藤 健"}, {"full_name": "佐藤 健"}),
        ({"full_name": "佐藤 健", "born": BORN}, {"full_name": "佐藤 健", "born": OTHER}),
        ({"full_name": "広沢 恵", "phone": "03-1"}, {"full_name": "広沢 茂", "phone": "03-1"}),
        (
            {"kana": "ヒロサワ メグミ", "phone": "0312345678", "born": BORN},
            {"kana": "ヒロサワ ノゾミ", "phone": "0312345678", "born": BORN},
        ),
        ({"full_name": "広沢 恵", "email": "ada@example.com"}, {"full_name": "広沢 恵", "email": "xada@example.com"}),
        ({"full_name": "広沢 恵", "born": BORN}, {"full_name": "Megumi Hirosawa", "born": BORN, "is_anonymised": True}),
    ],
    ids=["same name alone", "namesakes", "a family's phone", "twins", "a part of an address", "anonymised"],
)
def test_what_must_never_link_does_not(one: Row, other: Row) -> None:
    rows = [candidate(name, row.pop("born", None), **row) for name, row in (("C1", dict(one)), ("C2", dict(other)))]
    assert not are_one(*rows)


def test_forty_candidates_of_an_agency_stay_forty() -> None:
    strangers, truth = invent(400, seed=3)
    first = strangers.with_columns(truth).unique("person", maintain_order=True).head(40)
    shared = first.with_columns(email=pl.lit("desk@agency.example.com"), phone=pl.lit("0312345678")).drop("person")
    assert label(shared)["person"].n_unique() == 40


@pytest.mark.parametrize("seed", [5, 6])
def test_invented_people_are_told_apart_and_found_again(seed: int) -> None:
    frame, truth = invent(4000, seed)
    known = frame.with_columns(truth).select("source", "candidate_id", truth="person")
    told = label(frame).join(known, on=["source", "candidate_id"])
    found, true, both = (_pairs(told, keys) for keys in (["person"], ["truth"], ["person", "truth"]))
    precision, recall = both / found, both / true
    assert precision >= 0.995
    assert 2 * precision * recall / (precision + recall) >= 0.98


def test_the_order_of_the_records_changes_nobody() -> None:
    frame, _ = invent(1500, seed=8)
    one, other = label(frame), label(frame.sample(fraction=1.0, shuffle=True, seed=1))
    assert one.equals(other)


def test_nothing_to_compare_does_not_import_splink() -> None:
    code = (
        "import sys, polars as pl, orchestration.cli\n"
        "from orchestration.compute import identity\n"
        "frame = pl.DataFrame({'source': ['a', 'a'], 'candidate_id': ['1', '2'], 'full_name': ['佐藤 健', '林 茂'],"
        " 'email': ['a@example.com', 'b@example.com']})\n"
        "assert identity.score_alike(frame, identity.link(frame)).is_empty()\n"
        "assert 'splink' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def _pairs(frame: pl.DataFrame, keys: list[str]) -> int:
    counts = frame.group_by(keys).len()["len"].cast(pl.Int64)
    return int((counts * (counts - 1) // 2).sum())
