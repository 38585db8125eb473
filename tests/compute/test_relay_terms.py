from __future__ import annotations

from datetime import date, datetime

import polars as pl
import pytest
from relay_frames import terms

from orchestration.compute.relay_terms import find_in_force, number_in_force, read_terms

TWO = ({"valid_from": date(2025, 4, 1)}, {"valid_from": date(2025, 9, 16), "referrals_per_slot": 3})


def test_an_entry_is_in_force_from_the_local_midnight_of_its_day() -> None:
    entries = terms(*TWO)
    assert entries[1].starts_at == datetime(2025, 9, 15, 15, 0)  # midnight in Tokyo
    before, after = datetime(2025, 9, 15, 14, 59, 59), datetime(2025, 9, 15, 15, 0)
    assert find_in_force(entries, before) is entries[0]
    assert find_in_force(entries, after) is entries[1]


def test_the_midnight_is_that_of_the_companys_own_zone() -> None:
    assert terms(*TWO, timezone="America/New_York")[0].starts_at == datetime(2025, 4, 1, 4, 0)


def test_before_the_first_entry_none_is_in_force() -> None:
    entries = terms(*TWO)
    assert find_in_force(entries, datetime(2025, 3, 31, 14, 59, 59)) is None
    assert find_in_force((), datetime(2025, 3, 31)) is None


def test_a_term_that_an_entry_does_not_name_has_its_default_and_not_the_last_entrys_value() -> None:
    entries = terms({"valid_from": date(2025, 4, 1), "referrals_per_slot": 3, "unit": "application"}, TWO[1])
    assert entries[0].unit == "application"
    assert entries[1].unit == "person"
    assert terms()[0].eligible_outcomes == ("rejected",)
    assert terms()[0].fee_rate == 0.35


def test_entries_are_ordered_by_their_day_however_they_were_written() -> None:
    assert [entry.valid_from for entry in terms(*reversed(TWO))] == [date(2025, 4, 1), date(2025, 9, 16)]


def test_outcomes_are_read_from_a_joined_text() -> None:
    assert terms(eligible_outcomes="withdrawn; rejected")[0].eligible_outcomes == ("withdrawn", "rejected")


def test_many_moments_find_the_entry_that_one_by_one_they_find() -> None:
    entries = terms(*TWO)
    moments = [
        datetime(2025, 3, 31, 14, 59, 59),
        datetime(2025, 3, 31, 15),
        datetime(2025, 9, 15, 14, 59, 59),
        datetime(2025, 9, 15, 15),
        datetime(2030, 1, 1),
    ]
    frame = pl.DataFrame({"at": [*moments, None]}, schema={"at": pl.Datetime("us")})
    assert frame.select(number_in_force(entries, pl.col("at"))).to_series().to_list() == [None, 0, 0, 1, 1, None]
    assert frame.select(number_in_force((), pl.col("at"))).to_series().to_list() == [None] * 6


def test_the_same_day_twice_is_refused() -> None:
    with pytest.raises(ValueError, match="2025-04-01"):
        terms(TWO[0], TWO[0])


def test_an_entry_without_a_day_is_refused() -> None:
    with pytest.raises(ValueError, match="valid_from"):
        read_terms(pl.DataFrame({"valid_from": [None]}, schema={"valid_from": pl.Date}), "Asia/Tokyo")
