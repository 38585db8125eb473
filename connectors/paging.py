"""How an API's page names the one after it.

A paginator takes the call that was made, its answer and the records found, and returns the next call, None at the end.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from connectors.http import Answer, Call

NextPage = Callable[[Call, Answer, list[Any]], Call | None]


def by_link_header(call: Call, answer: Answer, records: list[Any]) -> Call | None:
    """RFC 8288: the header Link names the next page, whole; nothing may be added to it."""
    return Call(answer.links["next"]) if "next" in answer.links else None


def by_url(*fields: str) -> NextPage:
    """The body names the next page's whole URL, for example at paging.next."""

    def find(call: Call, answer: Answer, records: list[Any]) -> Call | None:
        url = dig(answer.data, fields)
        return Call(str(url)) if url else None

    return find


def by_token(name: str, *, sent_as: str, more: str | None = None) -> NextPage:
    """The body holds a token sent along with the first page's parameters; `more`: the flag that there is one, where
    the answer has it: a token is followed unless the flag says no."""

    def find(call: Call, answer: Answer, records: list[Any]) -> Call | None:
        token = dig(answer.data, (name,))
        if not token or (more is not None and answer.data.get(more) is False):
            return None
        if call.body is not None:
            return replace(call, body={**call.body, sent_as: token})
        return replace(call, params={**call.params, sent_as: token})

    return find


def by_offset(size: int, *, sent_as: str = "offset") -> NextPage:
    """Records are counted; a page that is not full is the last."""

    def find(call: Call, answer: Answer, records: list[Any]) -> Call | None:
        if len(records) < size:
            return None
        return replace(call, params={**call.params, sent_as: int(call.params.get(sent_as, 0)) + len(records)})

    return find


def dig(data: Any, fields: Sequence[str]) -> Any:
    """The value at a path of fields, None where there is none."""
    for name in fields:
        data = data.get(name) if isinstance(data, dict) else None
    return data
