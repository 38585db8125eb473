"""Ids stay through merges and splits, each of which is a dated event; a decision wins for ever."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import polars as pl
from candidate_records import AS_OF, Row, candidate, candidates

from orchestration.compute import identity

LATER = datetime(2027, 1, 1)
MAIL = {"email": "taro@example.com"}


def run(
    *rows: Row, at: datetime = AS_OF, previous: pl.DataFrame | None = None, decisions: list[Any] | None = None
) -> pl.DataFrame:
    frame = candidates(*rows)
    strong = identity.link(frame)
    decided = pl.DataFrame(
        decisions or [],
        schema=["source", "candidate_id", "other_source", "other_candidate_id", "is_same"],
        orient="row",
    )
    edges = identity.apply_decisions(strong, identity.order_records(frame), decided)
    return identity.persons(frame, edges, secret=b"secret", as_of_at=at, previous=previous)


def ids(xref: pl.DataFrame) -> dict[str, str]:
    return dict(zip(xref["candidate_id"], xref["person_id"], strict=True))


def test_a_merge_keeps_the_id_of_the_older_person_and_is_told() -> None:
    before = run(candidate("C1", created="2025-01-01"), candidate("C2", created="2025-02-01"))
    rows = (candidate("C1", created="2025-01-01", **MAIL), candidate("C2", created="2025-02-01", **MAIL))
    after = run(*rows, at=LATER, previous=before)
    assert set(ids(after).values()) == {ids(before)["C1"]}
    told = identity.tell_events(before, after, LATER)
    assert told.rows() == [(LATER, "merge", ids(before)["C2"], ids(before)["C1"], 1)]


def test_an_older_record_that_turns_up_later_takes_the_id_that_is_known() -> None:
    before = run(candidate("C5", created="2025-02-01", **MAIL))
    rows = (candidate("C1", created="2024-01-01", **MAIL), candidate("C5", created="2025-02-01", **MAIL))
    after = run(*rows, at=LATER, previous=before)
    assert set(ids(after).values()) == set(ids(before).values())
    assert identity.tell_events(before, after, LATER).is_empty()


def test_a_split_leaves_the_id_with_the_oldest_record_and_makes_one_new_id() -> None:
    older, newer = candidate("C1", created="2025-01-01"), candidate("C2", created="2025-02-01")
    before = run(older | MAIL, newer | MAIL)
    after = run(older | MAIL, newer | {"email": "jiro@example.com"}, at=LATER, previous=before)
    assert ids(after)["C1"] == ids(before)["C1"] != ids(after)["C2"]
    told = identity.tell_events(before, after, LATER)
    assert told.rows() == [(LATER, "split", ids(before)["C1"], ids(after)["C2"], 1)]


def test_two_parts_never_share_an_id_though_the_one_split_off_had_given_it() -> None:
    before = run(candidate("C2", created="2025-02-01", **MAIL))
    joined = run(
        candidate("C2", created="2025-02-01", **MAIL),
        candidate("C1", created="2025-01-01", **MAIL),
        at=LATER,
        previous=before,
    )
    apart = run(
        candidate("C2", created="2025-02-01"),
        candidate("C1", created="2025-01-01", **MAIL),
        at=LATER,
        previous=joined,
    )
    assert ids(apart)["C1"] == ids(before)["C2"]
    assert ids(apart)["C2"] not in {*ids(before).values(), ids(apart)["C1"]}


def test_intervals_end_where_the_person_changes_and_never_overlap() -> None:
    rows = (candidate("C1", created="2025-01-01"), candidate("C2", created="2025-02-01"))
    before = run(*rows)
    history = identity.close_intervals(pl.DataFrame(), before, AS_OF)
    after = run(rows[0] | MAIL, rows[1] | MAIL, at=LATER, previous=before)
    told = identity.close_intervals(history, after, LATER).filter(candidate_id="C2")
    assert told.select("valid_from", "valid_to").rows() == [(AS_OF, LATER), (LATER, None)]
    again = identity.close_intervals(identity.close_intervals(history, after, LATER), after, LATER)
    assert again.equals(identity.close_intervals(history, after, LATER))


def test_an_accepted_pair_is_one_person_and_a_rejected_one_never() -> None:
    rows = (candidate("C1", **MAIL), candidate("C2", **MAIL), candidate("C3", **MAIL), candidate("C4"))
    told = run(*rows, decisions=[("ats", "C1", "ats", "C2", False), ("ats", "C4", "ats", "C3", True)])
    assert ids(told)["C1"] == ids(told)["C3"] == ids(told)["C4"] != ids(told)["C2"]
    assert dict(zip(told["candidate_id"], told["rule"], strict=True))["C4"] == "decision"


def test_the_last_decision_of_a_pair_counts_and_one_of_unknown_records_is_nothing() -> None:
    rows = (candidate("C1"), candidate("C2"))
    decisions = [("ats", "C1", "ats", "C2", False), ("ats", "C2", "ats", "C1", True), ("ats", "C1", "x", "C9", True)]
    assert len(set(ids(run(*rows, decisions=decisions)).values())) == 1


def test_the_review_list_says_what_agrees_and_drops_what_is_linked_or_decided() -> None:
    rows = (
        candidate("C1", "1990-05-01", full_name="勅使河原 恵", kana="テシガワラ メグミ", phone="090-1111-2222"),
        candidate("C2", "1990-05-02", full_name="勅使河原 恵", kana="テシガワラ メグミ", phone="080-3333-4444"),
        *(candidate(f"D{n}", full_name=f"佐藤 {n}") for n in range(300)),
    )
    frame, likeness = candidates(*rows), identity.Likeness()
    records, strong = identity.order_records(frame), identity.link(frame)
    scored = identity.score_alike(frame, strong, likeness)
    waiting = identity.list_review(strong, scored, records, pl.DataFrame(), likeness)
    assert waiting.select("candidate_id", "other_candidate_id").rows() == [("C1", "C2")]
    assert waiting["evidence"].item() == "the whole name; nearly the birth date; another phone number"
    decided = waiting.with_columns(is_same=pl.lit(False))
    assert identity.list_review(strong, scored, records, decided, likeness).is_empty()
