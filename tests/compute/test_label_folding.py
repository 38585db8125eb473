from __future__ import annotations

import polars as pl
import pytest

from orchestration.compute.labels import fold, fold_labels


@pytest.mark.parametrize(
    ("label", "folded"),
    [
        ("リクナビＮＥＸＴ", "リクナビnext"),
        ("ﾎﾞｰﾄﾞ 乙　Ｘ ", "ボード乙x"),
        ("㈱ゼット\t紹介\n", "(株)ゼット紹介"),
        ("Ｚｑフェア№９", "zqフェアno9"),
        ("Straße", "strasse"),
        ("　", ""),
    ],
)
def test_width_case_and_white_space_do_not_tell_labels_apart(label: str, folded: str) -> None:
    assert fold(label) == folded


def test_letters_that_differ_do() -> None:
    assert fold("高橋") != fold("髙橋")
    assert fold("ハ") != fold("バ")


def test_every_distinct_label_is_folded_once() -> None:
    labels = pl.DataFrame({"label": ["Ｂ", "b", None, "Ｂ", "a "]})
    assert fold_labels(labels).rows() == [("a ", "a"), ("b", "b"), ("Ｂ", "b")]


def test_no_labels_make_an_empty_table_of_text() -> None:
    found = fold_labels(pl.DataFrame({"label": []}, schema={"label": pl.Null}))
    assert found.schema == {"label": pl.String, "folded": pl.String}
