"""Large delimited text that holds no quote: a line is a record there, so an engine's own reader may be trusted with it.

What is fed to that reader passes through here, where every byte is looked at: a quote, a NUL or a line end of another
kind anywhere ends the attempt, and the file is read with all care instead.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import BinaryIO

from connectors.core import Stretch
from connectors.formats.text import NOT_CP932, Encoding

PIECE_BYTES = 1 << 20
# Longer lines are left to the reader that can say what is wrong with them; DuckDB's own limit is 2 MB.
LINE_BYTES = 1 << 20
# Encodings in which the byte of a line feed is never a part of another character.
LINE_SAFE = ("utf-8", "cp932")


class NotPlain(Exception):
    """The file is not what its start promised."""


@dataclass(frozen=True)
class PlainText:
    """`has_returns`: lines end with CR LF; `offset`: the first record's first byte; `line`: its number."""

    path: Path
    encoding: Encoding
    delimiter: str
    fields: int
    has_returns: bool
    offset: int
    line: int

    def cut(self, number: int) -> list[Stretch]:
        """The records in at most `number` stretches, cut at line ends."""
        size = self.path.stat().st_size
        stretches: list[Stretch] = []
        start, line = self.offset, self.line
        with self.path.open("rb") as file:
            for place in range(1, number + 1):
                end = (
                    size if place == number else _next_line(file, self.offset + (size - self.offset) * place // number)
                )
                if end > start:
                    stretches.append(Stretch(line, partial(self._feed, start, end)))
                    if end < size:
                        line += sum(piece.count(b"\n") for piece in _read(file, start, end))
                    start = end
        return stretches

    def _feed(self, start: int, end: int, out: BinaryIO) -> int:
        lines = 0
        with self.path.open("rb") as file:
            for piece in _read(file, start, end):
                text = self._encode(piece)
                lines += self._count(text)
                data = memoryview(text)
                while data:
                    data = data[out.write(data) :]
        return lines

    def _encode(self, piece: bytes) -> bytes:
        """As UTF-8 with a line feed behind each line. decide_encoding has checked every byte of UTF-8."""
        if self.encoding.name != "utf-8":
            try:
                text = piece.decode(self.encoding.name)
            except UnicodeDecodeError:
                raise NotPlain(f"not {self.encoding.name}") from None
            if any(letter in text for letter in NOT_CP932):
                raise NotPlain("not CP932")
            piece = text.encode("utf-8")
        if not self.has_returns:
            return piece
        if piece.count(b"\r\n") != piece.count(b"\n"):
            raise NotPlain("line ends of two kinds")
        return piece.replace(b"\r\n", b"\n")

    def _count(self, piece: bytes) -> int:
        if b'"' in piece or b"\0" in piece or b"\r" in piece:
            raise NotPlain("a quote, a NUL or another line end")
        lines = piece.count(b"\n") + (not piece.endswith(b"\n"))
        # DuckDB's reader refuses a row that is short, and passes over one more field that is empty.
        if piece.count(self.delimiter.encode()) != lines * (self.fields - 1):
            raise NotPlain("other fields than the header's")
        return lines


def find_plain(path: Path, encoding: Encoding, delimiter: str, fields: int, line: int) -> PlainText | None:
    """`line`: where the first record stands. None where a line need not be a record, or a line end not one byte."""
    if encoding.name not in LINE_SAFE:
        return None
    with path.open("rb") as file:
        file.seek(encoding.mark)
        above = [file.readline(LINE_BYTES) for _ in range(line - 1)]
        if not above or not all(text.endswith(b"\n") for text in above):
            return None
        has_returns = above[-1].endswith(b"\r\n")
        return PlainText(path, encoding, delimiter, fields, has_returns, file.tell(), line)


def _next_line(file: BinaryIO, offset: int) -> int:
    file.seek(offset)
    file.readline(LINE_BYTES)
    return file.tell()


def _read(file: BinaryIO, start: int, end: int) -> Iterator[bytes]:
    """Whole lines, about PIECE_BYTES at a time."""
    file.seek(start)
    while file.tell() < end:
        piece = file.read(min(PIECE_BYTES, end - file.tell()))
        if not piece.endswith(b"\n") and file.tell() < end:
            piece += file.readline(LINE_BYTES)
            if not piece.endswith(b"\n") and file.tell() < end:
                raise NotPlain("a line without end")
        if not piece:
            raise NotPlain("the file became shorter")
        yield piece
