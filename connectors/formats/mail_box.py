"""A mail file → its messages' bytes, one at a time, with line ends made LF.

mbox in all its dialects is one rule here: a line `From …` starts a message where it follows a blank line and
carries a date, or has one of the two and a mail header follows it. `>From ` quoting is undone. Memory stays below a
few times MAX_MESSAGE_BYTES whatever the size of the file.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Literal

from connectors.errors import FileRefused

Shape = Literal["mbox", "mail", "emlx", "empty", "index"]

# Text comes first in a mail and attachments last; providers cap a mail at 25 to 150 MB. What lies beyond is dropped.
MAX_MESSAGE_BYTES = 32 << 20
BLOCK_BYTES = 1 << 20
SAMPLE_BYTES = 64 << 10
PREAMBLE = b"\xef\xbb\xbf\n \t"  # a byte order mark and blank lines that editors and exports leave in front
HEADER_LINE = re.compile(rb"[!-9;-~]+[ \t]*:")
FROM_DATE = re.compile(rb"From .*?(?:\b\d{1,2}:\d{2}\b.*\b(?:19|20)\d{2}\b|\b(?:19|20)\d{2}\b.*\b\d{1,2}:\d{2}\b)")
# The headers a message starts with; any word and a colon would also be prose ("From here on:\nNote: …").
FIRST_HEADER = re.compile(
    rb"(?i)(?:>?From |(?:Return-Path|Received|Date|From|To|Cc|Subject|Message-ID|Delivered-To|MIME-Version|Sender"
    rb"|Reply-To|Status|Envelope-To|In-Reply-To|References|Authentication-Results|(?:X|DKIM|ARC|Content|List)-[\w-]+)"
    rb"[ \t]*:)"
)
KNOWN_HEADER = re.compile(
    rb"(?im)^(?:Return-Path|Received|Date|From|To|Subject|Message-ID|Delivered-To|MIME-Version|Content-Type|X-[\w-]+)"
    rb"[ \t]*:"
)
QUOTED_FROM = re.compile(rb"(?m)^>(>*From )")


@dataclass(frozen=True, slots=True)
class RawMessage:
    """`line`: where it starts in the file, 1-based. `from_line`: the mbox separator without its line end.
    `data`: header and body with LF line ends; `dropped`: bytes beyond MAX_MESSAGE_BYTES that were left out."""

    line: int
    data: bytes
    from_line: bytes | None = None
    dropped: int = 0


def recognise_mail(path: Path) -> Shape:
    """What a file is by its first bytes, never by its name. Raises FileRefused where it is no mail."""
    with path.open("rb") as handle:
        sample = handle.read(SAMPLE_BYTES)
    if sample.startswith(b"\xd0\xcf\x11\xe0"):
        raise FileRefused(
            "an Outlook item (.msg) or another Office container, not a mail file",
            where=path.name,
            mend="save it as .eml in Outlook, or export the folder as mbox from another mail program",
        )
    if sample.startswith(b"*mbx*"):
        raise FileRefused("a mailbox in UW-IMAP's MBX format", where=path.name, mend="convert it with `mailutil copy`")
    if sample.startswith(b"// <!-- <mdb:mork"):
        return "index"
    text = _cut_preamble(sample)
    if not text:
        return "empty"
    first, _, rest = text.partition(b"\n")
    separates = first.startswith(b"From ") and (FROM_DATE.match(first) or FIRST_HEADER.match(rest))
    # An .eml holds one message by definition: a second `From ` line in it is a returned mail's.
    if separates and path.suffix.lower() != ".eml":
        return "mbox"
    if first.strip().isdigit() and len(first) < 20 and HEADER_LINE.match(rest):
        return "emlx"
    header = text.partition(b"\n\n")[0]
    begins = HEADER_LINE.match(text) or first.startswith((b"From ", b">From "))
    if begins and len(set(KNOWN_HEADER.findall(header))) > 1:
        return "mail"  # one field alone is any text with a line "Date: …"
    raise FileRefused(
        "not a mail: it starts with neither a mail header nor an mbox line",
        where=path.name,
        mend="move it out of the mail folder, or export the mails as mbox or .eml",
    )


def read_messages(path: Path, shape: Shape) -> Iterator[RawMessage]:
    """Every message of the file in order. Memory: a few times MAX_MESSAGE_BYTES at most."""
    if shape in ("empty", "index"):
        return
    with path.open("rb") as handle:
        if shape == "mbox":
            yield from _split_mbox(handle)
            return
        if shape == "emlx":
            # Apple Mail: a line with the length of the mail, the mail, then a property list.
            length = int(handle.readline())
            data = handle.read(min(length, MAX_MESSAGE_BYTES))
            yield RawMessage(2, normalise_line_ends(data), dropped=max(0, length - MAX_MESSAGE_BYTES))
            return
        data = handle.read(MAX_MESSAGE_BYTES)
        dropped = path.stat().st_size - len(data)
    text = normalise_line_ends(data)
    body = _cut_preamble(text)
    yield RawMessage(1 + text.count(b"\n", 0, len(text) - len(body)), body, dropped=dropped)


def _split_mbox(handle: BinaryIO) -> Iterator[RawMessage]:
    data, line = b"", 1  # what is not yet emitted, and the line its first byte is on
    message_line = 1
    head, dropped = b"", 0  # of a message that outgrew the limit
    scan, started = 0, False
    for block, is_last in _read_blocks(handle):
        if not started:
            text = block.lstrip(PREAMBLE)
            line += block.count(b"\n", 0, len(block) - len(text))
            block, message_line, started = text, line, bool(text)
        data += block
        start = 0
        while (cut := data.find(b"\nFrom ", scan)) >= 0:
            end = data.find(b"\n", cut + 1)
            if not is_last and (end < 0 or data.find(b"\n", end + 1) < 0):
                break
            scan = cut + 6
            if _is_separator(data, cut, end if end >= 0 else len(data)):
                piece = data[start : cut + 1]
                yield _make_message(head + piece, message_line, dropped)
                line += piece.count(b"\n")
                message_line, head, dropped, start = line, b"", 0, cut + 1
        data = data[start:]
        scan = (cut if cut >= 0 else max(start, start + len(data) - 6)) - start
        if len(head) + len(data) > MAX_MESSAGE_BYTES and scan > 0:
            # Keep the head of the message, count what goes, and only look for the next separator.
            room = min(scan, max(0, MAX_MESSAGE_BYTES - len(head)))
            head, dropped = head + data[:room], dropped + scan - room
            line += data.count(b"\n", 0, scan)
            data, scan = data[scan:], 0
    if head or data:
        yield _make_message(head + data, message_line, dropped)


def _is_separator(data: bytes, cut: int, end: int) -> bool:
    follows_blank = cut == 0 or data[cut - 1 : cut] == b"\n"
    has_date = FROM_DATE.match(data, cut + 1, end) is not None
    if has_date and follows_blank:
        return True
    return (has_date or follows_blank) and FIRST_HEADER.match(data, end + 1) is not None


def _make_message(piece: bytes, line: int, dropped: int) -> RawMessage:
    from_line, _, data = piece.partition(b"\n")
    if data.endswith(b"\n\n"):
        data = data[:-1]
    if b">From " in data:
        data = QUOTED_FROM.sub(rb"\1", data)
    return RawMessage(line, data, from_line, dropped)


def _read_blocks(handle: BinaryIO) -> Iterator[tuple[bytes, bool]]:
    """Blocks with LF line ends, and whether each is the last."""
    block = handle.read(BLOCK_BYTES)
    old_mac = b"\r" in block and b"\n" not in block
    while block:
        following = handle.read(BLOCK_BYTES)
        # A line end must not be cut in two: CR here and LF in the next block.
        while following and block.endswith(b"\r"):
            block, following = block + following[:1], following[1:] or handle.read(BLOCK_BYTES)
        yield (block.replace(b"\r", b"\n") if old_mac else normalise_line_ends(block)), not following
        block = following


def normalise_line_ends(data: bytes) -> bytes:
    if b"\r" not in data:
        return data
    if b"\n" not in data:
        return data.replace(b"\r", b"\n")
    # Twice: a file carried through text mode two times has CR CR LF.
    return data.replace(b"\r\n", b"\n").replace(b"\r\n", b"\n")


def _cut_preamble(sample: bytes) -> bytes:
    return normalise_line_ends(sample).lstrip(PREAMBLE)
