"""The careful reader of delimited text: one record after the other, every quote accounted for.

RFC 4180: a field in quotes may hold delimiters, line ends and doubled quotes. A record ends at LF, CRLF or a CR alone.
Where a quote breaks these rules nobody can say where the field ends, so all lines from the record's first to the one
where the break shows are one refused record, and reading goes on at the next line.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

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
    """The records of `text`, whose first is in line `line`. Unless `final`, a last record that may go on is left out."""
    bare = re.compile(f"[^{re.escape(delimiter)}\\r\\n]*")
    position, distrust = 0, False
    while position < len(text):
        line_end = LINE_END.search(text, position)
        stop = line_end.start() if line_end else len(text)
        if text.find('"', position, stop) < 0:
            if not final and (line_end is None or line_end.end() == len(text) and line_end.group() == "\r"):
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


def _read_quoted(
    text: str, start: int, delimiter: str, bare: re.Pattern[str], line: int, final: bool, distrust: bool
) -> Record | None:
    fields: list[str] = []
    position, problem, stray, open_quote = start, None, False, False
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
            stray = stray or '"' in unquoted.group()
            fields.append(unquoted.group())
            position = unquoted.end()
        if not text.startswith(delimiter, position):
            break
        position += len(delimiter)
    if stray and distrust and problem is None:
        problem = "a quote stands inside an unquoted field, right after a record with a broken quote"
    ending = LINE_END.match(text, position)
    if not final and (position == len(text) or (ending and ending.end() == len(text) and ending.group() == "\r")):
        return None
    raw = text[start:position]
    end = ending.end() if ending else position
    # Counted over the text without the last line end, plus the line that it ends.
    lines = len(LINE_END.findall(raw)) + (0 if open_quote and LINE_END.search(raw[-1:]) else 1)
    return Record(line, lines, start, end, raw, fields, problem, open_quote)
