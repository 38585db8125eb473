"""One reading of an API's resources, page by page, into a spool on disk.

Fetching and loading are apart: `Extraction.fetch` touches no database, so that sources are fetched at the same time
by threads, into a spool on disk (connectors/spool.py); the one writer then reads the spool.
"""

from __future__ import annotations

import hashlib
import json
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime
from queue import Queue
from typing import TYPE_CHECKING, Any

import orjson
import polars as pl
from pydantic import BaseModel

from connectors.bookmark import earlier_of, tell_moment
from connectors.core import Run
from connectors.errors import ApiError
from connectors.http import Answer, Call, Client
from connectors.spool import Row, Spool, StreamSpool, open_spool

if TYPE_CHECKING:
    from connectors.api import Api, Resource

BATCH = 5_000  # records in a frame: 1,000 pages of 100 load in 20 inserts, and 5,000 records of 2 kB are 10 MB
CHILD_THREADS = 4  # a request takes 0.1 to 0.4 s, vendors allow about 10 a second
TRIES = 20  # records without the resource, none with it: the account has none (20 requests of 0.2 s by 4 threads: 1 s)
NO_ACCESS = (403, 404)  # not every key may read every resource, and not every account has every one
Page = tuple[Answer, list[Any], Call | None]
REFUSED_CURSOR = (400, 404, 410, 422)  # what APIs say to a page cursor that has expired


@dataclass
class Extraction:
    """One reading of all resources of a source."""

    api: Api
    run: Run
    spool: Spool
    warnings: list[str] = field(default_factory=list)
    keys: dict[str, list[str]] = field(default_factory=dict)  # of resources that are a parent, in the order they came
    stopped: threading.Event = field(default_factory=threading.Event)  # set: fetching ends behind the page under way

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
        rows: list[Row] = []
        for page in self.spool.stream(name).read():
            rows += page
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
        with closing(fetch_ahead(self._pages(client, resource, call))) as pages:
            for answer, records, following in pages:
                rows = [_row(resource, record) for record in records]
                if self.api.sync_token is not None:
                    latest = self.api.sync_token(answer) or latest
                elif resource.updated is not None:
                    limit = limit or earlier_of(self.extracted_at, answer.date)
                    latest = max((text for text in (latest, *(row[2] for row in rows)) if text), default=None)
                    latest = min(latest, limit) if latest else None
                spool.append(rows, following and following.to_json(), latest)

    def _fetch_children(self, client: Client, resource: Resource, spool: StreamSpool) -> None:
        """One page of the spool a record of the parent: all that it has, asked for by a few threads, kept in order."""
        assert resource.parent is not None
        keys = self._keys(resource.parent)
        place = spool.next["parent"] if spool.next else 0
        has_any = bool(spool.next and spool.next.get("has_any"))
        if not keys:
            spool.append([], None, None)

        def fetch(key: str) -> list[Row]:
            pages = self._pages(client, resource, self._first_call(resource, key))
            try:
                return [_row(resource, record, key) for _, records, _ in pages for record in records]
            except ApiError as error:
                if error.status not in resource.absent:
                    raise
                return []

        with ThreadPoolExecutor(CHILD_THREADS) as threads:
            waiting: deque[Future[list[Row]]] = deque()
            asked = place
            while place < len(keys):
                while asked < len(keys) and len(waiting) < 2 * CHILD_THREADS:
                    # The first alone: where it is forbidden, all are, and nothing more needs asking.
                    if asked == 1 and not spool.pages:
                        break
                    waiting.append(threads.submit(fetch, keys[asked]))
                    asked += 1
                known: dict[str, Any] = {}
                try:
                    rows = waiting.popleft().result()
                    has_any = True
                except ApiError as error:
                    # One record may be gone by now, or confidential; the next may be there all the same.
                    if error.status not in NO_ACCESS or (place == 0 and error.status != 404):
                        for future in waiting:
                            future.cancel()
                        raise
                    rows = []
                    if not has_any and place + 1 == min(len(keys), TRIES):
                        if not resource.optional:
                            raise
                        place = len(keys) - 1
                        known = {"left_out": f"{error.where}: {error.message}, for each record asked for"}
                place += 1
                following = {"parent": place, "has_any": has_any} if place < len(keys) else None
                spool.append(rows, following, None, **known)

    def _first_call(self, resource: Resource, parent: str | None = None) -> Call:
        until = self.extracted_at.isoformat(timespec="seconds") + "Z"
        return self.api.first_call(resource, parent, self.spool.since.get(resource.name), until)

    def _pages(self, client: Client, resource: Resource, call: Call | None) -> Iterator[Page]:
        for page in self.api.pages(client, resource, call):
            yield page
            if self.stopped.is_set():
                raise ApiError("stopped; what was fetched is kept", where=resource.name)

    def _keys(self, name: str) -> list[str]:
        if name not in self.keys:
            # One without a key is refused when it is loaded.
            told = (row[0] for page in self.spool.stream(name).read() for row in page if row[0] is not None)
            self.keys[name] = list(dict.fromkeys(told))
        return self.keys[name]


def fetch_ahead(pages: Iterator[Page]) -> Generator[Page]:
    """The same pages, the next one being fetched while one is worked on; to be closed.

    The fetching thread goes on by itself: told to go on page by page it would ask for the next one only after the work
    on this one, which holds the interpreter (1,000 pages that come at once: 2.35 s instead of 1.94).
    """
    ready: Queue[Page | None] = Queue(1)
    ended = threading.Event()

    def fetch() -> None:
        try:
            for page in pages:
                ready.put(page)
                if ended.is_set():
                    return
        finally:
            ready.put(None)

    coming = iter(ready.get, None)
    with ThreadPoolExecutor(1) as thread:
        fetching = thread.submit(fetch)
        try:
            yield from coming
        finally:
            ended.set()
            for _ in coming:  # the thread may be waiting to hand one over
                pass
        fetching.result()


def begin(api: Api, run: Run, since: Mapping[str, str | None], *, full_refresh: bool = False) -> Extraction:
    """Go on with an interrupted extraction of `run.source`, or begin one. `since`: each stream's bookmark."""
    told = run.settings.model_dump_json(exclude=secret_fields(run.settings))
    text = f"{api.connector.name}\0{told}\0{full_refresh}"
    fingerprint = hashlib.blake2b(text.encode(), digest_size=8).hexdigest()
    folder = run.home / ".tsunagu" / "spool" / run.source
    return Extraction(api, run, open_spool(folder, fingerprint, dict(since)))


def secret_fields(settings: BaseModel) -> set[str]:
    """The settings that no file and no log may hold: those whose type is SecretStr."""
    return {name for name, info in type(settings).model_fields.items() if "SecretStr" in str(info.annotation)}


def _row(resource: Resource, record: dict[str, Any], parent: str | None = None) -> Row:
    key = record.get(resource.key) if resource.key else parent
    try:
        text = orjson.dumps(record).decode()
    except TypeError:
        # Half of a UTF-16 pair cannot be written as UTF-8; escaped it stays what the source said. So does an integer
        # that needs more than 64 bits.
        text = json.dumps(record, separators=(",", ":"))
    updated = tell_moment(record.get(resource.updated)) if resource.updated else None
    return (None if key is None else str(key), parent, updated, text)


def _frame(rows: Sequence[Row]) -> pl.DataFrame:
    schema: dict[str, Any] = dict.fromkeys(("id", "parent_id", "updated_at", "record"), pl.String)
    return pl.DataFrame(rows, schema=schema, orient="row")


def _call(told: Mapping[str, Any]) -> Call:
    return Call(told["path"], told["params"], told["body"])
