"""What a reader of tables hands over: a `Tabular` for each table found in a file, its rows in `Batch`es."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import polars as pl

from connectors.core import REFUSED_SCHEMA
from connectors.formats.plain import PlainText

# A record kept as evidence is cut here: a runaway quote can make one "record" of many megabytes, and quarantine
# is read by people. 32,767 is what one cell of Excel holds at most, so no honest cell is ever cut.
EVIDENCE_CHARS = 32_767


@dataclass(frozen=True)
class Refusal:
    """One bad cell, or one bad record (`column` None). `record` is the row as JSON text."""

    row_number: int
    column: str | None
    value: str | None
    reason: str
    record: str


@dataclass(frozen=True)
class Batch:
    """A slice of a table.

    `rows`: a pl.String column for each header name, as written in the file, and `_row_number` (Int64: the physical
    line where the record starts, or the sheet row as Excel shows it). `refused`: core.REFUSED_SCHEMA, one line a bad
    cell or record; `refused_rows`: how many records those are. A record is in `rows` or in `refused`, never in both.
    """

    rows: pl.DataFrame
    refused: pl.DataFrame
    refused_rows: int


@dataclass(frozen=True)
class Tabular:
    """One table found in a file: a delimited file, or one sheet of a workbook.

    `header` is as written, unique and non-empty (also after text.fold_header); `header_row` is 1-based. `facts` says
    what was decided and why (encoding, delimiter, date_system …); its counts are complete once `batches()` is
    exhausted. `plain`: where every line seems to be a record with the header's number of fields.
    """

    sheet: str | None
    header: tuple[str, ...]
    header_row: int
    facts: dict[str, str]
    read: Callable[[], Iterator[Batch]]
    plain: PlainText | None = None

    def batches(self) -> Iterator[Batch]:
        """The rows, in order, about 100,000 at a time. Raises FileRefused as late as the last batch (an open quote that
        swallows records, a line beyond the limit): nothing of a file may be kept before its last batch has come."""
        return self.read()


def frame_refusals(refusals: Iterable[Refusal]) -> pl.DataFrame:
    """Refusals as a frame of core.REFUSED_SCHEMA."""
    rows = [(r.row_number, r.column, r.value, r.reason, r.record) for r in refusals]
    return pl.DataFrame(rows, schema=REFUSED_SCHEMA, orient="row")


def keep_evidence(text: str) -> str:
    """The verbatim text of a record that fits no header, as the JSON object that quarantine holds."""
    if len(text) > EVIDENCE_CHARS:
        text = f"{text[:EVIDENCE_CHARS]}… ({len(text)} characters in all)"
    return json.dumps({"_record": text}, ensure_ascii=False)
