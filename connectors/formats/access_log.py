"""A web server's access log (Common or Combined Log Format, as Apache and nginx write it) as a table.

What a line tells goes into columns that a profile knows by their names; a line of another form is told, not guessed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import polars as pl

from connectors.errors import FileRefused
from connectors.formats.batch import Batch, Refusal, Tabular, frame_refusals, keep_evidence
from connectors.formats.header import ROW_NUMBER
from connectors.formats.text import Encoding, decide_encoding, read_utf8

HEADER = ("remote_addr", "datetime", "request", "status", "user_agent")
# A quoted field escapes its quotes by a backslash (Apache), or writes them as \x22 (nginx).
_QUOTED = r'"((?:[^"\\]|\\.)*)"'
LINE = rf"^(\S+) \S+ .*?\[([^\]]+)\] {_QUOTED} (\d{{3}}) \S+(?: {_QUOTED} {_QUOTED})?"
FIRST_LINE = re.compile(LINE.encode())
TIME = r"^(\d{2})/([A-Za-z]{3})/(\d{4}):(\d{2}:\d{2}:\d{2}) ([+-]\d{4})$"
MONTHS = {name: f"{i:02}" for i, name in enumerate("Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(), start=1)}
# About 40,000 lines.
BUFFER_BYTES = 8 << 20
# Servers cut requests at 8 KiB; a line of this length is no line of a log.
LINE_BYTES = 1 << 20


def is_access_log(head: bytes) -> bool:
    """True where the first line that is not blank is one of such a log. `head`: the first bytes of the file."""
    return FIRST_LINE.match(head.removeprefix(b"\xef\xbb\xbf").lstrip()) is not None


def open_access_log(path: Path, *, encoding: str | None = None) -> list[Tabular]:
    """Columns of HEADER; `datetime` is ISO 8601 with the offset that the line gives. Raises FileRefused."""
    decided = decide_encoding(path, encoding)
    facts = {"encoding": decided.name, "encoding_reason": decided.reason, "format": "web server access log"}
    return [Tabular(None, HEADER, 1, facts, partial(_read, path, decided, facts))]


def _read(path: Path, encoding: Encoding, facts: dict[str, str]) -> Iterator[Batch]:
    line, rows, held = 1, 0, b""
    for piece in read_utf8(path, encoding):
        held += piece
        end = held.rfind(b"\n") + 1
        if end < BUFFER_BYTES:
            if len(held) - end > LINE_BYTES:
                raise FileRefused("a line without end", where=f"{path.name}:{line}", mend="is this file a log?")
            continue
        batch, count = _take(held[:end], line)
        line, rows, held = line + count, rows + batch.rows.height, held[end:]
        yield batch
    batch, _ = _take(held, line)
    facts["rows"] = str(rows + batch.rows.height)
    yield batch


def _take(data: bytes, first: int) -> tuple[Batch, int]:
    """`first`: the number of the first line. Returns the batch and how many lines it was."""
    lines = pl.DataFrame({"line": data.decode("utf-8").split("\n")}).with_row_index(ROW_NUMBER, first)
    groups = pl.col("line").str.extract_groups(LINE)
    parted = lines.with_columns(groups.alias("parts")).select(
        pl.col(ROW_NUMBER).cast(pl.Int64),
        "line",
        remote_addr=pl.col("parts").struct[0],
        datetime=_read_times(pl.col("parts").struct[1]),
        request=pl.col("parts").struct[2],
        status=pl.col("parts").struct[3],
        user_agent=pl.col("parts").struct[5].fill_null(""),
    )
    blank = parted["line"].str.strip_chars() == ""
    good = parted.filter(pl.col("datetime").is_not_null())
    bad = parted.filter(pl.col("datetime").is_null() & ~blank)
    refusals = [
        Refusal(number, None, None, "no line of an access log", keep_evidence(text))
        for number, text in bad.select(ROW_NUMBER, "line").iter_rows()
    ]
    return Batch(good.select(*HEADER, ROW_NUMBER), frame_refusals(refusals), len(refusals)), data.count(b"\n")


def _read_times(times: pl.Expr) -> pl.Expr:
    parts = times.str.extract_groups(TIME)
    month = parts.struct[1].str.to_titlecase().replace_strict(MONTHS, default=None, return_dtype=pl.String)
    clock, zone = parts.struct[3], parts.struct[4]
    day = pl.concat_str(parts.struct[2], month, parts.struct[0], separator="-")
    return pl.concat_str(day, pl.lit("T"), clock, zone.str.head(3), pl.lit(":"), zone.str.tail(2))
