"""A bounce → which message it is about, whom it did not reach, and whether that is final.

RFC 3464 reports say it in fields. The others (qmail, Exim, sendmail's and Postfix's texts, Exchange, Notes, docomo,
au …) say it in prose of many wordings, but all are built alike: an explanation with the address, then the returned
message or its header. That build is read here, not each program's wording.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from connectors.formats.mail import Message, Part, read_texts
from connectors.formats.mail_header import ADDRESS, read_addresses, read_id, split_header
from connectors.formats.mail_html import read_html
from connectors.formats.mail_text import decode_bytes

Result = Literal["bounced", "deferred", "delivered"]

# RFC 3464, 2.3.3, the worst first: of several recipients the one that was not reached is told.
RESULTS: dict[str, Result] = {
    "failed": "bounced",
    "delayed": "deferred",
    "delivered": "delivered",
    "relayed": "delivered",
    "expanded": "delivered",
}
DAEMON = re.compile(
    r"(?i)(?:mailer-?daemon|post[_-]?master|mail-?daemon|double-bounce|bounces?|microsoftexchange\w*)(?:[@+=-]|$)"
)
DAEMON_NAME = re.compile(
    rb"(?i)mail(?:er)?[ -]?(?:delivery|daemon)|delivery sub ?system|postmaster|mail ?system|mail administrator"
)
SUBJECT = re.compile(
    r"(?i)undeliver|deliver\w*\s+(?:status|fail|problem|error|notif|has|report|incomplete|delayed)|non[- ]?deliver"
    r"|fail\w*\s+(?:to deliver|delivery|notice|mail)|failure notice|return(?:ed|ing)\s+(?:mail|message|to sender|email)"
    r"|mail\s+(?:system\s+|delivery\s+)?(?:error|failure|failed|could not)|message\s+(?:could not|not delivered)"
    r"|message delayed|could ?n.?t (?:send|deliver|be delivered)|cannot deliver|not delivered"
    r"|warning: (?:could|message)|bounce|unzustellbar|non remis|no se puede entregar|échec"
    r"|(?:配信|配送|送信)(?:不能|不可|エラー|でき|失敗)"
    r"|届(?:き|け)(?:ませんでした|られません)|メール.{0,3}エラー|エラーメール"
)
NO_BOUNCE = re.compile(r"(?i)auto(?:matic)? ?repl|out of (?:the )?office|vacation|不在|自動返信|自動応答")
# Every program that tries again says so in one of these.
DELAYED = re.compile(
    r"(?i)will (?:be retried|continue|keep |retry|be attempted)|still being (?:retried|attempted)|warning message only"
    r"|not yet been delivered|delivery (?:is |has been )?delayed|no action is required on your part|not need to resend"
)
DSN_FIELD = re.compile(
    r"(?im)^(final-recipient|original-recipient|x-actual-recipient|action|status)[ \t]*:[ \t]*(.*(?:\n[ \t].*)*)"
)
STATUS = re.compile(r"\b[245]\.\d{1,3}\.\d{1,3}\b(?!\.)")
RETURNED_LINE = re.compile(
    rb"(?im)^[> \t]{0,8}(?:Received|Return-Path|From|To|Subject|Date|Message-ID|MIME-Version|X-[\w-]+)[ \t]*:.*$"
)
QUOTE_MARKS = re.compile(rb"(?m)^(?:>[> \t]*$|[> \t]{1,8}(?=[!-9;-~]+[ \t]*:))")
BLANK_LINE = re.compile(rb"\n[> \t]*\n")
RETURNED_TYPES = frozenset(
    {
        *("message/rfc822", "message/rfc822-headers", "text/rfc822-headers", "message/partial"),
        *("message/global", "message/global-headers"),
    }
)
# Where the returned mail stands in no part of its own, or in a bounce of the bounce: the last is the innermost.
ANY_ID = re.compile(rb"(?im)^[> \t]{0,8}message-id[ \t]*:\s*(<[^<>\s]{1,998}>)")
MAX_RETURNED_BYTES = 64 << 10  # its header is all that is wanted


@dataclass(frozen=True, slots=True)
class Bounce:
    """`action` in RFC 3464's words, `status` as 5.1.1; `message_id` and `recipient` where the report tells them."""

    result: Result
    action: str
    recipient: str | None
    message_id: str | None
    status: str | None


def read_bounce(message: Message) -> Bounce | None:
    """What a bounce report says, or None where the message is none: an auto-reply, a read receipt, a complaint."""
    is_report = message.content_type == "multipart/report"
    if is_report and message.parameters.get("report-type", "delivery-status").lower() != "delivery-status":
        return None
    # A report's fields pasted into plain text, as old sendmails and people who forward a bounce do.
    has_fields = b"Final-Recipient:" in message.body
    subject = message.text(b"subject") or ""
    is_daemon = is_report or has_fields or _is_from_daemon(message, subject)
    if not is_daemon and SUBJECT.search(subject) is None:
        return None
    leaves = _list_leaves(message)
    explanation, returned = _split_report(message, leaves)
    if not is_daemon and (not returned or message.is_reply):
        return None  # a person who writes about an error returns no message with it
    reports = [leaf.payload for leaf in leaves if leaf.content_type.endswith("delivery-status")]
    if not reports and has_fields:
        reports = [QUOTE_MARKS.sub(b"", leaf.payload) for leaf in leaves]
    groups = [group for report in reports for group in _read_groups(report)]
    message_id, addressee = _read_returned(returned)
    message_id = message_id or _find_last_id(message) or read_id(message.first.get(b"in-reply-to", b""))
    if groups:
        group = min(groups, key=lambda each: list(RESULTS).index(each["action"]))
        action, status, recipient = group["action"], group.get("status"), group.get("recipient") or addressee
    else:
        found = STATUS.search(explanation)
        status = found.group(0) if found else None
        action = "delayed" if DELAYED.search(explanation) else "failed"
        recipient = _find_recipient(message, explanation, addressee)
    if recipient is None and message_id is None:
        return None  # nothing that it could be about
    return Bounce(RESULTS[action], action, recipient, message_id, status)


def _is_from_daemon(message: Message, subject: str) -> bool:
    if b"x-failed-recipients" in message.first:
        return True
    raw = message.first.get(b"from", b"")
    is_daemon = DAEMON_NAME.search(raw) is not None
    if not is_daemon:
        sender = next(iter(message.addresses(b"from")), raw.strip().decode("latin-1"))
        is_daemon = DAEMON.match(sender) is not None
    # Nobody answers a bounce: its envelope sender is empty, and that of few other mails.
    has_no_sender = not raw.strip() or b"<>" in message.first.get(b"return-path", b"")
    return NO_BOUNCE.search(subject) is None and (is_daemon or (has_no_sender and SUBJECT.search(subject) is not None))


def _list_leaves(part: Part, depth: int = 0) -> list[Part]:
    if not part.content_type.startswith("multipart/") or depth > 10:
        return [part]
    return [leaf for child in part.parts() for leaf in _list_leaves(child, depth + 1)]


def _read_groups(payload: bytes) -> list[dict[str, str]]:
    """The groups of a delivery-status part, one a recipient: action, status, recipient."""
    groups: list[dict[str, str]] = []
    for block in re.split(r"\n[ \t]*\n", decode_bytes(payload).text):
        group: dict[str, str] = {}
        for name, value in DSN_FIELD.findall(block):
            name = name.lower()
            if name == "final-recipient" and name in group:
                groups.append(group)  # two recipients without the blank line between them
                group = {}
            if name in ("action", "status"):
                group.setdefault(name, value.partition("(")[0].strip().lower())
            else:
                address = ADDRESS.search(value.rpartition(";")[2])
                group[name] = address.group(0) if address else value.rpartition(";")[2].strip(" <>\r\n")
        groups.append(group)
    told: list[dict[str, str]] = []
    for group in groups:
        names = ("final-recipient", "original-recipient", "x-actual-recipient")
        recipient = next((group[name] for name in names if group.get(name)), None)
        if recipient is not None:
            group["recipient"] = recipient
            if group.get("action") not in RESULTS:
                group["action"] = "delayed" if group.get("status", "").startswith("4") else "failed"
            told.append(group)
    return told


def _split_report(message: Message, leaves: list[Part]) -> tuple[str, bytes]:
    """The explanation in words, and the returned message from its header on."""
    for leaf in leaves:
        if leaf.content_type in RETURNED_TYPES:
            return _join_texts(message), leaf.payload[:MAX_RETURNED_BYTES]
    words = b"\n".join(leaf.payload for leaf in leaves if leaf.content_type.startswith("text/plain"))
    lines = list(RETURNED_LINE.finditer(words))
    # Three header lines without a blank line between are the returned header; one or two are prose ("To: …").
    for first, third in zip(lines, lines[2:], strict=False):
        if BLANK_LINE.search(words, first.start(), third.start()) is None:
            explanation = decode_bytes(words[: first.start()], message.charset).text
            return explanation, QUOTE_MARKS.sub(b"", words[first.start() :][:MAX_RETURNED_BYTES])
    return _join_texts(message), b""


def _join_texts(message: Message) -> str:
    return "\n".join(read_html(text.text)[0] if text.is_html else text.text for text in read_texts(message))


def _read_returned(returned: bytes) -> tuple[str | None, str | None]:
    """Message-ID and addressee of the returned message."""
    fields, _ = split_header(returned.lstrip(b"\n"))
    first = dict(reversed(fields))
    if DAEMON_NAME.search(first.get(b"from", b"")):
        return None, None  # a forwarded bounce: this is the bounce's own header
    addressees = read_addresses(first.get(b"to", b"")) or read_addresses(first.get(b"x-original-to", b""))
    return read_id(first.get(b"message-id", b"")), addressees[0] if addressees else None


def _find_last_id(message: Message) -> str | None:
    told = ANY_ID.findall(message.body)
    return read_id(told[-1]) if told else None


def _find_recipient(message: Message, explanation: str, addressee: str | None) -> str | None:
    told = message.addresses(b"x-failed-recipients")
    if told:
        return told[0]
    # Who got the bounce sent the mail, and so did not fail to get it.
    own = {address.lower() for address in message.addresses(b"from", b"to", b"delivered-to")}
    named = [address.strip(".") for address in ADDRESS.findall(explanation)]
    named = [address for address in named if address.lower() not in own and DAEMON.match(address) is None]
    if addressee is not None and (not named or addressee.lower() in {address.lower() for address in named}):
        return addressee
    return named[0] if named else addressee
