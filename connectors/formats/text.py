"""Which encoding a file is in, decided once for the whole file, and its bytes as UTF-8 in bounded pieces.

The order: byte order mark, UTF-16 by its NUL pattern, UTF-8 strict, CP932 strict, else the file is refused. A file that
is valid UTF-8 from end to end is UTF-8. Nothing is ever replaced: a byte that does not decode is told with its offset.
"""

from __future__ import annotations

import codecs
import re
import struct
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import pyarrow as pa

from connectors.errors import FileRefused

# 4 MiB a piece: reading 180 MB costs the same from 1 MiB up, and memory stays below what one batch of rows takes
# anyway.
PIECE_BYTES = 4 << 20
# Enough to see the NULs of UTF-16 in any file with digits, commas or line ends.
SAMPLE_BYTES = 1 << 16
MARKS: tuple[tuple[bytes, str], ...] = (
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16 LE, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
# What exports call Shift_JIS is Microsoft's CP932 (①, ㈱, 髙 are only in that one); plain shift_jis would refuse them.
ALIASES = {
    "shift_jis": "cp932",
    "shift-jis": "cp932",
    "sjis": "cp932",
    "ms932": "cp932",
    "windows-31j": "cp932",
    "utf8": "utf-8",
    "utf-8-sig": "utf-8",
    "utf_8": "utf-8",
}
# Python's cp932 maps these single bytes to control and private characters; no Japanese writer emits them, Latin-1 does.
NOT_CP932 = "\x80\xa0\uf8f0\uf8f1\uf8f2\uf8f3"
HALFWIDTH = re.compile("[\uff61-\uff9f]")
JAPANESE = re.compile("[\u3041-\u30ff\u4e00-\u9fff]")
# Units that change no value; thousands (千円) would.
UNIT = re.compile(r"(?<=.)[(\[【〔](?:円|jpy|名|人|件|点|回|本|日|日間|か月|ヶ月|ヵ月|年|歳|才|分|時間)[)\]】〕]$")
# ISO-2022-JP is pure ASCII with escapes, hence valid UTF-8: only the escape tells.
ISO_2022_JP = re.compile(rb"\x1b\$[@B]")


@dataclass(frozen=True)
class Encoding:
    """`name`: the Python codec; `mark`: bytes of a byte order mark to skip; `reason`: why, for a person."""

    name: str
    mark: int
    reason: str


def fold_header(name: str) -> str:
    """How header names are compared: NFKC, no white space, case folded."""
    return "".join(unicodedata.normalize("NFKC", name).split()).casefold()


def strip_unit(folded: str) -> str:
    """A folded header without the unit behind it that changes no value: 金額(円) is 金額, 金額(千円) stays."""
    return UNIT.sub("", folded)


def is_blank(text: str | None) -> bool:
    """True for None, and where nothing but white space (U+3000 too), zero-width characters stand."""
    return text is None or not text.strip().strip("\u200b\u200c\u200d\u2060\ufeff").strip()


def decide_encoding(path: Path, override: str | None = None) -> Encoding:
    """Read the whole file once and decide. Raises FileRefused with what was tried and the first bad byte's offset."""
    with path.open("rb") as file:
        sample = file.read(SAMPLE_BYTES)
    mark_encoding = next(((name, len(mark)) for mark, name in MARKS if sample.startswith(mark)), None)
    if override is not None:
        return _take_override(path, override, mark_encoding)
    if mark_encoding is not None:
        name, mark = mark_encoding
        _insist(path, Encoding(name, mark, f"byte order mark of {name.upper()}"))
        return Encoding(name, mark, f"byte order mark of {name.upper()}")
    if not sample:
        return Encoding("utf-8", 0, "the file is empty")
    wide = _guess_utf16(sample)
    if wide is not None and _find_bad_byte(path, wide, 0) is None:
        return Encoding(wide, 0, f"no byte order mark, but the NUL bytes of {wide.upper()}")
    utf8 = _find_bad_byte(path, "utf-8", 0)
    if utf8 is None:
        if ISO_2022_JP.search(sample):
            raise _ask(path, "has the escape sequences of ISO-2022-JP", "iso2022_jp")
        return Encoding("utf-8", 0, "the whole file is valid UTF-8")
    # Decoding 120 MB takes 0.5 CPU seconds, so what is behind the first piece is checked when it is read.
    cp932 = _find_bad_byte(path, "cp932", 0, pieces=1)
    if cp932 is None:
        _doubt_cp932(path)
        return Encoding("cp932", 0, f"not UTF-8 (byte {utf8}), but valid CP932 (Shift_JIS)")
    raise FileRefused(
        f"the encoding is unknown: not UTF-8 (first bad byte at offset {utf8}), not CP932 (at offset {cp932}), "
        "no byte order mark",
        where=path.name,
        mend="save the file as CSV UTF-8, or name its encoding in tsunagu.yml (encoding: …)",
    )


def read_utf8(path: Path, encoding: Encoding) -> Iterator[bytes]:
    """The file's text as UTF-8 bytes, without the mark, in pieces of about 4 MiB that may end inside a character.

    UTF-8 passes as it is (decide_encoding has checked it). Raises FileRefused where a byte does not decode.
    """
    if encoding.name != "utf-8":
        for _, text in _decode(path, encoding):
            yield text.encode("utf-8")
        return
    with path.open("rb") as file:
        file.seek(encoding.mark)
        while piece := file.read(PIECE_BYTES):
            yield piece


def _take_override(path: Path, override: str, mark_encoding: tuple[str, int] | None) -> Encoding:
    try:
        name = codecs.lookup(ALIASES.get(override.strip().lower(), override.strip())).name
    except LookupError:
        raise FileRefused(
            f"no encoding is called {override!r}",
            where=path.name,
            mend="use utf-8, cp932, utf-16, euc_jp or iso2022_jp",
        ) from None
    mark = 0
    if mark_encoding is not None and mark_encoding[0].startswith(name):
        name, mark = mark_encoding
    encoding = Encoding(name, mark, "named in the settings")
    _insist(path, encoding)
    return encoding


def _insist(path: Path, encoding: Encoding) -> None:
    bad = _find_bad_byte(path, encoding.name, encoding.mark)
    if bad is not None:
        raise FileRefused(
            f"the encoding is {encoding.name.upper()} ({encoding.reason}), "
            f"but the byte at offset {bad} does not fit it",
            where=path.name,
            mend="save the file again as CSV UTF-8, or name its encoding in tsunagu.yml (encoding: …)",
        )


def _guess_utf16(sample: bytes) -> str | None:
    even, odd = sample[0::2].count(0), sample[1::2].count(0)
    # Digits, commas and line ends are half NUL in UTF-16, always in the same half; a hole of zeros in a broken UTF-8
    # file has them in both. 2 % is far below the least seen: a page of pure kanji still has its line ends.
    if max(even, odd) < max(2, len(sample) // 50) or min(even, odd) * 50 > max(even, odd):
        return None
    # Nothing but ASCII besides NULs is UTF-16 only where every second byte is NUL; else it is ASCII with NULs in it.
    if sample.isascii() and 5 * (even + odd) < 2 * len(sample):
        return None
    name = "utf-16-le" if odd > even else "utf-16-be"
    text = sample.decode(name, "ignore")
    return name if "\x00" not in text and ("\n" in text or "\r" in text) else None


def _find_bad_byte(path: Path, name: str, mark: int, pieces: int | None = None) -> int | None:
    """Offset of the first byte that is not `name`, None where all are, or all in so many `pieces`."""
    if name == "utf-8" and _is_utf8(path, mark):
        return None
    try:
        for _ in islice(_decode(path, Encoding(name, mark, "")), pieces):
            pass
    except _BadByte as bad:
        return bad.offset
    return None


def _is_utf8(path: Path, mark: int) -> bool:
    """Arrow's check takes 0.05 CPU seconds for 180 MB, Python's decoder 0.7; only the latter can say where."""
    held = b""
    with path.open("rb") as file:
        file.seek(mark)
        while piece := file.read(PIECE_BYTES):
            piece = held + piece
            # Up to three bytes may be the start of a character that the next piece ends.
            start = next((i for i in (1, 2, 3) if piece[-i : -i + 1 or None] >= b"\xc0"), 0)
            held, piece = (piece[-start:], piece[:-start]) if start else (b"", piece)
            # pa.array would import pandas, 0.9 CPU seconds that nothing else here needs.
            bounds = pa.py_buffer(struct.pack("=qq", 0, len(piece)))
            try:
                pa.Array.from_buffers(pa.large_string(), 1, [None, bounds, pa.py_buffer(piece)]).validate(full=True)
            except pa.ArrowInvalid:
                return False
    try:
        held.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


class _BadByte(FileRefused):
    def __init__(self, path: Path, name: str, offset: int) -> None:
        mend = "save the file as CSV UTF-8, or name its encoding in tsunagu.yml (encoding: …)"
        super().__init__(f"the byte at offset {offset} is not {name.upper()}", where=path.name, mend=mend)
        self.offset = offset


def _decode(path: Path, encoding: Encoding) -> Iterator[tuple[int, str]]:
    """Pieces of text, each with the offset of its first byte."""
    decoder = codecs.getincrementaldecoder(encoding.name)("strict")
    with path.open("rb") as file:
        file.seek(encoding.mark)
        offset = encoding.mark  # of the first byte that the decoder has not turned into text
        while True:
            piece = file.read(PIECE_BYTES)
            held = decoder.getstate()[0]
            try:
                text = decoder.decode(piece, final=not piece)
            except UnicodeDecodeError as error:
                raise _BadByte(path, encoding.name, offset + error.start) from None
            # One search a letter takes a tenth of one search for the class.
            if encoding.name == "cp932" and (bad := [text.index(letter) for letter in NOT_CP932 if letter in text]):
                raise _BadByte(path, encoding.name, offset + len(text[: min(bad)].encode("cp932")))
            if text:
                yield offset, text
            offset += len(held) + len(piece) - len(decoder.getstate()[0])
            if not piece:
                return


def _doubt_cp932(path: Path) -> None:
    """Raise FileRefused where the bytes are CP932 by accident: EUC-JP and Latin-1 text often is."""
    pieces = (text for _, text in _decode(path, Encoding("cp932", 0, "")))
    cp932 = next(text for text in pieces if not text.isascii())
    data = cp932.encode("cp932")
    high = sum(byte >= 0x80 for byte in data)
    euc = data.decode("euc_jp", "ignore")
    halfwidth, japanese = len(HALFWIDTH.findall(cp932)), len(JAPANESE.findall(cp932))
    # Read as CP932, the lead bytes of EUC-JP kana (A4, A5) are the half-width marks ､ and ･; kanji become rare ones.
    # A column of half-width names alone does not decode as EUC-JP, so both must hold.
    if halfwidth > japanese and len(JAPANESE.findall(euc)) > high // 3 and _find_bad_byte(path, "euc_jp", 0) is None:
        raise _ask(path, "reads as EUC-JP and, as half-width letters, as CP932", "euc_jp")
    # é, ü … (E0 to FC) swallow the ASCII letter behind them, É, ß … (A1 to DF) become one half-width letter alone;
    # Japanese text never has only such characters.
    pairs = re.findall(rb"[\x81-\x9f\xe0-\xfc][\x40-\x7e\x80-\xfc]", data)
    if all(pair[0] >= 0xE0 and pair[1] < 0x80 for pair in pairs) and not re.search("[\uff61-\uff9f]{2}", cp932):
        raise _ask(path, "is CP932 by accident: single accented letters, as in Latin-1 or Windows-1252", "cp1252")


def _ask(path: Path, finding: str, name: str) -> FileRefused:
    return FileRefused(
        f"the encoding is not certain: the file {finding}",
        where=path.name,
        mend=f"save the file as CSV UTF-8, or write encoding: {name} (or cp932) for this source in tsunagu.yml",
    )
