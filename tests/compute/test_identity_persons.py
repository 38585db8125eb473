"""The cross-reference: opaque, deterministic, whole, and stable from run to run."""

from __future__ import annotations

import hmac
from datetime import datetime

import polars as pl
import pytest
from candidate_records import AS_OF, candidate, candidates, xref_of

from orchestration.compute.identity import link, persons
from orchestration.compute.identity.persons import label_components

MAIL = {"email": "taro@example.com"}


def ids(xref: pl.DataFrame) -> dict[str, str]:
    return dict(zip(xref["candidate_id"], xref["person_id"], strict=True))


def test_a_person_is_the_keyed_hash_of_its_first_record() -> None:
    found = ids(xref_of(candidate("C1"), candidate("C2")))
    assert found["C1"] == hmac.digest(b"secret", b"candidate|ats|C1", "sha256").hex()
    assert len(set(found.values())) == 2


def test_the_first_record_is_the_earliest_created_and_blanks_come_last() -> None:
    found = ids(
        xref_of(
            candidate("C1", **MAIL),
            candidate("C3", created="2025-01-02", **MAIL),
            candidate("C2", created="2025-01-03", **MAIL),
        )
    )
    assert set(found.values()) == {hmac.digest(b"secret", b"candidate|ats|C3", "sha256").hex()}


def test_a_later_record_of_the_person_does_not_change_its_id() -> None:
    before = ids(xref_of(candidate("C5", created="2025-01-02", **MAIL)))
    after = ids(xref_of(candidate("C1", created="2025-06-01", **MAIL), candidate("C5", created="2025-01-02", **MAIL)))
    assert before["C5"] == after["C5"] == after["C1"]


def test_another_secret_makes_other_ids_and_none_is_refused() -> None:
    frame = candidates(candidate("C1"))
    one, two = (persons(frame, link(frame), secret=secret, as_of_at=AS_OF) for secret in (b"a", b"b"))
    assert one["person_id"][0] != two["person_id"][0]
    with pytest.raises(ValueError, match="secret"):
        persons(frame, link(frame), secret=b"", as_of_at=AS_OF)


def test_the_order_of_the_records_changes_nothing() -> None:
    rows = [candidate(f"C{n}", email=f"p{n % 3}@example.com", phone=f"{n % 4}1") for n in range(9)]
    assert xref_of(*rows).equals(xref_of(*rows[::-1]))


def test_the_same_id_in_two_sources_is_two_records() -> None:
    xref = xref_of(candidate("C1"), candidate("C1", source="other"))
    assert xref["person_id"].n_unique() == 2


def test_the_strongest_rule_that_ties_a_record_is_named() -> None:
    xref = xref_of(
        candidate("C1", email="a@example.com", phone="1"),
        candidate("C2", email="a@example.com", phone="1"),
        candidate("C3", phone="1"),
        candidate("C4"),
    )
    assert xref["rule"].to_list() == ["email", "email", "phone", "alone"]
    assert xref["probability"].to_list() == [1.0] * 4


def test_a_mapping_keeps_the_day_it_was_first_made() -> None:
    first = xref_of(candidate("C1"), candidate("C2", **MAIL))
    later = datetime(2027, 1, 1)
    frame = candidates(candidate("C1"), candidate("C2", **MAIL), candidate("C0", **MAIL))
    again = persons(frame, link(frame), secret=b"secret", as_of_at=later, previous=first)
    since = dict(zip(again["candidate_id"], again["valid_from"], strict=True))
    assert since == {"C1": AS_OF, "C2": AS_OF, "C0": later}


def test_every_application_has_a_person_though_no_source_lists_its_candidate() -> None:
    applications = pl.DataFrame(
        {
            "source": ["ats"] * 5,
            "application_id": ["A1", "A2", "A3", "A4", "A5"],
            "candidate_id": ["C1", "C8", "C8", None, None],
        }
    )
    xref = xref_of(candidate("C1"), applications=applications)
    assert xref["candidate_id"].to_list() == ["C1", "C8", "application|A4", "application|A5"]
    assert xref["person_id"].n_unique() == 4
    assert xref["rule"].to_list() == ["alone"] * 4


def test_a_candidate_listed_later_keeps_the_id_it_had_while_unlisted() -> None:
    applications = pl.DataFrame({"source": ["ats"], "application_id": ["A1"], "candidate_id": ["C8"]})
    unlisted = ids(xref_of(applications=applications))
    assert unlisted == ids(xref_of(candidate("C8"), applications=applications))


def test_no_candidates_make_an_empty_table_of_the_same_columns() -> None:
    assert xref_of().schema == xref_of(candidate("C1")).schema
    assert xref_of().is_empty()


def test_a_long_chain_of_links_is_one_component() -> None:
    size = 2000
    order = [(n * 1237) % size for n in range(size)]  # neighbours far apart in number, as in a real table
    edges = pl.DataFrame({"left": order[:-1], "right": order[1:]})
    assert label_components(size, edges).to_list() == [0] * size
    apart = edges.filter(pl.int_range(pl.len()) != 999)
    assert label_components(size, apart).n_unique() == 2


def test_records_without_edges_are_components_of_their_own() -> None:
    edges = pl.DataFrame({"left": [1], "right": [3]}, schema={"left": pl.UInt32, "right": pl.UInt32})
    assert label_components(5, edges).to_list() == [0, 1, 2, 1, 4]
