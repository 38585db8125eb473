"""How a person's strings may be written, and where in a folder they still are.

Every string is looked for in UTF-8, UTF-16 (both orders), CP932, ISO-2022-JP, as JSON escapes, in quoted-printable and
in base64 at its three alignments, in plain files and in the members of zip and gzip files. A DuckDB or Parquet file
keeps text compressed, where no byte scan can find it, so its tables are read as well.
"""

from __future__ import annotations

import base64
import gzip
import json
import quopri
import re
import unicodedata
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO, cast

import duckdb
import polars as pl

from orchestration.frames import list_columns

CHUNK = 1 << 22
# Shorter needles turn up by chance: six given bytes in a gigabyte of noise once in 260,000 times.
SHORTEST_BYTES = 6
PLAIN_ENCODINGS = ("utf-8", "utf-16-le", "utf-16-be", "cp932", "iso2022_jp")
HALF = {unicodedata.normalize("NFKC", chr(c)): chr(c) for c in range(0xFF66, 0xFF9E)}
VOICED = {
    unicodedata.normalize("NFC", k + mark): h + m
    for k, h in HALF.items()
    for mark, m in (("\u3099", "ﾞ"), ("\u309a", "ﾟ"))
}


def spell_name(text: str) -> set[str]:
    """A whole name with and without its break, in either order where it is Latin, kana in every script."""
    text = text.strip()
    words = re.split(r"\s+", unicodedata.normalize("NFKC", text))
    forms = {text, " ".join(words), "".join(words), "\u3000".join(words)}
    if len(words) == 2 and text.isascii():
        forms |= {f"{words[1]} {words[0]}", f"{words[1]}, {words[0]}", f"{words[0]}.{words[1]}"}
        forms.discard("".join(words))
    for form in tuple(forms):
        katakana = "".join(chr(ord(c) + 96) if "ぁ" <= c <= "ゖ" else c for c in form)
        forms |= {katakana, "".join(chr(ord(c) - 96) if "ァ" <= c <= "ヶ" else c for c in form)}
        forms.add("".join(VOICED.get(c) or HALF.get(c) or c for c in katakana))
    return {form for form in forms if len(re.sub(r"\s", "", form)) >= 3}


def spell_phone(text: str) -> set[str]:
    """A number as it was written, in digits alone, with hyphens, and with Japan's code."""
    digits = re.sub(r"\D", "", unicodedata.normalize("NFKC", text))
    if len(digits) < 9:
        return set()
    forms = {text.strip(), digits}
    local = "0" + digits[2:] if digits.startswith("81") else digits
    for cut in ((3, 4), (2, 4), (3, 3), (4, 2)):
        first, second, third = local[: cut[0]], local[cut[0] : sum(cut)], local[sum(cut) :]
        forms |= {f"{first}-{second}-{third}", f"+81-{first[1:]}-{second}-{third}"}
    return forms | {local, f"+81{local[1:]}"}


def encode(text: str) -> set[bytes]:
    """The byte strings by which `text` could lie in a file."""
    found: set[bytes] = set()
    for encoding in PLAIN_ENCODINGS:
        try:
            plain = text.encode(encoding)
        except UnicodeEncodeError:
            continue
        if encoding == "iso2022_jp":
            # Without the escapes before and after: in a longer text they stand elsewhere.
            inner = re.sub(rb"\x1b\$[@B]|\x1b\([BJ]", b"", plain)
            found |= {plain, *([inner] if len(inner) >= 8 else [])}
        else:
            found.add(plain)
        if encoding.startswith("utf-16"):
            continue
        found.add(quopri.encodestring(plain).replace(b"=\n", b""))
        for shift in range(3):
            # Characters that share bits with a neighbour, before or behind, are cut off.
            text64 = base64.b64encode(b"\0" * shift + plain).rstrip(b"=")
            inner = text64[(0, 2, 3)[shift] : -1 if (shift + len(plain)) % 3 else None]
            if len(inner) >= 8:
                found.add(inner)
    found.add(json.dumps(text)[1:-1].encode())
    return {needle for needle in found if len(needle) >= SHORTEST_BYTES}


class Needles:
    """Strings to look for. `texts` are compared without case."""

    def __init__(self, texts: Iterable[str]) -> None:
        self.texts = sorted({text for text in texts if text})
        spelled = {form for text in self.texts for form in (text, text.lower(), text.upper())}
        needles = {needle for form in spelled for needle in encode(form)}
        self.longest = max(map(len, needles), default=0)
        # Bytes as Latin-1 text, so that polars looks for all of them in one pass (Aho–Corasick): re takes a minute for
        # what this does in two seconds.
        self.needles = sorted(needle.decode("latin-1") for needle in needles)
        forms = {form.lower() for text in self.texts for form in (text, json.dumps(text)[1:-1])}
        self.patterns = ["|".join(map(_escape, part)) for part in _chunks(sorted(forms), 400)]

    def condition(self, column: str) -> str:
        """SQL that is true where the text `column` (an expression) holds one of them, with the `parameters`."""
        told = " or ".join(f"regexp_matches(lower({column}), ${name})" for name in self.parameters)
        return f"({told or 'false'})"

    @property
    def parameters(self) -> dict[str, str]:
        return {f"p{place}": pattern for place, pattern in enumerate(self.patterns)}

    def in_text(self, text: str) -> bool:
        return any(re.search(pattern, text.lower()) for pattern in self.patterns)

    def in_file(self, path: Path) -> bool:
        """Raises OSError for a file that cannot be read."""
        with path.open("rb") as file:
            head = file.read(4)
            if self._in_stream(file):
                return True
        try:
            if head == b"PK\x03\x04":
                with zipfile.ZipFile(path) as archive:
                    for member in archive.infolist():
                        if self.in_text(member.filename):
                            return True
                        with archive.open(member) as part:
                            if self._in_stream(part):
                                return True
            elif head[:2] == b"\x1f\x8b":
                with gzip.open(path, "rb") as part:
                    return self._in_stream(cast(IO[bytes], part))
        except (zipfile.BadZipFile, OSError, RuntimeError, EOFError, NotImplementedError):
            return False
        return False

    def _in_stream(self, stream: IO[bytes]) -> bool:
        if stream.seekable():
            stream.seek(0)
        tail = b""
        while piece := stream.read(CHUNK):
            block = tail + piece
            # A line of quoted-printable or base64 ends anywhere: the break is no part of what it says.
            if self._in_bytes(block) or (b"\n" in block and self._in_bytes(re.sub(rb"=?\r?\n", b"", block))):
                return True
            tail = block[-4 * self.longest :] if self.longest else b""
        return False

    def _in_bytes(self, block: bytes) -> bool:
        text = pl.Series([block.decode("latin-1")], dtype=pl.String)
        return bool(self.needles) and bool(text.str.contains_any(self.needles).any())

    def in_tables(self, connection: duckdb.DuckDBPyConnection) -> list[str]:
        """schema.table of every table of the open database that holds one of the texts."""
        tables = list_columns(connection, "c.data_type like '%VARCHAR%' or c.data_type = 'JSON'")
        return [
            f"{schema}.{table}"
            for (schema, table), columns in tables.items()
            for texts in [", ".join(f'"{column}"::varchar' for column in columns)]
            if any(
                connection.execute(
                    f'select 1 from "{schema}"."{table}"'
                    f" where regexp_matches(lower(concat_ws(chr(31), {texts})), ?) limit 1",
                    [pattern],
                ).fetchall()
                for pattern in self.patterns
            )
        ]


def list_files(folder: Path) -> Iterator[Path]:
    """Every regular file below, hidden ones too; links are not followed."""
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not path.is_symlink():
            yield path


def _escape(text: str) -> str:
    return re.sub(r"([\\.+*?()|\[\]{}^$])", r"\\\1", text)


def _chunks(items: list[str], size: int) -> Iterator[list[str]]:
    for start in range(0, len(items), size):
        yield items[start : start + size]
