"""Pages are fetched while those before them are worked on: in order, no further than asked, and no thread is left."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import closing

import pytest

from connectors.errors import ApiError
from connectors.extraction import Page, fetch_ahead
from connectors.http import Answer


def number_pages(last: int, fetched: list[int], *, error: Exception | None = None) -> Iterator[Page]:
    for number in range(last):
        fetched.append(number)
        yield Answer(number, {}, None), [], None
    if error is not None:
        raise error


def test_pages_come_in_order_and_the_next_is_fetched_before_it_is_asked_for() -> None:
    fetched: list[int] = []
    begun = threading.Event()

    def pages() -> Iterator[Page]:
        yield from number_pages(1, fetched)
        begun.set()
        yield from number_pages(4, fetched)

    with closing(fetch_ahead(pages())) as ahead:
        assert next(ahead)[0].data == 0
        assert begun.wait(10)
        assert [answer.data for answer, _, _ in ahead] == [0, 1, 2, 3]


def test_an_error_comes_behind_the_pages_that_came_before_it() -> None:
    seen: list[int] = []
    with (
        pytest.raises(ApiError, match="gone"),
        closing(fetch_ahead(number_pages(3, [], error=ApiError("gone")))) as ahead,
    ):
        seen.extend(answer.data for answer, _, _ in ahead)
    assert seen == [0, 1, 2]


@pytest.mark.parametrize("taken", [0, 1, 3])
def test_who_stops_early_leaves_no_thread_and_at_most_two_pages_more_were_fetched(taken: int) -> None:
    fetched: list[int] = []
    threads = threading.active_count()
    with pytest.raises(OSError, match="full"), closing(fetch_ahead(number_pages(1_000, fetched))) as ahead:
        for _ in range(taken):
            next(ahead)
        raise OSError("the disk is full")
    assert threading.active_count() == threads
    assert len(fetched) <= taken + 2
