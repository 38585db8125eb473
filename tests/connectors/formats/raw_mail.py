"""Mails as bytes, written the way strange software writes them: nothing here is made with the library under test."""

from __future__ import annotations

import base64
import quopri
from collections.abc import Iterable
from pathlib import Path

# tests/connectors/formats/raw_mail.py → the checkout → the fixtures that stand beside it
FIXTURES = Path(__file__).resolve().parents[3].parent / "shared" / "fixtures" / "mail"

HEADERS = {
    "From": "採用担当 <recruit@example.co.jp>",
    "To": "taro@example.com",
    "Subject": "test",
    "Date": "Tue, 11 Mar 2025 09:00:00 +0900",
    "Message-ID": "<1@example.co.jp>",
}


def write_mail(
    body: str | bytes = "",
    *,
    charset: str | None = "utf-8",
    label: str | None = None,
    transfer: str = "8bit",
    content_type: str = "text/plain",
    line_end: bytes = b"\n",
    without: Iterable[str] = (),
    **headers: str | bytes,
) -> bytes:
    """One mail. Keyword names become headers (`Message_ID` → Message-ID); bytes go in as they are, `label` is the
    charset that the header claims where it differs from the one that the body is written in."""
    data = body if isinstance(body, bytes) else body.encode(charset or "ascii")
    data = {"base64": base64.encodebytes, "quoted-printable": quopri.encodestring}.get(transfer, bytes)(data)
    fields: dict[str, str | bytes] = {name: value for name, value in HEADERS.items() if name not in without}
    fields |= {name.replace("_", "-"): value for name, value in headers.items()}
    if "Content-Type" not in fields:
        claimed = label or charset
        fields["Content-Type"] = f"{content_type}; charset={claimed}" if claimed else content_type
    fields["Content-Transfer-Encoding"] = transfer
    lines = [
        name.encode() + b": " + (value if isinstance(value, bytes) else value.encode())
        for name, value in fields.items()
    ]
    return (b"\n".join(lines) + b"\n\n" + data).replace(b"\n", line_end)


def write_multipart(kind: str, parts: Iterable[bytes], boundary: str = "=_b1", **headers: str | bytes) -> bytes:
    """A multipart mail; a part is its header lines, a blank line and its body."""
    body = b"".join(b"--" + boundary.encode() + b"\n" + part + b"\n" for part in parts)
    body += b"--" + boundary.encode() + b"--\n"
    return write_mail(body, Content_Type=f'multipart/{kind}; boundary="{boundary}"', transfer="7bit", **headers)


def write_part(body: str | bytes, content_type: str = "text/plain; charset=utf-8", *more: str) -> bytes:
    data = body if isinstance(body, bytes) else body.encode()
    return "\n".join([f"Content-Type: {content_type}", *more]).encode() + b"\n\n" + data


def write_mbox(
    mails: Iterable[bytes], from_line: bytes = b"From recruit@example.co.jp Tue Mar 11 09:00:00 2025"
) -> bytes:
    """mboxrd: `From ` at a line's beginning gets one more `>`."""
    box = b""
    for mail in mails:
        quoted = b"\n".join(
            b">" + line if line.lstrip(b">").startswith(b"From ") else line for line in mail.rstrip(b"\n").split(b"\n")
        )
        box += from_line + b"\n" + quoted + b"\n\n"
    return box


def write_word(text: str, charset: str = "utf-8", encoding: str = "B") -> str:
    data = text.encode(charset)
    if encoding == "B":
        return f"=?{charset}?B?{base64.b64encode(data).decode()}?="
    return f"=?{charset}?Q?{''.join(f'={byte:02X}' for byte in data)}?="
