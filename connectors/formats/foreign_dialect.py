"""Delimited text that is not written as RFC 4180 has it: other delimiters, other quotes, quotes escaped by backslashes.

Such a file is told by its head: no usual delimiter cuts it into records of one width, and just one of the dialects here
does. It is rewritten as RFC 4180, line for line, so that the one careful reader (delimited.py) reads it and its row
numbers are the file's own. Which dialects there are: those of the Pollock benchmark (Vitagliano et al., VLDB 2023).
"""

from __future__ import annotations

import codecs
import csv
import re
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice, product
from pathlib import Path

from connectors.errors import FileRefused
from connectors.formats.records import split_records
from connectors.formats.text import Encoding, is_blank, read_utf8

USUAL = (",", "\t", ";", "|")
UNUSUAL = {", ": "comma and space", "; ": "semicolon and space", "^": "caret", "~": "tilde", "\x1f": "unit separator",
           ":": "colon", " ": "space"}  # fmt: skip
QUOTES = ('"', "'", "`")
RECORDS = 200
# A file that is cut well in one way has this share of its records in one width; a footer and a few ragged rows pass.
SHARE = 0.9
WIDTH = 3  # two columns can be an accident of a time of day or of a name
WITHIN_TEXT = (":", " ")  # they stand in times of day and names: every record must have one more column, the first too
LINE = re.compile(r"[^\r\n]*(?:\r\n|\n|\r|$)")
LINE_CHARACTERS = 16 << 20  # as long as no honest record is (delimited.py)


@dataclass(frozen=True)
class Foreign:
    """`escapes`: a quote inside quotes is written as backslash and quote instead of twice."""

    delimiter: str
    quote: str
    escapes: bool

    def read(self, lines: Iterable[str]) -> Iterator[tuple[list[str], int]]:
        """Each record's fields and the lines read so far. Raises csv.Error where its quotes break."""
        escaped = f"\\{self.quote}"
        reader = csv.reader(
            (line.replace(escaped, self.quote * 2) for line in lines) if self.escapes else lines,
            delimiter=self.delimiter[0],
            quotechar=self.quote,
            skipinitialspace=len(self.delimiter) > 1,
            strict=True,
        )
        for fields in reader:
            yield fields, reader.line_num

    def describe(self) -> str:
        told = UNUSUAL.get(self.delimiter) or {",": "comma", "\t": "tab", ";": "semicolon", "|": "pipe"}[self.delimiter]
        quote = "" if self.quote == '"' else f", quotes {self.quote}"
        return told + quote + (", quotes escaped by backslashes" if self.escapes else "")


def find_foreign(head: str, whole: bool) -> Foreign | None:
    """The dialect of a file's head, None where a usual delimiter does, or where no dialect fits or several do."""
    for delimiter in USUAL:
        records = [r for r in islice(split_records(head, delimiter, 1, final=whole), RECORDS) if not is_blank(r.raw)]
        widths = Counter(0 if record.problem else len(record.fields) for record in records)
        if not records:
            return None
        width, count = widths.most_common(1)[0]
        if width > 1 and count >= SHARE * len(records):
            return None
    lines = [match.group() for match in islice(LINE.finditer(head), 4 * RECORDS)]
    fits = []
    for delimiter, quote, escapes in product((*USUAL, *UNUSUAL), QUOTES, (False, True)):
        if delimiter[0] in USUAL and len(delimiter) == 1 and quote == '"' and not escapes:
            continue
        if (escapes and f"\\{quote}" not in head) or (quote != '"' and quote not in head):
            continue
        foreign = Foreign(delimiter, quote, escapes)
        fit = _measure(foreign, lines)
        if fit:
            fits.append((fit, foreign))
    if not fits:
        return None
    # Of equals the first: the usual delimiter before the unusual one, doubled quotes before escaped ones.
    return max(fits, key=lambda each: each[0])[1]


def _measure(foreign: Foreign, lines: list[str]) -> tuple[float, int] | None:
    """The share of records in the commonest width, in tenths, and that width; None where it is no table."""
    records: list[list[str]] = []
    try:
        for fields, _ in islice(foreign.read(lines), RECORDS):
            if any(fields):
                records.append(fields)
    except csv.Error:
        # A record that the head cuts in two is broken at its end alone.
        if len(records) < RECORDS // 2:
            return None
    if len(records) < 3:
        return None
    width, count = Counter(map(len, records)).most_common(1)[0]
    if width < WIDTH or count < SHARE * len(records):
        return None
    if foreign.delimiter in WITHIN_TEXT and (width <= WIDTH or count < len(records)):
        return None
    # What still begins with the quote was not read as quoted.
    left = sum(cell.lstrip().startswith(foreign.quote) for record in records for cell in record)
    other = sum(cell.lstrip().startswith('"') and cell.rstrip().endswith('"') for record in records for cell in record)
    return None if left or other > len(records) // 2 else (round(10 * count / len(records)), width)


@dataclass(frozen=True)
class Rewritten:
    """The `path` of the copy in RFC 4180 and UTF-8, which lives as long as `folder`."""

    path: Path
    folder: tempfile.TemporaryDirectory[str]


def rewrite(path: Path, encoding: Encoding, foreign: Foreign) -> Rewritten:
    """The copy has the file's name and its lines. Raises FileRefused where quotes break or a line does not end."""
    folder = tempfile.TemporaryDirectory(prefix="tsunagu-")
    copy = Path(folder.name) / path.name
    done = 0
    try:
        with copy.open("w", encoding="utf-8", newline="") as target:
            writer = csv.writer(target, lineterminator="\n")
            for fields, line in foreign.read(_read_lines(path, encoding)):
                writer.writerow(fields)
                done = line
    except csv.Error:
        raise FileRefused(
            f"the quotes break in a file with {foreign.describe()} between its fields",
            where=f"{path.name}:{done + 1}",
            mend="close or delete that quote, or export it again as CSV UTF-8",
        ) from None
    return Rewritten(copy, folder)


def _read_lines(path: Path, encoding: Encoding) -> Iterator[str]:
    decoder = codecs.getincrementaldecoder("utf-8")()
    rest = ""
    for piece in read_utf8(path, encoding):
        rest += decoder.decode(piece)
        *lines, rest = (match.group() for match in LINE.finditer(rest) if match.group()) if rest else [""]
        yield from lines
        if len(rest) > LINE_CHARACTERS:
            raise FileRefused(
                "a line has no end within 16 million characters", where=path.name, mend="export it again as CSV UTF-8"
            )
    yield from (match.group() for match in LINE.finditer(rest) if match.group())
