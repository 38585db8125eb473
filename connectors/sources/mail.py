"""Mail files → messages: mbox (all dialects), .eml, .emlx and Maildir files, found by content whatever their names.

Settings: `path`, the folder or file; `own_addresses` and `own_domains`, which mails are ours (else found from the file,
see formats/mail_direction.py: give them where the folder holds single .eml files); `rules`, the user's own kind rules
(form: profiles/mail/kinds.yml); `application_id_header` and `application_id_pattern` (one group, searched in subject
and own text), where mails state the application; `load`.

What becomes of a message: bodies are read and never stored, nor quarantined. A message without Message-ID is keyed by
its content; where a file holds several mails of one Message-ID (mass mailers give one to all), the later ones are keyed
by To and Date as well. One without any date (Date, Received, mbox separator), without a usable header, or with a text
that no charset reads is refused; drafts are left out and counted.

A bounce is an inbound message of kind `other`; what it says stands in `_extra`: bounced_message_id, final_recipient,
action (RFC 3464), result (bounced, deferred, delivered), status. The answered message's own row stays as it was:
staging joins the two, since they come in different files.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Literal

import polars as pl
from pydantic import BaseModel, ConfigDict, field_validator

from connectors.core import REFUSED_SCHEMA, Connector, FileNotes, Part, Run, SourceFile, entity_stream
from connectors.entities import ENTITIES
from connectors.formats.mail import Message, is_unreadable, read_message, read_texts
from connectors.formats.mail_bounce import Bounce, read_bounce
from connectors.formats.mail_box import RawMessage, read_messages, recognise_mail
from connectors.formats.mail_direction import OwnSide, Sides, find_own_side, read_sides
from connectors.formats.mail_kinds import SHIPPED_RULES, load_rules
from connectors.formats.mail_relay import compile_patterns
from connectors.formats.mail_words import Questions, read_words

BATCH = 2_000  # rows are small; the own side of a file is told from its first batch
READING = "2"  # raised whenever the same mail would give another row: then every file is read again
# Who a mail is to: the first that is not ourselves; the envelope's receiver where the header names nobody.
RECEIVERS = (b"to", b"cc", b"bcc", b"x-original-to", b"delivered-to", b"envelope-to")
ROW = dict.fromkeys((*ENTITIES["messages"].fields, "_extra"), pl.String)


class MailSettings(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    path: str
    load: Literal["delta", "full"] = "delta"
    own_addresses: list[str] = []
    own_domains: list[str] = []
    rules: str | None = None
    application_id_header: str | None = None
    application_id_pattern: str | None = None

    @field_validator("own_addresses")
    @classmethod
    def _are_addresses(cls, values: list[str]) -> list[str]:
        for value in values:
            if "@" not in value:
                raise ValueError(f"{value!r} is no address; a whole domain goes into own_domains")
        return [value.strip().lower() for value in values]

    @field_validator("own_domains")
    @classmethod
    def _are_domains(cls, values: list[str]) -> list[str]:
        return [value.strip().lower().removeprefix("@") for value in values]

    @field_validator("application_id_pattern")
    @classmethod
    def _has_one_group(cls, value: str | None) -> str | None:
        try:
            if value is not None and re.compile(value).groups != 1:
                raise ValueError("the pattern needs exactly one group ( ) around the id")
        except re.error as error:
            raise ValueError(f"not a regular expression: {error}") from None
        return value


@dataclass
class Batch:
    rows: list[dict[str, Any]] = field(default_factory=list)
    sides: list[Sides] = field(default_factory=list)
    hints: list[str | None] = field(default_factory=list)  # a direction that the kind of the mail implies
    refused: list[dict[str, Any]] = field(default_factory=list)
    drafts: int = 0
    redated: int = 0


connector = Connector("mail", MailSettings)


def fingerprint_reading(run: Run) -> str:
    """Changes whenever the same bytes would give other rows: the rules, the relay's URLs or the settings."""
    settings: MailSettings = run.settings
    rules = SHIPPED_RULES.read_bytes()
    if settings.rules is not None and (run.home / settings.rules).is_file():
        rules += (run.home / settings.rules).read_bytes()
    told = json.dumps([READING, settings.model_dump(exclude={"path"}), run.relay_url_patterns], ensure_ascii=False)
    return hashlib.blake2b(told.encode() + rules, digest_size=16).hexdigest()


@connector.files(entities=("messages",), fingerprint=fingerprint_reading)
def read_mail(run: Run, file: SourceFile, notes: FileNotes) -> Iterator[Part]:
    """One part for every 2,000 messages. Raises FileRefused where the file is no mail, SettingsError for the rules."""
    settings: MailSettings = run.settings
    shape = recognise_mail(file.path)
    notes.facts["format"] = shape
    questions = Questions(
        rules=load_rules(None if settings.rules is None else run.home / settings.rules),
        relay=compile_patterns(run.relay_url_patterns),
        application_id_header=settings.application_id_header,
        application_id_pattern=settings.application_id_pattern,
    )
    given = OwnSide(frozenset(settings.own_addresses), frozenset(settings.own_domains))
    own = given if given.addresses or given.domains else None
    labels_count = own is None
    messages = read_messages(file.path, shape)
    seen: dict[str, int] = {}
    total = drafts = redated = 0
    while True:
        batch = Batch()
        for raw in islice(messages, BATCH):
            total += 1
            _read_into(batch, raw, questions, seen)
        if own is None:
            own = find_own_side(batch.sides)
            side = ", ".join(sorted(own.addresses | own.domains)) or "unknown"
            notes.facts["own_side"] = f"{side} ({'found' if own.is_sure else 'guessed'}; own_domains would say)"
        drafts, redated = drafts + batch.drafts, redated + batch.redated
        if not (batch.rows or batch.refused or batch.drafts):
            break
        _tell_directions(batch, own, labels_count=labels_count)
        yield _make_part(batch, settings)
    notes.facts["messages"] = str(total)
    if drafts:
        notes.facts["drafts_left_out"] = str(drafts)
    if redated:
        notes.warnings.append(f"{redated} of {total} messages have no readable Date: the time of receipt was taken")


def _read_into(batch: Batch, raw: RawMessage, questions: Questions, seen: dict[str, int]) -> None:
    message = read_message(raw)
    if not message.is_usable:
        # Not its first line: where there is no header, that may be the body's.
        value = None if raw.from_line is None else raw.from_line.decode("utf-8", "replace")
        _refuse(batch, message, "message", value, "no mail header: neither From, To, Subject nor Date")
        return
    if message.is_draft:
        batch.drafts += 1
        return
    sent_at, basis = message.sent_at()
    if sent_at is None:
        value = message.text(b"date")
        _refuse(batch, message, "sent_at", value, "no readable date: neither Date, Received nor an mbox line has one")
        return
    batch.redated += basis != "date"
    bounce = read_bounce(message)
    texts = [] if bounce is not None else read_texts(message)
    if is_unreadable(texts):
        _refuse(batch, message, "message", message.charset, "the text is unreadable in any charset, so its kind is too")
        return
    subject = message.text(b"subject")
    sender = next(iter(message.addresses(b"from", b"sender", b"return-path")), None)
    words = read_words(message, texts, subject or "", questions)
    extra = {} if basis == "date" else {"sent_at_basis": basis}
    if bounce is not None:
        extra |= _describe_bounce(bounce)
    batch.rows.append(
        {
            "message_id": _name_message(message, seen),
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
    )
    batch.sides.append(read_sides(message, sender or ""))
    batch.hints.append("inbound" if bounce is not None else words.direction)


def _name_message(message: Message, seen: dict[str, int]) -> str:
    message_id = message.message_id()
    told = b"\0".join(b"".join(message.first.get(name, b"").split()) for name in (b"to", b"date"))
    digest = hashlib.blake2b(told, digest_size=6).digest()
    if seen.setdefault(message_id, int.from_bytes(digest)) == int.from_bytes(digest):
        return message_id
    return f"{message_id}#{digest.hex()}"


def _tell_directions(batch: Batch, own: OwnSide, *, labels_count: bool) -> None:
    for row, sides, hint in zip(batch.rows, batch.sides, batch.hints, strict=True):
        is_own = own.has(sides.sender)
        direction = "outbound" if is_own else "inbound"
        if row["_extra"] is not None and "bounced_message_id" in row["_extra"]:
            direction = "inbound"
        elif labels_count:
            direction = sides.label or (None if own.is_sure else hint) or direction
        row["direction"] = direction
        row["delivery"] = "sent" if direction == "outbound" else "delivered"
        if direction == "inbound" and row["answers"]:
            row["relay_url_present"], row["relay_token"] = False, None  # a candidate's footer invites nobody
        receivers: list[str] = row["to_address"]
        strangers = [address for address in receivers if not own.has(address)] if is_own else receivers
        row["to_address"] = next(iter(strangers or receivers), None)
        row["relay_url_present"] = "true" if row["relay_url_present"] else "false"


def _make_part(batch: Batch, settings: MailSettings) -> Part:
    columns: dict[str, Any] = {name: [row[name] for row in batch.rows] for name in ROW}
    rows = pl.DataFrame(columns, schema=ROW).with_columns(
        pl.Series("_row_number", [row["_row_number"] for row in batch.rows], dtype=pl.Int64)
    )
    refused = pl.DataFrame(batch.refused, schema=REFUSED_SCHEMA) if batch.refused else None
    return Part(entity_stream("messages", settings.load), rows, refused, len(batch.refused))


def _refuse(batch: Batch, message: Message, column: str, value: str | None, reason: str) -> None:
    names = (b"from", b"to", b"subject", b"date", b"message-id")
    record = {name.decode(): (message.text(name) or "")[:500] for name in names if name in message.first}
    batch.refused.append(
        {
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
