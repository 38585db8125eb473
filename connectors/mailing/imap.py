"""An IMAP mailbox → its new mails. Read only: nothing on the server changes, no mail is marked as seen.

The cursor is UIDVALIDITY and the highest UID read (RFC 3501, 2.3.1.1): where the server gave the mailbox a new
UIDVALIDITY, every mail is read again, and those that are known add nothing.
"""

from __future__ import annotations

import base64
import imaplib
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from connectors.errors import SourceError
from connectors.formats.mail_box import MAX_MESSAGE_BYTES, RawMessage, normalise_line_ends

FETCHED_AT_ONCE = 20
SECONDS_TO_WAIT = 60
UID = re.compile(rb"\bUID (\d+)")
SIZE = re.compile(rb"\bRFC822\.SIZE (\d+)")
NOT_ASCII = re.compile(r"[^ -~]+")


class ImapSettings(BaseModel):
    """`mailbox`: the folder's name as the mail program shows it, with the server's separator (INBOX.Sent)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    host: str
    user: str
    password: SecretStr
    mailbox: str = "INBOX"
    security: Literal["tls", "starttls", "none"] = "tls"
    port: int | None = Field(default=None, ge=1, le=65535)


def read_mailbox(settings: ImapSettings, since: str | None) -> Iterator[tuple[list[RawMessage], str]]:
    """Batches of mails that came after the cursor `since`, each with the cursor behind it; `line` is the UID.

    Raises SourceError where the server cannot be reached, refuses the login or has no such mailbox.
    """
    with _open(settings) as server:
        status, _ = server.select(_quote(settings.mailbox), readonly=True)
        if status != "OK":
            names = ", ".join(_list_mailboxes(server)[:20])
            raise SourceError(
                f"no mailbox {settings.mailbox} at {settings.host}; there are: {names}", mend="correct imap.mailbox"
            )
        validity = (server.response("UIDVALIDITY")[1] or [b"0"])[0]
        valid = validity.decode() if isinstance(validity, bytes) else "0"
        known_validity, _, known_uid = (since or "").partition(":")
        last = int(known_uid) if known_validity == valid and known_uid.isdecimal() else 0
        _, found = server.uid("SEARCH", f"UID {last + 1}:*")
        # `n:*` names the last mail even where its UID is below n.
        uids = sorted(uid for uid in map(int, (found[0] or b"").split()) if uid > last)
        for start in range(0, len(uids), FETCHED_AT_ONCE):
            batch = uids[start : start + FETCHED_AT_ONCE]
            yield _fetch(server, batch), f"{valid}:{batch[-1]}"


@contextmanager
def _open(settings: ImapSettings) -> Iterator[imaplib.IMAP4]:
    port = settings.port or (993 if settings.security == "tls" else 143)
    kind = imaplib.IMAP4_SSL if settings.security == "tls" else imaplib.IMAP4
    try:
        server = kind(settings.host, port, timeout=SECONDS_TO_WAIT)
        if settings.security == "starttls":
            server.starttls()
    except (OSError, imaplib.IMAP4.error) as error:
        raise SourceError(
            f"no IMAP server answers at {settings.host}:{port} ({settings.security}): {error}",
            mend="check imap.host, imap.port and imap.security",
        ) from None
    try:
        try:
            server.login(settings.user, settings.password.get_secret_value())
        except imaplib.IMAP4.error:
            raise SourceError(
                f"{settings.host} refuses the login of imap.user",
                mend="check user and password; providers with two factors ask for an app password",
            ) from None
        yield server
    except (OSError, imaplib.IMAP4.abort) as error:
        raise SourceError(
            f"{settings.host} ended the connection: {error}", mend="run again: it goes on where it stopped"
        ) from None
    finally:
        with suppress(OSError, imaplib.IMAP4.error):
            server.logout()


def _fetch(server: imaplib.IMAP4, uids: list[int]) -> list[RawMessage]:
    wanted = f"(UID RFC822.SIZE BODY.PEEK[]<0.{MAX_MESSAGE_BYTES}>)"
    _, answers = server.uid("FETCH", ",".join(map(str, uids)), wanted)
    mails: list[RawMessage] = []
    for answer in answers:
        if not isinstance(answer, tuple):
            continue
        head, data = answer[0], answer[1]
        uid, size = UID.search(head), SIZE.search(head)
        if uid is None:
            continue
        dropped = max(0, int(size.group(1)) - len(data)) if size is not None else 0
        mails.append(RawMessage(int(uid.group(1)), normalise_line_ends(data), dropped=dropped))
    return sorted(mails, key=lambda mail: mail.line)


def _list_mailboxes(server: imaplib.IMAP4) -> list[str]:
    _, lines = server.list()
    return sorted(
        line.decode("ascii", "replace").split(" ")[-1].strip('"') for line in lines if isinstance(line, bytes)
    )


def _quote(name: str) -> str:
    """A mailbox's name in modified UTF-7 (RFC 3501, 5.1.3), quoted."""

    def encode(match: re.Match[str]) -> str:
        packed = base64.b64encode(match.group(0).encode("utf-16-be")).decode("ascii").rstrip("=").replace("/", ",")
        return f"&{packed}-"

    encoded = NOT_ASCII.sub(encode, name.replace("&", "&-"))
    return '"' + encoded.replace("\\", "\\\\").replace('"', '\\"') + '"'
