"""Which delimiter a text file uses and which line is its header, decided together from its first records."""

from __future__ import annotations

import codecs
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from connectors.errors import FileRefused
from connectors.formats.header import Header, find_header, settle_width
from connectors.formats.records import Record, split_records
from connectors.formats.text import Encoding, is_blank, read_utf8

DELIMITERS = (",", "\t", ";", "|")
DELIMITER_NAMES = {",": "comma", "\t": "tab", ";": "semicolon", "|": "pipe"}
# The header stands in the first rows; 1 MiB also holds a header of 1,000 long names below fifty rows of notes.
HEAD_BYTES = 1 << 20
HEAD_RECORDS = 200


@dataclass(frozen=True)
class Asked:
    """What the settings say of a file: its encoding, its delimiter (the character), the line of its header (from 1)."""

    encoding: str | None = None
    delimiter: str | None = None
    header_row: int | None = None

    def find_row(self, records: Sequence[Record], where: str) -> int | None:
        """The index of the record in the line asked for. Raises FileRefused where no record starts there."""
        if self.header_row is None:
            return None
        at = next((i for i, r in enumerate(records) if r.line == self.header_row and not is_blank(r.raw)), None)
        if at is None or records[at].problem:
            raise FileRefused(
                f"no header can be read in line {self.header_row}, which the settings name",
                where=where,
                mend="correct header_row: in tsunagu.yml",
            )
        return at


def refuse_quotes(broken: Record, where: str) -> FileRefused:
    return FileRefused(
        f"the quotes break before any header row is found: {broken.problem}",
        where=f"{where}:{broken.line}",
        mend="close, double or delete that quote",
    )


def read_head(path: Path, encoding: Encoding) -> tuple[str, bool]:
    head, whole = b"", True
    for piece in read_utf8(path, encoding):
        head += piece
        if len(head) > HEAD_BYTES:
            head, whole = head[:HEAD_BYTES], False
            break
    return codecs.getincrementaldecoder("utf-8")().decode(head, final=whole), whole


def choose_delimiter(
    head: str, whole: bool, known_headers: frozenset[str], where: str, asked: Asked
) -> tuple[str, list[Record], Header]:
    """The delimiter with the most known header names, else the one that cuts most records into equally many fields,
    unless `asked` names it."""
    best, broken = None, None
    cut: dict[str, float] = {}
    for delimiter in (asked.delimiter,) if asked.delimiter else DELIMITERS:
        records = []
        for record in split_records(head, delimiter, 1, final=whole):
            records.append(record)
            if len(records) == HEAD_RECORDS:
                break
        broken = broken or next((record for record in records if record.problem), None)
        filled = [record for record in records if not is_blank(record.raw)]
        cut[delimiter] = sum(bool(r.problem) or len(r.fields) > 1 for r in filled) / max(1, len(filled))
        at = asked.find_row(records, where)
        header = find_header([[] if r.problem else r.fields for r in records], known_headers, at=at)
        if header is None:
            continue
        widths = Counter(len(r.fields) for r in records if not r.problem and not is_blank(r.raw))
        width = settle_width(widths)
        # Shares are compared in tenths: a few ragged rows must not outweigh twelve columns against two.
        fit = (header.hits, round(10 * widths[width] / widths.total()) if width > 1 else 0, width)
        if best is None or fit > best[0]:
            best = (fit, delimiter, records, header)
    if best is None and broken is not None:
        raise refuse_quotes(broken, where)
    if best is None:
        raise FileRefused(
            f"no header row in the first {HEAD_BYTES >> 20} MiB",
            where=where,
            mend="check that this is a table with one record a line and column names in the first row",
        )
    _, delimiter, records, header = best
    if header.width == 1 and asked.delimiter is None:
        _suspect_others(cut, where)
    return delimiter, records, header


def _suspect_others(cut: dict[str, float], where: str) -> None:
    """Semicolons or tabs read as one column are a mistake that no reader tells: a single column must look like one."""
    delimiter, share = max(cut.items(), key=lambda item: item[1])
    if share >= 0.5:
        raise FileRefused(
            f"one column was found, but a {DELIMITER_NAMES[delimiter]} stands in {share:.0%} of the lines, "
            "not equally often or within broken quotes",
            where=where,
            mend="check the quotes in the first lines, or export it again as CSV UTF-8",
        )
