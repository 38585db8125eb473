"""Delimited text (CSV, TSV, semicolons, pipes) into frames of text, with every record accounted for.

No CSV reader is safe by itself: all of them lose, merge or shift rows of some files without a word. So the structure of
each buffer is laid out first (layout.py), what is irregular is set aside with its reason, and only records with exactly the
header's number of fields go to Arrow's parser, whose count must agree. A buffer with broken quotes takes the careful path.
"""

from __future__ import annotations

import codecs
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.csv as arrow_csv

from connectors.errors import FileRefused
from connectors.formats.batch import Batch, Refusal, Tabular, frame_refusals, keep_evidence
from connectors.formats.header import Header, check_names, find_header, is_full
from connectors.formats.layout import Layout, lay_out
from connectors.formats.records import Record, split_records
from connectors.formats.text import Encoding, decide_encoding, is_blank, read_utf8

DELIMITERS = (",", "\t", ";", "|")
DELIMITER_NAMES = {",": "comma", "\t": "tab", ";": "semicolon", "|": "pipe"}
# About 50,000 rows of twelve columns; a buffer and its frame then take some 60 MB.
BUFFER_BYTES = 8 << 20
# 100 cells, each filled to Excel's limit of 32,767 characters of three bytes, are 10 MB: no honest record is longer.
RECORD_BYTES = 16 << 20
# The header stands in the first rows; 1 MiB also holds a header of 1,000 long names below fifty rows of notes.
HEAD_BYTES = 1 << 20
HEAD_RECORDS = 200
# An open quote at the end swallows what follows. A file cut off inside a long comment loses a few lines, and they are
# told; more than this and the quote has stood far above: the rows behind it are records, and the file needs mending.
SWALLOWED_LINES = 100
END_OF_FILE = "\x1a"  # what DOS programs write last


@dataclass
class _Course:
    """How far the reading has come: what is left over from the last buffer, and the counts for the facts."""

    line: int
    carry: bytes = b""
    blank: int = 0
    counts: Counter[str] = field(default_factory=Counter)


def open_delimited(path: Path, *, known_headers: frozenset[str], encoding: str | None = None) -> list[Tabular]:
    """The one table of a delimited file, or none where it has no line. Raises FileRefused (see tabular.open_tables)."""
    decided = decide_encoding(path, encoding)
    head, whole = _read_head(path, decided)
    if is_blank(head.strip("\x00" + END_OF_FILE)) and whole:
        return []
    delimiter, records, header = _choose_delimiter(head, whole, known_headers, path.name)
    top = records[header.index]
    where = f"{path.name}:{top.line}"
    broken = next((record for record in records[: header.index] if record.problem), None)
    if broken is not None:
        raise FileRefused(
            f"the quotes break before any header row: {broken.problem}",
            where=f"{path.name}:{broken.line}",
            mend="close or delete that quote",
        )
    check_names(header, where)
    facts = {
        "encoding": decided.name,
        "encoding_reason": decided.reason,
        "delimiter": DELIMITER_NAMES[delimiter],
        "header_row": str(top.line),
        "header_found_by": header.found_by,
    }
    above = [record for record in records[: header.index] if not is_blank(record.raw)]
    if above:
        facts["rows_above_header"] = str(len(above))
    skip = len(head[: top.end].encode("utf-8"))
    early = [_refuse(record, "stands above the header row") for record in above if is_full(record.fields, header.width)]
    read = partial(_read_batches, path, decided, delimiter, header, facts, skip, top.line + top.lines, early)
    return [Tabular(None, header.names, top.line, facts, read)]


def _read_head(path: Path, encoding: Encoding) -> tuple[str, bool]:
    head, whole = b"", True
    for piece in read_utf8(path, encoding):
        head += piece
        if len(head) > HEAD_BYTES:
            head, whole = head[:HEAD_BYTES], False
            break
    return codecs.getincrementaldecoder("utf-8")().decode(head, final=whole), whole


def _choose_delimiter(
    head: str, whole: bool, known_headers: frozenset[str], where: str
) -> tuple[str, list[Record], Header]:
    """The delimiter with the most known header names, else the one that cuts most records into equally many fields."""
    best = None
    for delimiter in DELIMITERS:
        records = []
        for record in split_records(head, delimiter, 1, final=whole):
            records.append(record)
            if len(records) == HEAD_RECORDS:
                break
        header = find_header([[] if r.problem else r.fields for r in records], known_headers)
        if header is None:
            continue
        widths = Counter(len(r.fields) for r in records if not r.problem and not is_blank(r.raw))
        width, alike = max(widths.items(), key=lambda item: (item[0] > 1, item[1], item[0]))
        # Shares are compared in tenths: a few ragged rows must not outweigh twelve columns against two.
        fit = (header.hits, round(10 * alike / widths.total()) if width > 1 else 0, width)
        if best is None or fit > best[0]:
            best = (fit, delimiter, records, header)
    if best is None:
        raise FileRefused(
            f"no header row in the first {HEAD_BYTES >> 20} MiB",
            where=where,
            mend="check that this is a table with one record a line and column names in the first row",
        )
    return best[1:]


def _read_batches(
    path: Path,
    encoding: Encoding,
    delimiter: str,
    header: Header,
    facts: dict[str, str],
    skip: int,
    line: int,
    early: list[Refusal],
) -> Iterator[Batch]:
    course = _Course(line)
    if early:
        yield Batch(_frame_rows([], [], header.names), frame_refusals(early), len(early))
    for buffer, final in _fill_buffers(path, encoding, skip, course):
        batch = _read_buffer(buffer, delimiter, header, course, final, path.name)
        course.counts["rows"] += batch.rows.height
        if batch.rows.height or batch.refused_rows:
            yield batch
    facts["rows"] = str(course.counts["rows"])
    if course.blank:
        facts["blank_lines"] = str(course.blank)


def _fill_buffers(path: Path, encoding: Encoding, skip: int, course: _Course) -> Iterator[tuple[bytes, bool]]:
    """Buffers that start at a record; the reader leaves in `course.carry` what it could not finish."""
    fresh: list[bytes] = []
    size = 0
    for piece in read_utf8(path, encoding):
        if skip:
            skip, piece = max(0, skip - len(piece)), piece[skip:]
        fresh.append(piece)
        size += len(piece)
        if size < BUFFER_BYTES:
            continue
        yield course.carry + b"".join(fresh), False
        fresh, size = [], 0
        if len(course.carry) > RECORD_BYTES:
            raise FileRefused(
                f"the record has no end within {RECORD_BYTES >> 20} MiB: a quote that never closes, or no line ends",
                where=f"{path.name}:{course.line}",
                mend='look for a single " in that line; close it or delete it',
            )
    yield course.carry + b"".join(fresh), True


def _read_buffer(buffer: bytes, delimiter: str, header: Header, course: _Course, final: bool, where: str) -> Batch:
    layout = lay_out(buffer, ord(delimiter), final=final)
    if layout is None:
        return _read_carefully(buffer, delimiter, header, course, final, where)
    refused: list[Refusal] = []
    bad = layout.fields != header.width
    # A line of nothing but delimiters has no value: one byte fewer than fields.
    empty = layout.ends - layout.starts == layout.fields - 1
    if b"\x00" in buffer:
        nuls = np.flatnonzero(np.frombuffer(buffer, np.uint8) == 0)
        owners = np.searchsorted(layout.nexts, nuls, side="right")
        bad[owners[owners < len(bad)]] = True
    for i in np.flatnonzero(bad | empty):
        raw = buffer[layout.starts[i] : layout.ends[i]].decode("utf-8")
        if _is_no_record(raw, delimiter):
            course.blank += 1
        else:
            reason = _say_what_is_wrong(raw, int(layout.fields[i]), header.width)
            refused.append(Refusal(course.line + int(layout.lines[i]), None, None, reason, keep_evidence(raw)))
    good = ~(bad | empty)
    frame = _parse(_keep(buffer, layout, good), delimiter, header, layout.has_quotes, where)
    if frame.height != int(good.sum()):
        raise FileRefused(
            f"{int(good.sum())} records were counted below line {course.line}, but {frame.height} came out of the parser",
            where=where,
            mend="save the file again as CSV UTF-8",
        )
    rows = frame.with_columns(pl.Series("_row_number", layout.lines[good] + course.line))
    course.line += layout.line_count
    course.carry = buffer[layout.consumed :]
    return _check_values(rows, header, refused)


def _keep(buffer: bytes, layout: Layout, good: np.ndarray) -> bytes:
    if good.all():
        return buffer[: layout.consumed] if layout.consumed < len(buffer) else buffer
    # Runs of good records are copied as one slice.
    edges = np.flatnonzero(np.diff(np.concatenate([[False], good, [False]]).astype(np.int8)))
    return b"".join(buffer[layout.starts[first] : layout.nexts[after - 1]] for first, after in edges.reshape(-1, 2))


def _parse(data: bytes, delimiter: str, header: Header, has_quotes: bool, where: str) -> pl.DataFrame:
    names = [*header.names, *(f"_unnamed_{i}" for i in range(len(header.names), header.width))]
    if not data:
        return pl.DataFrame(schema=dict.fromkeys(names, pl.String))
    try:
        table = arrow_csv.read_csv(
            pa.BufferReader(data),
            read_options=arrow_csv.ReadOptions(column_names=names, use_threads=False, block_size=len(data) + 1),
            parse_options=arrow_csv.ParseOptions(
                delimiter=delimiter, quote_char='"' if has_quotes else False, newlines_in_values=has_quotes
            ),
            convert_options=arrow_csv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False
            ),
        )
    except pa.ArrowInvalid as error:
        raise FileRefused(
            f"the records do not parse: {error}", where=where, mend="save the file again as CSV UTF-8"
        ) from None
    frame = pl.from_arrow(table)
    assert isinstance(frame, pl.DataFrame)
    return frame


def _read_carefully(buffer: bytes, delimiter: str, header: Header, course: _Course, final: bool, where: str) -> Batch:
    text = codecs.getincrementaldecoder("utf-8")().decode(buffer, final=final)
    numbers: list[int] = []
    rows: list[list[str]] = []
    refused: list[Refusal] = []
    done = 0
    for record in split_records(text, delimiter, course.line, final=final):
        done = record.end
        course.line = record.line + record.lines
        if record.open_quote and record.lines > SWALLOWED_LINES:
            raise FileRefused(
                f"{record.problem}: {record.lines} lines behind it cannot be told apart",
                where=f"{where}:{record.line}",
                mend="close or delete that quote and put the file into the inbox again",
            )
        if record.problem is not None:
            refused.append(_refuse(record, record.problem))
        elif _is_no_record(record.raw, delimiter):
            course.blank += 1
        elif len(record.fields) != header.width or "\x00" in record.raw:
            refused.append(_refuse(record, _say_what_is_wrong(record.raw, len(record.fields), header.width)))
        else:
            numbers.append(record.line)
            rows.append(record.fields)
    course.carry = buffer[len(text[:done].encode("utf-8")) :]
    names = [*header.names, *(f"_unnamed_{i}" for i in range(len(header.names), header.width))]
    return _check_values(_frame_rows(rows, numbers, names), header, refused)


def _frame_rows(rows: list[list[str]], numbers: list[int], names: tuple[str, ...] | list[str]) -> pl.DataFrame:
    columns = list(zip(*rows, strict=True)) or [()] * len(names)
    data = {name: pl.Series(name, values, pl.String) for name, values in zip(names, columns, strict=True)}
    return pl.DataFrame({**data, "_row_number": pl.Series("_row_number", numbers, pl.Int64)})


def _check_values(rows: pl.DataFrame, header: Header, refused: list[Refusal]) -> Batch:
    """Set aside the header repeated among the rows, and values in columns that have no name."""
    wrong: dict[str, pl.Series] = {}
    # The first column alone decides for nearly all rows; only a batch where it matches pays for the others.
    if (rows[header.names[0]] == header.names[0]).any():
        repeated = pl.all_horizontal(pl.col(name) == name for name in header.names)
        wrong["the header is repeated here"] = rows.select(repeated).to_series()
    unnamed = rows.columns[len(header.names) : header.width]
    for number, name in enumerate(unnamed, start=len(header.names) + 1):
        wrong[f"has a value in column {number}, which has no name in the header"] = rows[name].str.strip_chars() != ""
    kept = pl.repeat(True, rows.height, eager=True)
    for reason, mask in wrong.items():
        for row in rows.filter(mask & kept).iter_rows(named=True):
            line = row.pop("_row_number")
            refused.append(Refusal(line, None, None, reason, json.dumps(row, ensure_ascii=False)))
        kept &= ~mask
    if wrong:
        rows = rows.filter(kept).drop(unnamed)
    refused.sort(key=lambda refusal: refusal.row_number)
    return Batch(rows, frame_refusals(refused), len(refused))


def _is_no_record(raw: str, delimiter: str) -> bool:
    return is_blank(raw.replace(delimiter, " ")) or raw == END_OF_FILE


def _say_what_is_wrong(raw: str, fields: int, width: int) -> str:
    if "\x00" in raw:
        return f"has {raw.count(chr(0))} NUL bytes"
    return f"has {fields} fields, header has {width}"


def _refuse(record: Record, reason: str) -> Refusal:
    return Refusal(record.line, None, None, reason, keep_evidence(record.raw))
