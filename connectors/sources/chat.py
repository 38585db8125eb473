"""Chats about applicants → feedback: a Slack export (zip or unpacked), Chatwork's and LINE WORKS's logs as CSV.

Settings: `path`; `channels`, the rooms whose messages may be read at all; `application_link_patterns`, URLs of the ATS
with one `*` where the application's id stands; `application_id_pattern`, a regular expression with one group around an
id; `honorifics`, what stands behind a name.

A message is kept where it names an application by link or id, or somebody with an honorific, or answers in a thread
whose first message does. Whether a name is an applicant's, and one only, is told with the identities: what names two
or nobody is tied to nothing. A message that names two applications names none, and is counted.
"""

from __future__ import annotations

import hashlib
import json
import re
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import polars as pl
from pydantic import BaseModel, ConfigDict, Field, field_validator

from connectors.core import Connector, FileNotes, Part, Run, SourceFile, entity_stream
from connectors.entities import ENTITIES
from connectors.errors import FileRefused
from connectors.formats.chat_mention import HONORIFICS, Mentions, compile_link
from connectors.formats.dates import to_canonical
from connectors.formats.slack_export import DAY_FILE, ChatMessage, SlackExport, open_export
from connectors.formats.tabular import open_tables
from connectors.formats.text import fold_header
from connectors.patterns import IdPattern

READING = "1"  # raised whenever the same file would give other rows
# No published header: the spellings that such logs share.
HEADERS = {
    "posted_at": "送信日時 日時 投稿日時 発言日時 送信時刻 時刻 date datetime date_time time timestamp sent_at",
    "author": "送信者 発言者 投稿者 送信者名 名前 氏名 アカウント名 ユーザー名 sender name from user account_name",
    "text": "メッセージ 本文 内容 トーク内容 発言 発言内容 メッセージ内容 メッセージ本文 message text body content",
    "channel": "ルーム名 チャット名 グループチャット名 トークルーム名 トークルーム 部屋名 ルーム チャンネル "
    "チャンネル名 宛先 受信者 room room_name channel channel_name",
    "message_id": "メッセージid message_id messageid id",
}
COLUMN_OF = {fold_header(name): field for field, names in HEADERS.items() for name in names.split()}
ROW = dict.fromkeys((*ENTITIES["feedback"].fields, "_parsed"), pl.String)


class ChatSettings(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    path: str
    channels: list[str] = Field(min_length=1)
    honorifics: list[str] = list(HONORIFICS)
    application_link_patterns: list[str] = []
    application_id_pattern: IdPattern | None = None

    @field_validator("application_link_patterns")
    @classmethod
    def _mark_the_id(cls, values: list[str]) -> list[str]:
        for value in values:
            if value.count("*") != 1 or not value.startswith(("http://", "https://")):
                raise ValueError(f"{value!r} must be a URL with one * where the application's id stands")
        return values


connector = Connector("chat", ChatSettings)


def fingerprint_reading(run: Run) -> str:
    """Changes with every setting that decides which messages are kept."""
    told = json.dumps([READING, run.settings.model_dump(exclude={"path"})], ensure_ascii=False)
    return hashlib.blake2b(told.encode(), digest_size=16).hexdigest()


@connector.files(entities=("feedback",), fingerprint=fingerprint_reading)
def read_chat(run: Run, file: SourceFile, notes: FileNotes) -> Iterator[Part]:
    """The kept messages of a file. Raises FileRefused where it is neither a Slack export nor a table of messages."""
    settings: ChatSettings = run.settings
    mentions = Mentions(
        tuple(settings.honorifics),
        tuple(compile_link(pattern) for pattern in settings.application_link_patterns),
        None if settings.application_id_pattern is None else re.compile(settings.application_id_pattern),
    )
    channels = {_fold_channel(name) for name in settings.channels}
    notes.facts["messages"] = notes.facts["kept"] = "0"
    if _is_export(file.path):
        notes.facts["format"] = "Slack export"
        with open_export(file.path) as export:
            if not export.users and not any(export.days()):
                raise FileRefused("a zip archive that is no Slack export", where=file.path.name, mend="unpack it")
            for channel, part in export.days():
                if _fold_channel(channel) in channels:
                    yield _make_part(_resolve_threads(export, channel, part), mentions, notes)
        return
    if file.path.suffix.lower() == ".json":
        notes.facts["format"] = "Slack export"
        if DAY_FILE.fullmatch(file.path.name) is None:
            return  # users.json and its like say who is who
        channel = file.path.parent.name
        if _fold_channel(channel) in channels:
            with open_export(file.path) as export:
                yield _make_part(_resolve_threads(export, channel, f"{channel}/{file.path.name}"), mentions, notes)
        return
    yield from _read_tables(file.path, channels, mentions, notes)


def _resolve_threads(export: SlackExport, channel: str, part: str) -> Iterator[tuple[ChatMessage, ChatMessage | None]]:
    """Every message of the day with the one that began its thread."""
    days: dict[str, dict[str, ChatMessage]] = {}

    def read(name: str) -> dict[str, ChatMessage]:
        if name not in days:
            days[name] = {message.message_id: message for message in export.read_day(channel, name)}
        return days[name]

    for message in read(part).values():
        found = None
        if message.root is not None:
            places = [part, *export.find_root_days(channel, message.root, part)]
            found = next((read(name)[message.root] for name in places if message.root in read(name)), None)
        yield message, found


def _read_tables(path: Path, channels: set[str], mentions: Mentions, notes: FileNotes) -> Iterator[Part]:
    for table in open_tables(path, known_headers=frozenset(COLUMN_OF)):
        columns: dict[str, str] = {}
        for name in table.header:
            field = COLUMN_OF.get(fold_header(name))
            if field is not None:
                columns.setdefault(field, name)
        missing = [field for field in ("posted_at", "author", "text") if field not in columns]
        if missing:
            raise FileRefused(
                f"no column for {', '.join(missing)}; found: {', '.join(table.header[:30])}",
                where=path.name,
                mend=f"name the columns {', '.join(HEADERS[field].split()[0] for field in missing)}",
            )
        notes.facts["format"] = "table of messages"
        for batch in table.batches():
            rows = batch.rows.select("_row_number", *(pl.col(name).alias(field) for field, name in columns.items()))
            # A log of one room does not name it: then the file does.
            room = pl.col("channel") if "channel" in columns else pl.lit(path.stem)
            kept = rows.with_columns(channel=room).filter(
                pl.col("channel").map_elements(_fold_channel, return_dtype=pl.String).is_in(list(channels))
            )
            told = (_read_row(row) for row in kept.iter_rows(named=True))
            part = _make_part(told, mentions, notes)
            yield replace(part, refused=batch.refused, refused_rows=batch.refused_rows)


def _read_row(row: dict[str, str | None]) -> tuple[ChatMessage, None]:
    text = row["text"] or ""
    parts = (row["channel"], row["posted_at"], row["author"], text)
    made = hashlib.blake2b("\0".join(part or "" for part in parts).encode(), digest_size=10).hexdigest()
    number = int(row["_row_number"] or 0)
    at = row["posted_at"] or ""
    return ChatMessage(
        row["channel"] or "", row.get("message_id") or made, row["author"], at, text, text, number), None  # fmt: skip


def _make_part(
    messages: Iterable[tuple[ChatMessage, ChatMessage | None]], mentions: Mentions, notes: FileNotes
) -> Part:
    rows: list[dict[str, str | int | None]] = []
    count = ambiguous = 0
    for message, root in messages:
        count += 1
        ids, names = mentions.find_ids(message.text), mentions.find_names(message.said)
        if root is not None and not ids and not names:
            ids, names = mentions.find_ids(root.text), mentions.find_names(root.said)
        if not ids and not names:
            continue
        ambiguous += len(ids) > 1
        rows.append(
            {
                "feedback_id": message.message_id,
                "thread_label": message.root or message.channel,
                "author_label": message.author,
                "posted_at": message.posted_at,
                "application_id": ids[0] if len(ids) == 1 else None,
                "candidate_ref": ";".join(names) if not ids else None,
                "text": message.text,
                "_row_number": message.row_number,
            }
        )
    notes.facts["messages"] = str(int(notes.facts["messages"]) + count)
    notes.facts["kept"] = str(int(notes.facts["kept"]) + len(rows))
    if ambiguous:
        notes.warnings.append(f"{ambiguous} messages name several applications and are tied to none")
    frame = pl.DataFrame({name: [row.get(name) for row in rows] for name in ROW}, schema=ROW)
    canonical, _ = to_canonical(frame.get_column("posted_at"), "at")
    parsed = [None if text is None else json.dumps({"posted_at": text}) for text in canonical]
    numbers = pl.Series("_row_number", [row["_row_number"] for row in rows], dtype=pl.Int64)
    frame = frame.with_columns(pl.Series("_parsed", parsed, dtype=pl.String), numbers)
    return Part(entity_stream("feedback"), frame)


def _is_export(path: Path) -> bool:
    """A zip that is no workbook."""
    if not zipfile.is_zipfile(path):
        return False
    with zipfile.ZipFile(path) as archive:
        return "[Content_Types].xml" not in archive.namelist()


def _fold_channel(name: str) -> str:
    return fold_header(name.lstrip("#"))
