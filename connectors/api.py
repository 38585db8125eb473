"""A source that is an API: its resources declared, and one way to read them all.

A source file says how the API is opened, how it pages and how it is asked for changes, then names its resources. Every
record becomes a row: its key, what it belongs to, when it was updated (UTC, ISO 8601) and the record itself, verbatim.

Fetching and loading are apart: `Extraction.fetch` touches no database, so that sources are fetched at the same time
by threads, into a spool on disk (connectors/spool.py); the one writer then reads the spool.
"""

from __future__ import annotations

import hashlib
import json
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import polars as pl
from pydantic import BaseModel

from connectors.bookmark import earlier_of, shift, tell_moment
from connectors.core import Connector, Run, WriteMode
from connectors.errors import ApiError
from connectors.http import Answer, Call, Client
from connectors.paging import NextPage, dig
from connectors.spool import Spool, StreamSpool, open_spool

BATCH = 5_000  # records in a frame: 1,000 pages of 100 load in 20 inserts, and 5,000 records of 2 kB are 10 MB
CHILD_THREADS = 4  # a request takes 0.1 to 0.4 s, vendors allow about 10 a second
NO_ACCESS = (403, 404)  # not every key may read every resource, and not every account has every one
REFUSED_CURSOR = (400, 404, 410, 422)  # what APIs say to a page cursor that has expired


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

    def begin(self, run: Run, since: Mapping[str, str | None], *, full_refresh: bool = False) -> Extraction:
        """Go on with an interrupted extraction of `run.source`, or begin one. `since`: each stream's bookmark."""
        told = run.settings.model_dump_json(exclude=secret_fields(run.settings))
        text = f"{self.connector.name}\0{told}\0{full_refresh}"
        fingerprint = hashlib.blake2b(text.encode(), digest_size=8).hexdigest()
        folder = run.home / ".tsunagu" / "spool" / run.source
        return Extraction(self, run, open_spool(folder, fingerprint, dict(since)))


@dataclass
class Extraction:
    """One reading of all resources of a source."""

    api: Api
    run: Run
    spool: Spool
    warnings: list[str] = field(default_factory=list)

    @property
    def extracted_at(self) -> datetime:
        return self.spool.extracted_at

    def fetch(self, on_progress: Callable[[str], None] = lambda text: None) -> None:
        """Fetch what is not on disk yet. Raises ApiError; what came before it stays on disk for the next time."""
        client: Client | None = None
        for resource in self.api.resources.values():
            spool = self.spool.stream(resource.name)
            if not spool.is_complete:
                client = client or self.api.open(self.run.settings)
                on_progress(f"{self.run.source}.{resource.name}")
                self._fetch(client, resource, spool)
            if spool.is_left_out:
                self.warnings.append(f"{resource.name}: left out, {spool.is_left_out}")

    def bookmark(self, name: str) -> str | None:
        """Where the next extraction of a stream begins; never after this one began, so that what changes while it
        runs is seen next time."""
        return self.spool.stream(name).bookmark

    def frames(self, name: str) -> Iterator[pl.DataFrame]:
        """id, parent_id, updated_at, record; up to BATCH records a frame."""
        resource = self.api.resources[name]
        rows: list[tuple[Any, ...]] = []
        for page in self.spool.stream(name).read():
            rows += [_row(resource, record) for record in page]
            if len(rows) >= BATCH:
                yield _frame(rows)
                rows = []
        if rows:
            yield _frame(rows)

    def _fetch(self, client: Client, resource: Resource, spool: StreamSpool) -> None:
        resumed = spool.pages > 0
        while True:
            try:
                if resource.parent is None:
                    self._fetch_list(client, resource, spool)
                else:
                    self._fetch_children(client, resource, spool)
                return
            except ApiError as error:
                if self.api.is_expired(error) and self.spool.since.get(resource.name) is not None:
                    self.spool.since[resource.name] = None
                elif not (resumed and error.status in REFUSED_CURSOR):
                    if not (resource.optional and error.status in NO_ACCESS and spool.pages == 0):
                        raise
                    known = self.spool.since.get(resource.name)
                    spool.append([], None, known, left_out=f"{error.where}: {error.message}")
                    return
                resumed = False
                spool.restart()

    def _fetch_list(self, client: Client, resource: Resource, spool: StreamSpool) -> None:
        call = _call(spool.next) if spool.next else self._first_call(resource)
        latest, limit = spool.bookmark or self.spool.since.get(resource.name), None
        for answer, records, following in self._pages(client, resource, call):
            if self.api.sync_token is not None:
                latest = self.api.sync_token(answer) or latest
            elif resource.updated is not None:
                limit = limit or earlier_of(self.extracted_at, answer.date)
                updated = [tell_moment(record.get(resource.updated)) for record in records]
                latest = max((text for text in (latest, *updated) if text), default=None)
                latest = min(latest, limit) if latest else None
            spool.append(records, following and following.to_json(), latest)

    def _fetch_children(self, client: Client, resource: Resource, spool: StreamSpool) -> None:
        """One page of the spool a record of the parent: all that it has, asked for by a few threads, kept in order."""
        assert resource.parent is not None
        keys = list(dict.fromkeys(self._keys(resource.parent)))
        place = spool.next["parent"] if spool.next else 0
        if not keys:
            spool.append([], None, None)

        def fetch(key: str) -> list[Any]:
            pages = self._pages(client, resource, self._first_call(resource, key))
            try:
                return [{**record, "_parent_id": key} for _, records, _ in pages for record in records]
            except ApiError as error:
                if error.status not in resource.absent:
                    raise
                return []

        with ThreadPoolExecutor(CHILD_THREADS) as threads:
            waiting: deque[Future[list[Any]]] = deque()
            asked = place
            while place < len(keys):
                while asked < len(keys) and len(waiting) < 2 * CHILD_THREADS:
                    # The first alone: where it is refused, all are, and nothing more needs asking.
                    if asked == 1 and not spool.pages:
                        break
                    waiting.append(threads.submit(fetch, keys[asked]))
                    asked += 1
                try:
                    records = waiting.popleft().result()
                except ApiError as error:
                    if error.status not in NO_ACCESS or place == 0:
                        for future in waiting:
                            future.cancel()
                        raise
                    records = []  # one record may be gone by now, or confidential
                place += 1
                spool.append(records, {"parent": place} if place < len(keys) else None, None)

    def _keys(self, name: str) -> Iterator[str]:
        for page in self.spool.stream(name).read():
            yield from (str(record[self.api.resources[name].key]) for record in page)

    def _pages(
        self, client: Client, resource: Resource, call: Call | None
    ) -> Iterator[tuple[Answer, list[Any], Call | None]]:
        next_page = resource.next_page or self.api.next_page
        while call is not None:
            answer = client.call(call)
            records = _find_records(answer.data, resource.records or self.api.records)
            for record in records:
                for name in resource.leave_out:
                    record.pop(name, None)
            following = next_page(call, answer, records)
            if following == call:
                raise ApiError("a page names itself as the next one", where=call.path)
            yield answer, records, following
            call = following

    def _first_call(self, resource: Resource, parent: str | None = None) -> Call:
        known = self.spool.since.get(resource.name)
        asks = resource.since or self.api.since
        more: Mapping[str, Any] = {}
        if known is not None and asks is not None:
            start = known if self.api.sync_token else shift(known, -self.api.lookback)
            more = asks(start, self.extracted_at.isoformat(timespec="seconds") + "Z")
        path = resource.path.replace("{id}", parent or "")
        if resource.body is None:
            return Call(path, {**resource.params, **more})
        body = {name: parent if value == "{id}" else value for name, value in resource.body.items()}
        return Call(path, resource.params, {**body, **more})


def secret_fields(settings: BaseModel) -> set[str]:
    """The settings that no file and no log may hold: those whose type is SecretStr."""
    return {name for name, info in type(settings).model_fields.items() if "SecretStr" in str(info.annotation)}


def _row(resource: Resource, record: Any) -> tuple[Any, ...]:
    parent = record.pop("_parent_id", None)
    key = record.get(resource.key) if resource.key else parent
    try:
        text = json.dumps(record, ensure_ascii=False, separators=(",", ":"))
        text.encode()
    except UnicodeEncodeError:
        text = json.dumps(record, separators=(",", ":"))
    updated = tell_moment(record.get(resource.updated)) if resource.updated else None
    return (None if key is None else str(key), parent, updated, text)


def _frame(rows: Sequence[tuple[Any, ...]]) -> pl.DataFrame:
    schema: dict[str, Any] = dict.fromkeys(("id", "parent_id", "updated_at", "record"), pl.String)
    return pl.DataFrame(rows, schema=schema, orient="row")


def _find_records(data: Any, name: str | None) -> list[Any]:
    found = dig(data, name.split(".")) if name else data
    if isinstance(found, dict):
        found = [found]
    if found is None and isinstance(data, dict):
        return []
    if not isinstance(found, list) or not all(isinstance(record, dict) for record in found):
        raise ApiError(f"the answer holds no list of records{f' at {name}' if name else ''}")
    return found


def _call(told: Mapping[str, Any]) -> Call:
    return Call(told["path"], told["params"], told["body"])
