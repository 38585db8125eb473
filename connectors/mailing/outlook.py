"""An Outlook item (.msg) → the mail it was: header and texts, without its attachments.

A received item keeps the header it came with; a sent one has properties only, of which From, To, Date, Subject and
Message-ID are made (MS-OXCMAIL). The container is read by python-oxmsg (MIT).
"""

from __future__ import annotations

from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from pathlib import Path

from oxmsg import Message

from connectors.errors import FileRefused
from connectors.formats.mail_box import RawMessage, normalise_line_ends

# The whole container is held in memory; providers cap a mail at 25 to 150 MB.
MAX_ITEM_BYTES = 200 << 20
MESSAGE_ID, IN_REPLY_TO, SENDER_SMTP = 0x1035, 0x1042, 0x5D01
# The header's fields that say how the body was packed; it is packed anew.
PACKING = ("content-type", "content-transfer-encoding", "mime-version", "content-disposition")


def is_item(path: Path) -> bool:
    """By its first bytes, which other Office files of old share."""
    with path.open("rb") as handle:
        return handle.read(4) == b"\xd0\xcf\x11\xe0"


def read_item(path: Path) -> RawMessage:
    """The item as a mail. Raises FileRefused where it is damaged, too large or no mail (an appointment, a contact)."""
    if path.stat().st_size > MAX_ITEM_BYTES:
        raise FileRefused(
            f"an Outlook item beyond {MAX_ITEM_BYTES:,} bytes", where=path.name, mend="save it without attachments"
        )
    try:
        item = Message.load(path.read_bytes())
        kind = _clean(item.message_class) or "IPM.Note"
        mail = _make_mail(item) if kind.upper().startswith(("IPM.NOTE", "REPORT.")) else None
    except (OSError, ValueError, KeyError, LookupError, AssertionError, AttributeError) as error:
        raise FileRefused(
            f"an Office container that holds no mail that can be read ({type(error).__name__})",
            where=path.name,
            mend="save the item again, or as .eml; move other Office files out of the mail folder",
        ) from None
    if mail is None:
        raise FileRefused(f"an Outlook item of the kind {kind}, no mail", where=path.name, mend="leave it out")
    return RawMessage(1, normalise_line_ends(mail.as_bytes(policy=SMTP)))


def _make_mail(item: Message) -> EmailMessage:
    mail = EmailMessage()
    told = {name.lower() for name in item.message_headers}
    for name, value in item.message_headers.items():
        if name.lower() not in PACKING:
            _set(mail, name, value)
    properties = item.properties
    sender = properties.str_prop_value(SENDER_SMTP) or item.sender
    receivers = ", ".join(recipient.email_address for recipient in item.recipients if recipient.email_address)
    sent_at = item.sent_date
    made = {
        "From": sender,
        "To": receivers,
        "Subject": item.subject,
        "Date": None if sent_at is None else format_datetime(sent_at),
        "Message-ID": properties.str_prop_value(MESSAGE_ID),
        "In-Reply-To": properties.str_prop_value(IN_REPLY_TO),
    }
    for name, value in made.items():
        if name.lower() not in told and value:
            _set(mail, name, value)
    plain, html = _clean(item.body), _clean(item.html_body)
    if plain or not html:
        mail.set_content(plain or "")
    if html and plain:
        mail.add_alternative(html, subtype="html")
    elif html:
        mail.set_content(html, subtype="html")
    return mail


def _set(mail: EmailMessage, name: str, value: str) -> None:
    try:
        mail[name] = " ".join(_clean(value).split())
    except ValueError:
        return  # a field that a mail may have once only, or that is no field


def _clean(text: str | None) -> str:
    return (text or "").replace("\0", "").strip()
