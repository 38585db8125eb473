"""Remarks in chats name a person by the full name only, and two persons name none."""

from __future__ import annotations

import polars as pl
import pytest

from orchestration.compute.identity import attribute_feedback

PEOPLE = {
    "C1": "見本 太郎",
    "C2": "見本 花子",
    "C3": "見本 花子",
    "C4": "髙橋 見",
    "C5": "Jiro Sample",
    "C6": "小見本 太郎",
}


def attribute(refs: list[str | None], anonymised: str | None = None) -> list[tuple[str, str | None, int]]:
    candidates = pl.DataFrame(
        [
            {"source": "ats", "candidate_id": key, "full_name": name, "is_anonymised": key == anonymised}
            for key, name in PEOPLE.items()
        ]
    ).with_columns(
        pl.lit(None, dtype=pl.String).alias(name)
        for name in ("family_name", "given_name", "kana", "email", "phone", "birth_date")
    )
    xref = pl.DataFrame({"source": "ats", "candidate_id": list(PEOPLE), "person_id": [f"p{key}" for key in PEOPLE]})
    feedback = pl.DataFrame(
        {"source": "chat", "feedback_id": [str(n) for n in range(len(refs))], "candidate_ref": refs},
        schema_overrides={"candidate_ref": pl.String},
    )
    found = attribute_feedback(feedback, candidates.with_columns(pl.col("birth_date").cast(pl.Date)), xref)
    return [(row["feedback_id"], row["person_id"], row["n_persons"]) for row in found.to_dicts()]


@pytest.mark.parametrize(
    ("ref", "person"),
    [
        ("見本太郎", "pC1"),
        ("見本　太郎", "pC1"),
        ("本日面接した見本太郎", "pC1"),
        ("候補者の見本 太郎", "pC1"),
        ("高橋見", "pC4"),
        ("Sample Jiro", "pC5"),
        ("小見本太郎", "pC6"),  # the longer name
    ],
)
def test_a_full_name_names_its_person(ref: str, person: str) -> None:
    assert attribute([ref]) == [("0", person, 1)]


@pytest.mark.parametrize("ref", ["太郎", "見本", "大見本太郎", "皆", "", None])
def test_half_a_name_or_a_part_of_a_longer_one_names_nobody(ref: str | None) -> None:
    assert attribute([ref]) == []


def test_a_name_that_two_have_and_two_names_are_told_as_ambiguous() -> None:
    assert attribute(["見本花子", "見本太郎;髙橋見", "見本太郎;見本 太郎"]) == [
        ("0", None, 2),
        ("1", None, 2),
        ("2", "pC1", 1),
    ]


def test_an_anonymised_record_names_nobody() -> None:
    assert attribute(["見本太郎"], anonymised="C1") == []
