"""Where the records of a buffer lie, found with a few passes of numpy over its bytes.

This is the count that no parser is trusted with: records, fields a record, physical lines. UTF-8 and every encoding
decoded to it keep quotes, delimiters and line ends out of other characters, so bytes are enough. Measured: 0.5 CPU
seconds for a million rows of twelve columns (180 MB), where Arrow's parser takes 0.5 to 1.2 and DuckDB's load 3.8.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

QUOTE, LF, CR = 34, 10, 13


@dataclass(frozen=True)
class Layout:
    """Records of a buffer, one entry each. `starts`, `ends`: byte offsets, line end excluded; `nexts`: where the next
    record starts; `fields`: how many; `lines`: physical line, counted from 0 at the buffer's start. `consumed`: bytes
    up to the end of the last whole record; `line_count`: physical lines in them. `has_quotes`: within them."""

    starts: npt.NDArray[np.int64]
    ends: npt.NDArray[np.int64]
    nexts: npt.NDArray[np.int64]
    fields: npt.NDArray[np.int64]
    lines: npt.NDArray[np.int64]
    consumed: int
    line_count: int
    has_quotes: bool


def lay_out(buffer: bytes, delimiter: int, *, final: bool) -> Layout | None:
    """The layout of the whole records in `buffer`; None where a quote breaks RFC 4180, so that only the careful reader
    (records.py) can tell what is a record."""
    data = np.frombuffer(buffer, np.uint8)
    special = np.zeros(256, bool)
    special[[delimiter, LF, CR]] = True
    has_quotes = b'"' in buffer
    special[QUOTE] = has_quotes
    at = np.flatnonzero(special[data])
    kind = data[at]

    line_end = (kind == LF) | (kind == CR)
    after = data[np.minimum(at + 1, len(data) - 1)] if len(data) else kind
    # The CR of a CRLF is no line end of its own; nor is a CR at the very end, whose LF may still come.
    last_byte = at + 1 == len(data)
    line_end &= ~((kind == CR) & np.where(last_byte, not final, after == LF))

    outside = np.ones(len(at), bool)
    if has_quotes:
        is_quote = kind == QUOTE
        outside = (np.cumsum(is_quote) & 1) == 0
    closing = line_end & outside
    terminators = at[closing]
    if final and len(data) and (not len(terminators) or terminators[-1] + 1 < len(data)):
        if has_quotes and not outside[-1]:
            return None  # a quote that never closes
        terminators = np.append(terminators, len(data))
    consumed = int(min(terminators[-1] + 1, len(data))) if len(terminators) else 0
    if has_quotes and not _quotes_are_sound(data, at[is_quote], special):
        return None

    nexts = np.minimum(terminators + 1, len(data)).astype(np.int64)
    starts = np.concatenate([[0], nexts[:-1]]).astype(np.int64) if len(nexts) else nexts
    crlf = (terminators < len(data)) & (terminators > starts)
    crlf[crlf] = (data[terminators[crlf]] == LF) & (data[terminators[crlf] - 1] == CR)
    ends = (terminators - crlf).astype(np.int64)

    # Running counts at each terminator: delimiters give the fields, line ends (quoted ones too) the physical lines.
    delimiters = np.cumsum((kind == delimiter) & outside)
    index = np.searchsorted(at, terminators)
    seen = np.concatenate([[0], delimiters])[index]
    fields = np.diff(seen, prepend=0) + 1
    if has_quotes:
        line_ends = np.concatenate([[0], np.cumsum(line_end)])
        lines = line_ends[np.searchsorted(at, starts)]
        line_count = int(line_ends[np.searchsorted(at, consumed)])
    else:
        lines = np.arange(len(terminators), dtype=np.int64)
        line_count = len(terminators)
    unended = len(terminators) > 0 and terminators[-1] == len(data)
    if has_quotes and unended:
        line_count += 1
    return Layout(starts, ends, nexts, fields, lines, consumed, line_count, has_quotes)


def keep_records(buffer: bytes, layout: Layout, good: npt.NDArray[np.bool_]) -> bytes:
    """The bytes of the good records; runs of them are copied as one slice."""
    if good.all():
        return buffer[: layout.consumed] if layout.consumed < len(buffer) else buffer
    edges = np.flatnonzero(np.diff(np.concatenate([[False], good, [False]]).astype(np.int8)))
    return b"".join(buffer[layout.starts[first] : layout.nexts[after - 1]] for first, after in edges.reshape(-1, 2))


def _quotes_are_sound(
    data: npt.NDArray[np.uint8], quotes: npt.NDArray[np.int64], special: npt.NDArray[np.bool_]
) -> bool:
    """Every opening quote starts a field and every closing one ends it, or stands beside another (a doubled quote)."""
    opening, closing = quotes[0::2], quotes[1::2]
    opening, closing = opening[opening > 0], closing[closing + 1 < len(data)]
    return bool(special[data[opening - 1]].all() and special[data[closing + 1]].all())
