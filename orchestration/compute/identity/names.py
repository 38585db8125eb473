"""One person's name as sources write it: old and new kanji, kana, romaji of three schools, family name first or last.

`derive_names` brings all of them to two forms that can be compared: kanji in their new forms, and a reading in plain
Kunrei letters without long vowels (ゆうこ, ユウコ, Yuuko, Yūko, Yuhko → yuko). A record with kanji alone borrows the
reading that the other records give the same kanji, where they agree. For matching only; never written anywhere.
"""

from __future__ import annotations

import polars as pl

from orchestration.compute.identity.keys import HIRAGANA, KATAKANA, SELECTORS

# 旧字体 and 異体字 of names beside the 新字体 that most systems keep: one family writes both.
OLD = "髙﨑邊邉齋齊斎澤櫻廣國惠濱濵眞榮關龍壽圓實德藏條瀨瀬嶋嶌島檜桧淺黑應學會區佛來兒劍勞單嚴圍圖壯壹寶將專"
NEW = "高崎辺辺斉斉斉沢桜広国恵浜浜真栄関竜寿円実徳蔵条瀬瀬島島島桧桧浅黒応学会区仏来児剣労単厳囲図壮壱宝将専"
OLD += "峯彌從恆悅惡戰拜攝數晉曉曾樂樣橫歐氣涉淨淸渴滿澁燈爲狹獨甁畫當疊盡禎禮稻穗穰竝綠縣繩聰聲莊萬藝藥處號蟲"
NEW += "峰弥従恒悦悪戦拝摂数晋暁曽楽様横欧気渉浄清渇満渋灯為狭独瓶画当畳尽禎礼稲穂穣並緑県縄聡声荘万芸薬処号虫"
OLD += "覺觀譽讓豐賴輕轉遙邦郞鄕醫釋鐵隆隱雜靈靜靑鷄麥黃默齒齡龜冨埜遠渕淵籐槇眷凜薰渚巖穐"
NEW += "覚観誉譲豊頼軽転遥邦郎郷医釈鉄隆隠雑霊静青鶏麦黄黙歯齢亀富野遠淵淵藤槙眷凛薫渚岩秋"
KANA = "アイウエオカキクケコサシスセソタチツテトナニヌネノハヒフヘホマミムメモヤユヨラリルレロワヰヱヲン"
KANA += "ガギグゲゴザジズゼゾダヂヅデドバビブベボパピプペポヴ"
ROMAJI = (
    "a i u e o ka ki ku ke ko sa si su se so ta ti tu te to na ni nu ne no ha hi hu he ho ma mi mu me mo ya yu yo "
    "ra ri ru re ro wa i e o n ga gi gu ge go za zi zu ze zo da zi zu de do ba bi bu be bo pa pi pu pe po bu"
).split()
SMALL = {
    "ャ": "~ya",
    "ュ": "~yu",
    "ョ": "~yo",
    "ァ": "~a",
    "ィ": "~i",
    "ゥ": "~u",
    "ェ": "~e",
    "ォ": "~o",
    "ッ": "",
    "ー": "",
}
LETTERS = dict(zip(KANA, ROMAJI, strict=True)) | SMALL
JAPANESE = r"[\p{Han}\p{Hiragana}\p{Katakana}]"
# Below this share of agreement a kanji has several readings (裕子: ゆうこ, ひろこ), and none is lent.
AGREED = 0.8
KUNREI = (
    (r"\p{M}|['’\-.]", ""),
    (r"i~y", "y"),
    (r"[iu]~([aueo])", "$1"),
    (r"~", ""),
    (r"sh([auoe])", "sy$1"),
    (r"shi", "si"),
    (r"ch([auoe])", "ty$1"),
    (r"cchi|tchi|chi", "ti"),
    (r"tsu", "tu"),
    (r"j([auoe])", "zy$1"),
    (r"ji", "zi"),
    (r"fu", "hu"),
    (r"m([bpm])", "n$1"),
    (r"([ou])h([^aiueoy]|$)", "$1$2"),
    (r"o[uo]+", "o"),
    (r"u{2,}", "u"),
    (r"([kstpgzdbc])([kstpgzdbc])", "$2"),
)


def fold_kanji(name: pl.Expr) -> pl.Expr:
    """NFKC, no variation selector, new forms of kanji, lower case; white space kept as one blank."""
    text = name.str.normalize("NFKC").str.replace_all(SELECTORS, "").str.replace_many(list(OLD), list(NEW))
    return text.str.to_lowercase().str.replace_all(r"[\s,・]+", " ").str.strip_chars()


def fold_reading(name: pl.Expr) -> pl.Expr:
    """Kana or Latin letters → plain Kunrei letters, words kept apart by one blank."""
    text = name.str.normalize("NFKC").str.to_lowercase()
    text = text.str.replace_many(HIRAGANA, KATAKANA)
    text = text.str.replace_many(list(LETTERS), list(LETTERS.values())).str.normalize("NFKD")
    for pattern, letters in KUNREI:
        text = text.str.replace_all(pattern, letters)
    return text.str.replace_all(r"[^\p{L}\p{N}]+", " ").str.strip_chars()


def derive_names(records: pl.DataFrame) -> pl.DataFrame:
    """node, kanji_family, kanji_given, kanji, kanji_swapped, family, given, latin_given, reading, reading_swapped.

    `records`: node and the name columns of CANDIDATE_SCHEMA. `family` and `given` are readings, `latin_given` the
    given name of a record without kana; `kanji` and `reading`
    are the whole name in the order given, `…_swapped` in the other; NULL where the record does not tell.
    """
    parts = pl.concat_str(_filled("family_name"), _filled("given_name"), separator=" ", ignore_nulls=True)
    full = pl.coalesce(_filled("full_name"), pl.when(parts != "").then(parts))
    texts = records.select(
        "node",
        is_japanese=full.str.contains(JAPANESE),
        kanji=fold_kanji(full),
        kanji_family=fold_kanji(_filled("family_name")),
        kanji_given=fold_kanji(_filled("given_name")),
        kana=fold_reading(_filled("kana")),
        latin=fold_reading(pl.when(~full.str.contains(r"[\p{Han}]")).then(full)),
        latin_family=fold_reading(_latin("family_name")),
        latin_given=fold_reading(_latin("given_name")),
    )
    split = texts.select(
        "node",
        kanji_family=pl.when("is_japanese").then(pl.coalesce("kanji_family", _word("kanji", 0))),
        kanji_given=pl.when("is_japanese").then(pl.coalesce("kanji_given", _word("kanji", 1))),
        kanji=pl.when("is_japanese").then(pl.col("kanji").str.replace_all(" ", "")),
        family=pl.coalesce(_word("kana", 0), "latin_family", _word("latin", 0)),
        given=pl.coalesce(_word("kana", 1), "latin_given", _word("latin", 1)),
        latin_given=pl.when(pl.col("kana").is_null() & pl.col("is_japanese").not_()).then(
            pl.coalesce("latin_given", _word("latin", 1))
        ),
        reading=pl.coalesce("kana", "latin").str.replace_all(" ", ""),
    )
    for part in ("family", "given"):
        split = _lend(split, f"kanji_{part}", part)
    together = pl.col("family") + pl.col("given")
    return split.with_columns(
        kanji_swapped=pl.col("kanji_given") + pl.col("kanji_family"),
        reading=pl.coalesce("reading", together),
        reading_swapped=pl.col("given") + pl.col("family"),
    )


def _lend(names: pl.DataFrame, kanji: str, reading: str) -> pl.DataFrame:
    known = (
        names.filter(pl.col(kanji).is_not_null() & pl.col(reading).is_not_null())
        .group_by(kanji, reading)
        .len()
        .sort(kanji, "len", reading, descending=[False, True, False])
        .group_by(kanji, maintain_order=True)
        .agg(lent=pl.col(reading).first(), share=pl.col("len").first() / pl.col("len").sum())
        .filter(pl.col("share") >= AGREED)
        .select(kanji, "lent")
    )
    lent = names.join(known, on=kanji, how="left", maintain_order="left")
    return lent.with_columns(pl.coalesce(reading, "lent").alias(reading)).drop("lent")


def _filled(column: str) -> pl.Expr:
    return pl.when(pl.col(column).str.strip_chars() != "").then(pl.col(column))


def _latin(column: str) -> pl.Expr:
    return pl.when(~pl.col(column).str.contains(JAPANESE)).then(_filled(column))


def _word(column: str, place: int) -> pl.Expr:
    # Only two words are a family and a given name: three may be anything.
    words = pl.col(column).str.split(" ")
    return pl.when(words.list.len() == 2).then(words.list.get(place, null_on_oob=True))
