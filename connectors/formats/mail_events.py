"""Delivery events of mail services (SendGrid, Amazon SES by SNS or alone, Mailgun, Postmark) → one form for all.

Sources of the forms: the services' webhook references. SendGrid and Mailgun count seconds since 1970, SES and Postmark
write ISO 8601 with an offset. An event type not known here is `unknown`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Literal

from connectors.formats.mail_header import read_addresses, read_id

EventType = Literal[
    "queued",
    "sent",
    "delivered",
    "deferred",
    "bounced",
    "rejected",
    "failed",
    "opened",
    "clicked",
    "complained",
    "unsubscribed",
    "subscribed",
    "unknown",
]

SENDGRID: dict[str, EventType] = {
    "processed": "queued", "delivered": "delivered", "deferred": "deferred", "bounce": "bounced", "dropped": "rejected",
    "open": "opened", "click": "clicked", "spamreport": "complained", "unsubscribe": "unsubscribed",
    "group_unsubscribe": "unsubscribed", "group_resubscribe": "subscribed",
}  # fmt: skip
SES: dict[str, EventType] = {
    "send": "sent", "delivery": "delivered", "deliverydelay": "deferred", "bounce": "bounced", "reject": "rejected",
    "complaint": "complained", "open": "opened", "click": "clicked", "rendering failure": "failed",
    "renderingfailure": "failed", "subscription": "unsubscribed",
}  # fmt: skip
MAILGUN: dict[str, EventType] = {
    "accepted": "queued", "rejected": "rejected", "delivered": "delivered", "failed": "bounced", "bounced": "bounced",
    "dropped": "rejected", "opened": "opened", "clicked": "clicked", "complained": "complained",
    "unsubscribed": "unsubscribed",
}  # fmt: skip
POSTMARK: dict[str, EventType] = {
    "Delivery": "delivered", "Bounce": "bounced", "SpamComplaint": "complained", "Open": "opened", "Click": "clicked",
    "SubscriptionChange": "unsubscribed",
}  # fmt: skip
POSTMARK_BOUNCES: dict[str, EventType] = {
    "Transient": "deferred", "DnsError": "deferred", "Unsubscribe": "unsubscribed", "Subscribe": "subscribed",
    "SpamComplaint": "complained", "AutoResponder": "unknown", "AddressChange": "unknown", "OpenRelayTest": "unknown",
    "ChallengeVerification": "unknown",
}  # fmt: skip
SENDGRID_REASONS = {
    "Invalid": "invalid", "Unsubscribed Address": "unsubscribed", "Bounced Address": "bounced",
    "Spam Content": "spam", "Spam Reporting Address": "spam",
}  # fmt: skip
# Mailgun's older webhooks: a code of its own where the receiving server gave none.
MAILGUN_CODES = {"605": "bounced", "607": "spam", "606": "unsubscribed", "499": "timed_out", "602": "timed_out"}


@dataclass(frozen=True, slots=True)
class MailEvent:
    """`at`: ISO 8601. `message_id`: the mail's own Message-ID without brackets, `service_id`: the service's name of the
    mail, `event_id`: of the event. `reason`: why a mail was not sent (bounced, spam, unsubscribed, invalid …)."""

    service: Literal["sendgrid", "ses", "mailgun", "postmark"]
    type: EventType
    recipient: str | None = None
    at: str | None = None
    message_id: str | None = None
    service_id: str | None = None
    event_id: str | None = None
    sender: str | None = None
    subject: str | None = None
    reason: str | None = None
    description: str | None = None
    response: str | None = None
    user_agent: str | None = None
    url: str | None = None


def read_events(document: Any) -> Iterator[MailEvent]:
    """Every event in a parsed JSON value, one a recipient; nothing for a value that is no event of these services."""
    if isinstance(document, list):
        for each in document:
            yield from read_events(each)
    elif not isinstance(document, dict):
        return
    elif "RecordType" in document and "MessageID" in document:
        yield _read_postmark(document)
    elif "sg_event_id" in document or "sg_message_id" in document:
        yield _read_sendgrid(document)
    elif isinstance(document.get("event-data"), dict):
        signature = document.get("signature")
        token = signature.get("token") if isinstance(signature, dict) else None
        yield _read_mailgun(document["event-data"], token)
    elif isinstance(document.get("mail"), dict) and ("notificationType" in document or "eventType" in document):
        yield from _read_ses(document)
    elif isinstance(document.get("Message"), str) and "Type" in document:
        yield from _read_sns(document)
    elif document.get("event") in MAILGUN:
        yield _read_mailgun(document, document.get("token"))


def _read_sendgrid(event: dict[str, Any]) -> MailEvent:
    kind = SENDGRID.get(str(event.get("event")), "unknown")
    is_dropped = kind == "rejected"
    return MailEvent(
        "sendgrid",
        kind,
        recipient=_text(event.get("email")),
        at=_read_seconds(event.get("timestamp")),
        message_id=_read_message_id(event.get("smtp-id")),
        service_id=_text(event.get("anymail_id")) or _text(event.get("sg_message_id")),
        event_id=_text(event.get("sg_event_id")),
        reason=SENDGRID_REASONS.get(str(event.get("reason")), "other") if is_dropped else None,
        description=_text(event.get("reason")) if is_dropped else None,
        response=None if is_dropped else _text(event.get("response")) or _text(event.get("reason")),
        user_agent=_text(event.get("useragent")),
        url=_text(event.get("url")),
    )


def _read_sns(envelope: dict[str, Any]) -> Iterator[MailEvent]:
    try:
        inner = json.loads(envelope["Message"])
    except ValueError:
        return
    for event in read_events(inner):
        told = _text(envelope.get("Timestamp"))
        yield replace(event, event_id=_text(envelope.get("MessageId")), at=told or event.at)


def _read_ses(document: dict[str, Any]) -> Iterator[MailEvent]:
    name = str(document.get("eventType") or document.get("notificationType"))
    mail, kind = document["mail"], SES.get(name.lower(), "unknown")
    keys = {"rendering failure": "failure", "deliverydelay": "deliveryDelay"}
    details = document.get(keys.get(name.lower(), name.lower()))
    details = details if isinstance(details, dict) else {}
    headers = mail.get("commonHeaders")
    headers = headers if isinstance(headers, dict) else {}
    said = {
        "bounced": ": ".join(filter(None, (_text(details.get("bounceType")), _text(details.get("bounceSubType"))))),
        "complained": _text(details.get("complaintFeedbackType")),
        "rejected": _text(details.get("reason")),
        "failed": _text(details.get("errorMessage")),
    }
    reasons = {"rejected": "blocked", "complained": "spam", "bounced": "bounced"}
    base = MailEvent(
        "ses",
        "deferred" if kind == "bounced" and details.get("bounceType") == "Transient" else kind,
        at=_text(details.get("timestamp")) or _text(mail.get("timestamp")),
        message_id=_read_message_id(headers.get("messageId")),
        service_id=_text(mail.get("messageId")),
        event_id=_text(details.get("feedbackId")),
        sender=_text(mail.get("source")),
        subject=_text(headers.get("subject")),
        reason=reasons.get(kind),
        description=said.get(kind) or None,
        response=_text(details.get("smtpResponse")),
        user_agent=_text(details.get("userAgent")),
        url=_text(details.get("link")),
    )
    lists = ("bouncedRecipients", "complainedRecipients", "delayedRecipients", "recipients")
    told: list[Any] = next((details[key] for key in lists if isinstance(details.get(key), list)), [])
    for recipient in told or mail.get("destination") or [None]:
        if isinstance(recipient, dict):
            response = base.response or _text(recipient.get("diagnosticCode"))
            yield replace(base, recipient=_text(recipient.get("emailAddress")), response=response)
        else:
            yield replace(base, recipient=_text(recipient))


def _read_mailgun(event: dict[str, Any], token: Any) -> MailEvent:
    kind = MAILGUN.get(str(event.get("event")), "unknown")
    if event.get("event") == "failed" and event.get("severity") == "temporary":
        kind = "deferred"
    status = event.get("delivery-status")
    status = status if isinstance(status, dict) else {}
    message = event.get("message")
    headers = message.get("headers") if isinstance(message, dict) else None
    headers = headers if isinstance(headers, dict) else {}
    to = read_addresses(str(headers.get("to") or "").encode())
    reject = event.get("reject")
    why = reject.get("reason") if isinstance(reject, dict) else None
    reasons = {"generic": "other", "greylisted": "other", "bounce": "bounced", "old": "timed_out"}
    reason = reasons.get(str(event.get("reason")), "other") if kind in ("deferred", "bounced", "rejected") else None
    reason = MAILGUN_CODES.get(str(event.get("code")), "bounced" if event.get("event") == "bounced" else reason)
    described = status.get("description") if "description" in status else event.get("description")
    return MailEvent(
        "mailgun",
        kind,
        recipient=_text(event.get("recipient")) or (to[0] if to else None),
        at=_read_seconds(event.get("timestamp")),
        message_id=_read_message_id(headers.get("message-id") or event.get("Message-Id")),
        service_id=_text(event.get("X-Mailgun-Sid")),
        event_id=_text(token) or _text(event.get("id")),
        sender=next(iter(read_addresses(str(headers.get("from") or "").encode())), None),
        subject=_text(headers.get("subject")),
        reason=reason,
        description=_text(why) or _text(described),
        response=_text(status.get("message")) or _text(event.get("error")),
        user_agent=_text(event.get("user-agent")),
        url=_text(event.get("url")),
    )


def _read_postmark(event: dict[str, Any]) -> MailEvent:
    record = str(event["RecordType"])
    kind, reason = POSTMARK.get(record, "unknown"), None
    if record == "Bounce":
        kind = POSTMARK_BOUNCES.get(str(event.get("Type")), "bounced")
        reason = "bounced" if kind == "bounced" else None
    elif record == "SpamComplaint":
        reason = "spam"
    elif record == "SubscriptionChange" and not event.get("SuppressSending"):
        kind = "subscribed"
    elif record == "SubscriptionChange":
        why: dict[str, tuple[EventType, str]] = {
            "HardBounce": ("bounced", "bounced"),
            "SpamComplaint": ("complained", "spam"),
        }
        kind, reason = why.get(str(event.get("SuppressionReason")), ("unsubscribed", "unsubscribed"))
    times = ("DeliveredAt", "BouncedAt", "ReceivedAt", "ChangedAt")
    service_id = _text(event["MessageID"])
    return MailEvent(
        "postmark",
        kind,
        recipient=_text(event.get("Recipient")) or _text(event.get("Email")),
        at=next((_text(event[name]) for name in times if event.get(name)), None),
        message_id=f"{service_id}@mtasv.net",  # the Message-ID that Postmark gives
        service_id=service_id,
        event_id=_text(event.get("ID")),
        sender=_text(event.get("From")),
        subject=_text(event.get("Subject")),
        reason=reason,
        description=_text(event.get("Description")),
        response=_text(event.get("Details")) if record in ("Bounce", "SpamComplaint") else None,
        user_agent=_text(event.get("UserAgent")),
        url=_text(event.get("OriginalLink")),
    )


def _text(value: Any) -> str | None:
    return str(value) if isinstance(value, str | int | float) and str(value).strip() else None


def _read_message_id(value: Any) -> str | None:
    return read_id(value.encode()) if isinstance(value, str) else None


def _read_seconds(value: Any) -> str | None:
    try:
        return datetime.fromtimestamp(float(value), UTC).isoformat()
    except (TypeError, ValueError, OverflowError, OSError):
        return None
