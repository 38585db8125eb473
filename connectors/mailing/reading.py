"""One mail → what it says, still without what only the whole file tells: its direction and the number of its id.

A function of the mail's bytes and the questions alone, so that a file's mails can be read in several processes.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from connectors.formats.mail import Message, is_unreadable, read_message, read_texts
from connectors.formats.mail_bounce import Bounce, read_bounce
from connectors.formats.mail_box import RawMessage
from connectors.formats.mail_direction import Sides, read_sides
from connectors.formats.mail_notice import Notice, read_notice
from connectors.formats.mail_words import Questions, read_words, take_own_words

# Who a mail is to: the first that is not ourselves; the envelope's receiver where the header names nobody.
RECEIVERS = (b"to", b"cc", b"bcc", b"x-original-to", b"delivered-to", b"envelope-to")


@dataclass(slots=True)
class Reading:
    """`row`: the message's fields, `to_address` still a list; `refused`: a line of REFUSED_SCHEMA; neither: a draft.
    `told`: a number that differs where To or Date does; `hint`: a direction that the kind of the mail implies."""

    row: dict[str, Any] | None = None
    refused: dict[str, Any] | None = None
    sides: Sides | None = None
    told: int = 0
    hint: str | None = None
    is_bounce: bool = False
    is_redated: bool = False
    notice: Notice | None = None


def read_mails(raws: Iterable[RawMessage], questions: Questions) -> list[Reading]:
    """Every mail of `raws` in order. Never raises for a mail."""
    return [_read(raw, questions) for raw in raws]


def _read(raw: RawMessage, questions: Questions) -> Reading:
    message = read_message(raw)
    if not message.is_usable:
        # Not its first line: where there is no header, that may be the body's.
        value = None if raw.from_line is None else raw.from_line.decode("utf-8", "replace")
        return _refuse(message, "message", value, "no mail header: neither From, To, Subject nor Date")
    if message.is_draft:
        return Reading()
    sent_at, basis = message.sent_at()
    if sent_at is None:
        value = message.text(b"date")
        return _refuse(message, "sent_at", value, "no readable date: neither Date, Received nor an mbox line has one")
    bounce = read_bounce(message)
    texts = [] if bounce is not None else read_texts(message)
    if is_unreadable(texts):
        reason = "the text is unreadable in any charset, so its kind is too"
        return _refuse(message, "message", message.charset, reason)
    subject = message.text(b"subject")
    sender = next(iter(message.addresses(b"from", b"sender", b"return-path")), None)
    words = read_words(message, texts, subject or "", questions)
    extra = {} if basis == "date" else {"sent_at_basis": basis}
    if bounce is not None:
        extra |= _describe_bounce(bounce)
    row = {
        "message_id": message.message_id(),
        "from_address": sender,
        "to_address": message.addresses(*RECEIVERS),
        "subject": subject,
        "sent_at": sent_at,
        "kind": words.kind,
        "relay_url_present": words.has_relay_url,
        "relay_token": words.relay_token,
        "application_id": words.application_id,
        "_extra": json.dumps(extra, ensure_ascii=False) if extra else None,
        "_row_number": raw.line,
        "answers": words.is_answer,
    }
    notice = None
    if words.kind == "application_notice":
        own = [take_own_words(text, is_answer=words.is_answer)[0] for text in texts]
        notice = next((found for found in map(read_notice, own) if found.tells_who), None)
    return Reading(
        row,
        sides=read_sides(message, sender or ""),
        told=_tell_apart(message),
        hint="inbound" if bounce is not None else words.direction,
        is_bounce=bounce is not None,
        is_redated=basis != "date",
        notice=notice,
    )


def _tell_apart(message: Message) -> int:
    told = b"\0".join(b"".join(message.first.get(name, b"").split()) for name in (b"to", b"date"))
    return int.from_bytes(hashlib.blake2b(told, digest_size=6).digest())


def _refuse(message: Message, column: str, value: str | None, reason: str) -> Reading:
    names = (b"from", b"to", b"subject", b"date", b"message-id")
    record = {name.decode(): (message.text(name) or "")[:500] for name in names if name in message.first}
    return Reading(
        refused={
            "row_number": message.raw.line,
            "column": column,
            "value": value,
            "reason": reason,
            "record": json.dumps(record, ensure_ascii=False),
        }
    )


def _describe_bounce(bounce: Bounce) -> dict[str, str | None]:
    return {
        "bounced_message_id": bounce.message_id,
        "final_recipient": bounce.recipient,
        "action": bounce.action,
        "result": bounce.result,
        "status": bounce.status,
    }
