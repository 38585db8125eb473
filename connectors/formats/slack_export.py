"""A Slack export, as the zip that Slack makes or the folder it unpacks to → messages, a channel's day at a time.

users.json tells names, one folder a channel holds one JSON file a day (api.slack.com, "Reading Slack export data").
"""

from __future__ import annotations

import html
import json
import re
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from connectors.errors import FileRefused
from connectors.formats.damage import DAMAGED

DAY_FILE = re.compile(r"\d{4}-\d{2}-\d{2}\.json")
# A day of a channel is some hundred KB; a million messages in one are 500 MB.
MAX_PART_BYTES = 512 << 20
MAX_PARTS = 1_000_000
# What people write; joins, topics, and what programs post are no remarks of anybody.
SUBTYPES = frozenset({None, "thread_broadcast", "me_message", "file_share"})
MENTION = re.compile(r"<@([A-Z0-9]+)(?:\|[^>]*)?>")
LINK = re.compile(r"<((?:https?|mailto):[^>|]+)(?:\|([^>]*))?>")
REFERENCE = re.compile(r"<[#!][^>|]*(?:\|([^>]*))?>")


@dataclass(frozen=True, slots=True)
class ChatMessage:
    """`posted_at`: ISO 8601 in UTC. `said`: the text without mentions of colleagues, in which names are looked for.
    `root`: the thread's first message, where this is an answer."""

    channel: str
    message_id: str
    author: str | None
    posted_at: str
    text: str
    said: str
    row_number: int
    root: str | None = None


@dataclass
class SlackExport:
    """`parts`: the path in the export of every JSON file, with what reads it."""

    parts: dict[str, Any]
    name: str
    users: dict[str, str] = field(default_factory=dict)

    def read(self, part: str) -> Any:
        """The parsed file. Raises FileRefused where it is damaged or too large."""
        source = self.parts[part]
        try:
            data = source() if callable(source) else None
            return json.loads(data if isinstance(data, bytes) else b"null")
        except (*DAMAGED, RecursionError) as error:
            raise FileRefused(
                f"{part} in the export cannot be read: {error}", where=self.name, mend="export it again"
            ) from None

    def read_users(self) -> None:
        for part in self.parts:
            if part.rpartition("/")[2] != "users.json":
                continue
            for user in self.read(part) or []:
                profile = user.get("profile") or {}
                names = (user.get("real_name"), profile.get("real_name"), profile.get("display_name"), user.get("name"))
                self.users[user["id"]] = next((name for name in names if name), user["id"])

    def days(self) -> Iterator[tuple[str, str]]:
        """(channel, part) of every day, in order."""
        for part in sorted(self.parts):
            folder, _, name = part.rpartition("/")
            if DAY_FILE.fullmatch(name) and folder:
                yield folder.rpartition("/")[2], part

    def read_day(self, channel: str, part: str) -> Iterator[ChatMessage]:
        """What people wrote in a channel on a day. `row_number`: the message's place in the file, from 1."""
        for place, message in enumerate(self.read(part) or [], start=1):
            if message.get("type") != "message" or message.get("subtype") not in SUBTYPES or not message.get("ts"):
                continue
            text = message.get("text") or ""
            author = message.get("user")
            thread = message.get("thread_ts")
            yield ChatMessage(
                channel,
                f"{channel}-{message['ts']}",
                self.users.get(author, (message.get("user_profile") or {}).get("real_name") or author),
                _read_time(message["ts"]),
                self._decode(text),
                self._decode(MENTION.sub("\n", text)),
                place,
                f"{channel}-{thread}" if thread and thread != message["ts"] else None,
            )

    def find_root_days(self, channel: str, root: str, part: str) -> list[str]:
        """The days of the channel in which a thread may have begun: a day's file is cut in the workspace's zone."""
        begun = datetime.fromisoformat(_read_time(root.rpartition("-")[2]))
        folder = part.rpartition("/")[0]
        names = [f"{folder}/{(begun + timedelta(days=shift)).date().isoformat()}.json" for shift in (0, 1, -1)]
        return [name for name in names if name in self.parts]

    def _decode(self, text: str) -> str:
        text = MENTION.sub(lambda match: f"@{self.users.get(match.group(1), match.group(1))}", text)
        text = LINK.sub(lambda match: f"{match.group(2)} {match.group(1)}" if match.group(2) else match.group(1), text)
        return html.unescape(REFERENCE.sub(lambda match: match.group(1) or "", text))


@contextmanager
def open_export(path: Path) -> Iterator[SlackExport]:
    """The export that a zip is; of an unpacked one, what a day's file needs: its channel and the users.

    Raises FileRefused where the archive is damaged, locked or would unpack beyond the limits."""
    if not zipfile.is_zipfile(path):
        folder = path.parent
        parts: dict[str, Any] = {f"{folder.name}/{day.name}": day.read_bytes for day in sorted(folder.glob("*.json"))}
        users = folder.parent / "users.json"
        if users.is_file():
            parts["users.json"] = users.read_bytes
        export = SlackExport(parts, path.name)
        export.read_users()
        yield export
        return
    with zipfile.ZipFile(path) as archive:
        members = [info for info in archive.infolist() if info.filename.endswith(".json")]
        for info in members:
            if info.file_size > MAX_PART_BYTES or len(members) > MAX_PARTS:
                raise FileRefused(
                    f"{info.filename} would unpack to {info.file_size:,} bytes, beyond {MAX_PART_BYTES:,}",
                    where=path.name,
                    mend="export fewer channels or a shorter time",
                )
        export = SlackExport({info.filename: _reader(archive, info) for info in members}, path.name)
        export.read_users()
        yield export


def _reader(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> Any:
    def read() -> bytes:
        with archive.open(info) as handle:
            return handle.read(MAX_PART_BYTES)

    return read


def _read_time(stamp: str) -> str:
    return datetime.fromtimestamp(float(stamp), UTC).isoformat()
