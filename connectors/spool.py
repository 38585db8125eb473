"""What one extraction of a source has fetched so far, on disk, so that nothing is fetched twice.

One folder a source under the home's `.tsunagu/spool`, one file a stream, private to the user, deleted when all of it is
loaded. A stream's file is lines of JSON, two a page: what was asked for next when the page had come, then the page's
rows, as the raw table gets them. A process killed in the midst of a line leaves a torn end, which is cut off when the
extraction goes on.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from io import BufferedWriter
from pathlib import Path
from typing import Any

import orjson

# id, parent_id, updated_at, record (JSON text).
Row = tuple[str | None, str | None, str | None, str]
# Past this an interrupted extraction starts anew: page cursors expire, and it would tell of a day that is over.
LASTS = timedelta(hours=24)


@dataclass
class StreamSpool:
    """`pages` whole ones are there; `next` is what to ask for now (None: nothing, it is complete); `bookmark` is where
    the next extraction begins."""

    path: Path
    pages: int = 0
    next: dict[str, Any] | None = None
    is_complete: bool = False
    bookmark: str | None = None
    is_left_out: str | None = None
    _file: BufferedWriter | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        if not self.path.exists():
            return
        whole = 0
        with self.path.open("rb") as file:
            while True:
                head, body = file.readline(), file.readline()
                if not body.endswith(b"\n"):
                    break
                self._take(json.loads(head))
                whole = file.tell()
        if whole < self.path.stat().st_size:
            with self.path.open("r+b") as file:
                file.truncate(whole)

    def append(self, rows: list[Row], next_call: dict[str, Any] | None, bookmark: str | None, **more: Any) -> None:
        """Keep a page. `next_call` None: it was the last."""
        head = {"next": next_call, "bookmark": bookmark, **more}
        if self._file is None:
            self._file = self.path.open("ab")
        self._file.write(json.dumps(head).encode("ascii") + b"\n" + orjson.dumps(rows) + b"\n")
        self._file.flush()  # a page is on disk before the next is asked for
        self._take(head)
        if self.is_complete:
            self.close()

    def close(self) -> None:
        """No page is under way; `append` opens the file again."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def restart(self) -> None:
        self.close()
        self.path.unlink(missing_ok=True)
        self.pages, self.next, self.is_complete, self.bookmark, self.is_left_out = 0, None, False, None, None

    def read(self) -> Iterator[list[Row]]:
        """The pages' rows; one page at a time is in memory."""
        if self.path.exists():
            with self.path.open("rb") as file:
                while file.readline():
                    yield orjson.loads(file.readline())

    def _take(self, head: dict[str, Any]) -> None:
        self.pages += 1
        self.next, self.bookmark = head["next"], head["bookmark"]
        self.is_complete = head["next"] is None
        self.is_left_out = head.get("left_out")


@dataclass
class Spool:
    """One extraction. `since`: each stream's bookmark when it began; `extracted_at`: when that was, UTC, no zone."""

    folder: Path
    since: dict[str, str | None]
    extracted_at: datetime
    streams: dict[str, StreamSpool] = field(default_factory=dict)

    def stream(self, name: str) -> StreamSpool:
        if name not in self.streams:
            self.streams[name] = StreamSpool(self.folder / f"{name}.jsonl")
        return self.streams[name]

    def discard(self) -> None:
        for stream in self.streams.values():
            stream.close()
        shutil.rmtree(self.folder, ignore_errors=True)


def open_spool(folder: Path, fingerprint: str, since: dict[str, str | None]) -> Spool:
    """The extraction under way, where one was interrupted less than LASTS ago and asked in the same way
    (`fingerprint`); else a new one."""
    now = datetime.now(UTC).replace(tzinfo=None)
    head = folder / "extraction.json"
    if head.exists():
        known = json.loads(head.read_text("utf-8"))
        begun = datetime.fromisoformat(known["extracted_at"])
        if known["fingerprint"] == fingerprint and now - LASTS < begun <= now:
            return Spool(folder, known["since"], begun)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True, mode=0o700)
    told = {"fingerprint": fingerprint, "since": since, "extracted_at": now.isoformat()}
    part = head.with_suffix(".part")
    part.write_text(json.dumps(told), "utf-8")
    part.replace(head)
    return Spool(folder, since, now)
