"""A message's bytes → its headers and the text its reader saw; attachments are skipped, never decoded.

Written against the bytes rather than on the standard library's parser: headers are decoded only where asked for, line
ends and charsets are repaired before anything is cut, and a mail of 4 KB takes less time (see benchmarks/mail.py).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property

from connectors.formats.mail_box import RawMessage
from connectors.formats.mail_header import (
    read_addresses,
    read_date,
    read_from_line_date,
    read_id,
    read_parameters,
    read_text,
    split_header,
)
from connectors.formats.mail_text import count_unreadable, decode_bytes, decode_transfer

# A letter is a few KB; a log pasted into a mail can be megabytes, and nothing looked for stands beyond this.
MAX_TEXT_BYTES = 1 << 20
MAX_DEPTH = 20
# The delimiter of a multipart whose header does not name it: its first line of this form, with fields below.
LOST_BOUNDARY = re.compile(rb"(?mi)^--(\S{1,200})[ \t]*\n(?=Content-)")
HTML_CHARSET = re.compile(rb"[ \"']*([\w.:-]{2,40})")
# 1970 and 1980 are what a machine without a clock writes, 3609 was seen in spam: any other witness is better.
OLDEST, NEWEST = "1990", "2100"
# Any of them makes a block of lines the header of a mail.
USABLE = frozenset({b"from", b"to", b"subject", b"date", b"message-id", b"received", b"return-path", b"sender"})
DRAFTS = frozenset({"drafts", "draft", "下書き"})
# Beyond this share of unreadable characters a body is no text in any charset known here.
UNREADABLE_SHARE = 0.1


@dataclass(frozen=True, slots=True)
class Text:
    """One text of a message. `repeats`: it is the HTML form of a plain text that is there as well."""

    text: str
    is_html: bool = False
    is_flowed: bool = False
    deletes_space: bool = False
    repeats: bool = False


@dataclass
class Part:
    """A MIME entity: a whole message or a piece of one. Header values are raw bytes, names lower-case."""

    fields: list[tuple[bytes, bytes]]
    body: bytes
    first: dict[bytes, bytes] = field(init=False)

    def __post_init__(self) -> None:
        self.first = dict(reversed(self.fields))  # of a repeated field the first counts

    @cached_property
    def parameters(self) -> dict[str, str]:
        raw = self.first.get(b"content-type")
        return read_parameters(raw) if raw is not None and b";" in raw else {}

    @cached_property
    def content_type(self) -> str:
        raw = self.first.get(b"content-type")
        if raw is None:
            return "text/plain"
        name = raw.partition(b";")[0].strip().lower().decode("latin-1")
        return name if "/" in name else "text/plain"

    @property
    def payload(self) -> bytes:
        return decode_transfer(self.body, self.first.get(b"content-transfer-encoding"))

    @property
    def is_attachment(self) -> bool:
        raw = self.first.get(b"content-disposition", b"")
        if raw and raw.lstrip()[:10].lower() == b"attachment":
            return True
        return b"filename" in raw or "name" in self.parameters

    def parts(self) -> Iterator[Part]:
        """The parts of a multipart, however its boundaries are kept."""
        boundary = self.parameters.get("boundary", "").rstrip().encode("utf-8", "replace")
        if not boundary:
            found = LOST_BOUNDARY.search(self.body)
            if found is None:
                return
            boundary = found.group(1)
        pieces = (b"\n" + self.body).split(b"\n--" + boundary)
        current: bytes | None = None
        for piece in pieces[1:]:
            rest, _, content = piece.partition(b"\n")
            if not rest.strip(b" \t"):
                if current is not None:
                    yield read_part(current)
                current = content
            elif rest.startswith(b"--"):
                break
            elif current is not None:
                current += b"\n--" + boundary + piece  # the boundary of an inner multipart that begins like this one
        if current is not None:
            yield read_part(current)


@dataclass
class Message(Part):
    raw: RawMessage

    @cached_property
    def charset(self) -> str | None:
        """The charset of the body: the best hint for headers that carry raw bytes."""
        return self.parameters.get("charset")

    @property
    def is_usable(self) -> bool:
        return not USABLE.isdisjoint(self.first)

    @property
    def is_reply(self) -> bool:
        return b"in-reply-to" in self.first or b"references" in self.first

    @property
    def is_draft(self) -> bool:
        """Outlook's and Gmail's marks of a mail that was never sent."""
        labels = (self.text(b"x-gmail-labels") or "").lower().split(",")
        return self.first.get(b"x-unsent", b"").strip() == b"1" or not DRAFTS.isdisjoint(map(str.strip, labels))

    def text(self, name: bytes) -> str | None:
        raw = self.first.get(name)
        return None if raw is None else read_text(raw, self.charset)

    def addresses(self, *names: bytes) -> list[str]:
        """The addresses of all fields of these names, in the order of the names."""
        return [
            address
            for name in names
            if name in self.first
            for key, raw in self.fields
            if key == name
            for address in read_addresses(raw, self.charset)
        ]

    def message_id(self) -> str:
        """The Message-ID; where there is none, a key from what every copy of the message shares."""
        for name in (b"message-id", b"x-message-id", b"resent-message-id"):
            found = read_id(self.first.get(name, b""))
            if found is not None:
                return found
        digest = hashlib.blake2b(digest_size=16)
        for name in (b"date", b"from", b"to", b"subject"):
            digest.update(b"".join(self.first.get(name, b"").split()) + b"\0")
        digest.update(self.body.strip())
        return f"content-{digest.hexdigest()}"

    def sent_at(self) -> tuple[str | None, str]:
        """ISO 8601 and where it is from: `date`, `received` (the first hop, nearest the sending) or `from_line`."""
        told = read_date(self.first.get(b"date", b""))
        if told is not None and OLDEST <= told < NEWEST:
            return told, "date"
        for key, raw in reversed(self.fields):
            if key == b"received" and (hop := read_date(raw.rpartition(b";")[2])) is not None:
                return hop, "received"
        if self.raw.from_line is not None and (arrival := read_from_line_date(self.raw.from_line)) is not None:
            return arrival, "from_line"
        return told, "date"


def read_part(data: bytes) -> Part:
    fields, start = split_header(data)
    return Part(fields, data[start:])


def read_message(raw: RawMessage) -> Message:
    """Never raises: what is missing is missing, see `is_usable`."""
    data = raw.data
    if data.startswith((b"From ", b">From ")):
        from_line, _, data = data.partition(b"\n")
        raw = replace(raw, from_line=raw.from_line or from_line.lstrip(b">"))
    fields, start = split_header(data)
    return Message(fields, data[start:], raw)


def read_texts(part: Part, depth: int = 0) -> list[Text]:
    """The texts that a mail program shows as the message itself, in order; attached mails and files are not."""
    kind = part.content_type
    if kind.startswith("multipart/") and depth < MAX_DEPTH:
        found: list[Text] = []
        children = list(part.parts())
        for child in children:
            child_type = child.content_type
            if child_type.startswith(("text/", "multipart/")):
                found += read_texts(child, depth + 1)
        if kind == "multipart/alternative" and any(not text.is_html and text.text.strip() for text in found):
            return [
                Text(text.text, True, repeats=True) if text.is_html else text for text in found if text.text.strip()
            ]
        if children or depth:
            return found
        kind = "text/plain"  # a multipart without a boundary: what there is, is text
    if not kind.startswith("text/") or (depth and part.is_attachment) or kind in ("text/calendar", "text/x-vcard"):
        return []
    payload = part.payload[:MAX_TEXT_BYTES]
    parameters = part.parameters
    label = parameters.get("charset")
    if kind == "text/html" and label is None:
        label = _read_html_charset(payload)
    text = decode_bytes(payload, label).text
    is_flowed = parameters.get("format", "").lower() == "flowed"
    return [Text(text, kind == "text/html", is_flowed, parameters.get("delsp", "").lower() == "yes")]


def is_unreadable(texts: list[Text]) -> bool:
    """No charset gives letters: the message's kind cannot be told, so it must not be guessed."""
    length = sum(len(text.text) for text in texts)
    return length > 0 and sum(count_unreadable(text.text) for text in texts) > UNREADABLE_SHARE * length


def _read_html_charset(payload: bytes) -> str | None:
    start = payload[:1024].lower().find(b"charset=")
    if start < 0:
        return None
    found = HTML_CHARSET.match(payload, start + 8)
    return found.group(1).decode("ascii") if found else None
