"""A mail's header block → fields, addresses, dates and ids, as tolerant as the mail programs that show such mail."""

from __future__ import annotations

import re
import urllib.parse
from datetime import datetime, timedelta, timezone
from email.utils import parsedate_tz

from connectors.formats.mail_text import decode_bytes, decode_header

FIELD = re.compile(rb"(?m)^([!-9;-~]+)[ \t]*:[ \t]*(.*(?:\n[ \t].*)*)")
FIELD_START = re.compile(rb"[!-9;-~]+[ \t]*:")
PARAMETER = re.compile(r';\s*([^\s=;"]+)\s*=\s*("(?:[^"\\]|\\.)*"|[^;\s]*)', re.S)
CONTINUED = re.compile(r"([^*]+)(?:\*(\d+))?(\*)?")
FOLD = re.compile(r"(?<![ \t])[ \t]*(?:[\r\n]+[ \t]*)+|\t+")
QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"(?!\s*@)')
COMMENT = re.compile(r"\((?:[^()\\]|\\.)*\)")
ANGLE = re.compile(r"<([^<>]*)>")
# Bounded (RFC 5321 allows 64 and 255), so that a megabyte without an @ is not searched from each of its letters.
ADDRESS = re.compile(
    r'(?:"(?:[^"\\]|\\.){1,128}"|[^\s<>(),;:"\[\]]{1,128})@(?:\[[^\]\s]{1,64}\]|[^\s<>(),;:"\[\]]{1,255})'
)
DATE = re.compile(
    r"(?:[A-Za-z]{3,9}\.?,?\s*)?(\d{1,2})[\s-]+([A-Za-z]{3})[a-z]*\.?,?[\s-]+(\d{4})\s+(\d{1,2}):(\d{2})(?::(\d{2}))?"
    r"(?:\.\d+)?\s*(?:([+-]\d{2}):?(\d{2})|([A-Za-z]{1,5}))?(?:[\s(].*)?$",
    re.S,
)
ISO_DATE = re.compile(
    r"(\d{4})[-/年](\d{1,2})[-/月](\d{1,2})日?[\sT]+(\d{1,2}):(\d{2})(?::(\d{2}))?(?:\.\d+)?\s*(?:(Z)|([+-]\d{2}):?(\d{2}))?"
)
CTIME = re.compile(
    r"([A-Z][a-z]{2})\s+(\d{1,2})\s+(\d{1,2}):(\d{2})(?::(\d{2}))?\s+(?:([+-]\d{4}|[A-Z]{3,4})\s+)?(\d{4})(?:\s+([+-]\d{4}))?"
)
MONTHS = {
    name: number
    for number, name in enumerate(
        ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"), start=1
    )
}
# RFC 5322 knows only GMT and North America; Japanese and Korean software writes its own abbreviation. In minutes.
ZONES = {"jst": 540, "kst": 540, "ut": 0, "utc": 0, "gmt": 0, "z": 0}
ZONES |= {"est": -300, "edt": -240, "cst": -360, "cdt": -300, "mst": -420, "mdt": -360, "pst": -480, "pdt": -420}


def split_header(data: bytes) -> tuple[list[tuple[bytes, bytes]], int]:
    """The (lower-case name, raw folded value) fields in order, and where the body begins.

    A header line that is none is left out where more fields follow it; otherwise the body starts there, since some
    programs forget the blank line.
    """
    if data.startswith(b"\n"):
        return [], 1
    end = data.find(b"\n\n")
    block, body = (data, len(data)) if end < 0 else (data[: end + 1], end + 2)
    fields = FIELD.findall(block)
    lines = len(fields) + sum(value.count(b"\n") for _, value in fields)
    if lines != block.count(b"\n") + (not block.endswith(b"\n")):
        block, cut = _cut_junk(block)
        fields = FIELD.findall(block)
        body = cut if cut is not None else body
    return [(name.lower(), value) for name, value in fields], body


def _cut_junk(block: bytes) -> tuple[bytes, int | None]:
    """The block without its lines that are no fields, and where the body begins if it begins inside the block."""
    lines = block.splitlines(keepends=True)
    is_field = [FIELD_START.match(line) is not None for line in lines]
    last_field = max((index for index, found in enumerate(is_field) if found), default=-1)
    kept: list[bytes] = []
    position = 0
    for index, line in enumerate(lines):
        if is_field[index] or (kept and line[:1] in (b" ", b"\t")):
            kept.append(line)
        elif index > last_field:
            return b"".join(kept), position if index else None
        position += len(line)
    return b"".join(kept), None


def read_parameters(raw: bytes) -> dict[str, str]:
    """The parameters of a Content-Type or Content-Disposition, RFC 2231 pieces joined and decoded, names lower-case.

    RFC 2047 words, which RFC 2231 forbids here and Japanese mail programs write all the same, are decoded too.
    """
    text = decode_bytes(raw).text
    if ";" not in text:
        return {}
    plain: dict[str, str] = {}
    pieces: dict[str, dict[int, tuple[bool, str]]] = {}
    for name, value in PARAMETER.findall(text):
        if value.startswith('"'):
            value = re.sub(r"\\(.)", r"\1", value[1:-1]) if len(value) > 1 else ""
        match = CONTINUED.fullmatch(name.lower())
        if match is None:
            continue
        base, number, is_encoded = match.groups()
        if number is None and not is_encoded:
            plain.setdefault(base, decode_header(value.encode()).text if "=?" in value else value)
        else:
            pieces.setdefault(base, {})[int(number or 0)] = (bool(is_encoded), value)
    for base, parts in pieces.items():
        charset, joined = "utf-8", b""
        for number in sorted(parts):
            is_encoded, value = parts[number]
            if is_encoded:
                if number == 0 and value.count("'") >= 2:
                    charset, _, value = value.split("'", 2)
                joined += urllib.parse.unquote_to_bytes(value)
            else:
                joined += value.encode()
        plain[base] = decode_bytes(joined, charset).text
    return plain


def read_text(raw: bytes, hint: str | None = None) -> str:
    """An unstructured header such as Subject: decoded, unfolded, without control characters."""
    if raw.isascii() and b"=?" not in raw and b"\x1b" not in raw:
        text = raw.decode("ascii")
    else:
        text = decode_header(raw, hint).text
    return "".join(c for c in FOLD.sub(" ", text) if c.isprintable() or c == "\u3000").strip()


def read_addresses(raw: bytes, hint: str | None = None) -> list[str]:
    """The bare addresses of From, To …, in order. A display name that looks like an address is not one."""
    text = decode_bytes(raw, hint).text
    found = _find_addresses(text)
    if not found and "=?" in text:
        found = _find_addresses(decode_header(raw, hint).text)  # some software encodes the address as well
    return found


def _find_addresses(text: str) -> list[str]:
    if "<" not in text and '"' not in text and "(" not in text:
        return ADDRESS.findall(text)
    bare = COMMENT.sub("", QUOTED.sub(" ", text))
    found: list[str] = []
    end = 0
    for match in ANGLE.finditer(bare):
        # What stands before the bracket since the last comma is its name, even if it looks like an address.
        found += ADDRESS.findall(bare[end : match.start()].rpartition(",")[0])
        inner = match.group(1).strip().removeprefix("mailto:")
        address = ADDRESS.search(inner)
        if address is not None:
            found.append(address.group(0))
        elif inner and not re.search(r"\s", inner):
            found.append(inner)  # a local name, as daemons of the same machine write: <MAILER-DAEMON>
        end = match.end()
    return found + ADDRESS.findall(bare[end:])


def read_id(raw: bytes) -> str | None:
    """A Message-ID without its angle brackets, or None where there is none."""
    text = decode_bytes(raw).text.strip()
    match = ANGLE.search(text)
    found = "".join((match.group(1) if match else text[:998]).split())
    return found or None


def read_date(raw: bytes) -> str | None:
    """A Date header as ISO 8601, with its offset where it has one (RFC 5322, ISO forms, ctime); else None."""
    text = decode_bytes(raw[:200]).text.strip()
    match = DATE.match(text)
    if match is not None:
        day, month, year, hour, minute, second, zone_hours, zone_minutes, zone = match.groups()
        number = MONTHS.get(month.lower())
        if number is not None:
            offset = _read_offset(zone_hours, zone_minutes, zone)
            return _write_date(int(year), number, int(day), int(hour), int(minute), int(second or 0), offset)
    match = ISO_DATE.search(text)
    if match is not None:
        year, month, day, hour, minute, second, z, zone_hours, zone_minutes = match.groups()
        offset = _read_offset(zone_hours, zone_minutes, z)
        return _write_date(int(year), int(month), int(day), int(hour), int(minute), int(second or 0), offset)
    plain = re.sub(r"\s*:\s*", ":", COMMENT.sub("", text))
    parsed = parsedate_tz(plain)
    if parsed is None:
        return None
    minutes = None if parsed[9] is None or not re.search(r"[+-]\d{4}|[A-Z]{3}\b", plain) else parsed[9] // 60
    return _write_date(*parsed[:6], minutes)


def read_from_line_date(from_line: bytes) -> str | None:
    """The date of an mbox separator. Without a zone it is the machine's own time, so it stays without offset."""
    match = CTIME.search(from_line.decode("latin-1"))
    if match is None:
        return read_date(from_line.partition(b" ")[2].partition(b" ")[2])
    month, day, hour, minute, second, before, year, after = match.groups()
    number = MONTHS.get(month.lower())
    if number is None:
        return None
    zone = after or before or ""
    numeric = zone[:1] in ("+", "-")
    offset = _read_offset(zone[:3] if numeric else None, zone[3:] if numeric else None, None if numeric else zone)
    return _write_date(int(year), number, int(day), int(hour), int(minute), int(second or 0), offset)


def _read_offset(hours: str | None, minutes: str | None, name: str | None) -> int | None:
    if hours is not None and minutes is not None:
        return (-1 if hours[0] == "-" else 1) * (int(hours[1:]) * 60 + int(minutes))
    return ZONES.get((name or "").lower())


def _write_date(year: int, month: int, day: int, hour: int, minute: int, second: int, offset: int | None) -> str | None:
    try:
        zone = None if offset is None else timezone(timedelta(minutes=offset))
        return datetime(year, month, day, hour, minute, min(second, 59), tzinfo=zone).isoformat()
    except ValueError:
        return None
