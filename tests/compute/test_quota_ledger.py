"""The book of slots: what is earned, used and lapses, and that no line is ever changed."""

from __future__ import annotations

from datetime import date

import polars as pl
import pytest
from relay_frames import (
    Row,
    application,
    column,
    judge,
    keep_book,
    lines,
    moment,
    only,
    referred,
    registration,
    terms,
    use,
)

from orchestration.compute.quota_ledger import LEDGER_SCHEMA
from orchestration.compute.relay_checks import sum_slots
from orchestration.compute.relay_terms import Terms

PAIRS = terms(referrals_per_slot=2)
SHORT = terms(referrals_per_slot=2, slot_valid_days=10)


def judged(
    count: int, entries: tuple[Terms, ...] = PAIRS, without: tuple[str, ...] = (), gone: tuple[str, ...] = ()
) -> pl.DataFrame:
    """Referrals R01 … by P1 … from 2026-02-01, one a day; `without`: turned invalid, `gone`: no longer reported."""
    registrations, applications = referred(count)
    kept = [row for row in registrations if row["registration_id"] not in gone]
    return judge(
        [row | {"status": "invalid"} if row["registration_id"] in without else row for row in kept],
        applications,
        entries=entries,
    )


def test_a_slot_is_earned_when_the_last_referral_it_needs_is_counted() -> None:
    book = keep_book(judged(5), entries=PAIRS)
    assert lines(book) == [("earn", 1, "2026-02-02"), ("earn", 2, "2026-02-04")]
    assert column(book, "registration_id") == ["R02", "R04"]
    assert column(book, "slots") == [1, 1]
    assert column(book, "terms_from") == [date(2020, 4, 1)] * 2
    assert column(book, "recorded_at") == [moment("2026-12-31")] * 2


def test_the_floor_is_of_the_running_total_never_of_a_month() -> None:
    rows, applications = referred(4, start="2026-02-27")  # two in February, two in March; one and three by thirds
    book = keep_book(
        judge(rows, applications, entries=terms(referrals_per_slot=4)), entries=terms(referrals_per_slot=4)
    )
    assert lines(book) == [("earn", 1, "2026-03-02")]


def test_a_use_takes_the_oldest_open_slot() -> None:
    book = keep_book(judged(4), [use("U1", "2026-02-20"), use("U2", "2026-02-10", application_id="A9")], PAIRS)
    assert lines(book)[2:] == [("use", 1, "2026-02-10"), ("use", 2, "2026-02-20")]
    first = book.row(2, named=True)
    assert (first["slots"], first["slot_use_id"], first["application_id"]) == (-1, "U2", "A9")
    assert (first["registration_id"], first["source"], first["terms_from"]) == (None, "agency", date(2020, 4, 1))


def test_a_use_at_the_very_moment_of_the_earn_takes_the_slot() -> None:
    book = keep_book(judged(2), [use("U1", "2026-02-02")], PAIRS)
    assert lines(book) == [("earn", 1, "2026-02-02"), ("use", 1, "2026-02-02")]


def test_a_use_without_an_open_slot_has_none_and_a_slot_earned_later_stays_free() -> None:
    book = keep_book(judged(2), [use("U1", "2026-02-01"), use("U2", "2026-02-20")], PAIRS)
    assert lines(book) == [("use", None, "2026-02-01"), ("earn", 1, "2026-02-02"), ("use", 1, "2026-02-20")]
    assert sum_slots(book, moment("2026-12-31")) == -1  # type: ignore[arg-type]


def test_a_use_before_the_first_entry_has_no_terms_and_a_use_without_a_day_is_none() -> None:
    book = keep_book(judged(2), [use("U1", "2019-01-01"), use("U2", None)], PAIRS)
    assert lines(book) == [("use", None, "2019-01-01"), ("earn", 1, "2026-02-02")]
    assert column(book, "terms_from") == [None, date(2020, 4, 1)]


def test_an_unused_slot_lapses_its_days_of_24_hours_after_it_was_earned() -> None:
    rows = [registration(f"R{n}", "2026-02-02T03:04:05", email=f"p{n}@example.com") for n in (1, 2)]
    referrals = judge(rows, [application("A1", "P1"), application("A2", "P2")], entries=SHORT)
    book = keep_book(referrals, entries=SHORT)
    assert lines(book) == [("earn", 1, "2026-02-02T03:04:05"), ("expire", 1, "2026-02-12T03:04:05")]
    assert column(book, "slots") == [1, -1]
    assert column(book, "registration_id") == ["R2", None]


@pytest.mark.parametrize(("as_of", "n_lines"), [("2026-02-11T23:59:59", 1), ("2026-02-12", 2)])
def test_a_slot_does_not_lapse_before_its_hour(as_of: str, n_lines: int) -> None:
    assert keep_book(judged(2, SHORT), entries=SHORT, as_of=as_of).height == n_lines


@pytest.mark.parametrize(("used", "slot"), [("2026-02-11T23:59:59", 1), ("2026-02-12", None)])
def test_a_lapsed_slot_cannot_be_used_and_a_used_one_does_not_lapse(used: str, slot: int | None) -> None:
    book = keep_book(judged(2, SHORT), [use("U1", used)], SHORT)
    assert column(book.filter(pl.col("entry_type") == "use"), "slot_no") == [slot]
    assert ("expire" in column(book, "entry_type")) is (slot is None)


def test_the_oldest_slot_lapses_and_a_later_use_takes_the_next() -> None:
    book = keep_book(judged(4, SHORT), [use("U1", "2026-02-13")], SHORT)
    assert lines(book)[2:] == [("expire", 1, "2026-02-12"), ("use", 2, "2026-02-13")]


def test_the_days_of_a_slot_are_those_in_force_when_it_is_earned_not_when_its_referral_registered() -> None:
    entries = terms(
        {"valid_from": date(2020, 4, 1), "referrals_per_slot": 1, "slot_valid_days": 10},
        {"valid_from": date(2026, 2, 3), "referrals_per_slot": 2, "slot_valid_days": 20},
    )
    waiting = judge(
        [registration("R1", "2026-02-01", email="p1@example.com")],
        [application("A1", closed="2026-02-05")],
        entries=entries,
    )
    book = keep_book(waiting, entries=entries)
    assert lines(book) == [("earn", 1, "2026-02-05"), ("expire", 1, "2026-02-25")]
    assert column(book, "terms_from") == [date(2020, 4, 1), date(2026, 2, 3)]


def test_a_slot_earned_before_the_terms_change_keeps_its_days() -> None:
    entries = terms(
        {"valid_from": date(2020, 4, 1), "referrals_per_slot": 2, "slot_valid_days": 10},
        {"valid_from": date(2026, 2, 3), "referrals_per_slot": 2},
    )
    registrations, applications = referred(4, start="2026-02-01")
    book = keep_book(judge(registrations, applications, entries=entries), entries=entries)
    assert lines(book) == [("earn", 1, "2026-02-02"), ("earn", 2, "2026-02-04"), ("expire", 1, "2026-02-12")]
    assert column(book, "terms_from") == [date(2020, 4, 1), date(2026, 2, 3), date(2020, 4, 1)]


def test_running_again_over_the_same_facts_adds_nothing() -> None:
    uses = [use("U1", "2026-02-03")]
    once = keep_book(judged(5, SHORT), uses, SHORT)
    assert keep_book(judged(5, SHORT), uses, SHORT, existing=once).equals(once)
    assert keep_book(judged(5, SHORT), uses, SHORT, existing=once, as_of="2027-06-01").equals(once)


def test_lines_already_written_are_never_changed() -> None:
    once = keep_book(judged(4), [use("U1", "2026-02-03")], PAIRS)
    again = keep_book(judged(1), [], PAIRS, existing=once, as_of="2027-01-31")
    assert again.height > once.height
    assert again.head(once.height).equals(once)


def test_an_earn_that_the_facts_no_longer_bear_out_is_reversed_at_as_of_with_the_reason() -> None:
    once = keep_book(judged(4), entries=PAIRS)
    again = keep_book(judged(4, without=("R04",)), entries=PAIRS, existing=once, as_of="2027-01-31")
    added = only(again.tail(1))
    assert lines(again)[2:] == [("reverse", 2, "2027-01-31")]
    assert (added["slots"], added["registration_id"], added["terms_from"]) == (-1, "R04", date(2020, 4, 1))
    assert (added["recorded_at"], added["reason"]) == (
        moment("2027-01-31"),
        "registration R04 no longer counts: invalid",
    )


def test_an_earn_is_borne_out_while_any_referral_has_its_number() -> None:
    once = keep_book(judged(5), entries=PAIRS)
    again = keep_book(judged(5, without=("R02",)), entries=PAIRS, existing=once, as_of="2027-01-31")
    assert again.equals(once)  # four still count: R05 now completes slot 2, and slot 1 is R03's


def test_the_reason_tells_a_registration_gone_from_one_that_no_longer_completes() -> None:
    once = keep_book(judged(4), entries=PAIRS)
    gone = keep_book(judged(4, gone=("R04",)), entries=PAIRS, existing=once, as_of="2027-01-31")
    moved = keep_book(judged(4, without=("R01",)), entries=PAIRS, existing=once, as_of="2027-01-31")
    assert gone["reason"][-1] == "registration R04 is no longer reported"
    assert moved["reason"][-1] == "the counted referrals complete 1 slots now"


def test_a_reversed_slot_that_was_used_leaves_the_balance_below_zero() -> None:
    uses = [use("U1", "2026-02-10")]
    once = keep_book(judged(2), uses, PAIRS)
    again = keep_book(judged(2, without=("R02",)), uses, PAIRS, existing=once, as_of="2027-01-31")
    assert lines(again)[2:] == [("reverse", 1, "2027-01-31")]
    assert again["slots"].sum() == -1


def test_what_the_facts_bear_out_again_is_earned_anew_at_as_of() -> None:
    first = keep_book(judged(2), entries=PAIRS)
    second = keep_book(judged(2, without=("R02",)), entries=PAIRS, existing=first, as_of="2027-01-31")
    third = keep_book(judged(2), entries=PAIRS, existing=second, as_of="2027-02-28")
    assert lines(third)[1:] == [("reverse", 1, "2027-01-31"), ("earn", 1, "2027-02-28")]
    assert column(third, "entry_id")[0] != column(third, "entry_id")[2]


def test_an_entry_id_says_what_the_line_is_about_and_not_when_it_was_computed() -> None:
    late = keep_book(judged(4, SHORT), [use("U1", "2026-02-03")], SHORT)
    grown = None
    for as_of in ("2026-02-02T12:00:00", "2026-02-03", "2026-02-20", "2026-12-31"):
        grown = keep_book(judged(4, SHORT), [use("U1", "2026-02-03")], SHORT, grown, as_of)
    assert grown is not None
    assert sorted(column(grown, "entry_id")) == sorted(column(late, "entry_id"))
    assert len(set(column(late, "entry_id"))) == late.height


def test_the_same_use_id_of_two_sources_is_two_uses() -> None:
    book = keep_book(judged(4), [use("U1", "2026-02-10"), use("U1", "2026-02-10", source="other")], PAIRS)
    assert column(book.tail(2), "slot_no") == [1, 2]
    assert len(set(column(book, "entry_id"))) == 4


def test_a_use_that_its_source_no_longer_reports_is_taken_back() -> None:
    once = keep_book(judged(2), [use("U1", "2026-02-10")], PAIRS)
    again = keep_book(judged(2), [], PAIRS, existing=once, as_of="2027-01-31")
    added = only(again.tail(1))
    assert (added["entry_type"], added["slots"], added["slot_use_id"], added["slot_no"]) == ("adjust", 1, "U1", 1)
    assert added["entry_at"] == moment("2027-01-31")
    back = keep_book(judged(2), [use("U1", "2026-02-10")], PAIRS, existing=again, as_of="2027-02-28")
    assert lines(back)[3:] == [("use", 1, "2027-02-28")]


def test_a_use_reported_late_takes_back_the_lapse_of_the_slot_it_took() -> None:
    once = keep_book(judged(2, SHORT), entries=SHORT)
    again = keep_book(judged(2, SHORT), [use("U1", "2026-02-05")], SHORT, once, "2027-01-31")
    assert lines(again)[2:] == [("use", 1, "2026-02-05"), ("adjust", 1, "2027-01-31")]
    assert again["slots"].sum() == 0 == keep_book(judged(2, SHORT), [use("U1", "2026-02-05")], SHORT)["slots"].sum()


def test_the_lapse_of_a_reversed_slot_is_taken_back_with_it() -> None:
    once = keep_book(judged(2, SHORT), entries=SHORT)
    again = keep_book(judged(2, SHORT, without=("R02",)), entries=SHORT, existing=once, as_of="2027-01-31")
    assert lines(again)[2:] == [("reverse", 1, "2027-01-31"), ("adjust", 1, "2027-01-31")]
    assert again["slots"].sum() == 0


def test_a_slot_that_the_facts_now_complete_later_lapses_later() -> None:
    once = keep_book(judged(5, SHORT), entries=SHORT, as_of="2026-02-12")
    assert lines(once)[2:] == [("expire", 1, "2026-02-12")]
    moved = judged(5, SHORT, without=("R02",))  # slot 1 is now R03's, of 2026-02-03, and slot 2 R05's
    again = keep_book(moved, entries=SHORT, existing=once, as_of="2026-02-12T12:00:00")
    assert lines(again)[3:] == [("adjust", 1, "2026-02-12T12:00:00")]
    after = keep_book(moved, entries=SHORT, existing=again, as_of="2026-02-14")
    assert lines(after)[4:] == [("expire", 1, "2026-02-14")]


def test_a_slot_earned_anew_does_not_lapse_before_the_line_that_earns_it() -> None:
    first = keep_book(judged(2, SHORT), entries=SHORT, as_of="2026-02-03")
    second = keep_book(judged(2, SHORT, without=("R02",)), entries=SHORT, existing=first, as_of="2026-02-04")
    third = keep_book(judged(2, SHORT), entries=SHORT, existing=second, as_of="2026-03-01")
    assert lines(third)[2:] == [("earn", 1, "2026-03-01"), ("expire", 1, "2026-03-01")]


def test_a_new_use_does_not_take_a_slot_that_an_earlier_line_gave_away() -> None:
    once = keep_book(judged(4), [use("U2", "2026-02-20")], PAIRS)
    again = keep_book(judged(4), [use("U1", "2026-02-10"), use("U2", "2026-02-20")], PAIRS, once, "2027-01-31")
    assert column(again.filter(pl.col("entry_type") == "use"), "slot_no") == [1, 2]


def test_a_book_may_be_kept_at_an_earlier_as_of_than_its_last_line() -> None:
    full = keep_book(judged(4, SHORT), entries=SHORT)
    assert keep_book(judged(4, SHORT), entries=SHORT, existing=full, as_of="2026-02-03").equals(full)


def test_an_event_after_as_of_is_written_and_not_taken_back_before_it_happens() -> None:
    early = keep_book(judged(2), [use("U1", "2026-03-01")], PAIRS, as_of="2026-01-31")
    assert lines(early) == [("earn", 1, "2026-02-02"), ("use", 1, "2026-03-01")]
    nothing = keep_book(judged(0), [], PAIRS, early, "2026-02-01")
    assert lines(nothing)[2:] == [("reverse", 1, "2026-02-02"), ("adjust", 1, "2026-03-01")]
    for as_of in ("2026-02-01", "2026-02-15", "2026-04-01"):
        assert sum_slots(nothing, moment(as_of)) == 0  # type: ignore[arg-type]


def test_an_empty_company_has_an_empty_book_of_the_same_columns() -> None:
    empty: list[Row] = []
    book = keep_book(judge(empty), empty, ())
    assert book.is_empty()
    assert book.schema == pl.Schema(LEDGER_SCHEMA)
