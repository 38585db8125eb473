"""Logs of mail services and mail servers → message rows that tell delivery only: kind stays open, as in a trace.

What a log says of a message whose mail is there itself is that message's delivery; the models join them by Message-ID.
A row is a message and recipient; its key is a digest of both, since an address must not stand in the published marts.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import IO, Any, Literal, cast

import polars as pl

from connectors.core import REFUSED_SCHEMA, FileNotes, Part, WriteMode, entity_stream
from connectors.entities import ENTITIES
from connectors.errors import FileRefused
from connectors.formats.mail_direction import OwnSide
from connectors.formats.mail_events import EventType, MailEvent, read_events
from connectors.formats.postfix_log import date_lines, join_lives, read_lines

LogShape = Literal["events", "postfix"]
SAMPLE_BYTES = 64 << 10
BLOCK_BYTES = 32 << 20
# A JSON document that is not a line a record is held whole, parsed some ten times as large.
MAX_DOCUMENT_BYTES = 64 << 20
SYSLOG_LINE = re.compile(rb"(?:<\d+>\d? ?)?(?:[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d|\d{4}-\d\d-\d\dT\S+) \S+ \S+: ")
POSTFIX_LINE = re.compile(rb"(?m)^\S.{5,80} postfix[\w./-]*\[\d+\]: ")
# Of several events of a message and recipient the last of these that came about is its delivery.
DELIVERY: dict[EventType, str] = {
    "queued": "sent", "sent": "sent", "deferred": "deferred", "delivered": "delivered", "opened": "delivered",
    "clicked": "delivered", "complained": "delivered", "unsubscribed": "delivered", "bounced": "bounced",
    "rejected": "bounced", "failed": "bounced",
}  # fmt: skip
RANKS = {"sent": 0, "deferred": 1, "delivered": 2, "bounced": 3}
ROW = dict.fromkeys((*ENTITIES["messages"].fields, "_extra"), pl.String)


def recognise_log(path: Path) -> LogShape | None:
    """Which log a file is by its content, packed by gzip or not; None where it is none."""
    try:
        with open_log(path) as handle:
            sample = handle.read(SAMPLE_BYTES)
    except (OSError, EOFError):
        return None
    if sample.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in (b"{", b"["):
        return "events"
    return "postfix" if SYSLOG_LINE.match(sample) and POSTFIX_LINE.search(sample) else None


def open_log(path: Path) -> IO[bytes]:
    """The file's bytes, unpacked where it is packed by gzip, as rotated logs are."""
    with path.open("rb") as handle:
        is_packed = handle.read(2) == b"\x1f\x8b"
    return cast(IO[bytes], gzip.open(path, "rb")) if is_packed else path.open("rb")


def read_log(
    path: Path, shape: LogShape, own: OwnSide | None, written_at: datetime, write: WriteMode, notes: FileNotes
) -> Iterator[Part]:
    """One part. `own`: whose mails are outbound, where it is known; `written_at`: UTC, for times without a year.

    Raises FileRefused where the file holds no event that is known here."""
    if shape == "postfix":
        yield _read_postfix(path, own, written_at, write, notes)
    else:
        yield _read_services(path, own, write, notes)


def _read_postfix(path: Path, own: OwnSide | None, written_at: datetime, write: WriteMode, notes: FileNotes) -> Part:
    blocks: list[pl.DataFrame] = []
    count = 0
    with open_log(path) as handle:
        while block := handle.read(BLOCK_BYTES):
            block += handle.readline()
            lines = pl.Series(block.decode("utf-8", "replace").removesuffix("\n").split("\n"), dtype=pl.String)
            blocks.append(read_lines(lines).with_columns(pl.col("line") + count))
            count += len(lines)
    told = date_lines(pl.concat(blocks), written_at)
    lives = join_lives(told)
    notes.facts |= {"lines": str(count), "lines_of_messages": str(told.height), "deliveries": str(lives.height)}
    rows = [
        _make_row(
            life["message_id"] or f"{life['queue_id']}.{life['sent_at'][:10]}",
            life["message_id"],
            life["recipient"],
            life["sender"],
            None,
            life["sent_at"],
            life["delivery"],
            life["direction"],
            {"status": life["dsn"], "queue_id": life["queue_id"]},
            life["line"] + 1,
            own,
        )
        for life in lives.iter_rows(named=True)
    ]
    return _make_part(rows, [], write)


def _read_services(path: Path, own: OwnSide | None, write: WriteMode, notes: FileNotes) -> Part:
    refused: list[dict[str, Any]] = []
    found: dict[tuple[str, str, str], tuple[MailEvent, str, str, int]] = {}
    count = 0
    for line, document in _read_documents(path, refused):
        for event in read_events(document):
            count += 1
            identity = event.message_id or event.service_id
            delivery = DELIVERY.get(event.type)
            if delivery is None:
                continue
            if identity is None or event.at is None:
                missing = "the message" if identity is None else "the time"
                refused.append(_refuse(line, event.type, f"the event does not name {missing}"))
                continue
            key = (event.service, identity, (event.recipient or "").lower())
            known = found.get(key)
            if known is None:
                found[key] = (event, event.at, delivery, line)
            else:
                first, sent_at, before, place = known
                best = max(before, delivery, key=RANKS.__getitem__)
                found[key] = (first, min(sent_at, event.at), best, place)
    if not count and not refused:
        raise FileRefused(
            "a JSON file without delivery events of SendGrid, Amazon SES, Mailgun or Postmark",
            where=path.name,
            mend="move it out of the mail folder, or export the service's event log as JSON lines",
        )
    notes.facts |= {"events": str(count), "deliveries": str(len(found))}
    rows = [
        _make_row(
            event.message_id or event.service_id or "",
            event.message_id,
            event.recipient,
            event.sender,
            event.subject,
            sent_at,
            delivery,
            "outbound",
            {"service": event.service, "service_id": event.service_id},
            line,
            own,
        )
        for event, sent_at, delivery, line in found.values()
    ]
    return _make_part(rows, refused, write)


def _read_documents(path: Path, refused: list[dict[str, Any]]) -> Iterator[tuple[int, Any]]:
    """(line, parsed value) of every line; of a document over several lines, the whole and its first line."""
    with open_log(path) as handle:
        first = handle.readline(MAX_DOCUMENT_BYTES).lstrip(b"\xef\xbb\xbf")
        while first and not first.strip():
            first = handle.readline(MAX_DOCUMENT_BYTES)
        value = _parse(first)
        if value is None:
            rest = handle.read(MAX_DOCUMENT_BYTES + 1 - len(first))
            if len(first) + len(rest) <= MAX_DOCUMENT_BYTES and (value := _parse(first + rest)) is not None:
                yield 1, value
                return
            handle.seek(0)
            first = handle.readline(MAX_DOCUMENT_BYTES)
        line = 1
        while first:
            if first.strip():
                value = _parse(first)
                if value is None:
                    text = first[:200].decode("utf-8", "replace").strip()
                    refused.append(_refuse(line, text, "not JSON: the line is damaged or cut off"))
                else:
                    yield line, value
            first = handle.readline(MAX_DOCUMENT_BYTES)
            line += 1


def _parse(text: bytes) -> Any:
    try:
        return json.loads(text.decode("utf-8", "replace"))
    except (ValueError, RecursionError):
        return None


def _make_row(
    identity: str,
    message_id: str | None,
    recipient: str | None,
    sender: str | None,
    subject: str | None,
    sent_at: str,
    delivery: str,
    direction: str | None,
    extra: dict[str, str | None],
    line: int,
    own: OwnSide | None,
) -> dict[str, Any]:
    if own is not None and sender:
        direction = "outbound" if own.has(sender) else "inbound"
    told = {"bounced_message_id": message_id, "final_recipient": recipient, "result": delivery} | extra
    digest = hashlib.blake2b(f"{identity}\0{(recipient or '').lower()}".encode(), digest_size=10).hexdigest()
    return {
        "message_id": f"log-{digest}",
        "direction": direction,
        "from_address": sender,
        "to_address": recipient,
        "subject": subject,
        "sent_at": sent_at,
        "delivery": delivery,
        "_extra": json.dumps(told, ensure_ascii=False),
        "_row_number": line,
    }


def _make_part(rows: list[dict[str, Any]], refused: list[dict[str, Any]], write: WriteMode) -> Part:
    columns = {name: [row.get(name) for row in rows] for name in ROW}
    numbers = pl.Series("_row_number", [row["_row_number"] for row in rows], dtype=pl.Int64)
    frame = pl.DataFrame(columns, schema=ROW).with_columns(numbers)
    told = pl.DataFrame(refused, schema=REFUSED_SCHEMA) if refused else None
    return Part(entity_stream("messages", write), frame, told, len(refused))


def _refuse(line: int, value: str, reason: str) -> dict[str, Any]:
    return {"row_number": line, "column": "event", "value": value, "reason": reason, "record": None}
