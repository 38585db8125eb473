"""Labels as vocabularies compare them: NFKC, case folded, white space of every kind removed."""

from __future__ import annotations

import unicodedata

import polars as pl


def fold(label: str) -> str:
    """ＭｅｄｉａＺｑ　Ａ → mediazqa, ㈱ゼット → (株)ゼット, № 9 → no9."""
    return "".join(unicodedata.normalize("NFKC", label).casefold().split())


def fold_labels(labels: pl.DataFrame) -> pl.DataFrame:
    """Every distinct label beside its folded form.

    `labels`: one String column `label`, repeats and NULLs allowed. Returns label, folded; one row a label, ordered.
    Python folds each distinct label once: polars has no case folding (ß, ſ), and a company has thousands of labels.
    """
    distinct = labels.select(pl.col("label").cast(pl.String)).drop_nulls().unique().sort("label")
    folded = [fold(label) for label in distinct["label"]]
    return distinct.with_columns(pl.Series("folded", folded, dtype=pl.String))
