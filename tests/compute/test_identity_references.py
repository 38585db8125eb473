"""Whose an address, a message and an employee record is."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest
from candidate_records import Row, candidate, candidates, xref_of

from orchestration.compute.identity import attribute_messages, list_addresses, recognise_employees

TARO = candidate("C1", "1990-04-01", full_name="山田 太郎", kana="ヤマダ タロウ", email="taro@example.com")
HANAKO = candidate("C2", "1991-05-02", full_name="鈴木 花子", kana="スズキ ハナコ", email="hanako@example.com")


def named(*rows: Row) -> dict[str, str]:
    """person_id → candidate_id, of people with one record each."""
    xref = xref_of(*rows)
    return dict(zip(xref["person_id"], xref["candidate_id"], strict=True))


def owners(*rows: Row) -> dict[str, str]:
    names = named(*rows)
    found = list_addresses(candidates(*rows), xref_of(*rows))
    return {email: names[person] for email, person in found.iter_rows()}


def test_every_address_of_a_person_names_it_normalised() -> None:
    assert owners(candidate("C1", email="Taro@Example.com; b@example.com")) == {
        "taro@example.com": "C1",
        "b@example.com": "C1",
    }


def test_an_address_of_two_persons_names_nobody() -> None:
    other = HANAKO | {"email": "hanako@example.com;taro@example.com"}
    assert owners(TARO, other) == {"hanako@example.com": "C2"}


def test_an_address_on_two_records_of_one_person_names_it() -> None:
    twice = candidate("C3", full_name="山田 太郎", email="TARO@example.com")
    found = list_addresses(candidates(TARO, twice), xref_of(TARO, twice))
    assert found["email"].to_list() == ["taro@example.com"]


def test_an_anonymised_record_lends_its_address_to_nobody() -> None:
    assert owners(TARO | {"is_anonymised": True}) == {}


def attributed(*rows: Row) -> dict[str, str]:
    names = named(TARO, HANAKO)
    addresses = list_addresses(candidates(TARO, HANAKO), xref_of(TARO, HANAKO))
    messages = pl.DataFrame([{"source": "mail", "message_id": f"M{n}", **row} for n, row in enumerate(rows, 1)])
    return {message: names[person] for _, message, person in attribute_messages(messages, addresses).iter_rows()}


def message(direction: str | None, sender: str | None, recipient: str | None) -> Row:
    return {"direction": direction, "from_address": sender, "to_address": recipient}


def test_the_counterpart_is_the_recipient_of_an_outbound_message_and_the_sender_of_an_inbound_one() -> None:
    found = attributed(
        message("outbound", "hanako@example.com", " TARO@example.com"),
        message("inbound", "hanako@example.com", "taro@example.com"),
        message("inbound", "recruit@corp.example", "taro@example.com"),
        message("outbound", "taro@example.com", None),
    )
    assert found == {"M1": "C1", "M2": "C2"}


def test_of_several_recipients_the_known_one_counts_and_two_known_ones_are_nobody() -> None:
    found = attributed(
        message("outbound", None, "recruit@corp.example; taro@example.com"),
        message("outbound", None, "taro@example.com, hanako@example.com"),
    )
    assert found == {"M1": "C1"}


def recognised(*rows: dict[str, Any], among: tuple[Row, ...] = (TARO, HANAKO)) -> dict[str, str]:
    names = named(*among)
    employees = pl.DataFrame(
        [{"source": "hr", "employee_id": f"S{n}", **row} for n, row in enumerate(rows, 1)],
        schema_overrides={"birth_date": pl.Date},
    )
    found = recognise_employees(employees, candidates(*among), xref_of(*among))
    return {employee: names[person] for _, employee, person in found.iter_rows()}


KEYS = {key: TARO[key] for key in ("kana", "birth_date", "email", "full_name")}


@pytest.mark.parametrize(
    "keys", ["kana birth_date", "full_name birth_date", "email birth_date", "email kana", "full_name kana"]
)
def test_an_employee_is_known_by_any_two_keys(keys: str) -> None:
    assert recognised({key: KEYS[key] for key in keys.split()}) == {"S1": "C1"}


@pytest.mark.parametrize("key", sorted(KEYS))
def test_an_employee_is_not_known_by_one_key(key: str) -> None:
    assert recognised({key: KEYS[key]}) == {}


def test_name_and_kana_alone_do_not_outweigh_another_birth_date() -> None:
    assert recognised({**KEYS, "email": None, "birth_date": HANAKO["birth_date"]}) == {}
    assert recognised({**KEYS, "birth_date": HANAKO["birth_date"]}) == {"S1": "C1"}


def test_name_and_kana_suffice_where_the_person_has_no_birth_date() -> None:
    undated = TARO | {"birth_date": None}
    assert recognised({**KEYS, "email": None}, among=(undated,)) == {"S1": "C1"}


def test_of_two_persons_the_one_with_more_keys_is_meant_and_a_tie_is_nobody() -> None:
    namesake = candidate("C9", full_name="山田 太郎", kana="ヤマダ タロウ", email="other@example.com")
    assert recognised({**KEYS, "email": None}, among=(TARO, namesake)) == {"S1": "C1"}
    assert recognised({"full_name": "山田 太郎", "kana": "ヤマダ タロウ"}, among=(TARO, namesake)) == {}


def test_the_keys_of_all_records_of_a_person_count_together() -> None:
    early = candidate("C1", kana="ヤマダ タロウ", email="taro@example.com")
    late = candidate("C2", "1990-04-01", email="taro@example.com")
    employees = pl.DataFrame(
        {"source": ["hr"], "employee_id": ["S1"], "kana": ["やまだたろう"], "birth_date": [TARO["birth_date"]]}
    )
    found = recognise_employees(employees, candidates(early, late), xref_of(early, late))
    assert found["employee_id"].to_list() == ["S1"]


def test_the_spells_of_an_employee_are_one_employee_whose_keys_count_together() -> None:
    employees = pl.DataFrame(
        {
            "source": ["hr", "hr"],
            "employee_id": ["S1", "S1"],
            "kana": ["ヤマダタロウ", None],
            "birth_date": [None, TARO["birth_date"]],
        }
    )
    found = recognise_employees(employees, candidates(TARO), xref_of(TARO))
    assert found.select("source", "employee_id").rows() == [("hr", "S1")]


def test_an_anonymised_candidate_is_no_employee() -> None:
    assert recognised(KEYS, among=(TARO | {"is_anonymised": True},)) == {}
