"""The records of a delimited file, buffer by buffer: laid out, set aside where irregular, parsed, and counted again."""

from __future__ import annotations

import codecs
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.csv as arrow_csv

from connectors.errors import FileRefused
from connectors.formats.batch import Batch, Refusal, frame_refusals, keep_evidence
from connectors.formats.header import ROW_NUMBER, Header
from connectors.formats.layout import keep_records, lay_out
from connectors.formats.records import is_no_record, refuse_record, say_what_is_wrong, split_records
from connectors.formats.text import Encoding, read_utf8

# About 50,000 rows of twelve columns; a buffer and its frame then take some 60 MB.
BUFFER_BYTES = 8 << 20
# The first is smaller: enough rows to see what the file is like, little to read twice where it turns out to be plain.
FIRST_BYTES = 2 << 20
# 100 cells, each filled to Excel's limit of 32,767 characters of three bytes, are 10 MB: no honest record is longer.
RECORD_BYTES = 16 << 20
# An open quote at the end swallows what follows. A file cut off inside a long comment loses a few lines, and they are
# told; more than this and the quote has stood far above: the rows behind it are records, and the file needs mending.
SWALLOWED_LINES = 100


@dataclass(frozen=True)
class Plan:
    """How a file is read. `skip`: bytes of UTF-8 up to the first record; `line`: the line where that stands."""

    path: Path
    encoding: Encoding
    delimiter: str
    header: Header
    skip: int
    line: int

    @property
    def columns(self) -> list[str]:
        """The header's names, and made-up ones for the unnamed columns behind them."""
        names = list(self.header.names)
        for number in range(len(names) + 1, self.header.width + 1):
            name = f"column {number}"
            while name in names:
                name += "'"
            names.append(name)
        return names


@dataclass
class _Course:
    """How far the reading has come. `carry` is what the last buffer left over: the start of a record."""

    line: int
    carry: bytes = b""
    rows: int = 0
    blank: int = 0


def read_batches(plan: Plan, facts: dict[str, str], early: list[Refusal]) -> Iterator[Batch]:
    """`early`: what was refused above the header. Adds to `facts` the rows and the blank lines there were."""
    course = _Course(plan.line)
    if early:
        yield Batch(
            _frame_rows([], [], plan.columns).select(*plan.header.names, ROW_NUMBER), frame_refusals(early), len(early)
        )
    for buffer, final in _fill_buffers(plan, course):
        batch = _read_buffer(buffer, plan, course, final)
        course.rows += batch.rows.height
        if batch.rows.height or batch.refused_rows:
            yield batch
    facts["rows"] = str(course.rows)
    if course.blank:
        facts["blank_lines"] = str(course.blank)


def _fill_buffers(plan: Plan, course: _Course) -> Iterator[tuple[bytes, bool]]:
    """Buffers that start at a record; the reader leaves in `course.carry` what it could not finish."""
    fresh: list[bytes] = []
    size, skip, enough = 0, plan.skip, FIRST_BYTES
    for piece in read_utf8(plan.path, plan.encoding):
        if skip:
            skip, piece = max(0, skip - len(piece)), piece[skip:]
        fresh.append(piece)
        size += len(piece)
        if size < enough:
            continue
        yield course.carry + b"".join(fresh), False
        fresh, size, enough = [], 0, BUFFER_BYTES
        if len(course.carry) > RECORD_BYTES:
            raise FileRefused(
                f"the record has no end within {RECORD_BYTES >> 20} MiB: a quote that never closes, or no line ends",
                where=f"{plan.path.name}:{course.line}",
                mend='look for a single " in that line; close it or delete it',
            )
    yield course.carry + b"".join(fresh), True


def _read_buffer(buffer: bytes, plan: Plan, course: _Course, final: bool) -> Batch:
    layout = lay_out(buffer, ord(plan.delimiter), final=final)
    if layout is None:
        return _read_carefully(buffer, plan, course, final)
    width = plan.header.width
    refused: list[Refusal] = []
    bad = layout.fields != width
    # A line of nothing but delimiters has no value: one byte fewer than fields.
    empty = layout.ends - layout.starts == layout.fields - 1
    if b"\x00" in buffer:
        nuls = np.flatnonzero(np.frombuffer(buffer, np.uint8) == 0)
        owners = np.searchsorted(layout.nexts, nuls, side="right")
        bad[owners[owners < len(bad)]] = True
    for i in np.flatnonzero(bad | empty):
        raw = buffer[layout.starts[i] : layout.ends[i]].decode("utf-8")
        if is_no_record(raw, plan.delimiter):
            course.blank += 1
        else:
            reason = say_what_is_wrong(raw, int(layout.fields[i]), width)
            refused.append(Refusal(course.line + int(layout.lines[i]), None, None, reason, keep_evidence(raw)))
    good = ~(bad | empty)
    frame = _parse(keep_records(buffer, layout, good), plan, layout.has_quotes)
    counted = int(good.sum())
    if frame.height != counted:
        raise FileRefused(
            f"{counted} records were counted below line {course.line}, but {frame.height} came out of the parser",
            where=plan.path.name,
            mend="save the file again as CSV UTF-8",
        )
    rows = frame.with_columns(pl.Series(ROW_NUMBER, layout.lines[good] + course.line))
    course.line += layout.line_count
    course.carry = buffer[layout.consumed :]
    return _check_values(rows, plan, refused)


def _parse(data: bytes, plan: Plan, has_quotes: bool) -> pl.DataFrame:
    names = plan.columns
    if not data:
        return pl.DataFrame(schema=dict.fromkeys(names, pl.String))
    try:
        table = arrow_csv.read_csv(
            pa.BufferReader(data),
            read_options=arrow_csv.ReadOptions(column_names=names, use_threads=False, block_size=len(data) + 1),
            parse_options=arrow_csv.ParseOptions(
                delimiter=plan.delimiter, quote_char='"' if has_quotes else False, newlines_in_values=has_quotes
            ),
            convert_options=arrow_csv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False
            ),
        )
    except pa.ArrowInvalid as error:
        raise FileRefused(
            f"the records do not parse: {error}", where=plan.path.name, mend="save the file again as CSV UTF-8"
        ) from None
    return pl.DataFrame(table)


def _read_carefully(buffer: bytes, plan: Plan, course: _Course, final: bool) -> Batch:
    delimiter, width = plan.delimiter, plan.header.width
    text = codecs.getincrementaldecoder("utf-8")().decode(buffer, final=final)
    numbers: list[int] = []
    rows: list[list[str]] = []
    refused: list[Refusal] = []
    done = 0
    for record in split_records(text, delimiter, course.line, final=final):
        done = record.end
        course.line = record.line + record.lines
        if record.open_quote and record.lines > SWALLOWED_LINES:
            problem = f"{record.problem}: {record.lines} lines behind it cannot be told apart"
            raise FileRefused(problem, where=f"{plan.path.name}:{record.line}", mend="close or delete that quote")
        if record.problem is not None:
            refused.append(refuse_record(record, record.problem))
        elif is_no_record(record.raw, delimiter):
            course.blank += 1
        elif len(record.fields) != width or "\x00" in record.raw:
            refused.append(refuse_record(record, say_what_is_wrong(record.raw, len(record.fields), width)))
        else:
            numbers.append(record.line)
            rows.append(record.fields)
    course.carry = buffer[len(text[:done].encode("utf-8")) :]
    return _check_values(_frame_rows(rows, numbers, plan.columns), plan, refused)


def _frame_rows(rows: list[list[str]], numbers: list[int], names: list[str]) -> pl.DataFrame:
    columns = list(zip(*rows, strict=True)) or [()] * len(names)
    data = {name: pl.Series(name, values, pl.String) for name, values in zip(names, columns, strict=True)}
    return pl.DataFrame({**data, ROW_NUMBER: pl.Series(ROW_NUMBER, numbers, pl.Int64)})


def _check_values(rows: pl.DataFrame, plan: Plan, refused: list[Refusal]) -> Batch:
    """Set aside the header repeated among the rows, and values in columns that have no name."""
    header = plan.header
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
            line = row.pop(ROW_NUMBER)
            refused.append(Refusal(line, None, None, reason, json.dumps(row, ensure_ascii=False)))
        kept &= ~mask
    if wrong:
        rows = rows.filter(kept).drop(unnamed)
    refused.sort(key=lambda refusal: refusal.row_number)
    return Batch(rows, frame_refusals(refused), len(refused))
