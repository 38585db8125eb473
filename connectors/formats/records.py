"""The careful reader of delimited text: one record after the other, every quote accounted for.

RFC 4180: a field in quotes may hold delimiters, line ends and doubled quotes. A record ends at LF, CRLF or a CR alone.
Where a quote breaks these rules nobody can say where the field ends, so all lines from the record's first to the one
where the break shows are one refused record, and reading goes on at the next line.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from connectors.formats.batch import Refusal, keep_evidence
from connectors.formats.text import is_blank

END_OF_FILE = "\x1a"  # what DOS programs write last
LINE_END = re.compile(r"\r\n|\n|\r")
QUOTED = re.compile(r'"((?:[^"]++|"")*+)"')


@dataclass(frozen=True)
class Record:
    """`line`: where it starts, 1-based; `lines`: how many it covers; `start`, `end`: characters, line end included;
    `raw`: verbatim without the line end; `problem`: why its fields cannot be trusted, None where they can."""

    line: int
    lines: int
    start: int
    end: int
    raw: str
    fields: list[str]
    problem: str | None
    open_quote: bool = False


def split_records(text: str, delimiter: str, line: int, *, final: bool) -> Iterator[Record]:
    """The records of `text`, whose first is in line `line`. Unless `final`, a last record that may go on is left
    out."""
    bare = re.compile(f"[^{re.escape(delimiter)}\\r\\n]*")
    position, distrust = 0, False
    while position < len(text):
        line_end = LINE_END.search(text, position)
        stop = line_end.start() if line_end else len(text)
        if text.find('"', position, stop) < 0:
            if not final and (line_end is None or (line_end.end() == len(text) and line_end.group() == "\r")):
                return
            after = line_end.end() if line_end else stop
            raw = text[position:stop]
            record = Record(line, 1, position, after, raw, raw.split(delimiter), None)
        else:
            found = _read_quoted(text, position, delimiter, bare, line, final, distrust)
            if found is None:
                return
            record = found
            distrust = record.problem is not None
        yield record
        line, position = line + record.lines, record.end


def is_no_record(raw: str, delimiter: str) -> bool:
    """Whether a line has nothing in it but delimiters and white space, or is the end mark of old programs."""
    return is_blank(raw.replace(delimiter, " ")) or raw == END_OF_FILE


def say_what_is_wrong(raw: str, fields: int, width: int) -> str:
    """Why a record of `fields` fields cannot be a row of a table of `width` columns."""
    if "\x00" in raw:
        return f"has {raw.count(chr(0))} NUL bytes"
    return f"has {fields} fields, header has {width}"


def refuse_record(record: Record, reason: str) -> Refusal:
    """The whole record as refused, verbatim."""
    return Refusal(record.line, None, None, reason, keep_evidence(record.raw))


def _read_quoted(
    text: str, start: int, delimiter: str, bare: re.Pattern[str], line: int, final: bool, distrust: bool
) -> Record | None:
    fields: list[str] = []
    position, problem, stray, odd, open_quote, quoted_fields = start, None, False, False, False, 0
    while True:
        if text.startswith('"', position):
            quoted = QUOTED.match(text, position)
            if quoted is None:
                if not final:
                    return None
                number = line + len(LINE_END.findall(text, start, position))
                problem, open_quote = f"the quote opened in line {number} never closes", True
                position = len(text)
                break
            quoted_fields += 1
            fields.append(quoted.group(1).replace('""', '"'))
            position = quoted.end()
            if not (position == len(text) or text.startswith((delimiter, "\n", "\r"), position)):
                number = line + len(LINE_END.findall(text, start, position))
                problem = f"text stands behind a closing quote in line {number}"
                ending = LINE_END.search(text, position)
                position = ending.start() if ending else len(text)
                break
        else:
            unquoted = bare.match(text, position)
            assert unquoted is not None  # the pattern matches nothing, too
            if '"' in unquoted.group():
                stray, odd = True, odd or unquoted.group().lstrip().startswith('"')
            fields.append(unquoted.group())
            position = unquoted.end()
        if not text.startswith(delimiter, position):
            break
        position += len(delimiter)
    # A quote within an unquoted field is text (24"), as every spreadsheet takes it; beside quoted fields, behind a
    # blank at the field's start or after a broken record it is more likely an escape that RFC 4180 does not know.
    if stray and problem is None and (odd or distrust or quoted_fields):
        problem = "a quote stands inside an unquoted field"
    ending = LINE_END.match(text, position)
    if not final and (position == len(text) or (ending and ending.end() == len(text) and ending.group() == "\r")):
        return None
    raw = text[start:position]
    end = ending.end() if ending else position
    # Counted over the text without the last line end, plus the line that it ends.
    lines = len(LINE_END.findall(raw)) + (0 if open_quote and LINE_END.search(raw[-1:]) else 1)
    return Record(line, lines, start, end, raw, fields, problem, open_quote)
