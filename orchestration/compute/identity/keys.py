"""The keys by which two records may be one person, each in the form in which it is compared.

The forms are for matching only and are never written anywhere. NFKC makes ﾀﾅｶ of one system and タナカ of another
one text; it leaves 髙 and 﨑 alone, which Unicode holds for letters of their own, so those are folded by a list.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence

import polars as pl

HIRAGANA = [chr(code) for code in (*range(0x3041, 0x3097), 0x309D, 0x309E)]
KATAKANA = [chr(ord(letter) + 0x60) for letter in HIRAGANA]
# One family writes itself with either letter, and the systems that a record has passed through do not keep which.
VARIANTS = {"髙": "高", "﨑": "崎", "邊": "辺", "邉": "辺", "齋": "斎"}
# 辻󠄀 and 辻 differ by an invisible selector that some systems add and others drop.
SELECTORS = r"[\u{FE00}-\u{FE0F}\u{E0100}-\u{E01EF}]"

CANDIDATE_SCHEMA = {
    "source": pl.String,
    "candidate_id": pl.String,
    "full_name": pl.String,
    "family_name": pl.String,
    "given_name": pl.String,
    "kana": pl.String,
    "email": pl.String,
    "phone": pl.String,
    "birth_date": pl.Date,
    "created_at": pl.Datetime("us"),
    "is_anonymised": pl.Boolean,
    "address": pl.String,  # no entity of the model has one yet; where a source gives it, likeness weighs it
}
# Three ways of writing a name. Two records are compared only within one of them: 田中 太郎 and Tanaka Taro do not
# contradict each other, and neither do two kanji spellings of one kana name.
NAMES = ("kana", "name", "latin")
KEYS = (*NAMES, "given", "birth_date", "email", "phone")


def normalise_email(address: pl.Expr) -> pl.Expr:
    """NFKC, trimmed, lower case; nothing else (a dot or a +tag may be another person's). Blank is NULL."""
    return _filled(address.str.normalize("NFKC").str.strip_chars().str.to_lowercase())


def normalise_phone(number: pl.Expr) -> pl.Expr:
    """NFKC, digits only, +81 → 0 (+81 (0)90 too). Text without a digit is NULL."""
    kept = number.str.normalize("NFKC").str.replace_all(r"[^0-9+]", "")
    return _filled(kept.str.replace(r"^\+810?", "0").str.replace_all(r"\+", ""))


def normalise_kana(kana: pl.Expr) -> pl.Expr:
    """NFKC, hiragana as katakana, white space removed."""
    letters = kana.str.normalize("NFKC").str.replace_many(HIRAGANA, KATAKANA)
    return _filled(letters.str.replace_all(r"\s", ""))


def normalise_name(name: pl.Expr) -> pl.Expr:
    """NFKC, lower case, white space removed, letter variants (髙/高 …) and variation selectors folded."""
    letters = name.str.normalize("NFKC").str.replace_all(SELECTORS, "").str.to_lowercase()
    return _filled(letters.str.replace_all(r"\s", "").str.replace_many(list(VARIANTS), list(VARIANTS.values())))


def normalise_latin(name: pl.Expr) -> pl.Expr:
    """A name in Latin letters, lower case, its words in alphabetical order: Taro TANAKA is Tanaka Taro."""
    words = name.str.normalize("NFKC").str.to_lowercase().str.replace_all(r"[\s,.]+", " ").str.strip_chars()
    return _filled(words.str.split(" ").list.sort().list.join(" "))


def hash_email(address: str) -> str:
    """SHA-256, hex, of a normalised address: the form in which an agency may report a registrant."""
    return hashlib.sha256(address.encode()).hexdigest()


def order_records(candidates: pl.DataFrame) -> pl.DataFrame:
    """CANDIDATE_SCHEMA and node: one row a record, node its place by created_at, source, candidate_id (blanks last)."""
    return (
        conform(candidates, CANDIDATE_SCHEMA)
        .unique(["source", "candidate_id"], keep="first", maintain_order=True)
        .sort("created_at", "source", "candidate_id", nulls_last=True)
        .with_row_index("node")
    )


def prepare_keys(records: pl.DataFrame, keys: Sequence[str] = KEYS) -> pl.DataFrame:
    """node, source, candidate_id and the named columns of `derive_keys`, for records as of `order_records`.

    An anonymised record has no keys: what a half-erased record still holds must not link it.
    """
    open_to_match = ~pl.col("is_anonymised").fill_null(False)
    derived = derive_keys()
    return records.select(
        "node", "source", "candidate_id", *(pl.when(open_to_match).then(derived[key]).alias(key) for key in keys)
    )


def derive_keys() -> dict[str, pl.Expr]:
    """kana, name, latin, given, birth_date, email, phone (the last two lists, not normalised) of a row of
    CANDIDATE_SCHEMA; `full_name` goes before family and given name, and it is either `name` or `latin`."""
    full = pl.coalesce(
        _filled(pl.col("full_name").str.strip_chars()),
        pl.concat_str("family_name", "given_name", separator=" ", ignore_nulls=False),
    )
    is_japanese = full.str.contains(r"[\p{Han}\p{Hiragana}\p{Katakana}]")
    return {
        "kana": normalise_kana(pl.col("kana")),
        "name": pl.when(is_japanese).then(normalise_name(full)),
        "latin": pl.when(~is_japanese).then(normalise_latin(full)),
        "given": normalise_name(pl.col("given_name")),
        "birth_date": pl.col("birth_date"),
        "email": pl.col("email").str.split(";"),
        "phone": pl.col("phone").str.split(";"),
    }


def carry_key(prepared: pl.DataFrame, key: str) -> pl.DataFrame:
    """node, value: which records carry which value of the list key `email` or `phone`; each pair once."""
    normalise = {"email": normalise_email, "phone": normalise_phone}[key]
    return (
        prepared.select("node", pl.col(key).alias("value"))
        .drop_nulls()
        .explode("value")
        .with_columns(normalise(pl.col("value")))
        .drop_nulls()
        .unique()
    )


def conform(frame: pl.DataFrame, schema: Mapping[str, pl.DataType | type[pl.DataType]]) -> pl.DataFrame:
    """The columns of `schema` in its order and types; a column that the frame lacks is NULL."""
    if frame.is_empty():
        return pl.DataFrame(schema=schema)
    return frame.select(
        pl.col(name).cast(dtype) if name in frame.columns else pl.lit(None, dtype=dtype).alias(name)
        for name, dtype in schema.items()
    )


def _filled(text: pl.Expr) -> pl.Expr:
    return pl.when(text != "").then(text)
