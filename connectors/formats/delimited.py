"""Delimited text (CSV, TSV, semicolons, pipes) into frames of text, with every record accounted for.

No CSV reader is safe by itself: all of them lose, merge or shift rows of some files without a word. So the structure
of each buffer is laid out first (layout.py), what is irregular is set aside with its reason, and only records with
exactly the header's number of fields go to Arrow's parser, whose count must agree. A buffer with broken quotes takes
the careful path (records.py).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

from connectors.formats.batch import Batch, Tabular
from connectors.formats.delimited_rows import Plan, read_batches
from connectors.formats.dialect import DELIMITER_NAMES, Asked, choose_delimiter, read_head, refuse_quotes
from connectors.formats.foreign_dialect import Foreign, find_foreign, rewrite
from connectors.formats.header import check_names, is_full, refuse_rivals
from connectors.formats.plain import find_plain
from connectors.formats.records import END_OF_FILE, refuse_record
from connectors.formats.text import Encoding, decide_encoding, is_blank

# Below this a file is read in a tenth of a second whichever way.
LARGE_BYTES = 8 << 20


def open_delimited(path: Path, *, known_headers: frozenset[str], asked: Asked) -> list[Tabular]:
    """The one table of a delimited file, or none where it has no line. Raises FileRefused (see tabular.open_tables)."""
    decided = decide_encoding(path, asked.encoding)
    head, whole = read_head(path, decided)
    if is_blank(head.strip("\x00" + END_OF_FILE)) and whole:
        return []
    foreign = find_foreign(head, whole) if asked.delimiter is None else None
    if foreign is not None:
        return _open_foreign(path, decided, foreign, known_headers, asked)
    delimiter, records, header = choose_delimiter(head, whole, known_headers, path.name, asked)
    top, last = records[header.top], records[header.index]
    where = f"{path.name}:{top.line}"
    broken = next((record for record in records[: header.top] if record.problem and asked.header_row is None), None)
    if broken is not None:
        raise refuse_quotes(broken, path.name)
    check_names(header, where)
    facts = {
        "encoding": decided.name,
        "encoding_reason": decided.reason,
        "delimiter": DELIMITER_NAMES.get(delimiter, delimiter),
        "header_row": str(top.line),
        "header_found_by": header.found_by,
    }
    above = [record for record in records[: header.top] if not is_blank(record.raw)]
    if above:
        facts["rows_above_header"] = str(len(above))
    full = [record for record in above if asked.header_row is None and is_full(record.fields, header.width)]
    refuse_rivals(header, [record.line for record in full], where)
    early = [refuse_record(record, "stands above the header row") for record in full]
    plan = Plan(path, decided, delimiter, header, len(head[: last.end].encode("utf-8")), last.line + last.lines)
    plain = None
    if path.stat().st_size >= LARGE_BYTES and not early and header.width == len(header.names):
        plain = find_plain(path, decided, delimiter, header.width, plan.line)
    return [Tabular(None, header.names, top.line, facts, partial(read_batches, plan, facts, early), plain)]


def _open_foreign(
    path: Path, decided: Encoding, foreign: Foreign, known_headers: frozenset[str], asked: Asked
) -> list[Tabular]:
    rewritten = rewrite(path, decided, foreign)
    tables = open_delimited(
        rewritten.path, known_headers=known_headers, asked=replace(asked, encoding="utf-8", delimiter=",")
    )
    told = {"encoding": decided.name, "encoding_reason": decided.reason, "delimiter": foreign.describe()}

    def read(table: Tabular) -> Iterator[Batch]:
        assert rewritten.path.exists()  # `rewritten` holds the folder of the copy
        yield from table.batches()

    for table in tables:
        table.facts.update(told)
    return [replace(table, read=partial(read, table), plain=None) for table in tables]
