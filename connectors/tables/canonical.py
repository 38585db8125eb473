"""Typed fields of a frame: what their text means where it is not written canonically, and which cells mean nothing.

Text is never replaced: the canonical form goes beside it, as the JSON object `_parsed`, for the few rows that need it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import polars as pl

from connectors.entities import Kind
from connectors.formats.dates import EXPECTED, to_canonical
from connectors.formats.moments import DateSystem

_DAY = (
    r"(?:19|20)[0-9]{2}-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])"
    r"|(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)|02-(?:0[1-9]|1[0-9]|2[0-8]))"
)
_CLOCK = r"[T ](?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:\.[0-9]{1,6})?)?(?:Z|[+-](?:0[0-9]|1[0-4]):?[0-5][0-9])?"
# Text that needs no reading for certain, or none at all. A column of nothing else is passed over: 42 ms a million time
# stamps, where to_canonical takes 110, and a clean file of the template has nothing else. February 29 is left to it.
# White space is spelled out where it matters: engines mean different things by \\s.
_WHITE = r"\s\x0b\x{85}\x{a0}\x{1680}\x{2000}-\x{200a}\x{2028}\x{2029}\x{202f}\x{205f}\x{3000}"
CERTAIN: dict[Kind, str] = {
    "at": rf"^(?:{_DAY}(?:{_CLOCK})?)?$",
    "date": rf"^(?:{_DAY}(?:{_CLOCK})?)?$",
    "n": "^(?:-?[0-9]{1,18})?$",
    "num": r"^(?:-?[0-9]+(?:\.[0-9]+)?)?$",
    "yen": r"^(?:-?[0-9]{1,16}(?:\.[0-9]+)?)?$",
    "flag": "^(?:true|false|TRUE|FALSE|True|False|[01])?$",
    "list": rf"^[^；,，、;{_WHITE}]*$",
}
BAD_SCHEMA = {"_row_number": pl.Int64, "column": pl.String, "value": pl.String, "reason": pl.String}


def understand(
    frame: pl.DataFrame,
    values: Mapping[str, pl.Series],
    kinds: Mapping[str, Kind],
    labels: Mapping[str, str],
    date_system: DateSystem,
) -> tuple[dict[str, pl.Series], pl.DataFrame]:
    """`frame`: `_row_number` and a column of raw text a field; `values`: the fields whose text means another text (a
    profile's value map, an amount without tax). Returns what each field means where that differs from its raw text
    anywhere ("" where it means nothing), and the cells that mean nothing their kind allows (BAD_SCHEMA)."""
    meanings: dict[str, pl.Series] = {}
    bad = []
    for field in frame.columns:
        if field not in kinds:
            continue
        raw = frame.get_column(field)
        value = values.get(field, raw)
        meaning = value
        if kinds[field] in CERTAIN and not value.str.contains(CERTAIN[kinds[field]]).all():
            meaning, ok = to_canonical(value, kinds[field], date_system=date_system)
            if not ok.all():
                cells = frame.select("_row_number", column=pl.lit(labels.get(field, field)), value=pl.col(field))
                bad.append(cells.with_columns(reason=pl.lit(f"not {EXPECTED[kinds[field]]}")).filter(~ok))
        if meaning is raw:
            continue
        differs = meaning.ne_missing(raw)
        if differs.any():
            meanings[field] = _say_nothing(meaning.zip_with(differs, pl.Series([None], dtype=pl.String)), raw, meaning)
    return meanings, pl.concat(bad) if bad else pl.DataFrame(schema=BAD_SCHEMA)


def _say_nothing(different: pl.Series, raw: pl.Series, meaning: pl.Series) -> pl.Series:
    """Where a filled cell means nothing, the canonical text is empty: NULL would let the raw text through."""
    silent = meaning.is_null() & (raw.str.strip_chars() != "")
    return different.zip_with(~silent.fill_null(False), pl.Series([""]))


def write_json(pieces: Iterable[tuple[str, pl.Expr]]) -> pl.Expr:
    """A JSON object of name → text, NULLs left out; NULL where nothing is left."""
    members = [_member(name, text) for name, text in pieces]
    if not members:
        return pl.lit(None, dtype=pl.String)
    joined = pl.concat_str(members, separator=",", ignore_nulls=True)
    return pl.when(joined != "").then(pl.concat_str([pl.lit("{"), joined, pl.lit("}")]))


def _member(name: str, text: pl.Expr) -> pl.Expr:
    # polars writes {"name":"text"} with every escape right; its braces are cut off to join several.
    encoded = pl.struct(text.alias(name)).struct.json_encode()
    return pl.when(text.is_not_null()).then(encoded.str.slice(1, encoded.str.len_chars() - 2))
