"""A source that is an API: its resources declared, and one way to read them all.

A source file says how the API is opened, how it pages and how it is asked for changes, then names its resources. Every
record becomes a row: its key, what it belongs to, when it was updated (UTC, ISO 8601) and the record itself, verbatim.

What reads them all, page by page, is connectors/extraction.py.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import polars as pl

from connectors.bookmark import shift
from connectors.core import Connector, Run, WriteMode
from connectors.errors import ApiError
from connectors.http import Answer, Call, Client
from connectors.paging import NextPage, dig


@dataclass(frozen=True)
class Resource:
    """One list of the API. `path` or `body` may hold {id}, the key of a record of `parent`: then it is asked for once
    for each record of the parent that this extraction has seen; `key` empty: each has one at most. `updated`: the
    record's field that says when it changed. `leave_out`: fields that change without the record changing.
    `optional`: without access the resource is left out, with a warning."""

    name: str
    path: str
    key: str = "id"
    records: str | None = None
    params: Mapping[str, Any] = field(default_factory=dict)
    body: Mapping[str, Any] | None = None
    updated: str | None = None
    since: Callable[[str, str], Mapping[str, Any]] | None = None
    parent: str | None = None
    next_page: NextPage | None = None
    leave_out: tuple[str, ...] = ()
    optional: bool = True
    absent: tuple[int, ...] = ()  # what a record of the parent answers that has none of these, e.g. 404


@dataclass
class Api:
    """`open`: the client for a source's settings; `next_page`: how a page names the one after it; `records`: the field
    of the answer that holds the records (None: the answer is the list). `since(from, to)`: the parameters that ask for
    what was updated between two UTC times; `sync_token(answer)`: the token that asks for later changes, for APIs that
    keep their own bookmark; `since` then gets it as `from`. `is_expired`: an error that says so."""

    connector: Connector
    open: Callable[[Any], Client]
    next_page: NextPage
    records: str | None = None
    since: Callable[[str, str], Mapping[str, Any]] | None = None
    sync_token: Callable[[Answer], str | None] | None = None
    is_expired: Callable[[ApiError], bool] = lambda error: False
    lookback: timedelta = timedelta(hours=2)
    resources: dict[str, Resource] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.connector.api = self

    def resource(self, name: str, path: str, *, write: WriteMode = "delta", **options: Any) -> Resource:
        """Declare a resource; its raw table has the columns id, parent_id, updated_at and record."""
        resource = Resource(name, path, **options)
        if resource.parent is not None and resource.parent not in self.resources:
            raise ValueError(f"{name}: declare its parent {resource.parent} before it")
        self.resources[name] = resource
        key = ("parent_id", "id") if resource.parent else ("id",)
        asks = (resource.since or self.since) if resource.updated or self.sync_token else None

        def read(run: Run) -> Iterator[pl.DataFrame]:
            yield from run.http.frames(name)

        read.__name__ = name
        self.connector.stream(
            columns=("id", "parent_id", "updated_at", "record"),
            primary_key=key,
            write=write,
            cursor="bookmark" if asks is not None and write == "delta" and not resource.parent else None,
        )(read)
        return resource

    def first_call(
        self, resource: Resource, parent: str | None = None, since: str | None = None, until: str = ""
    ) -> Call:
        """The request for a resource's first page: all of it, or what changed after the bookmark `since` (UTC text, or
        the API's own token) up to `until`. `parent`: the key of the record it belongs to."""
        asks = resource.since or self.since
        more: Mapping[str, Any] = {}
        if since is not None and asks is not None:
            more = asks(since if self.sync_token else shift(since, -self.lookback), until)
        path = resource.path.replace("{id}", parent or "")
        if resource.body is None:
            return Call(path, {**resource.params, **more})
        body = {name: parent if value == "{id}" else value for name, value in resource.body.items()}
        return Call(path, resource.params, {**body, **more})

    def pages(
        self, client: Client, resource: Resource, call: Call | None
    ) -> Iterator[tuple[Answer, list[Any], Call | None]]:
        """Each page from `call` on: the answer, its records, and the call for the page after it."""
        next_page = resource.next_page or self.next_page
        while call is not None:
            answer = client.call(call)
            records = _find_records(answer.data, resource.records or self.records)
            for record in records:
                for name in resource.leave_out:
                    record.pop(name, None)
            following = next_page(call, answer, records)
            if following == call:
                raise ApiError("a page names itself as the next one", where=call.path)
            yield answer, records, following
            call = following


def _find_records(data: Any, name: str | None) -> list[Any]:
    found = dig(data, name.split(".")) if name else data
    if isinstance(found, dict):
        found = [found]
    if found is None and isinstance(data, dict):
        return []
    if not isinstance(found, list) or not all(isinstance(record, dict) for record in found):
        raise ApiError(
            f"the answer holds no list of records{f' at {name}' if name else ''}",
            mend="name the field that holds them: records=… of the API or of the resource",
        )
    return found
