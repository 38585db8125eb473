"""What a reader yields, held against what its stream promises, before any table is touched."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

import polars as pl

from connectors.core import REFUSED_SCHEMA, Part, Stream
from connectors.entities import ENTITIES
from connectors.errors import BalanceError, ContractError
from connectors.loading.raw_table import RawTable
from connectors.loading.suppression import Suppression

# The same white space that staging trims from keys (Unicode's White_Space and U+001C to U+001F), so that two rows which
# are one row there are one key here.
WHITE_SPACE = (
    "\t\n\x0b\x0c\r\x1c\x1d\x1e\x1f \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000"
)
# Stands between the parts of a composite key: trimmed off every part, so no part ends or begins with it.
PART_END = "\x1f"
OWN_COLUMNS = {"_extra": pl.String, "_parsed": pl.String, "_row_number": pl.Int64}


@dataclass(frozen=True)
class Shaped:
    """`rows`: the table's fields, `_extra`, `_parsed`, `_key` (never empty) and `_row_number`."""

    rows: pl.DataFrame
    refused: pl.DataFrame
    refused_rows: int

    @property
    def rows_in(self) -> int:
        return self.rows.height + self.refused_rows


@dataclass
class Shaper:
    """Shapes the parts of one stream in one load. `blank_keys_are_refused`: rows of files without a key go to
    quarantine; the record of an API without one breaks its contract."""

    table: RawTable
    connector: str
    timezone: str
    blank_keys_are_refused: bool
    suppression: Suppression | None = None
    rows_so_far: int = 0
    highest_row: int = 0
    in_order: bool = True

    def shape(self, part: Part) -> Shaped:
        """Raises ContractError (an unknown column, a type flip, a key column that is missing) and BalanceError (rows
        said to be refused without a line that says why, or the other way round)."""
        stream, rows = part.stream, part.rows
        self._check_columns(stream, rows)
        refused = part.refused if part.refused is not None else pl.DataFrame(schema=REFUSED_SCHEMA)
        if (refused.height == 0) != (part.refused_rows == 0) or part.refused_rows < 0:
            raise BalanceError(
                f"{part.refused_rows} rows refused, but {refused.height} lines that say why",
                where=f"{self.connector}.{stream.name}",
            )
        if "_row_number" not in rows.columns:
            rows = rows.with_columns(_row_number=pl.int_range(pl.len(), dtype=pl.Int64) + 1 + self.rows_so_far)
        self.rows_so_far += rows.height + part.refused_rows
        erased = self.suppression
        if erased is not None:
            rows = erased.replace_values(stream, rows)
        rows = rows.with_columns(_key=self._key(stream, rows))
        refused_rows = part.refused_rows
        if rows.get_column("_key").null_count():
            blank = rows.filter(pl.col("_key").is_null())
            told = self._tell_blank_keys(stream, blank)
            refused = pl.concat([refused.select(*REFUSED_SCHEMA), told])
            refused_rows += blank.height
            rows = rows.filter(pl.col("_key").is_not_null())
        if erased is not None:
            refused = erased.mask_refused(self.table.source, stream, refused.select(*REFUSED_SCHEMA))
        self._watch_order(rows.get_column("_row_number"))
        absent = [pl.lit(None, dtype=pl.String).alias(n) for n in self.table.carried if n not in rows.columns]
        texts = pl.col(*self.table.carried, "_key").cast(pl.String)
        rows = rows.with_columns(absent).select(texts, "_row_number")
        if erased is not None:
            rows = erased.blank(self.table.source, stream, rows)
        return Shaped(rows, refused, refused_rows)

    def _check_columns(self, stream: Stream, rows: pl.DataFrame) -> None:
        where = f"{self.connector}.{stream.name}"
        for name, kind in rows.schema.items():
            expected = OWN_COLUMNS.get(name, pl.String)
            if name not in OWN_COLUMNS and name not in stream.columns:
                raise ContractError(
                    f"column {name} is not declared; declared: {', '.join(stream.columns)}",
                    where=where,
                    mend="declare it in columns= of the stream, or put what has no field into _extra",
                )
            if kind != expected and kind != pl.Null:
                raise ContractError(
                    f"column {name} came as {kind}, the contract says {expected}",
                    where=where,
                    mend="yield every value as the text that the source gave: pl.col(…).cast(pl.String)",
                )
        for name in stream.key:
            if name not in rows.columns and rows.height:
                known = [key for key in stream.key if key in rows.columns]
                first = rows.select(known).row(0, named=True) if known else {}
                raise ContractError(
                    f"key column {name} is missing, from the first row on: {first}",
                    where=where,
                    mend=f"every row of {stream.name} needs {', '.join(stream.key)}",
                )

    def _key(self, stream: Stream, rows: pl.DataFrame) -> pl.Series:
        if not rows.height:
            return pl.Series("_key", [], dtype=pl.String)
        entity = ENTITIES.get(stream.name)
        understood = "_parsed" in rows.columns and rows.get_column("_parsed").null_count() < rows.height
        parts = []
        for name in stream.key:
            text = pl.col(name).cast(pl.String)
            if understood:
                text = pl.coalesce(pl.col("_parsed").cast(pl.String).str.json_path_match(f"$.{name}"), text)
            text = text.str.strip_chars(WHITE_SPACE)
            kind = entity.fields.get(name) if entity else None
            if kind == "n":
                text = text.str.replace(r"^(-?)0+(\d)", "${1}${2}")
            elif kind == "date":
                text = text.map_batches(self._local_dates, return_dtype=pl.String)
            parts.append(pl.when(text != "").then(text))
        return rows.select(_key=pl.concat_str(parts, separator=PART_END)).to_series()

    def _local_dates(self, texts: pl.Series) -> pl.Series:
        # A period's end told as a point in time is the local day it falls on, as staging reads it.
        if (texts.str.len_chars() <= 10).all():
            return texts
        zone = ZoneInfo(self.timezone)

        def cut(text: str) -> str:
            try:
                moment = datetime.fromisoformat(text)
            except ValueError:
                return text
            return (moment.astimezone(zone) if moment.tzinfo else moment).date().isoformat()

        return texts.map_elements(cut, return_dtype=pl.String, skip_nulls=True)

    def take_lines(self, first: int, number: int) -> None:
        """Count rows that were shaped elsewhere, one a line from `first` on."""
        self.rows_so_far += number
        self.in_order &= first > self.highest_row
        self.highest_row = first + number - 1

    def _watch_order(self, numbers: pl.Series) -> None:
        # Row numbers that start again (a second sheet) or repeat (columns made rows) do not tell which row came later.
        if numbers.len():
            lowest, highest = numbers.min(), numbers.max()
            self.in_order &= isinstance(lowest, int) and lowest > self.highest_row and numbers.is_sorted()
            self.highest_row = highest if isinstance(highest, int) else self.highest_row

    def _tell_blank_keys(self, stream: Stream, blank: pl.DataFrame) -> pl.DataFrame:
        fields = [name for name in blank.columns if name in stream.columns or name == "_extra"]
        if not self.blank_keys_are_refused:
            first = blank.row(0, named=True)
            raise ContractError(
                f"a key is empty in record {first['_row_number']}: { ({name: first[name] for name in stream.key}) }",
                where=f"{self.connector}.{stream.name}",
                mend=f"every record of {stream.name} needs {', '.join(stream.key)}: name the field that holds its id",
            )
        lines = []
        for row in blank.iter_rows(named=True):
            record = json.dumps({name: row[name] for name in fields if row[name] is not None}, ensure_ascii=False)
            empty = [name for name in stream.key if not (row[name] or "").strip(WHITE_SPACE)] or [stream.key[0]]
            lines += [(row["_row_number"], name, row[name], f"the key {name} is empty", record) for name in empty]
        return pl.DataFrame(lines, schema=REFUSED_SCHEMA, orient="row")
