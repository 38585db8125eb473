"""Bytes of a mail → text: the charsets Japanese mail really carries, told truly or not.

ISO-2022-JP as Windows writes it holds characters that JIS X 0208 has not (① row 13, 髙 rows 89-92): the strict codec
refuses them, so those rows are read through CP932, which is where they came from. EUC-JP has the same gap and the same
mend. A label is believed only while the bytes agree with it.
"""

from __future__ import annotations

import binascii
import codecs
import re
from dataclasses import dataclass

# What senders write → the codec that reads what they mean: Windows says shift_jis and sends CP932.
CODECS = {
    **dict.fromkeys(("shift_jis", "shift-jis", "sjis", "x-sjis", "ms_kanji", "windows-31j", "cswindows31j"), "cp932"),
    **dict.fromkeys(("cp932", "ms932", "windows-932", "shiftjis", "x-ms-cp932"), "cp932"),
    **dict.fromkeys(("iso-2022-jp", "iso2022jp", "csiso2022jp", "cp50220", "cp50221", "cp50222"), "iso-2022-jp"),
    **dict.fromkeys(("iso-2022-jp-1", "iso-2022-jp-2", "iso-2022-jp-3", "iso-2022-jp-2004"), "iso-2022-jp"),
    **dict.fromkeys(("euc-jp", "eucjp", "x-euc-jp", "x-euc", "ujis", "eucjp-ms", "cp51932"), "euc-jp"),
    **dict.fromkeys(("utf-8", "utf8", "unicode-1-1-utf-8", "utf8mb4", "cp65001"), "utf-8"),
    **dict.fromkeys(("gb2312", "gbk", "x-gbk", "gb_2312-80"), "gb18030"),
    **dict.fromkeys(("ks_c_5601-1987", "ks_c_5601", "euc-kr", "korean"), "cp949"),
    **dict.fromkeys(("iso-8859-1", "latin1", "latin-1", "us-ascii", "ascii", "ansi_x3.4-1968"), "cp1252"),
}
# Labels that say little: mail software writes them by default whatever the bytes are.
WEAK = frozenset({"cp1252", "unknown-8bit", "x-unknown", "default", "8bit", "binary", "none"})
ESCAPE = re.compile(rb"(\x1b\$\(?[@BDOQ]|\x1b\([BJIH]|\x1b&@|[\x0e\x0f])")
# Two or more in a row: a stray é next to an ASCII letter also decodes to one kanji, never to a run of them.
JAPANESE_RUN = re.compile("[ぁ-んァ-ヶー一-龥々〆、。・！？（）「」【】０-９Ａ-Ｚ]{2,}")
HALF_KANA = re.compile("[｡-ﾟ]")
ENCODED_WORD = re.compile(r"=\?([^?*\s]+)(?:\*[^?\s]*)?\?([bBqQ])\?([^?]*)\?=")
UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffd]")
HEX_PAIR = re.compile(rb"=([0-9A-Fa-f]{2})")


@dataclass(frozen=True, slots=True)
class Decoded:
    """`damaged`: how many characters could not be read (each stands as U+FFFD in `text`)."""

    text: str
    charset: str
    damaged: int = 0


def decode_bytes(data: bytes, label: str | None = None) -> Decoded:
    """The text of `data`, believing `label` only where the bytes agree; never raises."""
    codec = CODECS.get((label or "").strip().strip("\"'").lower(), (label or "").strip().lower() or None)
    if data.isascii():
        if b"\x1b" in data and ESCAPE.search(data) and codec != "iso-2022-kr":
            return decode_iso2022jp(data)
        if codec is None or not codec.startswith(("utf-16", "utf-32", "utf-7", "hz", "iso-2022-kr")):
            return Decoded(data.decode("ascii"), "ascii")
    if codec == "iso-2022-jp" and b"\x1b" in data:
        return decode_iso2022jp(data)
    if codec is None or codec in WEAK or codec == "utf-8":
        try:
            return Decoded(data.decode("utf-8"), "utf-8")
        except UnicodeDecodeError:
            return _guess(data, codec)
    if codec == "euc-jp":
        told = _decode_euc(data)
    else:
        try:
            told = Decoded(data.decode(codec), codec)
        except (LookupError, UnicodeDecodeError, ValueError):
            told = None
    return told if told is not None and not told.damaged else _guess(data, codec)


def decode_header(raw: bytes, hint: str | None = None) -> Decoded:
    """A header's text: RFC 2047 words, also where a word breaks off inside a character, and raw 8-bit or JIS text.

    `hint` is the charset of the message's body, the best guess for a header that carries raw bytes.
    """
    plain = decode_bytes(raw, hint)
    if "=?" not in plain.text:
        return plain
    pieces: list[str] = []
    damaged = plain.damaged
    pending, charset, end = b"", "", 0
    for word in ENCODED_WORD.finditer(plain.text):
        between = plain.text[end : word.start()]
        adjacent = bool(pending) and not between.strip()
        if pending and not (adjacent and word.group(1).lower() == charset):
            decoded = decode_bytes(pending, charset)
            pieces.append(decoded.text)
            damaged += decoded.damaged
            pending = b""
        if not adjacent:
            pieces.append(between)
        charset = word.group(1).lower()
        pending += _decode_word(word.group(2), word.group(3))
        end = word.end()
    if pending:
        decoded = decode_bytes(pending, charset)
        pieces.append(decoded.text)
        damaged += decoded.damaged
    pieces.append(plain.text[end:])
    return Decoded("".join(pieces), charset or plain.charset, damaged)


def decode_transfer(body: bytes, encoding: bytes | None) -> bytes:
    """Undo base64 or quoted-printable; damage in either costs the damaged spot, not the message."""
    name = (encoding or b"").strip().strip(b"\"';").lower()
    if name == b"base64":
        return decode_base64(body)
    if name == b"quoted-printable":
        return binascii.a2b_qp(body)
    return body


def decode_base64(data: bytes) -> bytes:
    """base64 with whatever else stands in it (line ends, missing padding, a mailing list's footer) left out."""
    try:
        return binascii.a2b_base64(data)
    except binascii.Error:
        kept = re.sub(rb"[^A-Za-z0-9+/]", b"", data)
        # One letter over carries 6 bits: no byte, so it goes.
        kept = kept[: len(kept) - 1] if len(kept) % 4 == 1 else kept
        return binascii.a2b_base64(kept + b"=" * (-len(kept) % 4))


def decode_iso2022jp(data: bytes) -> Decoded:
    """ISO-2022-JP strictly, else piece by piece with the rows JIS X 0208 lacks read through CP932."""
    try:
        return Decoded(data.decode("iso2022_jp"), "iso-2022-jp")
    except UnicodeDecodeError:
        pass
    pieces: list[str] = []
    mode = b"\x1b(B"
    for index, piece in enumerate(ESCAPE.split(data)):
        if index % 2:
            mode = piece
            continue
        for number, line in enumerate(piece.split(b"\n")):
            if number:
                pieces.append("\n")
                mode = b"\x1b(B"  # a line ends in ASCII, whatever the sender forgot
            if line:
                pieces.append(_decode_mode(line, mode))
    text = "".join(pieces)
    return Decoded(text, "iso-2022-jp", text.count("\ufffd"))


def count_unreadable(text: str) -> int:
    """Characters no letter is written with: what is left where the bytes were no text in any charset."""
    return len(UNPRINTABLE.findall(text))


def _decode_mode(line: bytes, mode: bytes) -> str:
    if mode in (b"\x1b(I", b"\x0e"):
        return bytes(byte | 0x80 if 0x21 <= byte <= 0x5F else byte for byte in line).decode("cp932", "replace")
    if mode.startswith(b"\x1b$"):
        return _decode_pairs(line, supplement=mode == b"\x1b$(D")
    return line.decode("ascii") if line.isascii() else line.decode("cp932", "replace")


def _decode_pairs(line: bytes, *, supplement: bool) -> str:
    pieces: list[str] = []
    index = 0
    while index < len(line):
        pair = bytes(byte & 0x7F for byte in line[index : index + 2])
        if len(pair) == 2 and all(0x21 <= byte <= 0x7E for byte in pair):
            if supplement:
                pieces.append(bytes((0x8F, pair[0] | 0x80, pair[1] | 0x80)).decode("euc_jp", "replace"))
            else:
                pieces.append(jis_to_cp932(pair[0], pair[1]).decode("cp932", "replace"))
            index += 2
        else:
            # A lone byte or a blank in a double-byte run: a blank is a blank, anything else is damage.
            pieces.append(chr(pair[0]) if pair[0] in b" \t\r" else "\ufffd")
            index += 1
    return "".join(pieces)


def jis_to_cp932(first: int, second: int) -> bytes:
    """A JIS row and cell (0x21-0x7E each) as the same cell's Shift_JIS bytes (JIS X 0208 annex 1)."""
    lead = (first - 0x21 >> 1) + 0x81
    if lead > 0x9F:
        lead += 0x40
    trail = (second + 0x1F + (second >= 0x60)) if first & 1 else second + 0x7E
    return bytes((lead, trail))


def _decode_euc(data: bytes) -> Decoded:
    try:
        return Decoded(data.decode("euc_jp"), "euc-jp")
    except UnicodeDecodeError:
        pass

    def mend(error: UnicodeError) -> tuple[str, int]:
        if not isinstance(error, UnicodeDecodeError):
            raise error
        pair = error.object[error.start : error.start + 2]
        if len(pair) == 2 and all(0xA1 <= byte <= 0xFE for byte in pair):
            text = jis_to_cp932(pair[0] & 0x7F, pair[1] & 0x7F).decode("cp932", "replace")
            return text, error.start + 2
        return "\ufffd", error.start + 1

    codecs.register_error("tsunagu.euc", mend)
    text = data.decode("euc_jp", "tsunagu.euc")
    return Decoded(text, "euc-jp", text.count("\ufffd"))


def _guess(data: bytes, told: str | None) -> Decoded:
    """The reading with the most Japanese in it, a character that cannot be read weighing against it most.

    Bytes of one Japanese charset read as another turn into half-width kana and rare kanji with damage in between, so
    runs of kana and common kanji tell them apart; bytes that hold none are Western text.
    """
    candidates = [
        Decoded(text := data.decode("utf-8", "replace"), "utf-8", text.count("\ufffd")),
        Decoded(text := data.decode("cp932", "replace"), "cp932", text.count("\ufffd")),
        _decode_euc(data),
    ]
    if b"\x1b" in data and ESCAPE.search(data):
        candidates.append(decode_iso2022jp(data))
    best = max(candidates, key=lambda decoded: _weigh(decoded, told))
    if _weigh(best, None) > 0:
        return best
    western = data.decode("cp1252", "replace")
    return Decoded(western, "cp1252", western.count("\ufffd"))


def _weigh(decoded: Decoded, told: str | None) -> int:
    runs = sum(len(run) for run in JAPANESE_RUN.findall(decoded.text))
    return runs - 2 * len(HALF_KANA.findall(decoded.text)) - 5 * decoded.damaged + (decoded.charset == told)


def _decode_word(encoding: str, payload: str) -> bytes:
    raw = payload.encode("utf-8", "replace")
    if encoding in "bB":
        return decode_base64(raw)
    return HEX_PAIR.sub(lambda match: bytes((int(match.group(1), 16),)), raw.replace(b"_", b" "))
